"""The file of rows that an import did not take, or not as they were."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from itertools import islice
from pathlib import Path


def write_rejects(path: Path, rows: Iterable[tuple[int, str, str]]) -> bool:
    """Write (line, reason, raw) of each; whole or not at all. Without any, an old file is removed and False returned.

    Raises :class:`OSError`."""
    beside = path.with_name(path.name + ".part")
    written = False
    with beside.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("line", "reason", "raw"))
        for row in rows:
            writer.writerow(row)
            written = True
    if written:
        beside.replace(path)
    else:
        beside.unlink()
        path.unlink(missing_ok=True)
    return written


def read_rejects(path: Path, limit: int) -> list[tuple[int, str]]:
    """The first ``limit`` rejected rows: line in the imported file, and the reason."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(int(row["line"]), row["reason"]) for row in islice(csv.DictReader(file), limit)]
