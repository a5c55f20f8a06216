"""Servers whose lab was itself killed: they are found and ended at the next start.

Each running lab keeps a small file with the process ids it started. A process is
identified by its id and its start time, so that a reused id is never harmed.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import uuid
from collections.abc import Iterable
from pathlib import Path


def note(folder: Path, pids: Iterable[int], previous: Path | None = None) -> Path:
    """Record that this process owns `pids`; returns the file, to be removed when they have ended."""
    folder.mkdir(parents=True, exist_ok=True)
    path = previous or folder / f"{uuid.uuid4().hex}.json"
    entry = {"owner": _identity(os.getpid()), "children": [_identity(pid) for pid in pids]}
    path.write_text(json.dumps(entry))
    return path


def reap(folder: Path) -> list[int]:
    """End the children of every lab whose owner is gone; returns their process ids."""
    ended = []
    for path in folder.glob("*.json"):
        with contextlib.suppress(OSError, ValueError):
            entry = json.loads(path.read_text())
            if _alive(entry["owner"]):
                continue
            for child in entry["children"]:
                if _alive(child):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child["pid"], signal.SIGKILL)
                        ended.append(child["pid"])
            path.unlink(missing_ok=True)
    return ended


def _identity(pid: int) -> dict[str, int]:
    return {"pid": pid, "started": _started(pid) or 0}


def _alive(identity: dict[str, int]) -> bool:
    return _started(identity["pid"]) == identity["started"]


def _started(pid: int) -> int | None:
    try:
        # proc(5): field 22, counted after the command's closing parenthesis.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (OSError, IndexError):
        return None
