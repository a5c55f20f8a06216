"""Reads back the file of rows that an import did not take."""

from __future__ import annotations

import csv
from itertools import islice
from pathlib import Path


def read_rejects(path: Path, limit: int) -> list[tuple[int, str]]:
    """The first ``limit`` rejected rows: line in the imported file, and the reason."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(int(row["line"]), row["reason"]) for row in islice(csv.DictReader(file), limit)]
