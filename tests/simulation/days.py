"""Many days of two campaigns that want to call the same people far more often than caps allow.

The real core and the stores in memory; the telephone network is a table: a call rings for some seconds and ends.
Nobody answers, so that everybody is called again and again. It remembers when each number was dialed.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from heapq import heappop, heappush

from dialerd.core.analysis import profile_named
from dialerd.core.attempts_control import AttemptCap, Scope, subjects
from dialerd.core.campaign import CampaignSettings, Mode, Plan, RetryRule, TrunkSettings
from dialerd.core.commands import InvariantViolated, OriginateCall, RecordCommand, StoreCommand
from dialerd.core.contact import Number
from dialerd.core.dialer import Dialer
from dialerd.core.disposition import Disposition
from dialerd.core.events import (
    CampaignStartAsked,
    ChannelEnded,
    ChannelRinging,
    Event,
    PlanChanged,
    Recovered,
    RosterSynced,
    TelephonyBack,
    TimePassed,
)
from dialerd.core.flow.prompts import sound
from dialerd.core.ids import SerialNumbers
from dialerd.store.memory_hot import MemoryHotStore
from dialerd.store.memory_outbox import MemoryOutbox
from dialerd.store.memory_record import MemoryRecord

DAY = 86_400.0
BEGIN = 1_763_000_000.0
_STORE: tuple[type, ...] = StoreCommand.__args__  # type: ignore[attr-defined]
_RECORD: tuple[type, ...] = RecordCommand.__args__  # type: ignore[attr-defined]

PEOPLE = {
    "one": [("ann", (1, 2)), ("bob", (3,)), ("cyd", (4, 5))],
    "two": [("ann", (2,)), ("bob", (6, 3)), ("dan", (1,))],
}
"""List -> persons with their numbers; lists share persons and numbers."""


def e164(number: int) -> str:
    """A fictional number."""
    return f"+44163296{number:04d}"


class Days:
    """The world of one seed."""

    def __init__(self, seed: int, caps: Mapping[str, tuple[AttemptCap, ...]]) -> None:
        """``caps``: campaign -> its caps."""
        self.rng = random.Random(seed)
        self.at = BEGIN
        self.dialed: dict[tuple[Scope, str], list[tuple[float, str]]] = defaultdict(list)
        """When each subject was dialed, and by which campaign."""
        self.violations: list[InvariantViolated] = []
        self._queue: list[tuple[float, int, Event]] = []
        self._count = 0
        self.dialer = Dialer(SerialNumbers(seed, 1))
        self._inbox: list[Event] = []
        self.hot = MemoryHotStore(self._inbox.append, self)
        self.record = MemoryRecord(self._inbox.append, self)
        self._outbox = MemoryOutbox(self.hot, self.record, self._inbox.append)
        gap_s = self.rng.choice((900.0, 3000.0, 9000.0))
        settings = CampaignSettings(
            "", Mode.AGENTLESS, "", "carrier", "+441632960000", max_attempts=10**9, message=sound("sound:notice"),
            retry={Disposition.BUSY: RetryRule(10**9, gap_s), Disposition.NO_ANSWER: RetryRule(10**9, 3 * gap_s)},
            analysis=profile_named("off"), max_lines=3,
        )  # fmt: skip
        self.plan = Plan(
            {
                name: replace(settings, name=name, contact_list=name, attempt_caps=caps.get(name, ()))
                for name in PEOPLE
            },
            {"carrier": TrunkSettings("carrier", "PJSIP/{digits}@carrier", "PJSIP/carrier", 5, 2.0)},
        )  # fmt: skip
        self._keys = {}
        for name, people in PEOPLE.items():
            rows = [(key, [Number(e164(n), "mobile") for n in numbers], {}) for key, numbers in people]
            for contact_id in self.record.add_contacts(name, rows):
                self._keys[contact_id] = self.record.contacts[contact_id].key
        self.hot.know_calls(self.plan.call_windows())
        for event in (
            PlanChanged(self.plan), Recovered((), {}, {}), TelephonyBack((), {}, frozenset()),
            RosterSynced(frozenset(), frozenset()), *(CampaignStartAsked(name) for name in PEOPLE),
        ):  # fmt: skip
            self._take(event)

    def now(self) -> float:
        """The world's clock, and everybody's."""
        return self.at

    def run(self, days: float) -> None:
        """Let so much time pass; the hot store forgets its logs now and then, and is told again."""
        end = self.at + days * DAY
        forgets = self.at + self.rng.expovariate(1 / (40 * DAY))
        while True:
            wakeup = self.dialer.next_wakeup()
            at = min(self._queue[0][0] if self._queue else end, wakeup if wakeup is not None else end, forgets)
            if at >= end:
                self.at = end
                return
            self.at = max(self.at, at)
            if at == forgets:
                self.hot.calls.clear()
                self.hot.calls_known.clear()
                forgets = self.at + self.rng.expovariate(1 / (40 * DAY))
                self._later(self.rng.uniform(1, 20), _Remember())
            elif self._queue and self._queue[0][0] <= self.at:
                self._take(heappop(self._queue)[2])
            else:
                self._take(TimePassed())

    def _later(self, after_s: float, event: Event) -> None:
        self._count += 1
        heappush(self._queue, (self.at + after_s, self._count, event))

    def _take(self, event: Event) -> None:
        if isinstance(event, _Remember):
            self.hot.know_calls(self.plan.call_windows(), list(self.record.attempts.values()))
            return
        self._inbox.append(event)
        while self._inbox:
            for command in self.dialer.handle(self._inbox.pop(0), self.at):
                if isinstance(command, _STORE):
                    self.hot.submit(command)  # type: ignore[arg-type]
                elif isinstance(command, _RECORD):
                    self.record.submit(command)  # type: ignore[arg-type]
                elif isinstance(command, OriginateCall):
                    self._dial(command)
                elif isinstance(command, InvariantViolated):
                    self.violations.append(command)
            self._outbox.drain()

    def _dial(self, command: OriginateCall) -> None:
        record = self.dialer.floor.attempts[command.attempt_id].record
        for subject in subjects(record).items():
            self.dialed[subject].append((self.at, record.campaign))
        self._later(0.5, ChannelRinging(command.attempt_id))
        busy = self.rng.random() < 0.6
        ended = ChannelEnded(command.attempt_id, 17 if busy else 19, 486 if busy else 480)
        self._later(self.rng.uniform(1, 29), ended)


class _Remember(TimePassed):  # type: ignore[misc]
    """The logs are made again."""
