"""From an expression such as `region = "GB" and attempts < 2` to its condition.

expression  := term ("or" term)*          term   := factor ("and" factor)*
factor      := "not" factor | "(" expression ")" | test
test        := field ("=" | "!=" | "<" | "<=" | ">" | ">=") value
             | field ["not"] "in" "(" value ("," value)* ")"
             | field ["not"] "between" value "and" value
             | field ["not"] ("starts with" | "ends with" | "contains" | "like") text
             | field "is" ["not"] "empty"
value       := text | number | date | "today" [("+" | "-") days] | duration
"""

from __future__ import annotations

import re
from datetime import date

from dialerd.core.amd_truth import Mark
from dialerd.core.disposition import Disposition
from dialerd.core.filtering.conditions import (
    IDLE,
    IDLE_WITH,
    SPANS,
    WEEKDAYS,
    AgentFact,
    All,
    AnyOf,
    Builtin,
    CallFact,
    Column,
    Comparison,
    Condition,
    Day,
    Empty,
    Field,
    Filter,
    How,
    IdleAgents,
    Kind,
    Match,
    Membership,
    Not,
    Operator,
    SkilledIdle,
    Tally,
    Value,
    is_count,
)
from dialerd.core.filtering.facts import LONGEST_NUMBER, small
from dialerd.core.filtering.words import FilterError, Sort, Word, words_of
from dialerd.core.treatment import CallAnalysis, Treatment

MAX_DEPTH = 30
MAX_CONDITIONS = 200
_UNITS_S = {"w": 604800.0, "d": 86400.0, "h": 3600.0, "m": 60.0, "s": 1.0}
_KEYWORDS = frozenset(
    {"and", "or", "not", "in", "between", "starts", "ends", "contains", "like", "is", "empty", "with", "today"}
)
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_AFTER_FIELD = "`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `between`, `starts with`, `contains`, `like` or `is empty`"
_WANTED = {
    Kind.NUMBER: "a number, such as `2`",
    Kind.SPAN: "a duration, such as `2d` or `12h`",
    Kind.TEXT: 'text in quotation marks, such as `"GB"`',
    Kind.DATE: "a date, such as `2026-12-31` or `today - 3d`",
}


_TALLY = "tries_"
_DISPOSITIONS = ("disposition", tuple(str(disposition) for disposition in Disposition))
_WORDS: dict[Field, tuple[str, tuple[str, ...]]] = {
    Builtin.LAST_DISPOSITION: _DISPOSITIONS,
    CallFact.DISPOSITION: _DISPOSITIONS,
    CallFact.ANALYSIS: ("analysis", tuple(str(analysis) for analysis in CallAnalysis)),
    CallFact.TREATMENT: ("treatment", tuple(str(treatment) for treatment in Treatment)),
    CallFact.WEEKDAY: ("weekday", WEEKDAYS),
    CallFact.MARKED: ("mark", tuple(str(mark) for mark in Mark)),
    CallFact.HUNG_UP_BY: ("party", ("callee", "agent", "dialerd")),
}
"""Fields that only have certain values: what such a value is called, and all of them."""


def parse_filter(text: str, *, of_call: bool = False) -> Filter:
    """The filter of an expression. ``of_call``: a rule's, which may ask for :class:`CallFact` and :class:`Tally`.
    Raises :class:`~dialerd.core.filtering.words.FilterError` with the place of the first mistake."""
    return Filter(" ".join(text.split()), _Parser(words_of(text), of_call).whole())


