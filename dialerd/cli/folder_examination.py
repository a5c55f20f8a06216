"""What `doctor` examines of the folder of recordings."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from dialerd.cli.examinations import Finding, Health

LEAST_FREE = 2 << 30
"""Bytes: about 18 hours of stereo conversation."""


def examine_folder(folder: Path, wanted: bool) -> Finding:
    """Whether recordings can be written and there is room; ``wanted``: a campaign records."""
    if not wanted:
        return Finding("recordings", Health.OK, "no campaign records conversations")
    there = next((path for path in (folder, *folder.parents) if path.exists()), Path("/"))
    try:
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"\0" * 65_536)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        remedy = "Make it writable for the daemon's user, or set `recordings: folder:`; free space if it is full."
        return Finding("recordings", Health.BAD, f"{folder}: {error.strerror or error}", remedy)
    free = shutil.disk_usage(there).free
    said = f"{folder} is writable, {free / (1 << 30):.1f} GiB free"
    if free < LEAST_FREE:
        remedy = "An hour of conversation takes 115 MB; free space, or keep recordings for a shorter time."
        return Finding("recordings", Health.WARNING, said, remedy)
    return Finding("recordings", Health.OK, said)
