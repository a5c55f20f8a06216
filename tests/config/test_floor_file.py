"""Floor files: what they say, and what is wrong with them and where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dialerd.config.floor_file import Known, check_floor, load_floor
from dialerd.config.schema import floor_json_schema

KNOWN = Known(frozenset({"spring"}), frozenset({"sales"}))


def problem(text: str) -> str:
    found = check_floor(text, "floor.yaml", KNOWN)
    assert found.floor is None
    assert len(found.problems) == 1, found.problems
    return str(found.problems[0])


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("version: 1\ntalk: 3 minutes\n", "2:7", "did you mean `3m`?"),
        ("version: 1\nanswer_rate: 0.25\n", "2:14", "did you mean `25%`?"),
        ("version: 1\nagent: 3\n", "2:1", "did you mean `agents`?"),
        ("version: 2\n", "1:10", "too large"),
        ("version: 1\nstart: 9h\n", "2:8", "hours and minutes from 00:00 to 23:59"),
        ("version: 1\nstart: 24:00\n", "2:8", "is not a time of day"),
        ("version: 1\nmachines: 70%\nbusy: 40%\n", "3:7", "machines and busy add up to 110%"),
        ("version: 1\nbusy: 80%\n", "2:7", "machines and busy add up to 105%"),
        ("version: 1\ncampaigns: {spring: {machines: 90%}}\n", "2:32", "add up to 110%"),
        ("version: 1\nqueues: {sale: {agents: 3}}\n", "2:10", "did you mean `sales`?"),
        ("version: 1\ncampaigns: {sprin: {talk: 3m}}\n", "2:13", "did you mean `spring`?"),
        ("version: 1\nmoves: [{at: 08:00, agents: -3}]\n", "2:14", "this is not within the shift"),
        ("version: 1\nqueues: {sales: {moves: [{at: 17:00, agents: 3}]}}\n", "2:31", "this is not within the shift"),
        ("version: 1\nmoves: [{at: 10:00, agents: 0}]\n", "2:29", "`0` changes nothing"),
        ("version: 1\nmoves: [{at: 10:00}]\n", "2:9", "`agents` is missing"),
        ('version: 1\nanswer_rate: 20%\nanswer_rates: {"10:00": 20%}\n', "3:1", "are both stated"),
        ('version: 1\nanswer_rates: {"10:70": 20%}\n', "2:16", "a time of day"),
        ("version: 1\nanswer_rates: {}\n", "2:15", "no times"),
        ("version: 1\nagents: many\n", "2:9", "not a whole number"),
        ("version: 1\ntalk:\n", "2:6", "nothing is written behind"),
        ("version: 1\n  talk: 3m\n", "2:7", "a `:` that cannot be here"),
        ("", "1:1", "the file is empty"),
        ("- 1\n", "1:1", "a mapping"),
    ],
)
def test_mistakes_are_told_with_their_place(text: str, place: str, said: str) -> None:
    told = problem(text)
    assert told.startswith(f"floor.yaml:{place}: "), told
    assert said in told


def test_all_of_it_is_read() -> None:
    found = check_floor(
        """
version: 1
agents: 12
hours: 6h
start: "10:30"
answer_rates: {"10:30": 20%, "15:00": 35%}
talk: 2m30s
moves: [{at: "12:00", agents: -4}, {at: "12:45", agents: +4}]
queues: {sales: {agents: 5, moves: []}}
campaigns: {spring: {answer_rate: 15%, analysis: {greeting: 900ms}}}
""",
        "floor.yaml",
        KNOWN,
    )
    floor = found.floor
    assert floor is not None, found.problems
    assert (floor.agents, floor.hours, floor.start, floor.talk) == (12, 21_600.0, 37_800.0, 150.0)
    assert [move.agents for move in floor.moves] == [-4, 4]
    assert (floor.queues["sales"].agents, floor.queues["sales"].moves) == (5, [])
    assert floor.campaigns["spring"].answer_rate == 0.15


def test_options_go_over_the_file_and_answer_for_their_mistakes() -> None:
    text = 'version: 1\nanswer_rates: {"10:00": 20%}\nqueues: {sales: {agents: 5}}\n'
    found = check_floor(text, "floor.yaml", KNOWN, {"answer_rate": ("30%", "--answer-rate")}, {"sales": "7"})
    assert found.floor is not None, found.problems
    assert (found.floor.answer_rate, found.floor.answer_rates) == (0.3, None)
    assert found.floor.queues["sales"].agents == 7
    wrong = check_floor(None, "floor.yaml", KNOWN, {"talk": ("no", "--talk")}, {"sale": "7", "sales": "x"})
    assert [str(one).split(":")[0] for one in wrong.problems] == ["--agents", "--agents", "--talk"]


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    found = load_floor(tmp_path / "none.yaml", KNOWN)
    assert found.floor is None
    assert "cannot be read: No such file" in str(found.problems[0])


def test_the_schema_has_every_setting() -> None:
    schema = floor_json_schema()
    assert json.loads(json.dumps(schema)) == schema
    assert {"agents", "answer_rates", "queues", "campaigns", "moves"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
