"""Where an Asterisk is and how to run it, without installing it in the system."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20
"""The first major version dialerd runs on."""


class LabError(Exception):
    """The lab cannot do what was asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One Asterisk: the command that starts it, and its read-only folders."""

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def from_path() -> Installation | None:
    """The Asterisk of the system, if there is one and it is new enough."""
    program = shutil.which("asterisk")
    if program is None:
        return None
    version = _version((program,))
    if int(version.split(".")[0]) < OLDEST:
        return None
    modules = [*Path("/usr/lib").glob("*-linux-gnu/asterisk/modules"), Path("/usr/lib64/asterisk/modules"),
               Path("/usr/lib/asterisk/modules")]  # fmt: skip
    data = [Path("/usr/share/asterisk"), Path("/var/lib/asterisk")]
    return Installation((program,), _first(modules, "app_stasis.so"), _first(data, "documentation"), version)


def from_root(root: Path) -> Installation:
    """The Asterisk inside an unpacked root file system, run with that system's own C library.

    Raises:
        LabError: it is not there, or does not start.
    """
    loader = _only(root, "lib*/ld-linux-*.so.*", "usr/lib*/ld-linux-*.so.*", "lib/*-linux-gnu/ld-linux-*.so.*")
    libraries = _only(root, "usr/lib/*-linux-gnu")
    command = (str(loader), "--library-path", str(libraries), str(root / "usr/sbin/asterisk"))
    return Installation(command, libraries / "asterisk/modules", root / "usr/share/asterisk", _version(command))


def _version(command: tuple[str, ...]) -> str:
    answer = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False)
    found = re.search(r"Asterisk (?:certified[-/])?(\d+(?:\.\d+)*)", answer.stdout)
    if found is None:
        raise LabError(f"{command[-1]} -V does not tell a version: {answer.stdout or answer.stderr}")
    return found[1]


def _first(places: list[Path], member: str) -> Path:
    for place in places:
        if (place / member).exists():
            return place
    raise LabError(f"no {member} in any of {', '.join(map(str, places))}")


def _only(root: Path, *patterns: str) -> Path:
    for pattern in patterns:
        found = sorted(root.glob(pattern))
        if found:
            return found[0]
    raise LabError(f"nothing like {patterns[0]} in {root}; remove that folder and run the set-up again")
