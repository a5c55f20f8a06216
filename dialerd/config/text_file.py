"""Reading a text file that an operator wrote."""

from __future__ import annotations

from pathlib import Path

from dialerd.config.problems import Problem


def read_text(path: Path) -> str | Problem:
    """The file's text (UTF-8, with or without byte order mark), or the problem that it cannot be read."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Problem(str(path), 0, 0, "", f"cannot be read: {reason}", "", "check the name and the rights")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = raw[: error.start].decode("utf-8-sig", errors="replace")
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        return Problem(str(path), line, column, "", "not UTF-8 text", "", "save the file as UTF-8")
