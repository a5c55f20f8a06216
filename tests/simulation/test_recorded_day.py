"""What a day's attempts say of callees and agents, on rows whose answers can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, Mode, TrunkSettings
from dialerd.sim.forecast.floors import HOUR, at
from dialerd.sim.forecast.play import play
from dialerd.sim.forecast.recorded_day import at_work, callees
from dialerd.sim.forecast.replay import day_scenario, recorded_day

START = 1_772_442_000.0
"""2026-03-02 09:00 UTC."""


def row(dialed: float, **values: Any) -> dict[str, Any]:
    """One attempt; times in seconds since the start."""
    empty = dict.fromkeys(
        ("agent", "answered_at", "analysed_at", "connected_at", "message_at", "ended_at", "analysis")
    )
    times = {key: START + value if key.endswith("_at") else value for key, value in values.items()}
    base = {"campaign": "spring", "mode": "power", "ring_timeout_s": 30.0, "disposition": "", "abandoned": False}
    return {**empty, **base, "dialed_at": START + dialed, **times}


def met(dialed: float, agent: str, talk_s: float, **values: Any) -> dict[str, Any]:
    connected = dialed + 6.0
    return row(
        dialed, agent=agent, answered_at=dialed + 5.0, connected_at=connected, ended_at=connected + talk_s, **values
    )


def settings(**changes: Any) -> CampaignSettings:
    base: dict[str, Any] = {
        "name": "spring", "mode": Mode.POWER, "contact_list": "l", "trunk": "carrier", "caller_id": "+441632960000",
        "queue": "sales", "wrap_up_s": 10.0, "analysis": profile_named("off"), "time_zone": "Europe/London",
    }  # fmt: skip
    return CampaignSettings(**(base | changes))


TRUNKS = {"carrier": TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 50, 10.0)}


def test_calls_are_sorted_into_persons_machines_and_the_rest() -> None:
    rows = [
        met(0, "a", 60.0),
        row(10, answered_at=17, ended_at=22, abandoned=True),
        row(20, answered_at=33, analysed_at=35, analysis="machine", ended_at=36),
        row(30, ended_at=60),
        row(40, ended_at=42),
        row(50, answered_at=54, analysed_at=55, analysis="unsure", ended_at=56, disposition="hung_up_early"),
    ]
    found = callees(rows, START)
    assert found.recorded.answer_s == (4.0, 5.0, 7.0)
    assert found.recorded.machine_s == (13.0,)
    assert found.recorded.failed_s == (2.0, 30.0)
    assert found.recorded.talk_s == (60.0,)
    assert found.recorded.analysis_s == (1.0,)
    assert found.machine_share == pytest.approx(1 / 3)
    assert (found.counted.dials, found.counted.connected, found.counted.abandoned) == (6, 1, 1)
    assert found.counted.abandon_rate == 0.5
    assert at(found.answer, 100.0) == pytest.approx(0.5)


def test_answer_rates_follow_the_hours_and_few_calls_say_little() -> None:
    rows = [met(i * 3.0, "a", 1.0) if i % 4 == 0 else row(i * 3.0, ended_at=i * 3.0 + 9) for i in range(1000)]
    rows += [met(HOUR + i * 3.0, "a", 1.0) if i % 2 else row(HOUR + i * 3.0, ended_at=HOUR + 9) for i in range(1000)]
    rows += [met(2.5 * HOUR, "a", 1.0)]
    curve = callees(rows, START).answer
    assert [second for second, _ in curve] == [0.5 * HOUR, 1.5 * HOUR, 2.5 * HOUR]
    assert [share for _, share in curve] == [
        pytest.approx(0.25, abs=0.005), pytest.approx(0.5, abs=0.005), pytest.approx(0.40, abs=0.02)
    ]  # fmt: skip


def test_agents_come_go_and_take_breaks_as_their_calls_show() -> None:
    rows = [
        met(0, "a", 600.0), met(4000, "a", 600.0),  # away for most of an hour
        met(60, "b", 3000.0), met(3200, "b", 1494.0),
        met(1200, "c", 100.0),
    ]  # fmt: skip
    found = at_work(rows, {"spring": 10.0}, START, START + 4800.0)
    assert found.at_start == 2
    # Each is there from the connection to the end of the wrap-up.
    assert found.moves == ((616.0, -1), (1206.0, 1), (1316.0, -1), (4006.0, 1), (4616.0, -1), (4710.0, -1))
    assert found.logged_in_s == 610 + 610 + (4710 - 66) + 110
    assert found.busy_s == 610 + 610 + 3010 + 1504 + 110
    assert 0 < found.utilisation < 1


def test_a_wrap_up_ends_with_the_next_call() -> None:
    found = at_work([met(0, "a", 50.0), met(53, "a", 50.0)], {"spring": 30.0}, START, START + 120.0)
    assert found.busy_s == (59 - 6) + (120 - 59)


def test_where_agents_are_set_aside_they_are_at_work_from_the_dial() -> None:
    found = at_work([met(10, "a", 50.0, mode="progressive")], {"spring": 0.0}, START, START + 1000.0)
    assert found.logged_in_s == 56.0
    assert found.moves == ((66.0, -1),)


def test_the_day_is_played_with_its_own_times() -> None:
    rows = [met(i * 60.0 + 20 * j, f"{j}", 35.0) for i in range(60) for j in range(3)]
    day = recorded_day([settings(), settings(name="other")], rows)
    assert day is not None
    assert any("other: no call that day" in note for note in day.notes)
    one = day_scenario([settings(), settings(name="other")], TRUNKS, day, "Europe/London")
    assert [part.name for part in one.parts] == ["spring"]
    assert one.start_s == 9 * HOUR
    assert one.hours == pytest.approx(1.0, abs=0.05)
    shift = play(one, 1).shifts["spring"]
    assert shift.floor.agents == 3
    assert shift.connected > 150
    assert shift.talk_s / shift.connected == pytest.approx(35.0, abs=1.5)


def test_a_day_without_conversations_or_answers_says_so() -> None:
    rows = [row(i * 10.0, ended_at=i * 10.0 + 25) for i in range(20)] + [row(5.0, campaign="elsewhere", ended_at=9)]
    day = recorded_day([settings(analysis=profile_named("balanced"))], rows)
    assert day is not None
    for said in (
        "nobody answered that day",
        "no conversation that day",
        "no call analysis",
        "elsewhere",
        "estimated",
    ):
        assert any(said in note for note in day.notes), said
    shift = play(day_scenario([settings()], TRUNKS, day, "UTC"), 1).shifts["spring"]
    assert (shift.dials, shift.connected) == (0, 0)
    assert recorded_day([settings(name="nobody")], rows) is None


def test_messages_last_as_long_as_that_day() -> None:
    plain = settings(name="spring", mode=Mode.AGENTLESS, queue=None, max_lines=5)
    rows = [
        row(i * 10.0, answered_at=i * 10.0 + 4, message_at=i * 10.0 + 4, ended_at=i * 10.0 + 16, analysis=None)
        for i in range(100)
    ]
    day = recorded_day([plain], rows)
    assert day is not None
    (part,) = day_scenario([plain], TRUNKS, day, "UTC").parts
    assert part.message_s == 12.0
    assert play(day_scenario([plain], TRUNKS, day, "UTC"), 1).shifts["spring"].messages > 200
