"""The floor simulator against what can be computed by hand, and its promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dialerd.config.campaigns_file import check
from dialerd.config.floor_file import FloorFile, Known, check_floor
from dialerd.core.campaign import Mode, Plan
from dialerd.core.pacing.contract import PacingInfo
from dialerd.core.pacing.predictive import Predictive
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.pacing.ratio import Ratio
from dialerd.sim.forecast.floors import HOUR, Floor, Recorded, quantile
from dialerd.sim.forecast.lane import Lane
from dialerd.sim.forecast.play import Played, play, play_all
from dialerd.sim.forecast.result import result
from dialerd.sim.forecast.scenario import Scenario, over_the_day, scenario
from dialerd.sim.forecast.simulation import QueueShift
from dialerd.sim.forecast.timeline import BUDGET_LOW, BUDGET_SPENT, LIMITS, PROGRESSIVE_FIRST, hold_of
from dialerd.sim.forecast.trunk import Trunk

FILE = """\
version: 1
trunks:
  carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 100, cps: 50}
contact_lists:
  people: {region: GB, phones: [{column: phone}]}
defaults:
  {trunk: carrier, caller_id: +441632960000, contact_list: people, max_lines: 60, wrap_up: 0s,
   compliance: {looser: {progressive_until: only simulated}}}
campaigns:
  ahead: {mode: predictive, queue: one, call_analysis: {profile: off}, pacing: {progressive_until: 0}}
  careful: {mode: progressive, queue: one, priority: 2, call_analysis: {profile: off}}
  message: {mode: agentless, message: sound:hello, max_lines: 10, call_analysis: {profile: off}}
