"""One Asterisk of the pair: its private folders, and the process."""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from lab.installation import Installation, LabError
from lab.process import Server

_DIRECTORIES = re.compile(r"^\[directories\].*?(?=^\[)", re.MULTILINE | re.DOTALL)


class Asterisk(Server):
    """An Asterisk that lives in `home`: configuration in ``etc``, everything it writes beside it.

    `home` is made by `prepare` (see `lab.configuration`) before the first start.
    """

    def __init__(self, name: str, installation: Installation, home: Path) -> None:
        self.home = home
        self._installation = installation
        # The control socket's path must be shorter than 108 bytes wherever the home is.
        self._sockets = tempfile.TemporaryDirectory(prefix="dlr-")
        command = [*installation.command, "-f", "-C", str(home / "etc/asterisk.conf")]
        super().__init__(name, command, home / "output.log", self._booted)

    def directories(self) -> str:
        """The ``[directories]`` section of its asterisk.conf; makes the folders."""
        places = {
            "astetcdir": self.home / "etc",
            "astmoddir": self._installation.modules,
            "astvarlibdir": self.home / "lib",
            "astdbdir": self.home / "lib",
            "astkeydir": self.home / "lib",
            "astdatadir": self._installation.data,
            "astagidir": self.home / "lib",
            "astspooldir": self.home / "spool",
            "astrundir": Path(self._sockets.name),
            "astlogdir": self.home / "log",
        }
        for name in ("etc", "lib/keys", "spool/recording", "log"):
            (self.home / name).mkdir(parents=True, exist_ok=True)
        return "[directories]\n" + "".join(f"{key} => {path}\n" for key, path in places.items()) + "\n"

    def relocate(self, text: str) -> str:
        """An asterisk.conf with its ``[directories]`` replaced by this one's."""
        directories = self.directories()
        replaced, count = _DIRECTORIES.subn(lambda _: directories, text)
        if count != 1:
            raise LabError("asterisk.conf has no [directories] section before its others")
        return replaced

    def cli(self, command: str, *, timeout_s: float = 10.0) -> str:
        """What Asterisk's console answers to `command`.

        Raises:
            LabError: it cannot be reached, or does not answer in time.
        """
        config = str(self.home / "etc/asterisk.conf")
        try:
            answer = subprocess.run(
                [*self._installation.command, "-C", config, "-rx", command],
                capture_output=True, text=True, timeout=timeout_s, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise LabError(f"{self.name} does not answer") from None
        if answer.returncode:
            raise LabError(f"{self.name}: {answer.stdout}{answer.stderr}".strip())
        return answer.stdout

    def log(self) -> str:
        """What it has written to its log (warnings and errors)."""
        path = self.home / "log/messages.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def dispose(self) -> None:
        """Stop it and remove its sockets' folder; its home stays."""
        self.stop()
        self._sockets.cleanup()

    def _booted(self) -> bool:
        if not (Path(self._sockets.name) / "asterisk.ctl").exists():
            return False
        try:
            return "fully booted" in self.cli("core waitfullybooted")
        except LabError:
            return False
