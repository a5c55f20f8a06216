"""The daemon's process: started, killed, frozen, asked to end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from lab.process import Server
from tests.harness.api import Api


class Daemon(Server):
    """``dialerd run`` on one settings file. ``start`` waits until it is ready."""

    def __init__(self, settings: Path, log: Path, api: Api) -> None:
        self.log_file = log
        self.api = api
        super().__init__("dialerd", [sys.executable, "-m", "dialerd", "run", "-c", str(settings)], log, api.ready)

    def terminate(self) -> None:
        """Ask it to end (SIGTERM); :meth:`exit_code` waits."""
        self._signal(signal.SIGTERM)

    def reload(self) -> None:
        """SIGHUP."""
        self._signal(signal.SIGHUP)

    def exit_code(self, limit_s: float = 25.0) -> int:
        """Wait for the end; its exit code."""
        assert self._child is not None
        try:
            code = self._child.wait(limit_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"the daemon did not end within {limit_s:g} s:\n{self._tail()}") from None
        self._child = None
        return code

    def logged(self, *events: str) -> list[dict[str, Any]]:
        """Log lines with one of these events, oldest first; of all runs in this folder."""
        found = []
        text = self.log_file.read_text(errors="replace") if self.log_file.exists() else ""
        for line in text.splitlines():
            if line.startswith("{"):
                try:
                    entry = json.loads(line)
                except ValueError:
                    continue  # cut off by a kill
                if not events or entry.get("event") in events:
                    found.append(entry)
        return found
