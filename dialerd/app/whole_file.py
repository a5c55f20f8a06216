"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


@contextmanager
def whole_file(to: Path) -> Iterator[BinaryIO]:
    """A file to write; behind the block it is on the disk, under its name. What fails in between leaves nothing."""
    unfinished = to.with_name(f".{to.name}.part")
    try:
        with unfinished.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.chmod(0o640)
        unfinished.replace(to)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
