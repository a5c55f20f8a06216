"""When a contact can be called next: holds that follow one another, and what the stores know of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.attempts_control import AttemptCap, Counted, Scope
from dialerd.core.callable_time import CallableSet, CallableTime, Place, Week
from dialerd.core.campaign import Mode
from dialerd.core.choosing import NUMBER_GATES, for_number
from dialerd.core.contact import Contact, ContactState, Number
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.gates import CAMPAIGN_GATES, CONTACT_GATES, Case, first_objection
from dialerd.core.inspection import Eligible, Evidence, eligible
from dialerd.core.parking import Parking
from dialerd.core.schedule import Schedule
from dialerd.core.weekly_hours import WeeklyHours
from tests.control.stage import Stage, spring
from tests.core.test_gates import SPRING, case
from tests.store.store_lab import attempt

H = 3600.0
MIDNIGHT = 1_700_006_400.0
"""2023-11-15, a Wednesday, UTC."""
ONE, TWO = "+441632960001", "+441632960002"
CONTACT = Contact(7, "leads", "k7", (Number(ONE, "mobile"), Number(TWO, "home")), {})


def hours(first: int, last: int) -> WeeklyHours:
    return WeeklyHours((((first * 3600, last * 3600),),) * 7)


def daytime(first: int = 9, last: int = 20) -> CallableTime:
    return CallableTime((CallableSet("day", Week(hours(first, last))),), lambda contact, number: Place(("UTC",)))


def asked(now: float, **changes: Any) -> Case:
    settings = replace(SPRING, **changes.pop("settings", {}))
    return case(CONTACT, now=now, settings=settings, **changes)


def knowing(told: Case, **known: Any) -> Case:
    return replace(told, known=replace(told.known, **known))


def test_nothing_in_the_way_is_now() -> None:
    assert eligible(asked(MIDNIGHT), CONTACT) == Eligible(MIDNIGHT, MIDNIGHT)


def test_a_gap_that_ends_at_night_is_followed_by_the_next_window() -> None:
    told = asked(MIDNIGHT + 19 * H, not_before=MIDNIGHT + 22 * H, settings={"callable_time": daytime()})
    assert eligible(told, CONTACT).at == MIDNIGHT + 33 * H


def test_hours_and_schedule_with_an_hour_in_common() -> None:
    mornings = Schedule("mornings", "UTC", hours(7, 10))
    told = asked(MIDNIGHT + 11 * H, settings={"callable_time": daytime(), "schedule": mornings})
    assert eligible(told, CONTACT).at == MIDNIGHT + 33 * H


def test_hours_that_never_meet_the_schedule() -> None:
    nights = Schedule("nights", "UTC", hours(1, 5))
    told = asked(MIDNIGHT + 11 * H, settings={"callable_time": daytime(), "schedule": nights})
    assert eligible(told, CONTACT) == Eligible(None, None)


def test_the_number_that_is_free_first_counts() -> None:
    barred = {ONE: Hold("dnc:a", MIDNIGHT + 50 * H), TWO: Hold("dnc:b", MIDNIGHT + 22 * H)}
    told = asked(MIDNIGHT + 12 * H, barred=barred, settings={"callable_time": daytime()})
    assert eligible(told, CONTACT).at == MIDNIGHT + 33 * H
    told = knowing(told, barred={ONE: Hold("dnc:a", MIDNIGHT + 50 * H), TWO: Refuse("dnc:b")})
    assert eligible(told, CONTACT).at == MIDNIGHT + 57 * H
    told = knowing(told, barred={ONE: Refuse("dnc:a"), TWO: Refuse("dnc:b")})
    assert eligible(told, CONTACT) == Eligible(None, None)


def test_a_hold_without_an_end_leaves_the_moment_open() -> None:
    told = asked(MIDNIGHT, agents_ready=0, not_before=MIDNIGHT + H)
    assert eligible(told, CONTACT) == Eligible(None, MIDNIGHT + H)
    assert eligible(asked(MIDNIGHT, in_use=(ONE, TWO)), CONTACT) == Eligible(None, MIDNIGHT)
    assert eligible(asked(MIDNIGHT, in_use=(ONE,)), CONTACT).at == MIDNIGHT


def test_a_filter_that_leaves_it_out() -> None:
    assert eligible(asked(MIDNIGHT), CONTACT, Refuse("filtered out: x")) == Eligible(None, None)
    assert eligible(asked(MIDNIGHT), CONTACT, Hold("filtered out: age > 1d")) == Eligible(None, MIDNIGHT)


@given(
    st.integers(0, 47), st.integers(0, 60), st.integers(0, 23), st.integers(1, 23), st.integers(0, 23),
    st.integers(1, 23), st.integers(0, 60), st.integers(0, 60),
)  # fmt: skip
def test_it_is_the_first_moment_at_which_no_gate_objects(
    now: int, gap: int, opens: int, span: int, begins: int, length: int, first: int, second: int
) -> None:
    """Everything here happens on the hour, so every hour is tried."""
    told = asked(
        MIDNIGHT + now * H,
        not_before=MIDNIGHT + gap * H,
        barred={ONE: Hold("dnc:a", MIDNIGHT + first * H), TWO: Hold("dnc:b", MIDNIGHT + second * H)},
        settings={
            "callable_time": daytime(opens, min(24, opens + span)),
            "schedule": Schedule("s", "UTC", hours(begins, min(24, begins + length))),
        },
    )

    def free(moment: float) -> bool:
        at = replace(told, now=moment)
        clear = first_objection((*CAMPAIGN_GATES, *CONTACT_GATES), at) is None
        return clear and any(first_objection(NUMBER_GATES, for_number(at, CONTACT, n)) is None for n in (0, 1))

    moments = [told.now + hour * H for hour in range(24 * 6)]
    assert eligible(told, CONTACT).at == next((moment for moment in moments if free(moment)), None)


# --- what the stores know ----------------------------------------------------------------------------------

DAILY = AttemptCap(Scope.NUMBER, 2, 24 * H)
PERSON = AttemptCap(Scope.PERSON, 3, 24 * H, name="person")
OFCOM = AttemptCap(Scope.NUMBER, 1, 72 * H, Counted.ABANDONED, unless_guaranteed=True, name="ofcom")


def stage_with(*caps: AttemptCap, **changes: Any) -> Stage:
    return Stage(spring(attempt_caps=caps, **changes)).up().agent().start("spring", more_in_attempt=1)


def test_caps_are_counted_in_the_logs_and_the_next_number_is_taken() -> None:
    stage = stage_with(DAILY, PERSON)
    early, late = int(stage.now) - 7200, int(stage.now) - 3600
    person = [(early, 0), (late, 0)]
    logs = {(Scope.NUMBER, ONE): person, (Scope.PERSON, "k7"): person}
    found = stage.dialer.inspecting.of("spring", CONTACT, Evidence(calls=logs), stage.now)
    assert found.eligible.at == stage.now
    held = {f.number: (f.verdict, f.reason, f.until) for f in found.findings if f.gate == "caps_allow"}
    assert held == {ONE: ("hold", f"cap:{DAILY.label}", early + 24 * H), TWO: ("allow", "", None)}
    assert found.caps is not None
    counts = {(count.number, count.cap): (count.counted, count.calls, count.free_at) for count in found.caps}
    assert counts == {
        (ONE, DAILY.label): (2, 2, early + 24 * H), (TWO, DAILY.label): (0, 2, None), (None, "person"): (2, 3, None),
    }  # fmt: skip


def test_the_logs_know_better_than_what_was_refused_before() -> None:
    stage = stage_with(DAILY)
    stage.dialer.floor.capped.note(stage_record(ONE), (DAILY,), f"cap:{DAILY.label}", stage.now + 500.0)
    held = stage.dialer.inspecting.of("spring", replace(CONTACT, numbers=CONTACT.numbers[:1]), Evidence(), stage.now)
    assert held.eligible.at == stage.now + 500.0
    assert held.caps is None
    assert stage.dialer.inspecting.of("spring", CONTACT, Evidence(calls={}), stage.now).eligible.at == stage.now


def stage_record(number: str) -> Any:
    return replace(attempt(1), number=number)


def test_a_rule_that_a_guaranteed_agent_lifts() -> None:
    logs = {(Scope.NUMBER, n): [(1_700_000_000 - 3600, Counted.ABANDONED.mask)] for n in (ONE, TWO)}
    ahead = stage_with(OFCOM, mode=Mode.PREDICTIVE, guaranteed_agent_lane=True)
    found = ahead.dialer.inspecting.of("spring", CONTACT, Evidence(calls=logs), ahead.now)
    assert found.eligible.at == ahead.now + 71 * H
    assert found.with_agent is not None
    assert found.with_agent.at == ahead.now
    progressive = stage_with(OFCOM)
    found = progressive.dialer.inspecting.of("spring", CONTACT, Evidence(calls=logs), progressive.now)
    assert (found.eligible.at, found.with_agent) == (progressive.now, None)


def test_words_of_the_record() -> None:
    stage = stage_with()
    numbers = (Number(ONE, "mobile", "wrong person"), CONTACT.numbers[1])
    contact = replace(CONTACT, numbers=numbers)

    def said(evidence: Evidence) -> dict[str, tuple[str, str]]:
        found = stage.dialer.inspecting.of("spring", contact, evidence, stage.now).findings
        return {f.gate: (f.verdict, f.reason) for f in reversed(found)}

    until = stage.now + 60.0
    assert said(Evidence(ContactState.WAITING, until, "callable_time"))["gap_passed"] == (
        "hold", "parked: callable_time",
    )  # fmt: skip
    assert said(Evidence(ContactState.WAITING, until, "retry:busy"))["gap_passed"] == ("hold", "retry_gap")
    assert said(Evidence())["number_callable"] == ("refuse", "number_uncallable: wrong person")
    assert said(Evidence(filtered=Refuse("filtered out: x")))["filter_passes"] == ("refuse", "filtered out: x")
    assert said(Evidence(ContactState.UNCALLABLE, None, "asked"))["contact_callable"] == (
        "refuse", "uncallable: asked",
    )  # fmt: skip


def test_where_the_core_has_it() -> None:
    stage = Stage(spring(), spring(name="autumn")).up().agent()
    contacts = [replace(CONTACT, id=n, numbers=(Number(f"+44163296000{n}"),)) for n in (1, 2, 3)]
    stage.start("spring", *contacts)
    campaign = stage.dialer.floor.campaigns["spring"]
    inspecting = stage.dialer.inspecting

    def place(contact_id: int) -> tuple[str, str, int | None]:
        held = inspecting.held(stage.dialer.floor.campaigns["autumn"], contact_id)
        assert held is not None
        return held.kind, held.campaign, held.place

    assert [place(n) for n in (1, 2, 3)] == [
        ("in_call", "spring", None), ("in_hopper", "spring", 1), ("in_hopper", "spring", 2),
    ]  # fmt: skip
    campaign.lane.append((stage.now, campaign.hopper.pop()))
    assert place(3) == ("waits_for_agent", "spring", 1)
    Parking(stage.dialer.floor).hold(campaign, campaign.hopper.pop(), Hold("number_in_use"), stage.now)
    held = inspecting.held(campaign, 2)
    assert held is not None
    assert (held.kind, held.reason, held.until) == ("held", "number_in_use", stage.now + 5.0)
    stage.advance(1.0)
    assert stage.view().campaigns[1].not_dialing["number_in_use"] == 1
    assert inspecting.held(campaign, 9) is None