class _Parser:
    def __init__(self, words: list[Word], of_call: bool) -> None:
        self._words = words
        self._of_call = of_call
        self._next = 0
        self._depth = 0
        self._conditions = 0

    def whole(self) -> Condition:
        condition = self._any()
        left = self._peek()
        if left.sort is not Sort.END:
            if left.text == ")":
                raise FilterError(left.at, "a `)` that was never opened", "", "remove it")
            raise FilterError(left.at, f"`{left.text}` cannot follow here", "`and`, `or` or the end")
        return condition

    def _any(self) -> Condition:
        parts = [self._all()]
        while self._takes("or"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Condition:
        parts = [self._factor()]
        while self._takes("and"):
            parts.append(self._factor())
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _factor(self) -> Condition:
        word = self._peek()
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise FilterError(word.at, f"nested more than {MAX_DEPTH} levels deep", "", "use fewer brackets")
        try:
            if self._takes("not"):
                return Not(self._factor())
            if self._takes("("):
                inner = self._any()
                if not self._takes(")"):
                    raise FilterError(word.at, "a `(` that is never closed", "", "add `)`")
                return inner
            return self._test()
        finally:
            self._depth -= 1

    def _test(self) -> Condition:
        self._conditions += 1
        if self._conditions > MAX_CONDITIONS:
            raise FilterError(self._peek().at, f"more than {MAX_CONDITIONS} conditions", "", "use `in (…)`")
        name = self._peek()
        field = self._field()
        word = self._take()
        if word.sort is Sort.SIGN and word.text in _COMPARISONS:
            return self._comparison(field, name, word)
        if word.sort is Sort.WORD:
            said = word.text.lower()
            if said == "is":
                negated = self._takes("not")
                if not self._takes("empty"):
                    raise FilterError(self._peek().at, "`is` is followed by `empty` or `not empty`", "`empty`",
                                      "to compare, write `=`")  # fmt: skip
                return _negated(Empty(field), negated)
            negated = said == "not"
            if negated:
                word = self._take()
                said = word.text.lower()
            made = self._worded(field, name, word, said)
            if made is not None:
                return _negated(made, negated)
        if word.sort is Sort.END:
            raise FilterError(word.at, f"nothing follows `{name.text}`", _AFTER_FIELD)
        raise FilterError(word.at, f"`{word.text}` cannot follow `{name.text}`", _AFTER_FIELD)

    def _worded(self, field: Field, name: Word, word: Word, said: str) -> Condition | None:
        if said == "in":
            return self._membership(field, name)
        if said == "between":
            kind, low = self._value(field, name)
            conjunction = self._peek()
            if not self._takes("and"):
                raise FilterError(conjunction.at, "`between` needs two values", "`and`", "`between 1 and 5`")
            upper = self._peek()
            other, high = self._value(field, name)
            _same(kind, other, upper)
            low_end = Comparison(field, kind, Operator.AT_LEAST, low)
            return All((low_end, Comparison(field, kind, Operator.AT_MOST, high)))
        if said in ("starts", "ends") and not self._takes("with"):
            raise FilterError(self._peek().at, f"`{said}` is followed by `with`", "`with`")
        how = {"starts": How.STARTS, "ends": How.ENDS, "contains": How.CONTAINS, "like": How.LIKE}.get(said)
        if how is None:
            return None
        if is_count(field) or field in SPANS:
            raise FilterError(word.at, f"`{name.text}` is not text", "`=`, `<`, `>`, `in` or `between`")
        text = self._take()
        if text.sort is not Sort.TEXT:
            raise FilterError(text.at, f"`{how}` needs text", _WANTED[Kind.TEXT], _quote_it(text))
        return Match(field, how, small(text.text))

    def _comparison(self, field: Field, name: Word, sign: Word) -> Condition:
        kind, value = self._value(field, name)
        if kind is Kind.SPAN and sign.text in ("=", "!="):
            raise FilterError(sign.at, "an age is never exactly so much", "`<`, `<=`, `>` or `>=`")
        if sign.text == "!=":
            return Not(Comparison(field, kind, Operator.EQUAL, value))
        return Comparison(field, kind, Operator(sign.text), value)

    def _membership(self, field: Field, name: Word) -> Condition:
        opening = self._peek()
        if field in SPANS:
            raise FilterError(opening.at, "an age is never exactly so much", "`<`, `>` or `between`")
        if not self._takes("("):
            raise FilterError(opening.at, "`in` needs a list in brackets", '`("GB", "IE")`')
        values: list[Value] = []
        first: Kind | None = None
        while True:
            at = self._peek()
            kind, value = self._value(field, name)
            first = first or kind
            _same(first, kind, at)
            values.append(value)
            if self._takes(")"):
                return Membership(field, first, tuple(values))
            comma = self._peek()
            if not self._takes(","):
                raise FilterError(comma.at, "a list that is not closed", "`,` or `)`")

    def _field(self) -> Field:
        word = self._take()
        if word.sort is Sort.COLUMN:
            return Column(word.text)
        if word.sort is Sort.WORD and word.text.lower() not in _KEYWORDS:
            return self._named(word.text)
        if word.sort is Sort.END:
            raise FilterError(word.at, "a condition is missing", "a column, such as `region`")
        hint = 'write the column first: `region = "GB"`' if word.sort is Sort.TEXT else ""
        raise FilterError(word.at, f"`{word.text}` cannot begin a condition", "a column, such as `region`", hint)

    def _named(self, name: str) -> Field:
        if name in set(Builtin):
            return Builtin(name)
        if self._of_call and name in set(CallFact):
            return CallFact(name)
        if self._of_call and name.startswith(_TALLY) and name.removeprefix(_TALLY) in set(Disposition):
            return Tally(name.removeprefix(_TALLY))
        if self._of_call and (name == IDLE or name.startswith(f"{IDLE}_")):
            return IdleAgents(name[len(IDLE) + 1 :])
        if self._of_call and name in set(AgentFact):
            return AgentFact(name)
        if self._of_call and name.startswith(IDLE_WITH) and len(name) > len(IDLE_WITH):
            return SkilledIdle(name.removeprefix(IDLE_WITH))
        return Column(name)

    def _value(self, field: Field, name: Word) -> tuple[Kind, Value]:
        word = self._peek()
        kind, value = self._any_value(field)
        wanted = Kind.NUMBER if is_count(field) else Kind.SPAN if field in SPANS else None
        if wanted is None and field is not None and not isinstance(field, Column):
            wanted = Kind.TEXT
        if wanted is not None and kind is not wanted:
            raise FilterError(word.at, f"`{name.text}` is not compared with a {_spoken(kind)}", _WANTED[wanted])
        if wanted is None and kind is Kind.SPAN:
            raise FilterError(word.at, "a column is not compared with a duration", _WANTED[Kind.DATE])
        said, known = _WORDS.get(field, ("", ()))
        if known and value not in known:
            raise FilterError(word.at, f"`{word.text}` is no {said}", word=word.text, known=known)
        return kind, value

    def _any_value(self, field: Field) -> tuple[Kind, Value]:
        word = self._take()
        if word.sort is Sort.TEXT:
            text = small(word.text.strip(" "))
            if not text:
                raise FilterError(word.at, "nothing is equal to an empty text", "", "write `is empty`")
            return Kind.TEXT, text
        if word.sort is Sort.NUMBER or word.text == "-":
            return Kind.NUMBER, self._number(word)
        if word.sort is Sort.DATE:
            return Kind.DATE, _date(word)
        if word.sort is Sort.SPAN:
            return Kind.SPAN, _span(word)
        if word.sort is Sort.WORD and word.text.lower() == "today":
            return Kind.DATE, self._today()
        if word.sort is Sort.WORD and not isinstance(field, Column) and word.text.lower() not in _KEYWORDS:
            return Kind.TEXT, small(word.text)
        if word.sort is Sort.END:
            raise FilterError(word.at, "a value is missing at the end", "text, a number or a date")
        raise FilterError(word.at, f"`{word.text}` is not a value", "text, a number or a date", _quote_it(word))

    def _number(self, word: Word) -> float:
        negative = word.text == "-"
        if negative:
            word = self._take()
        if word.sort is not Sort.NUMBER:
            raise FilterError(word.at, f"`{word.text}` is not a number", _WANTED[Kind.NUMBER])
        if len(word.text) > LONGEST_NUMBER - negative:
            raise FilterError(word.at, f"a number of more than {LONGEST_NUMBER} characters")
        return -float(word.text) if negative else float(word.text)

    def _today(self) -> Day:
        sign = self._peek()
        if sign.sort is not Sort.SIGN or sign.text not in ("+", "-"):
            return Day()
        self._take()
        word = self._take()
        span_s = _span(word) if word.sort is Sort.SPAN else 0.5
        if span_s % _UNITS_S["d"] or span_s > 36_500 * _UNITS_S["d"]:
            raise FilterError(word.at, f"`{word.text}` is not a number of days", "days, such as `3d`")
        days = int(span_s // _UNITS_S["d"])
        return Day(days=days if sign.text == "+" else -days)

    def _peek(self) -> Word:
        return self._words[self._next]

    def _take(self) -> Word:
        word = self._words[self._next]
        if word.sort is not Sort.END:
            self._next += 1
        return word

    def _takes(self, text: str) -> bool:
        word = self._peek()
        if word.sort in (Sort.WORD, Sort.SIGN) and word.text.lower() == text:
            self._next += 1
            return True
        return False


def _negated(condition: Condition, negated: bool) -> Condition:
    return Not(condition) if negated else condition


def _same(first: Kind, other: Kind, word: Word) -> None:
    if first is not other:
        raise FilterError(word.at, f"a {_spoken(other)} beside a {_spoken(first)}", _WANTED[first])


def _spoken(kind: Kind) -> str:
    return {Kind.SPAN: "duration"}.get(kind, kind.value)


def _quote_it(word: Word) -> str:
    return f'put text in quotation marks: `"{word.text}"`' if word.sort in (Sort.WORD, Sort.NUMBER) else ""


def _date(word: Word) -> Day:
    try:
        return Day(date.fromisoformat(word.text).isoformat())
    except ValueError:
        raise FilterError(word.at, f"`{word.text}` is no date", "a date, such as `2026-12-31`") from None


def _span(word: Word) -> float:
    parts = re.findall(r"([0-9]+(?:\.[0-9]+)?)([wdhms])", word.text)
    return float(sum(float(count) * _UNITS_S[unit] for count, unit in parts))
