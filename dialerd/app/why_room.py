"""Why a contact is not called: the core's gates, with what the stores know of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.database_answers import from_database
from dialerd.control.daemon import KnownContact
from dialerd.control.dnc_lists import DncDesk
from dialerd.control.inspection import Explanation, PlaceInLine
from dialerd.core.amd_truth import MarkedCall
from dialerd.core.campaign import CampaignSettings
from dialerd.core.cap_counts import Calls
from dialerd.core.contact import Contact, ContactState
from dialerd.core.dialer import Dialer
from dialerd.core.dnc import DNC_REASON, DncFinding, later_end
from dialerd.core.filtering.conditions import changes_with_time
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.inspection import Evidence
from dialerd.ports import Clock
from dialerd.store.call_marks import marks_of
from dialerd.store.contact_place import Standing, standing
from dialerd.store.order_book import wanted_by

NO_LOGS = "past calls under rolling caps: Redis does not answer"
"""What a claim was refused for is told all the same; and the claim itself asks."""


class PastCalls(Protocol):
    """The logs of calls; :class:`dialerd.store.call_log.CallLog` is one."""

    async def of(self, contact: Contact) -> Calls | None:
        """Past calls of a contact, its numbers and its person; None while Redis does not answer."""


class WhyRoom:
    """Implements :class:`dialerd.control.daemon.Explaining`."""

    def __init__(self, engine: AsyncEngine, clock: Clock, dialer: Dialer, dnc: DncDesk, calls: PastCalls) -> None:
        self._engine, self._clock, self._dialer, self._dnc, self._calls = engine, clock, dialer, dnc, calls

    async def explain(self, campaign: str, known: KnownContact) -> Explanation:
        """Everything that can be said of a contact now. KeyError: no such campaign. Raises :class:`Unavailable`
        when the database does not answer; without Redis there is only less to say."""
        settings = self._dialer.floor.campaigns[campaign].settings
        entries = await self._entries(settings, known)
        calls = await self._calls.of(known.contact)
        stands = await self._standing(settings, known)
        evidence = Evidence(
            state=known.state,
            not_before=known.next_at,
            reason=known.reason if known.state in (ContactState.WAITING, ContactState.UNCALLABLE) else "",
            filtered=None if stands.passes else _filtered(settings),
            barred={number: _barred(found) for number, found in entries.items() if found},
            calls=calls,
        )
        found = self._dialer.inspecting.of(campaign, known.contact, evidence, self._clock.now())
        place = stands.place
        return Explanation(
            inspection=found,
            entries=tuple((number, entry) for number, listed in entries.items() for entry in listed),
            place=PlaceInLine(place.before, place.about, place.at_least) if place is not None else None,
            unknown=(NO_LOGS,) if calls is None and settings.attempt_caps else (),
            marks=await self._marks(known.contact),
        )

    async def _marks(self, contact: Contact) -> tuple[MarkedCall, ...]:
        """Of calls that go on, and of ended ones."""
        numbers = {number.e164 for number in contact.numbers}
        with from_database():
            found = await marks_of(self._engine, contact.id, numbers)
        known, live = {one.attempt for one in found}, []
        for record in (attempt.record for attempt in self._dialer.floor.attempts.values()):
            theirs = record.contact_id == contact.id or record.number in numbers
            if theirs and record.mark is not None and record.id not in known:
                of_call = record.id, record.campaign, record.number, record.answered_at, record.analysis
                live.append(MarkedCall(*of_call, record.mark["mark"], record.mark["by"], record.mark["at"]))
        return (*live, *found)

    async def _entries(self, settings: CampaignSettings, known: KnownContact) -> dict[str, list[DncFinding]]:
        """Number -> entries of the campaign's do-not-call lists that concern it."""
        found: dict[str, list[DncFinding]] = {}
        for number in known.contact.numbers if settings.dnc else ():
            listed = await self._dnc.look_up(number.e164, known.contact.key, None)
            found[number.e164] = [entry for entry in listed if entry.dnc_list in settings.dnc]
        return found

    async def _standing(self, settings: CampaignSettings, known: KnownContact) -> Standing:
        with from_database():
            return await standing(self._engine, wanted_by(settings), known.contact.id, self._clock.now())


def _filtered(settings: CampaignSettings) -> Hold | Refuse:
    chosen = settings.order.filter
    assert chosen is not None
    reason = f"filtered out: {chosen}"
    return Hold(reason) if changes_with_time(chosen.condition) else Refuse(reason)


def _barred(entries: Iterable[DncFinding]) -> Hold | Refuse:
    """The entry that is in the way longest."""
    name, end = "", 0.0
    for entry in entries:
        over = later_end(end, entry.expires_at)
        if over is None:
            return Refuse(f"{DNC_REASON}{entry.dnc_list}")
        if over > end:
            name, end = entry.dnc_list, over
    return Hold(f"{DNC_REASON}{name}", end)
