"""A private PostgreSQL on a port of its own. The server refuses to run as root, so it gets another user then."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab.installation import LabError
from lab.ports import LOOPBACK
from lab.process import Server


def _program(name: str) -> str:
    found = shutil.which(name) or next(
        (str(path) for path in sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)), None
    )
    if found is None:
        raise LabError(f"{name} is missing: install the Debian package postgresql")
    return found


class Postgres(Server):
    """A server without durability: tests kill clients, not its disk."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.home = Path(tempfile.mkdtemp(prefix="dialerd-postgres-"))
        self._as_user: list[str] = []
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            os.chown(self.home, user.pw_uid, user.pw_gid)
            self._as_user = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
        data = self.home / "data"
        command = [
            *self._as_user, _program("postgres"), "-D", str(data), "-p", str(port), "-h", LOOPBACK,
            "-c", "unix_socket_directories=", "-c", "fsync=off", "-c", "max_connections=50",
        ]  # fmt: skip
        super().__init__("postgres", command, self.home / "output.log", self._answers)
        subprocess.run(
            [*self._as_user, _program("initdb"), "-D", str(data), "-U", "dialerd", "--auth=trust", "--no-sync",
             "--encoding=UTF8", "--locale=C"],
            check=True, capture_output=True, cwd=self.home,
        )  # fmt: skip

    def url(self, database: str) -> str:
        return f"postgresql://dialerd@{LOOPBACK}:{self.port}/{database}"

    def remove(self) -> None:
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    def _answers(self) -> bool:
        command = [_program("pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(command, check=False).returncode == 0
