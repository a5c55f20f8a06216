"""Lists, filter, sort keys and mix in `campaigns.yaml`: what they become, and mistakes at their place."""

from __future__ import annotations

import pytest

from dialerd.config.campaigns_file import check
from dialerd.config.order_settings import missing_columns
from dialerd.config.plan_diff import plan_diff
from dialerd.core.filtering.conditions import Builtin, Column, Kind
from dialerd.core.ordering.settings import DialOrder, ListShare, Mix, SortKey

HEAD = """\
version: 1
trunks:
  carrier: {dial: 'PJSIP/{digits}@carrier', max_lines: 10, cps: 5}
contact_lists:
  customers: {region: GB, phones: [{column: phone}]}
  winback: {region: GB, phones: [{column: mobile}]}
campaigns:
  notice:
    mode: agentless
    trunk: carrier
    caller_id: +441632960000
    message: sound:notice
"""
LINE = HEAD.count("\n") + 1


def told(text: str, listed: bool = True) -> list[tuple[int, int, str]]:
    text = HEAD + ("    contact_list: customers\n" if listed else "") + text
    return [(p.line - LINE - listed, p.column, str(p)) for p in check(text, "c.yaml").problems]


def order(text: str, listed: bool = True) -> DialOrder:
    result = check(HEAD + ("    contact_list: customers\n" if listed else "") + text, "c.yaml")
    assert result.plan is not None, result.problems
    return result.plan.campaigns["notice"].order


def test_everything_that_can_be_stated() -> None:
    found = order(
        """\
    contact_lists:
      - {name: customers, share: 70}
      - {name: winback, share: 30}
    filter: >
      region = "GB"
      and attempts < 2
    sort:
      - {by: score, as: number, direction: desc}
      - {by: '`age`', empty: first}
      - by: age
    order: static
    mix: {fresh: 3, retried: 1}
    time_zone: Europe/London
""",
        listed=False,
    )
    assert str(found.filter) == 'region = "GB" and attempts < 2'
    assert found.sort == (
        SortKey(Column("score"), Kind.NUMBER, descending=True),
        SortKey(Column("age"), Kind.TEXT, empty_first=True),
        SortKey(Builtin.AGE, Kind.NUMBER),
    )
    assert (found.static, found.mix, found.time_zone) == (True, Mix(3, 1), "Europe/London")
    assert found.lists == (ListShare("customers", 70), ListShare("winback", 30))
    assert found.columns() == ("region", "score", "age")


def test_nothing_stated_is_the_plain_order() -> None:
    assert order("").plain
    single = order("    contact_lists: [{name: winback, share: 100}]\n", listed=False)
    assert single.plain


@pytest.mark.parametrize(
    ("text", "line", "column", "said"),
    [
        ('    filter: region = "GB" and attempts < two\n', 0, 42, "not compared with a text"),
        ("    filter: 'region = \"GB\" annd attempts < 2'\n", 0, 28, "`annd` cannot follow here"),
        ('    filter: "region = \\"GB\\" and due < 2026-02-30"\n', 0, 40, "is no date"),
        ("    filter: >\n      region = 'GB'\n      and attempts = 'x'\n", 2, 22, "not compared with a text"),
        ("    filter: |\n      attempts < 2\n      or\n", 2, 9, "a condition is missing"),
        ("    filter: last_disposition = bussy\n", 0, 32, "did you mean `busy`?"),
        ("    filter: phone = '1'\n", 0, 13, "is a phone column"),
        ("    sort: [{by: phone}]\n", 0, 17, "is a phone column"),
        ("    sort: [{by: a}, {by: b}, {by: c}, {by: d}, {by: e}]\n", 0, 5, "5 sort keys"),
        ("    sort: [{by: a}, {by: a}]\n", 0, 26, "is a sort key already"),
        ("    sort: [{by: attempts, as: text}]\n", 0, 31, "always compared as number"),
        ("    mix: {fresh: 0, retried: 0}\n", 0, 5, "nobody would ever be called"),
        ("    order: random\n", 0, 12, "`random` is not known here"),
        ("    contact_lists: [{name: winback, share: 100}]\n", -1, 5, "beside `contact_lists`"),
    ],
)
def test_a_mistake_is_told_at_its_place(text: str, line: int, column: int, said: str) -> None:
    found = told(text)
    assert [(at, behind) for at, behind, _ in found] == [(line, column)], found
    assert said in found[0][2]


def test_mistakes_in_several_lists() -> None:
    text = "    contact_lists:\n      - {name: custmers, share: 70}\n      - {name: winback, share: 20}\n"
    found = told(text, listed=False)
    assert [line for line, _, _ in found] == [0, 1]
    assert "the shares are 90 % together" in found[0][2]
    assert "did you mean `customers`?" in found[1][2]


def test_an_order_without_keys_is_a_warning() -> None:
    assert [(line, "nothing that could stay" in said) for line, _, said in told("    order: static\n")] == [(0, True)]


def test_a_column_that_a_list_lacks() -> None:
    found = order('    filter: regin = "GB" and score > 5\n')
    assert missing_columns(found.columns(), {"region", "score"}, "customers") == (
        "list customers has no column `regin`, which the order asks for; did you mean `region`?"
    )
    assert missing_columns(found.columns(), {"regin", "score"}, "customers") is None
    assert missing_columns(found.columns(), (), "customers") is None, "an empty list says nothing"


def test_a_reload_says_what_changes() -> None:
    plans = [
        check(HEAD + "    contact_list: customers\n" + text, "c.yaml").plan
        for text in ("    filter: a = 1\n", "    filter: a = 2\n    sort: [{by: b, direction: desc}]\n")
    ]
    assert plans[0] is not None
    assert plans[1] is not None
    assert plan_diff(*plans).lines() == [
        "~ campaign notice: order.filter: a = 1 -> a = 2",
        "~ campaign notice: order.sort: none -> b as text desc",
    ]
