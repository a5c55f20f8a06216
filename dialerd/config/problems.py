"""Problems: what is wrong in a file an operator wrote, where exactly, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches
from enum import StrEnum

Path = tuple[str | int, ...]
"""Where in a YAML document: keys and list indexes from the root."""


class Severity(StrEnum):
    """An error means that the file cannot be used; a warning, that it can, and perhaps not as intended."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1, the column in characters."""

    line: int
    column: int


NOWHERE = Mark(0, 0)
"""The place of problems that are in no text: a missing file, an environment variable."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake. ``line`` and ``column`` count from 1 and are 0 when the problem is in no text.

    ``path`` is the YAML path (``campaigns.spring.retry.busy.gap``), empty for the file as a whole; ``expected``
    says what would be right and ``hint`` what to do; either may be empty. Values of secrets never appear in it.
    """

    file: str
    line: int
    column: int
    path: str
    message: str
    expected: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def __str__(self) -> str:
        """One line, as compilers write it: ``file:line:column: severity: path: message; expected …; hint``."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        parts = [place, str(self.severity), *([self.path] if self.path else []), self.message]
        text = ": ".join(parts)
        if self.expected:
            text += f"; expected {self.expected}"
        return f"{text}; {self.hint}" if self.hint else text


def dotted(path: Path) -> str:
    """A path as people write it: ``contact_lists.customers.phones[0].column``."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def in_file_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sorted by file, line and column, each said once."""
    return tuple(sorted(dict.fromkeys(problems), key=lambda p: (p.file, p.line, p.column, p.path, p.message)))


def has_errors(problems: Iterable[Problem]) -> bool:
    """True when at least one of them keeps the file from being used."""
    return any(problem.severity is Severity.ERROR for problem in problems)


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that ``word`` was probably meant to be."""
    flat = {choice.replace("-", "_").lower(): choice for choice in sorted(known)}
    near = get_close_matches(word.replace("-", "_").lower(), flat, n=1, cutoff=0.6)
    return flat[near[0]] if near else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint for a word that is none of ``known``: the nearest one, or all of them when none is near."""
    choices = sorted(known)
    near = nearest(word, choices)
    if near is not None:
        return f"did you mean `{near}`?"
    return "known: " + ", ".join(f"`{choice}`" for choice in choices) if choices else ""


def quoted(value: str, limit: int = 60) -> str:
    """A value as it is repeated in a message: in backquotes, shortened, without control characters."""
    short = value if len(value) <= limit else value[: limit - 1] + "…"
    return "`" + "".join(c if c.isprintable() else "�" for c in short) + "`"
