"""A private Redis on a port of its own, with its append-only file on."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

from lab.installation import LabError
from lab.ports import LOOPBACK
from lab.process import Server


class Redis(Server):
    """A redis-server whose data survives `kill` and `restart` (AOF, fsync every second)."""

    def __init__(self, home: Path, port: int) -> None:
        program = shutil.which("redis-server")
        if program is None:
            raise LabError("redis-server is missing: run python -m lab setup")
        home.mkdir(parents=True, exist_ok=True)
        self.port = port
        self.url = f"redis://{LOOPBACK}:{port}/0"
        command = [program, "--bind", LOOPBACK, "--port", str(port), "--dir", str(home), "--save", "",
                   "--appendonly", "yes", "--appendfsync", "everysec"]  # fmt: skip
        super().__init__("redis", command, home / "output.log", self._answers)

    def _answers(self) -> bool:
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
