"""What the memory versions offer to a simulated world beyond the contract."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.commands import FetchContacts, SaveAttempt
from dialerd.core.contact import ContactState, Number
from dialerd.core.events import (
    AttemptClosed,
    ClaimGranted,
    ClaimRefused,
    ContactsFetched,
    Event,
    OutcomesRecorded,
    RecordBack,
    RecordLost,
    StoreBack,
    StoreLost,
)
from dialerd.store.cps import window_for
from dialerd.store.memory_hot import MemoryHotStore
from dialerd.store.memory_outbox import MemoryOutbox
from dialerd.store.memory_record import MemoryRecord
from tests.store.store_lab import SetClock, attempt, claim, closing


@given(
    cps=st.sampled_from([0.5, 1.0, 2.5, 3.0, 10.0, 33.0]),
    pauses=st.lists(st.floats(0.0, 2.0) | st.just(0.0), min_size=1, max_size=80),
)
def test_cps_is_never_exceeded_in_any_window(cps: float, pauses: list[float]) -> None:
    clock, events = SetClock(1000.0), list[Event]()
    hot = MemoryHotStore(events.append, clock)
    granted: list[float] = []
    for n, pause in enumerate(pauses):
        clock.at += pause
        hot.submit(claim(attempt(n, number=f"+1202555{n:04d}"), cps=cps))
        if isinstance(events[-1], ClaimGranted):
            granted.append(clock.at)
        else:
            refused = events[-1]
            assert isinstance(refused, ClaimRefused)
            assert refused.retry_at is not None
            assert refused.retry_at > clock.at
            clock.at = refused.retry_at
            hot.submit(claim(attempt(n + 1000, number=f"+1202556{n:04d}"), cps=cps))
            assert isinstance(events[-1], ClaimGranted), "retry_at is not too early"
            granted.append(clock.at)
    window = window_for(cps)
    for earlier, later in zip(granted, granted[window.calls :], strict=False):
        assert later - earlier >= window.window_s - 1e-6


def test_a_clock_that_steps_back_does_not_close_the_trunk() -> None:
    clock, events = SetClock(5000.0), list[Event]()
    hot = MemoryHotStore(events.append, clock)
    hot.submit(claim(attempt(1), cps=1))
    clock.at = 1000.0
    hot.submit(claim(attempt(2), cps=1))
    assert events[-1] == ClaimGranted(attempt(2).id)


@pytest.mark.parametrize("cps", [0.0, -1.0, float("nan")])
def test_a_rate_must_be_above_zero(cps: float) -> None:
    with pytest.raises(ValueError):
        window_for(cps)


def test_a_lost_store_keeps_commands_with_copies() -> None:
    events = list[Event]()
    hot = MemoryHotStore(events.append, SetClock())
    record = attempt(1)
    hot.submit(claim(record))
    hot.lose("gone")
    hot.lose("still gone")
    record.state = "ringing"
    hot.submit(SaveAttempt(record))
    record.state = "answered"
    hot.submit(closing(attempt(2)))
    assert events[1:] == [StoreLost("gone")]
    hot.bring_back()
    hot.bring_back()
    assert events[2:] == [AttemptClosed(attempt(2).id), StoreBack()]
    assert hot.ledger[record.id].state == "ringing"


def test_deferred_replies_can_be_late_lost_and_doubled() -> None:
    events, waiting = list[Event](), list[Callable[[], None]]()
    hot = MemoryHotStore(events.append, SetClock(), defer=waiting.append)
    hot.submit(claim(attempt(1)))
    hot.submit(claim(attempt(2)))
    assert events == []
    waiting[1]()
    waiting[1]()
    assert events == [ClaimGranted(attempt(2).id)] * 2
    assert set(hot.ledger) == {attempt(1).id, attempt(2).id}


def test_a_crash_drops_kept_commands_and_keeps_the_data() -> None:
    old, new = list[Event](), list[Event]()
    hot = MemoryHotStore(old.append, SetClock())
    hot.submit(claim(attempt(1)))
    hot.lose("gone")
    hot.submit(claim(attempt(2)))
    hot.attach(new.append)
    assert [record.id for record in hot.recover().attempts] == [attempt(1).id]
    hot.submit(closing(attempt(1)))
    assert new == [AttemptClosed(attempt(1).id)]
    assert len(old) == 2


def outbox_world() -> tuple[MemoryHotStore, MemoryRecord, MemoryOutbox, list[Event]]:
    events, clock = list[Event](), SetClock()
    hot, record = MemoryHotStore(events.append, clock), MemoryRecord(events.append, clock)
    record.add_contacts("leads", [("k1", [Number("+12025550101")], {})])
    record.submit(FetchContacts("spring", "leads", 1))
    hot.submit(claim(attempt(1)))
    hot.submit(closing(attempt(1), "busy", ContactState.WAITING, clock.at + 5))
    return hot, record, MemoryOutbox(hot, record, events.append), events


def test_outcomes_reach_the_record() -> None:
    hot, record, outbox, events = outbox_world()
    assert outbox.drain() == 1
    assert events[-1] == OutcomesRecorded(frozenset({"leads"}))
    assert (record.contacts[1].standing.attempts, list(record.attempts)) == (1, [attempt(1).id])
    assert hot.outbox == {}
    assert outbox.drain() == 0


def test_a_crash_between_recording_and_forgetting_counts_once() -> None:
    hot, record, outbox, events = outbox_world()
    before = len(events)
    assert outbox.drain(crash_before_forgetting=True) == 1
    assert (len(events), len(hot.outbox)) == (before, 1)
    assert outbox.drain() == 1
    assert record.contacts[1].standing.attempts == 1


def test_a_lost_record_keeps_outcomes_and_commands() -> None:
    hot, record, outbox, events = outbox_world()
    record.lose("gone")
    with pytest.raises(ConnectionError):
        outbox.drain()
    record.submit(FetchContacts("spring", "leads", 1))
    assert len(hot.outbox) == 1
    assert events[-1] == RecordLost("gone")
    record.bring_back()
    assert [type(event) for event in events[-2:]] == [ContactsFetched, RecordBack]
    assert outbox.drain() == 1
