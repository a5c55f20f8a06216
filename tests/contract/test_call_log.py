"""Rolling caps are checked in the claim, over the hot store in memory and the one in Redis."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.core.attempt import AttemptRecord
from dialerd.core.attempts_control import AttemptCap, Counted, LoggedCall, Scope, first_free
from dialerd.core.events import ClaimGranted, ClaimRefused, StoreBack
from tests.contract.hot_worlds import HotWorld
from tests.store.store_lab import SystemClock, attempt, claim, closing

NOW = 1_700_000_000
DAY = 86_400
NUMBER = "+12025550199"
TWICE_A_DAY = AttemptCap(Scope.NUMBER, 2, DAY, name="daily")


def dialed(serial: int, at: float, **changes: Any) -> AttemptRecord:
    """An attempt on the one number, of a contact and list of its own."""
    return attempt(
        serial, **({"number": NUMBER, "claimed_at": at, "dialed_at": at + 1.5, "ended_at": at + 20} | changes)
    )


async def call(hot: HotWorld, record: AttemptRecord, disposition: str = "busy", **options: Any) -> None:
    await hot.done(claim(record, **options))
    assert hot.inbox.of(ClaimGranted)[-1].attempt_id == record.id
    await hot.done(closing(record, disposition))


def refused(hot: HotWorld) -> ClaimRefused:
    return hot.inbox.of(ClaimRefused)[-1]


async def test_the_cap_holds_across_campaigns_and_lists_and_says_until_when(hot: HotWorld) -> None:
    await hot.know_calls(number=DAY)
    await call(hot, dialed(1, NOW), caps=(TWICE_A_DAY,))
    await call(hot, dialed(2, NOW + 3600, campaign="autumn", contact_list="others"))
    third = dialed(3, NOW + 7200)
    await hot.done(claim(third, caps=(TWICE_A_DAY,)))
    assert refused(hot) == ClaimRefused(third.id, "cap:daily", NOW + 2 + DAY)
    assert third.id not in (await hot.holds()).trunk
    again = dialed(4, NOW + 2 + DAY)
    await hot.done(claim(again, caps=(TWICE_A_DAY,)))
    assert hot.inbox.of(ClaimGranted)[-1].attempt_id == again.id


async def test_a_live_call_counts_and_one_that_was_never_dialed_does_not(hot: HotWorld) -> None:
    await hot.know_calls(number=DAY, person=DAY)
    once = AttemptCap(Scope.PERSON, 1, DAY, name="once")
    first = dialed(1, NOW, contact_key="cust-1")
    second = dialed(2, NOW + 1, contact_key="cust-1", number="+12025550198")
    await hot.done(claim(first, caps=(once,)), claim(second, caps=(once,)))
    assert refused(hot) == ClaimRefused(second.id, "cap:once", NOW + DAY)
    await hot.done(closing(first, "not_placed"))
    assert await hot.calls(Scope.PERSON, "cust-1") == []
    await call(hot, second, caps=(once,))
    assert await hot.calls(Scope.PERSON, "cust-1") == [(NOW + 3, 0)]


async def test_a_claim_asked_twice_counts_once(hot: HotWorld) -> None:
    await hot.know_calls(number=DAY)
    record = dialed(1, NOW)
    await hot.done(claim(record, caps=(TWICE_A_DAY,)), claim(record, caps=(TWICE_A_DAY,)))
    await hot.done(closing(record), closing(record))
    assert await hot.calls(Scope.NUMBER, NUMBER) == [(NOW + 2, 0)]


async def test_without_a_complete_log_nobody_is_called_under_a_cap(hot: HotWorld) -> None:
    record = dialed(1, NOW)
    await hot.done(claim(record, caps=(TWICE_A_DAY,)))
    assert refused(hot) == ClaimRefused(record.id, "call_log_incomplete")
    await hot.know_calls(number=DAY)
    longer = AttemptCap(Scope.NUMBER, 2, DAY + 1)
    await hot.done(claim(record, caps=(longer,)))
    assert len(hot.inbox.of(ClaimRefused)) == 2
    await hot.done(claim(record, caps=(TWICE_A_DAY,)))
    assert hot.inbox.of(ClaimGranted)


async def test_live_calls_and_outcomes_are_in_a_log_that_is_made_late(hot: HotWorld) -> None:
    now = int(SystemClock().now())
    live, done = dialed(1, now), dialed(2, now - 5, number="+12025550198")
    await hot.done(claim(live), claim(done), closing(done))
    await hot.know_calls(number=DAY)
    assert await hot.calls(Scope.NUMBER, NUMBER) == [(now, 0)]
    assert await hot.calls(Scope.NUMBER, "+12025550198") == [(now - 3, 0)]
    await hot.done(closing(live))
    assert await hot.calls(Scope.NUMBER, NUMBER) == [(now + 2, 0)]


@pytest.mark.parametrize(
    ("changes", "disposition", "marks"),
    [
        ({"connected_at": NOW + 5.0}, "answered_agent", 1),
        ({"abandoned": True}, "abandoned", 2),
        ({"abandoned": True, "connected_at": NOW + 9.0}, "answered_agent", 3),
        ({"analysis": "machine"}, "machine", 4),
        ({}, "busy", 0),
    ],
)
async def test_marks_say_what_kind_of_call_it_was(
    hot: HotWorld, changes: dict[str, Any], disposition: str, marks: int
) -> None:
    await hot.know_calls(number=7 * DAY, contact=7 * DAY)
    record = dialed(1, NOW, **changes)
    await call(hot, record, disposition)
    at = NOW + 20 if marks else NOW + 2
    assert await hot.calls(Scope.NUMBER, NUMBER) == [(at, marks)]
    assert await hot.calls(Scope.CONTACT, "1") == [(at, marks)]
    assert await hot.calls(Scope.PERSON, "k1") == []
    abandoned = AttemptCap(Scope.NUMBER, 1, 3 * DAY, Counted.ABANDONED, unless_guaranteed=True)
    after = dialed(2, NOW + 60)
    await hot.done(claim(after, caps=(abandoned,)))
    if marks & 2:
        assert refused(hot) == ClaimRefused(after.id, "cap:number_1_abandoned_in_3d", NOW + 20 + 3 * DAY)
    else:
        assert hot.inbox.of(ClaimGranted)[-1].attempt_id == after.id


async def test_a_lost_reply_does_not_count_twice(hot: HotWorld) -> None:
    await hot.know_calls(number=DAY)
    record = dialed(1, NOW)
    await hot.lose_after_commit(claim(record, caps=(TWICE_A_DAY,)))
    await hot.bring_back()
    await hot.inbox.wait_for(StoreBack)
    assert await hot.calls(Scope.NUMBER, NUMBER) == [(NOW, 0)]


_serials = count(1)
_logs = st.lists(st.tuples(st.integers(NOW - 100, NOW), st.integers(0, 7)), max_size=12)
_caps = st.lists(
    st.builds(
        AttemptCap, st.just(Scope.NUMBER), st.integers(1, 4), st.integers(1, 120), st.sampled_from(Counted),
        name=st.sampled_from("abc"),
    ),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(_logs, _caps, st.floats(0, 100))
async def test_every_store_judges_like_the_rule(
    hot: HotWorld, log: list[LoggedCall], caps: list[AttemptCap], later_s: float
) -> None:
    await hot.know_calls(number=120)
    serial = next(_serials)
    number = f"+1202{serial}"
    for step, (at, marks) in enumerate(sorted(log)):
        changes = {
            "connected_at": at if marks & 1 else None, "abandoned": bool(marks & 2),
            "analysis": "machine" if marks & 4 else None, "dialed_at": at, "ended_at": at,
        }  # fmt: skip
        await call(hot, dialed(serial * 100 + step, at - 1.0, number=number, **changes), cps=1e6)
    now = NOW + later_s
    record = dialed(serial * 100 + 99, now, number=number)
    expected = first_free(caps, {Scope.NUMBER: await hot.calls(Scope.NUMBER, number)}, now)
    await hot.done(claim(record, caps=tuple(caps), cps=1e6))
    if expected is None:
        assert hot.inbox.of(ClaimGranted)[-1].attempt_id == record.id
        await hot.done(closing(record, "not_placed"))
    else:
        assert refused(hot) == ClaimRefused(record.id, f"cap:{expected[0].label}", float(expected[1]))
