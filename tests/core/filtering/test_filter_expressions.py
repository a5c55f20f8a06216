"""Expressions as operators write them: what they mean, and what is said about mistakes."""

from __future__ import annotations

import pytest

from dialerd.core.filtering.conditions import changes_with_time, columns_of
from dialerd.core.filtering.evaluation import holds
from dialerd.core.filtering.facts import Facts, Moment, moment_at
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.filtering.words import FilterError

NOW = 1_763_000_000.0
DAY = 86_400.0
MOMENT = Moment(NOW, "2026-11-22")
FACTS = Facts(
    contact_list="customers",
    columns={
        "region": "GB", "name": " Ada Lovelace ", "amount": "120.50", "due": "2026-11-20 08:00", "note": "  ",
        "odd": "12-5", "Last order": "2026-01-02", "attempts": "many", "zürich": "ja",
    },
    attempts=2, last_disposition="busy", last_attempt_at=NOW - 2 * DAY, added_at=NOW - 30 * DAY,
    number_type="mobile", priority=5,
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('region = "GB"', True),
        ("region = 'gb'", True),
        ('region != "GB"', False),
        ('name = "ada lovelace"', True),
        ('missing != "GB"', True),
        ('missing = "GB"', False),
        ('region = "GB" and attempts < 2', False),
        ('region = "IE" or attempts <= 2', True),
        ('region = "IE" or region = "GB" and attempts = 7', False),
        ('(region = "IE" or region = "GB") and attempts = 2', True),
        ('not region = "IE" and not (attempts > 2)', True),
        ('region in ("IE", "GB")', True),
        ('region not in ("IE", "GB")', False),
        ("attempts in (1, 2)", True),
        ("amount > 120.4", True),
        ("amount between 100 and 120.5", True),
        ("amount not between 100 and 120.5", False),
        ("amount > -5", True),
        ("odd > 1", False),
        ("not odd > 1", True),
        ("name > 1", False),
        ("due < 2026-11-22", True),
        ("due = 2026-11-20", True),
        ("due >= today", False),
        ("due >= today - 2d", True),
        ("due < today + 1w", True),
        ("name < 2030-01-01", False),
        ("note is empty", True),
        ("missing is empty", True),
        ("name is not empty", True),
        ('name starts with "ada"', True),
        ('name ends with "LACE"', True),
        ('name contains "love"', True),
        ('name like "a*l?xe"', False),
        ('name like "a*l?c*"', True),
        ('name not contains "x"', True),
        ("last_disposition = busy", True),
        ("last_disposition not in (busy, no_answer)", False),
        ("last_attempt_age > 1d", True),
        ("last_attempt_age > 2d", False),
        ("last_attempt_age is empty", False),
        ("age between 29d and 31d", True),
        ("age > 1w2d", True),
        ("number_type = mobile", True),
        ('list = "customers"', True),
        ("priority >= 5", True),
        ('`Last order` < 2026-02-01', True),
        ('`attempts` = "many"', True),
        ('zürich = "ja"', True),
        ('REGION = "GB"', False),
    ],
)  # fmt: skip
def test_an_expression_means_what_it_says(text: str, expected: bool) -> None:
    assert holds(parse_filter(text).condition, FACTS, MOMENT) is expected


@pytest.mark.parametrize(
    ("text", "at", "said"),
    [
        ("", 0, "a condition is missing"),
        ("region", 6, "nothing follows `region`"),
        ("region =", 8, "a value is missing"),
        ("region = GB", 9, "`GB` is not a value"),
        ('region == "GB"', 7, "`==` is not used"),
        ('region = "GB', 9, "never closed"),
        ('region = "GB" attempts < 2', 14, "cannot follow here"),
        ('(region = "GB"', 0, "never closed"),
        ('region = "GB")', 13, "never opened"),
        ('attempts = "two"', 11, "not compared with a text"),
        ("attempts < 2d", 11, "not compared with a duration"),
        ("age > 3", 6, "not compared with a number"),
        ("age = 3d", 4, "never exactly"),
        ("amount > 2d", 9, "not compared with a duration"),
        ('region in "GB"', 10, "list in brackets"),
        ('region in ("GB"', 15, "not closed"),
        ('region in ("GB", 5)', 17, "a number beside a text"),
        ("amount between 1", 16, "two values"),
        ('amount between 1 and "x"', 21, "a text beside a number"),
        ("region is null", 10, "followed by `empty`"),
        ("last_disposition = bussy", 19, "`bussy` is no disposition"),
        ("due < 2026-02-30", 6, "is no date"),
        ("due < today - 3h", 14, "not a number of days"),
        ("amount > 1234567890123456", 9, "more than 15"),
        ("amount > 12abc", 9, "neither a number"),
        ("amount like 5", 12, "`like` needs text"),
        ('attempts starts with "1"', 9, "is not text"),
        ("region § 5", 7, "cannot be used here"),
        ("and = 5", 0, "cannot begin"),
        ('region = ""', 9, "empty text"),
        ("(" * 40 + "a = 1" + ")" * 40, 30, "nested"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(text: str, at: int, said: str) -> None:
    with pytest.raises(FilterError) as found:
        parse_filter(text)
    assert (found.value.at, said in found.value.message) == (at, True), found.value.message


def test_too_many_conditions_are_refused() -> None:
    with pytest.raises(FilterError, match="more than 200"):
        parse_filter(" and ".join(["a = 1"] * 201))


def test_columns_and_what_moves_with_time() -> None:
    whole = parse_filter('b = "x" and (a > 1 or not b is empty) and attempts < 3 and `attempts` = "y"')
    assert columns_of(whole.condition) == ("b", "a", "attempts")
    assert not changes_with_time(whole.condition)
    assert changes_with_time(parse_filter("not age > 3d").condition)
    assert changes_with_time(parse_filter("due in (2026-01-01, today)").condition)
    assert not changes_with_time(parse_filter("due = 2026-01-01").condition)


def test_an_expression_may_have_lines() -> None:
    folded = parse_filter('region = "GB"\n  and attempts < 3\n')
    assert str(folded) == 'region = "GB" and attempts < 3'
    assert folded == parse_filter('region = "GB" and   attempts < 3')


def test_today_is_the_campaigns_day() -> None:
    evening_utc = 1_763_000_000.0 - 1_763_000_000.0 % DAY + 23.5 * 3600
    here, there = moment_at(evening_utc, "UTC"), moment_at(evening_utc, "Europe/Oslo")
    assert there.today > here.today