"""


def plan_of(text: str = FILE) -> Plan:
    found = check(text)
    assert found.plan is not None, found.problems
    return found.plan


def floor_of(text: str) -> FloorFile:
    inner = text.strip("{}") if text in ("", "{}") else text[1:]
    flow = f"{{version: 1, {inner}" if inner else "version: 1"
    found = check_floor(flow, "floor.yaml", Known(frozenset({"ahead"}), frozenset({"one"})))
    assert found.floor is not None, found.problems
    return found.floor


def scene(names: list[str], floor: str, text: str = FILE) -> Scenario:
    plan = plan_of(text)
    return scenario([plan.campaigns[name] for name in names], plan.trunks, floor_of(floor))


def certain(one: Scenario, recorded: Recorded) -> Scenario:
    """The same with everybody answering and times that are known exactly."""
    parts = [replace(part, floor=replace(part.floor, recorded=recorded)) for part in one.parts]
    return replace(one, parts=tuple(parts))


def test_progressive_with_certain_answers_is_a_plain_cycle() -> None:
    exact = Recorded(answer_s=(5.0,), talk_s=(55.0,))
    shown = certain(scene(["careful"], "{agents: 7, hours: 2h, answer_rate: 100%}"), exact)
    shift = play(shown, 1).shifts["careful"]
    # A cycle is 5 s of ringing and 55 s of talk; an agent who is free gets the next call within half a second.
    assert shift.utilisation == pytest.approx(55.0 / 60.25, rel=0.005)
    assert shift.abandoned == 0
    assert shift.connected == pytest.approx(7 * 2 * 3600 / 60.25, rel=0.01)
    assert shift.most_lines == 7


def test_one_agent_and_callees_who_answer_seldom() -> None:
    exact = Recorded(answer_s=(5.0,), talk_s=(100.0,), failed_s=(20.0,))
    one = scene(["careful"], "{agents: 1, hours: 24h, answer_rate: 25%, machines: 0%, busy: 0%, start: '00:00'}")
    played = [play(certain(one, exact), seed) for seed in (1, 2)]
    shown = result(certain(one, exact), played).campaigns[0]
    # Three failures of 20 s for each answer, each call placed within half a second of the one before.
    cycle = 3 * 20.0 + 5.0 + 100.0 + 4 * 0.1
    assert shown.utilisation is not None
    assert shown.utilisation.value == pytest.approx(100.0 / cycle, abs=0.02)
    assert shown.wait_between_calls_s == pytest.approx(cycle - 100.0, rel=0.06)
    assert shown.calls_per_agent_hour == pytest.approx(4 * 3600 / cycle, rel=0.04)


def test_lines_of_a_campaign_without_agents_obey_littles_law() -> None:
    exact = Recorded(answer_s=(5.0,), failed_s=(20.0,))
    one = scene(["message"], "{hours: 6h, answer_rate: 40%, machines: 0%, busy: 0%, message: 35s}")
    shown = result(certain(one, exact), [play(certain(one, exact), 3)]).campaigns[0]
    holding_s = 0.4 * (5.0 + 35.0) + 0.6 * 20.0
    assert shown.calls_per_hour == pytest.approx(10 * 3600 / holding_s, rel=0.02)
    assert shown.lines_mean == pytest.approx(10.0, rel=0.02)
    assert shown.holds[LIMITS] > 0.95
    assert shown.utilisation is None


def test_machines_hear_the_message_only_where_they_are_to() -> None:
    text = FILE.replace("call_analysis: {profile: off}}\n", "call_analysis: {profile: catch_machines}}\n")
    said = {}
    for treatment in ("hang_up", "message"):
        shown = text.replace(
            "max_lines: 10, call_analysis", f"max_lines: 10, responses: {{machine: {treatment}}}, call_analysis"
        )
        said[treatment] = play(scene(["message"], "{hours: 1h, machines: 80%, busy: 0%}", shown), 1).shifts["message"]
    assert said["hang_up"].messages < said["message"].messages
    assert said["message"].connected < 0.5 * said["message"].messages


def test_campaigns_on_one_queue_share_its_agents() -> None:
    one = scene(["ahead", "careful"], "{agents: 8, hours: 1h, talk: 60s}")
    played = play(one, 4)
    ahead, careful = played.shifts["ahead"], played.shifts["careful"]
    assert careful.abandoned == 0
    assert careful.connected > 50
    assert 0.15 <= careful.dials / (careful.dials + ahead.dials) <= 0.25, "one step of priority: a fifth of the calls"
    timeline = played.timelines["ahead"]
    assert timeline is played.timelines["careful"]
    assert {sum(now) for now in zip(timeline.talking, timeline.wrapping, timeline.idle, strict=True)} == {8}
    shown = result(one, [played])
    both = shown.campaigns[0].utilisation
    assert both == shown.campaigns[1].utilisation
    assert both is not None
    assert both.value == pytest.approx((ahead.busy_s + careful.busy_s) / (8 * HOUR))


def test_the_same_seed_gives_the_same_day_and_another_seed_another() -> None:
    one = scene(["ahead", "message"], "{agents: 6, hours: 30m}")
    first, again, other = (result(one, [play(one, seed)]) for seed in (7, 7, 8))
    assert first == again
    assert first.campaigns != other.campaigns


def test_shifts_are_played_on_several_processors_in_order() -> None:
    one = scene(["careful"], "{agents: 2, hours: 3h}")
    jobs = [(one, seed) for seed in (5, 6, 7)]
    together: list[Played] = play_all(jobs)
    assert [played.seed for played in together] == [5, 6, 7]
    assert [p.shifts["careful"].dials for p in together] == [play(*job).shifts["careful"].dials for job in jobs]


def test_predictive_is_busier_and_keeps_the_cap() -> None:
    one = scene(["ahead"], "{agents: 15, hours: 1h, talk: 60s, answer_rate: 30%}")
    ahead = result(one, [play(one, 1)]).campaigns[0]
    careful = result(one.with_mode(Mode.PROGRESSIVE), [play(one.with_mode(Mode.PROGRESSIVE), 1)]).campaigns[0]
    assert ahead.utilisation is not None
    assert careful.utilisation is not None
    assert ahead.utilisation.value > careful.utilisation.value + 0.1
    assert ahead.abandon.value < 0.03
    assert careful.abandon.value == 0.0
    assert ahead.abandon.low < ahead.abandon.value < ahead.abandon.high


def test_a_warm_start_skips_what_is_to_be_learned() -> None:
    one = scene(["ahead"], "{agents: 10, hours: 20m, talk: 60s}")
    cold, warm = play(one, 2), play(replace(one, warm=True), 2)
    assert warm.shifts["ahead"].dials != cold.shifts["ahead"].dials


def test_lines_and_calls_per_second_hold() -> None:
    tight = FILE.replace("max_lines: 100, cps: 50", "max_lines: 100, cps: 0.25")
    played = play(scene(["ahead", "careful", "message"], "{agents: 9, hours: 1h}", tight), 1)
    placed = sum(shift.dials for shift in played.shifts.values())
    assert placed <= 0.25 * 3600 + 2
    assert placed > 0.24 * 3600
    few = FILE.replace("max_lines: 100, cps: 50", "max_lines: 5, cps: 50")
    one = play(scene(["ahead"], "{agents: 9, hours: 1h}", few), 1)
    assert one.shifts["ahead"].most_lines == 5
    assert one.timelines["ahead"].lanes["ahead"].holds[LIMITS] > 100


def test_a_trunk_banks_no_more_than_a_fraction() -> None:
    trunk = Trunk(max_lines=100, cps=10.0, every_s=0.25)
    assert trunk.dialable(3600.0) == 3
    for _ in range(3):
        trunk.take()
    assert trunk.dialable(3600.0) == 0
    assert trunk.dialable(3600.25) == 2
    trunk.free()
    assert trunk.lines == 2


def test_agents_come_and_go_and_nobody_is_cut_off() -> None:
    one = scene(["ahead"], '{agents: 4, hours: 1h, moves: [{at: "09:20", agents: +4}, {at: "09:40", agents: -6}]}')
    shift = play(one, 1).shifts["ahead"]
    # 4 x 60 + 4 x 40 - 6 x 20 minutes, and what those who leave still have to finish.
    assert 280 * 60.0 <= shift.logged_in_s < 280 * 60.0 + 6 * 900.0
    assert shift.busy_s <= shift.logged_in_s


def test_midnight_begins_a_new_budget() -> None:
    text = FILE.replace("progressive_until: 0", "progressive_until: 15")
    evening = play(scene(["ahead"], "{agents: 5, hours: 90m, start: '23:15', talk: 60s}", text), 3)
    morning = play(scene(["ahead"], "{agents: 5, hours: 90m, start: '08:00', talk: 60s}", text), 3)
    held = {}
    for name, played in (("evening", evening), ("morning", morning)):
        held[name] = played.timelines["ahead"].lanes["ahead"].holds[PROGRESSIVE_FIRST]
    assert held["evening"] > 1.5 * held["morning"]


def test_when_the_budget_opened_is_told_with_its_reason() -> None:
    text = FILE.replace("progressive_until: 0", "progressive_until: 30")
    one = scene(["ahead"], "{agents: 10, hours: 1h}", text)
    played = play(one, 1)
    shown = result(one, [played]).campaigns[0]
    assert shown.opened_after_s == played.shifts["ahead"].answer_times[29]
    assert "when 30 people had answered" in shown.opened
    late = scene(["ahead"], "{agents: 1, hours: 5m}", text)
    never = result(late, [play(late, 1)]).campaigns[0]
    assert never.opened_after_s is None
    assert "at most" in never.opened


def test_without_agents_and_without_answers_nothing_breaks() -> None:
    nobody = scene(["ahead", "careful"], "{agents: 0, hours: 10m}")
    shown = result(nobody, [play(nobody, 1)]).campaigns[0]
    assert (shown.dials, shown.utilisation, shown.wait_between_calls_s) == (0, None, None)
    silent = scene(["ahead"], "{agents: 2, hours: 10m, answer_rate: 0%, machines: 0%}")
    shown = result(silent, [play(silent, 1)]).campaigns[0]
    assert shown.connected == 0
    assert shown.dials > 5
    assert (shown.abandon.low, shown.abandon.high) == (0.0, 1.0)
    with pytest.raises(ValueError):
        scenario([], {}, floor_of(""))


def test_call_analysis_costs_persons_time_and_lets_machines_pass() -> None:
    text = FILE.replace("queue: one, call_analysis: {profile: off}", "queue: one, call_analysis: {profile: balanced}")
    floor = "{agents: 5, hours: 1h, machines: 50%, analysis: {machines_passed: 100%, persons_lost: 0%}}"
    passed = play(scene(["ahead"], floor, text), 1).shifts["ahead"]
    stopped = play(scene(["ahead"], floor.replace("100%", "0%"), text), 1).shifts["ahead"]
    assert stopped.machines == 0
    assert passed.machines > 20
    assert passed.machines < passed.connected
    lost = play(scene(["ahead"], floor.replace("persons_lost: 0%", "persons_lost: 100%"), text), 1).shifts["ahead"]
    assert lost.connected == lost.machines


def test_the_deadline_of_the_profile_bounds_the_analysis() -> None:
    text = FILE.replace("profile: off}, pacing", "profile: connect_first}, pacing")
    analysis = scene(["ahead"], "{}", text).parts[0].floor.analysis
    assert analysis is not None
    assert (analysis.speech_s, analysis.longest_s) == (0.5, 1.75)
    assert analysis.machine_passed == 0.98
    slow = "{analysis: {first_sound: 2s, greeting: 3s}}"
    held = scene(["ahead"], slow, text.replace("connect_first", "balanced")).parts[0].floor.analysis
    assert held is not None
    assert (held.speech_s, held.median_s, held.longest_s) == (5.0, 1.0, 1.8)


def test_a_campaigns_own_callees_go_over_the_floors() -> None:
    one = scene(
        ["ahead", "careful"],
        '{talk: 2m, answer_rates: {"09:00": 10%, "13:00": 30%}, queues: {one: {agents: 3}},'
        " campaigns: {ahead: {talk: 4m, answer_rate: 50%, wrap_up: 9s}}}",
    )
    ahead, careful = (part.floor for part in one.parts)
    assert (ahead.talk_s, ahead.answer, ahead.wrap_s) == (((0.0, 240.0),), ((0.0, 0.5),), 9.0)
    assert (careful.talk_s, careful.wrap_s) == (((0.0, 120.0),), 0.0)
    assert careful.answer[1:] == ((0.0, 0.1), (4 * HOUR, 0.3))
    assert ahead.agents == careful.agents == 3


def test_values_over_the_day_reach_back_before_the_start() -> None:
    curve = over_the_day({"08:00": 0.1, "20:00": 0.3}, 9 * HOUR)
    assert curve == ((-1 * HOUR, 0.1), (11 * HOUR, 0.3), (23 * HOUR, 0.1))


def test_recorded_values_are_drawn_by_their_rank() -> None:
    values = (1.0, 2.0, 3.0, 4.0)
    assert [quantile(values, z) for z in (-5.0, -0.3, 0.3, 5.0, 40.0)] == [1.0, 2.0, 3.0, 4.0, 4.0]


def test_what_held_pacing_back_is_read_from_the_pacers_own_words() -> None:
    said = set()
    floor = Floor("x", 6, ((0.0, 0.5),), ((0.0, 30.0),), 5.0, hours=0.7)
    for pacer, info in (
        (Predictive(), PacingInfo(progressive_until_answers=30, window_ends_at=2 * HOUR)),
        (Predictive(), PacingInfo(max_lines=3, window_ends_at=2 * HOUR)),
        (Predictive(), PacingInfo(abandon_cap=0.002, window_ends_at=2 * HOUR)),
        (Ratio(12.0), PacingInfo(window_ends_at=2 * HOUR)),
        (Progressive(), PacingInfo(max_lines=2, window_ends_at=2 * HOUR)),
    ):
        run = QueueShift(floor, [Lane(floor, pacer, 1, info=info)], 1.0, sampled=True)
        run.run()
        assert run.timeline is not None
        said |= set(run.timeline.lanes["x"].holds)
    assert {PROGRESSIVE_FIRST, BUDGET_LOW, BUDGET_SPENT} <= said
    assert LIMITS in said
    assert hold_of("3 calls: 2 agents idle") == ""


def test_the_example_plays(tmp_path: Path) -> None:
    found = check((Path(__file__).parents[2] / "campaigns.example.yaml").read_text(), base=tmp_path)
    assert found.plan is not None
    one = scenario(found.plan.campaigns.values(), found.plan.trunks, floor_of("{hours: 10m}"))
    shown = result(one, [play(one, 1)])
    assert [figures.queue for figures in shown.campaigns] == ["sales", "renewals", "collections", None, None]
    assert all(figures.dials > 50 for figures in shown.campaigns)
