"""From the text of an expression to its words, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum


class FilterError(ValueError):
    """An expression that cannot be understood. ``at``: characters before the place; ``known``: words that were
    possible where ``word`` stands."""

    def __init__(
        self, at: int, message: str, expected: str = "", hint: str = "", word: str = "", known: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.expected = expected
        self.hint = hint
        self.word = word
        self.known = known


class Sort(StrEnum):
    """What a word is."""

    TEXT = "text"
    COLUMN = "column"
    DATE = "date"
    SPAN = "duration"
    NUMBER = "number"
    WORD = "word"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True, slots=True)
class Word:
    """One word: what it is, its text (without quotation marks), its place."""

    sort: Sort
    text: str
    at: int


_WORD = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>"[^"]*"|'[^']*')
    |(?P<column>`[^`"\\]+`)
    |(?P<date>[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![0-9]))
    |(?P<duration>(?:[0-9]+(?:\.[0-9]+)?[wdhms])+(?!\w))
    |(?P<number>[0-9]+(?:\.[0-9]+)?(?![\w.]))
    |(?P<word>[^\W\d]\w*)
    |(?P<sign><=|>=|!=|<>|==|&&|\|\||[=<>(),+-])""",
    re.VERBOSE,
)
_INSTEAD = {"==": "=", "<>": "!=", "&&": "and", "||": "or"}
_OPENING = {'"': "a quotation mark that is never closed", "'": "a quotation mark that is never closed"}


def words_of(text: str) -> list[Word]:
    """The words, an END behind them. Raises :class:`FilterError`."""
    words: list[Word] = []
    at = 0
    while at < len(text):
        found = _WORD.match(text, at)
        if found is None:
            raise _stranger(text, at)
        kind, said = str(found.lastgroup), found.group()
        if said in _INSTEAD:
            raise FilterError(at, f"`{said}` is not used here", "", f"write `{_INSTEAD[said]}`")
        if kind != "space":
            if kind in ("text", "column"):
                said = said[1:-1]
            words.append(Word(Sort(kind), said, at))
        at = found.end()
    words.append(Word(Sort.END, "", len(text)))
    return words


def _stranger(text: str, at: int) -> FilterError:
    sign = text[at]
    if sign in _OPENING:
        return FilterError(at, _OPENING[sign], "", "close it")
    if sign == "`":
        return FilterError(
            at, "a column in backquotes that is never closed, or with a sign that names cannot have", "",
            "close it; quotation marks and backslashes cannot be in the name",
        )  # fmt: skip
    if sign.isdigit():
        word = re.match(r"[\w.]+", text[at:])
        said = word.group() if word is not None else sign
        return FilterError(
            at, f"`{said}` is neither a number nor a duration nor a date", "`100`, `2d`, `2026-12-31`",
            "put text in quotation marks",
        )  # fmt: skip
    if sign in "“”„‘’«»":
        return FilterError(at, f"`{sign}` is not a quotation mark here", "", 'use `"`')
    return FilterError(at, f"`{sign}` cannot be used here", "", "put text in quotation marks, a column in backquotes")
