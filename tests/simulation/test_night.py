"""An all-night campaign costs nothing: contacts whose clock is outside of hours wait in the record, and nothing is
done about them until their morning."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.callable_time import CallableSet, CallableTime, Place, Week
from dialerd.core.campaign import CampaignSettings, Mode, Plan, TrunkSettings
from dialerd.core.contact import Contact, Number
from dialerd.core.dialer import Dialer
from dialerd.core.filtering.conditions import Column
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers
from dialerd.core.ordering.settings import PLAIN, DialOrder, SortKey
from dialerd.core.parking import MOST_AT_ONCE
from dialerd.core.time_gate import within_callable_time
from dialerd.core.weekly_hours import WeeklyHours
from dialerd.store.group_numbers import moment_of
from dialerd.store.memory_record import MemoryRecord

PEOPLE = 10_000
ZONES = ("Europe/London", "Europe/Madrid", "America/New_York")
H = 3600


def locate(contact: Contact, number: Number) -> Place:
    return Place((ZONES[contact.id % 3],))


def daily(begin: float, end: float, places: str = "") -> CallableTime:
    """``places``: contacts may wait in groups."""
    week = Week(WeeklyHours((((int(begin * H), int(end * H)),),) * 7))
    return CallableTime((CallableSet("daytime", week),), locate, places)


def local(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/London")).timestamp()


EVENING = local("2026-03-28 23:00")
"""Before the night in which Europe's clocks go forward."""


class Night:
    """The core and the record in memory, by a clock that jumps from one thing to the next."""

    def __init__(
        self, times: CallableTime, order: DialOrder = PLAIN, people: int = PEOPLE, **other: CallableTime
    ) -> None:
        self.at = EVENING
        self.inbox: deque[e.Event] = deque()
        self.record = MemoryRecord(self.inbox.append, self)
        self.dialer = Dialer(SerialNumbers(1, 1))
        self.counts: Counter[type] = Counter()
        self.claimed: list[tuple[float, Contact]] = []
        self.looked_at = 0
        self.locked_s = 10.0 * H
        self.wakeups = 0
        everybody = ((f"k{n}", [Number(f"+44163296{n:04d}")], {}) for n in range(people))
        self.people = self.record.add_contacts("leads", everybody)
        self.settings = CampaignSettings(
            "night", Mode.AGENTLESS, "leads", "carrier", "+441632960000", message=sound("sound:x"), max_lines=30,
            callable_time=times, order=order,
        )  # fmt: skip
        self.plan_is(self.settings, *(replace(self.settings, name=n, callable_time=t) for n, t in other.items()))
        for event in (e.Recovered((), {}, {}), e.TelephonyBack((), {}, frozenset()), e.CampaignStartAsked("night")):
            self.feed(event)

    def now(self) -> float:
        return self.at

    def plan_is(self, *campaigns: CampaignSettings) -> None:
        trunk = TrunkSettings("carrier", "PJSIP/{e164}@carrier", "PJSIP/carrier", 30, 30.0)
        self.feed(e.PlanChanged(Plan({one.name: one for one in campaigns}, {"carrier": trunk})))

    def feed(self, event: e.Event) -> None:
        self.inbox.append(event)
        while self.inbox:
            for command in self.dialer.handle(self.inbox.popleft(), self.at):
                self._carry_out(command)

    def _carry_out(self, command: c.Command) -> None:
        self.counts[type(command)] += 1
        if isinstance(command, c.Claim):
            contact = self.dialer.floor.attempts[command.record.id].contact
            assert contact is not None
            self.claimed.append((self.at, contact))
            # The called party's phone is busy in another call: no line is held for longer than this test needs.
            self.inbox.append(e.ClaimRefused(command.record.id, "number_locked", self.at + self.locked_s))
        elif isinstance(command, c.ParkContacts):
            self.looked_at += len(command.contact_ids)
            self.record.submit(command)
        elif isinstance(command, c.FetchContacts | c.ReturnContacts | c.WakeContacts):
            self.record.submit(command)

    def until(self, end: float) -> None:
        """Let time pass, from one wake-up to the next."""
        for due in self._due(end):
            self.at = max(self.at, due)
            self.wakeups += 1
            self.feed(e.TimePassed())
        self.at = end

    def _due(self, end: float) -> Iterator[float]:
        while (due := self.dialer.next_wakeup()) is not None and due < end:
            yield due

    def parked(self) -> Counter[str]:
        """Local time of the moment until which contacts wait -> how many."""
        found: Counter[str] = Counter()
        for person in self.people:
            standing = self.record.contacts[person].standing
            if moment_of(standing.next_at) is not None and standing.reason == "callable_time":
                there = datetime.fromtimestamp(standing.next_at or 0.0, ZoneInfo(ZONES[person % 3]))
                found[f"{there.tzinfo} {there:%d %H:%M}"] += 1
        return found


