"""SQLite and PostgreSQL give the answers of the filter and the sort keys in Python, for ugly texts too."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.disposition import Disposition
from dialerd.core.filtering.conditions import (
    All,
    AnyOf,
    Builtin,
    Column,
    Comparison,
    Condition,
    Day,
    Empty,
    Filter,
    How,
    Kind,
    Match,
    Membership,
    Not,
    Operator,
)
from dialerd.core.filtering.evaluation import holds
from dialerd.core.filtering.facts import Facts, Moment, small
from dialerd.core.ordering.keys import rank
from dialerd.core.ordering.settings import DialOrder, SortKey
from dialerd.store.database import open_database
from dialerd.store.filter_sql import Scan
from dialerd.store.migrate import migrate_engine
from dialerd.store.schema import contact_lists, contacts

NOW = 1_763_000_000.25
MOMENT = Moment(NOW, "2026-11-22")
NAMES = ("a", "b c", "Ünï.x", "7")

letters = st.text(
    st.one_of(
        st.sampled_from("aAbBzZ019.-+%_*?\\'\"`t:/ \t\né߀Ğİ𝄞"),
        st.characters(exclude_categories=["Cs"], exclude_characters="\x00"),
    ),
    max_size=8,
)
numbers = st.one_of(
    st.decimals(-9999, 9999, places=2).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=7, min_value=-(10**7), max_value=10**7).map(str),
    st.integers(-(10**16), 10**16).map(str),
    st.sampled_from(["", "-", ".", "-.", "1.", ".5", "-.5", "--1", "1-2", "1.2.3", "1e5", "0x10", " 12 ", "٣", "+3"]),
)
dates = st.one_of(
    st.dates().map(str),
    st.datetimes().map(lambda d: d.isoformat(timespec="seconds")),
    st.sampled_from(["2026-11-22", "2026-11-21 10:00", "2026-99-99", "2026-1-2", "22.11.2026", "2026-12-31Z"]),
)
texts = st.one_of(letters, numbers, dates)
when = st.one_of(st.none(), st.floats(NOW - 1e7, NOW + 10))

facts = st.builds(
    Facts,
    contact_list=st.just("leads"),
    columns=st.dictionaries(st.sampled_from(NAMES), texts),
    attempts=st.integers(0, 9),
    last_disposition=st.one_of(st.none(), st.sampled_from([d.value for d in Disposition])),
    last_attempt_at=when,
    added_at=when,
    number_type=st.one_of(st.none(), st.sampled_from(["mobile", "home"])),
    priority=st.integers(-5, 5),
)

columns = st.sampled_from([Column(name) for name in NAMES])
text_fields = st.one_of(columns, st.sampled_from([Builtin.LAST_DISPOSITION, Builtin.NUMBER_TYPE, Builtin.LIST]))
number_fields = st.one_of(columns, st.sampled_from([Builtin.ATTEMPTS, Builtin.PRIORITY]))
age_fields = st.sampled_from([Builtin.AGE, Builtin.LAST_ATTEMPT_AGE])
operators = st.sampled_from(list(Operator))
small_texts = texts.map(lambda text: small(text.strip(" "))).filter(bool)
values = st.one_of(
    st.decimals(-9999, 9999, places=2).map(float), st.integers(-20, 20).map(float), st.sampled_from([0.1, 120.5])
)
days = st.one_of(st.dates().map(lambda d: Day(d.isoformat())), st.integers(-400, 400).map(lambda n: Day(days=n)))

tests = st.one_of(
    st.builds(Comparison, text_fields, st.just(Kind.TEXT), operators, small_texts),
    st.builds(Comparison, number_fields, st.just(Kind.NUMBER), operators, values),
    st.builds(Comparison, columns, st.just(Kind.DATE), operators, days),
    st.builds(Comparison, age_fields, st.just(Kind.SPAN), operators, st.floats(0, 1e7)),
    st.builds(Membership, text_fields, st.just(Kind.TEXT), st.lists(small_texts, min_size=1, max_size=3).map(tuple)),
    st.builds(Membership, number_fields, st.just(Kind.NUMBER), st.lists(values, min_size=1, max_size=3).map(tuple)),
    st.builds(Match, text_fields, st.sampled_from(list(How)), letters.map(small)),
    st.builds(Empty, st.one_of(text_fields, number_fields, age_fields)),
)
conditions = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(All, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(AnyOf, st.lists(inner, min_size=1, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)
sort_keys = st.one_of(
    st.builds(SortKey, columns, st.sampled_from([Kind.TEXT, Kind.NUMBER, Kind.DATE]), st.booleans(), st.booleans()),
    st.builds(SortKey, number_fields, st.just(Kind.NUMBER), st.booleans(), st.booleans()),
    st.builds(SortKey, age_fields, st.just(Kind.NUMBER), st.booleans(), st.booleans()),
    st.builds(SortKey, text_fields, st.just(Kind.TEXT), st.booleans(), st.booleans()),
)


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    await migrate_engine(opened)
    async with opened.begin() as connection:
        await connection.execute(insert(contact_lists).values(name="leads", created_at=0.0))
    try:
        yield opened
    finally:
        await opened.dispose()


def row_of(index: int, one: Facts) -> dict[str, Any]:
    numbers = [{"e164": "+441632960000", "kind": "other"}]
    if one.number_type is not None:
        numbers.append({"e164": "+441632960001", "kind": one.number_type})
    return {
        "id": index, "contact_list": one.contact_list, "key": str(index), "numbers": numbers, "number_index": 1,
        "columns": dict(one.columns), "state": "callable", "tries": {}, "updated_at": 0.0, "attempts": one.attempts,
        "last_disposition": one.last_disposition, "last_attempt_at": one.last_attempt_at, "added_at": one.added_at,
        "priority": one.priority,
    }  # fmt: skip


async def answers(engine: AsyncEngine, many: list[Facts], order: DialOrder, condition: Condition) -> list[Any]:
    """What the database says, for each contact: whether it passes, and its rank; the table is left empty."""
    scan = Scan(engine.dialect.name == "postgresql", order, [])
    found = [part for pair in scan.keys(order.sort) for part in pair]
    query = select(scan.holds(condition, MOMENT), *found).select_from(scan.rows).order_by(scan.rows.c.id)
    async with engine.begin() as connection:
        await connection.execute(insert(contacts), [row_of(index, one) for index, one in enumerate(many)])
        rows = [tuple(row) for row in await connection.execute(query)]
        await connection.execute(delete(contacts))
    return [(bool(row[0]), tuple(part for part in row[1:] if part is not None)) for row in rows]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    many=st.lists(facts, min_size=1, max_size=12), condition=conditions,
    sort=st.lists(sort_keys, max_size=4).map(tuple),
)  # fmt: skip
async def test_sql_and_python_agree(
    engine: AsyncEngine, many: list[Facts], condition: Condition, sort: tuple[SortKey, ...]
) -> None:
    order = DialOrder(filter=Filter("", condition), sort=sort)
    expected = [(holds(condition, one, MOMENT), rank(sort, one)) for one in many]
    assert await answers(engine, many, order, condition) == expected


def test_a_reversed_text_sorts_the_other_way() -> None:
    names = ["", "a", "aa", "ab", "b", "zz", "é", "日本", "𝄞"]
    up = SortKey(Column("a"))
    down = SortKey(Column("a"), descending=True)
    found = [Facts("leads", {"a": name}) for name in names]
    upwards = sorted(found, key=lambda one: rank([up], one))
    downwards = sorted(found, key=lambda one: rank([down], one))
    assert [f.columns["a"] for f in upwards] == [*names[1:], ""]
    assert [f.columns["a"] for f in downwards] == [*reversed(names[1:]), ""]
