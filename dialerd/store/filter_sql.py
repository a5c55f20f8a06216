"""Filters and sort keys in SQL: the answers of :mod:`dialerd.core.filtering` and :mod:`dialerd.core.ordering`, given
by SQLite and PostgreSQL for many contacts at once.

Texts of columns are taken out of the JSON once per row, in a part of the query that is not merged into the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Double,
    Text,
    and_,
    case,
    cast,
    collate,
    false,
    func,
    literal,
    literal_column,
    not_,
    null,
    or_,
    select,
)

from dialerd.core.filtering.conditions import (
    AGES,
    NUMBERS,
    All,
    AnyOf,
    Builtin,
    Column,
    Condition,
    Day,
    Empty,
    Field,
    How,
    Kind,
    Match,
    Membership,
    Not,
    Operator,
    Value,
)
from dialerd.core.filtering.facts import LONGEST_NUMBER, Moment
from dialerd.core.ordering.keys import (
    BEFORE,
    BEHIND,
    FARTHEST,
    HEX_DIGITS,
    KEY_CHARACTERS,
    REVERSED_DIGITS,
    REVERSED_END,
    WITHIN,
)
from dialerd.core.ordering.settings import DialOrder, SortKey
from dialerd.store.schema import contacts

Expression = ColumnElement[Any]
_STANDING = ("id", "contact_list", "state", "next_at", "attempts", "reason")

_COLUMN_OF = {
    Builtin.ATTEMPTS: "attempts", Builtin.PRIORITY: "priority", Builtin.LAST_DISPOSITION: "last_disposition",
    Builtin.LAST_ATTEMPT_AGE: "last_attempt_at", Builtin.AGE: "added_at", Builtin.LIST: "contact_list",
}  # fmt: skip


class Scan:
    """Contacts with the texts that one order looks at, as a common table expression, and what is asked of them."""

    def __init__(
        self, postgresql: bool, order: DialOrder, where: Iterable[ColumnElement[bool]],
        standing: Sequence[str] = _STANDING,
    ) -> None:  # fmt: skip
        """``where``: which rows of the table of contacts; ``standing``: which of its columns are wanted beside those
        that the order looks at: the fewer, the faster."""
        self._postgresql = postgresql
        self._names = {Column(name): f"v{index}" for index, name in enumerate(order.columns())}
        texts = [self._column_text(field.name).label(name) for field, name in self._names.items()]
        used = order.builtins()
        if Builtin.NUMBER_TYPE in used:
            texts.append(self._trimmed(self._number_type()).label("number_type"))
        columns = dict.fromkeys([*standing, *(_COLUMN_OF[field] for field in used if field in _COLUMN_OF)])
        self.rows: CTE = (
            select(*(contacts.c[name] for name in columns), *texts)
            .where(*where)
            .cte("scan")
            .prefix_with("MATERIALIZED")
        )

    # --- texts ------------------------------------------------------------------------------------------

    def _column_text(self, name: str) -> Expression:
        if self._postgresql:
            return self._trimmed(contacts.c.columns.op("->>", return_type=Text())(literal(name, Text())))
        return self._trimmed(func.json_extract(contacts.c.columns, literal(f'$."{name}"', Text()), type_=Text()))

    def _number_type(self) -> Expression:
        if self._postgresql:
            number = contacts.c.numbers.op("->", return_type=contacts.c.numbers.type)(contacts.c.number_index)
            return number.op("->>", return_type=Text())(literal("kind", Text()))
        path = literal("$[", Text()) + cast(contacts.c.number_index, Text()) + literal("].kind", Text())
        return func.json_extract(contacts.c.numbers, path, type_=Text())

    def _trimmed(self, text: Expression) -> Expression:
        if self._postgresql:
            return func.nullif(func.btrim(func.lower(collate(text, "C"))), literal("", Text()), type_=Text())
        return func.nullif(func.trim(func.lower(text)), literal("", Text()), type_=Text())

    def _text(self, field: Field) -> Expression:
        if isinstance(field, Column):
            return self.rows.c[self._names[field]]
        if field is Builtin.NUMBER_TYPE:
            return self.rows.c.number_type
        return self._trimmed(self.rows.c.contact_list if field is Builtin.LIST else self.rows.c.last_disposition)

    def _number(self, field: Field) -> Expression:
        if field in NUMBERS:
            return cast(self.rows.c[str(field)], Double())
        text = self._text(field)
        short = func.length(text) <= LONGEST_NUMBER
        if self._postgresql:
            good = and_(short, text.bool_op("~")(r"^-?[0-9]*\.?[0-9]*$"), text.bool_op("~")("[0-9]"))
        else:
            glob: Callable[[str], ColumnElement[bool]] = lambda pattern: text.bool_op("GLOB")(pattern)  # noqa: E731
            good = and_(short, glob("*[0-9]*"), not_(glob("*[^0-9.-]*")), not_(glob("?*-*")), not_(glob("*.*.*")))
        return case((good, cast(text, Double())))

    def _is_date(self, text: Expression) -> ColumnElement[bool]:
        if self._postgresql:
            return text.bool_op("~")("^[0-9]{4}-[01][0-9]-[0-3][0-9]")
        return text.bool_op("GLOB")("[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]*")

    def _since(self, field: Field) -> Expression:
        return self.rows.c.added_at if field is Builtin.AGE else self.rows.c.last_attempt_at

    # --- conditions -------------------------------------------------------------------------------------

    def holds(self, condition: Condition, moment: Moment) -> ColumnElement[bool]:
        """The condition, never null."""
        if isinstance(condition, All):
            return and_(*(self.holds(part, moment) for part in condition.parts))
        if isinstance(condition, AnyOf):
            return or_(*(self.holds(part, moment) for part in condition.parts))
        if isinstance(condition, Not):
            return not_(self.holds(condition.part, moment))
        if isinstance(condition, Empty):
            return self._is_empty(condition.field)
        if isinstance(condition, Match):
            return _surely(self._text(condition.field).like(_pattern(condition), escape="\\"))
        found = self._value(condition.field, condition.kind, moment)
        if isinstance(condition, Membership):
            return _surely(found.in_([_settled(value, moment) for value in condition.values]))
        return _surely(_compared(found, condition.operator, _settled(condition.value, moment)))

    def _is_empty(self, field: Field) -> ColumnElement[bool]:
        if field in NUMBERS:
            return false()
        return (self._since(field) if field in AGES else self._text(field)).is_(None)

    def _value(self, field: Field, kind: Kind, moment: Moment) -> Expression:
        if kind is Kind.SPAN:
            return literal(moment.now, Double()) - self._since(field)
        if kind is Kind.NUMBER:
            return self._number(field)
        text = self._text(field)
        return case((self._is_date(text), func.substr(text, 1, 10, type_=Text()))) if kind is Kind.DATE else text

    # --- sort keys --------------------------------------------------------------------------------------

    def keys(self, sort: Sequence[SortKey]) -> list[tuple[Expression, Expression]]:
        """For each key its number and its text; the one that the key is not is null."""
        return [self._key(key) for key in sort]

    def order_by(self, sort: Sequence[SortKey]) -> list[Expression]:
        """The keys without the halves that are null anyway."""
        return [
            number if _is_number(key) else text for key, (number, text) in zip(sort, self.keys(sort), strict=True)
        ]

    def value(self, key: SortKey) -> Expression:
        """What the key looks at, for people; ages as the time since when, epoch seconds."""
        if key.field in AGES:
            return self._since(key.field)
        return self._number(key.field) if key.kind is Kind.NUMBER else self._text(key.field)

    def _key(self, key: SortKey) -> tuple[Expression, Expression]:
        sign = -1.0 if key.descending else 1.0
        nowhere: Expression = literal(-FARTHEST if key.empty_first else FARTHEST, Double())
        if key.field in AGES:
            since = self._since(key.field)
            return func.coalesce(since if key.descending else -since, nowhere), _no_text()
        if key.kind is Kind.NUMBER:
            number = self._number(key.field)
            return func.coalesce(-number if sign < 0 else number, nowhere), _no_text()
        text = self._text(key.field)
        if key.kind is Kind.DATE:
            stamp = func.replace(func.substr(text, 1, 19), "t", " ", type_=Text())
            text = case((self._is_date(text), stamp))
        text = func.substr(text, 1, KEY_CHARACTERS, type_=Text())
        if key.descending:
            text = self._reversed(text)
        placed = literal(WITHIN, Text()) + text
        return cast(null(), Double()), func.coalesce(placed, literal(BEFORE if key.empty_first else BEHIND, Text()))

    def _reversed(self, text: Expression) -> Expression:
        if self._postgresql:
            digits = func.upper(func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'hex'")))
            return func.translate(digits, HEX_DIGITS, REVERSED_DIGITS, type_=Text()) + literal(REVERSED_END, Text())
        # hex() makes of nothing an empty text.
        turned: Expression = case((text.is_not(None), func.hex(text)))
        for digit, reversed_digit in zip(HEX_DIGITS, REVERSED_DIGITS, strict=True):
            turned = func.replace(turned, digit, reversed_digit, type_=Text())
        return turned + literal(REVERSED_END, Text())


def _is_number(key: SortKey) -> bool:
    return key.field in AGES or key.kind is Kind.NUMBER


def _no_text() -> Expression:
    return cast(null(), Text())


def _surely(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.coalesce(condition, false())


def _settled(value: Value, moment: Moment) -> str | float:
    return moment.day(value) if isinstance(value, Day) else value


def _compared(found: Expression, operator: Operator, value: str | float) -> ColumnElement[bool]:
    other = literal(value, Text()) if isinstance(value, str) else literal(float(value), Double())
    if operator is Operator.EQUAL:
        return found == other
    if operator is Operator.LESS:
        return found < other
    if operator is Operator.AT_MOST:
        return found <= other
    return found > other if operator is Operator.MORE else found >= other


def _pattern(condition: Match) -> str:
    wild = {"*": "%", "?": "_"} if condition.how is How.LIKE else {}
    kept = {"\\": "\\\\", "%": "\\%", "_": "\\_"}
    text = "".join(wild.get(c) or kept.get(c) or c for c in condition.text)
    before = "%" if condition.how in (How.ENDS, How.CONTAINS) else ""
    behind = "%" if condition.how in (How.STARTS, How.CONTAINS) else ""
    return before + text + behind