def test_a_night_with_ten_thousand_contacts_is_a_handful_of_commands() -> None:
    night = Night(daily(9, 18))
    night.until(local("2026-03-29 07:00"))
    assert not night.claimed
    assert set(night.parked()) == {"Europe/London 29 09:00", "Europe/Madrid 29 09:00", "America/New_York 29 09:00"}
    assert sum(night.parked().values()) == PEOPLE
    # Each contact once, up to a thousand at a time and at most three moments in each batch; then silence.
    batches = PEOPLE / MOST_AT_ONCE + 8
    assert night.counts[c.FetchContacts] <= batches + 2
    assert night.counts[c.ParkContacts] <= 3 * batches
    assert sum(night.counts.values()) <= 5 * batches + 10, night.counts
    assert night.wakeups <= batches + 20
    before = sum(night.counts.values())
    night.until(local("2026-03-29 07:59"))
    assert sum(night.counts.values()) == before, "an hour of the night"


def test_each_is_called_in_the_morning_of_its_own_zone() -> None:
    night = Night(daily(9, 18))
    night.until(local("2026-03-29 08:00"))
    assert not night.claimed
    night.until(local("2026-03-29 08:00") + 60)
    assert {contact.id % 3 for _, contact in night.claimed} == {ZONES.index("Europe/Madrid")}
    night.until(local("2026-03-29 14:30"))
    first: dict[int, float] = {}
    for at, contact in night.claimed:
        first.setdefault(contact.id % 3, at)
    opened = {
        ZONES[index]: datetime.fromtimestamp(at, ZoneInfo(ZONES[index])).strftime("%H:%M")
        for index, at in first.items()
    }
    assert opened == dict.fromkeys(ZONES, "09:00")


def test_other_hours_wake_those_who_wait_for_theirs() -> None:
    night = Night(daily(9, 18))
    night.until(local("2026-03-29 01:00"))
    night.plan_is(replace(night.settings, callable_time=daily(0, 24)))
    night.until(local("2026-03-29 02:30"))
    assert night.counts[c.WakeContacts] == 1
    assert len(night.claimed) > 100, "nobody waits for a morning that no longer matters"
    night.plan_is(replace(night.settings, callable_time=daily(0, 24)))
    assert night.counts[c.WakeContacts] == 1, "the same hours again"


@pytest.mark.parametrize("order", [PLAIN, DialOrder(sort=(SortKey(Column("score")),))], ids=["plain", "sorted"])
def test_only_the_first_night_looks_at_everybody(order: DialOrder) -> None:
    """Hours of three seconds a day, so that hardly anybody is called and nearly all are there the next night."""
    night = Night(daily(9, 9 + 3 / H, "here"), order, people=600)
    night.locked_s = 60.0
    night.until(local("2026-03-29 07:00"))
    assert night.looked_at == 600
    night.until(local("2026-03-29 14:30"))
    called = len(night.claimed)
    assert {contact.id % 3 for _, contact in night.claimed} == {0, 1, 2}
    assert 20 < called < 400
    before, commands = night.looked_at, sum(night.counts.values())
    night.until(local("2026-03-30 07:00"))
    assert len(night.claimed) == called
    assert night.looked_at - before < called + 200, "those who were in the hopper or had been called"
    later, wakeups = sum(night.counts.values()), night.wakeups
    night.until(local("2026-03-30 07:59"))
    assert (sum(night.counts.values()), night.wakeups) == (later, wakeups), "an hour of the night"
    assert later - commands < 200
    night.until(local("2026-03-30 14:30"))
    assert {contact.id % 3 for at, contact in night.claimed[called:]} == {0, 1, 2}, "in the morning they are there"


def test_campaigns_that_differ_in_where_numbers_are_let_nobody_wait_in_groups() -> None:
    night = Night(daily(9, 18, "here"), people=100, other=daily(9, 18, "there"))
    night.until(local("2026-03-29 07:00"))
    assert sum(night.parked().values()) == 100, "each until its own morning"


def test_no_gate_no_cost() -> None:
    night = Night(CallableTime())
    night.until(EVENING + 5)
    assert night.claimed
    assert within_callable_time.__name__ not in night.dialer.floor.campaigns["night"].refused
