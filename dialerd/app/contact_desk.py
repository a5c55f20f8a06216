"""Single contacts for the API: numbers read as the list's settings say, the record changed, the core told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.contact_answers import from_contacts
from dialerd.config.contact_lists import ContactListSettings
from dialerd.control.contact_service import (
    BadContact,
    ContactChange,
    Fed,
    NewContact,
    UnknownContact,
    WrittenNumber,
)
from dialerd.control.daemon import UnknownContactList
from dialerd.core.contact import ContactState
from dialerd.core.events import ContactsChanged, ContactsEdited, Event
from dialerd.ports import Clock
from dialerd.store.contact_edits import REMOVED
from dialerd.store.contact_export import export_csv
from dialerd.store.contact_feed import ContactFeed, FeedRow
from dialerd.store.group_numbers import moment_of
from dialerd.store.import_rows import MAX_NUMBERS
from dialerd.store.phone_columns import BadNumber, NumberReader
from dialerd.store.record_queries import ContactFilter, RecordQueries

_EXPORTED = tuple(state.value for state in ContactState)


class ContactDesk:
    """Implements :class:`dialerd.control.contact_service.ContactService` over SQL."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Clock,
        lists: Callable[[], Mapping[str, ContactListSettings]],
        post: Callable[[Event], None],
    ) -> None:
        self._engine = engine
        self._feed = ContactFeed(engine, clock)
        self._queries = RecordQueries(engine)
        self._lists = lists
        self._post = post

    async def add(
        self, contact_list: str, contacts: Sequence[NewContact], who: str, *, on_duplicate: str | None, once: str,
        digest: str,
    ) -> list[Fed]:  # fmt: skip
        """Add contacts, each for itself."""
        settings = self._settings(contact_list)
        reader = _reader(settings)
        rows, refused = [], []
        for index, contact in enumerate(contacts):
            try:
                numbers = _numbers(reader, contact.numbers)
            except BadContact as bad:
                refused.append({"index": index, "result": "rejected", "id": None, "reason": str(bad)})
            else:
                rows.append(FeedRow(index, contact.key, numbers, contact.columns, contact.priority))
        with from_contacts():
            if once and (before := await self._feed.answered(once, digest)) is not None:
                return [Fed(**answer) for answer in before]
            answers = await self._feed.add(
                contact_list, rows, refused, who,
                numbers_policy=on_duplicate or settings.duplicate_numbers,
                keys_policy=on_duplicate or settings.duplicate_keys, once=once, digest=digest,
            )  # fmt: skip
        fed = [Fed(**answer) for answer in answers]
        updated = tuple(one.id for one in fed if one.result == "updated" and one.id is not None)
        if updated:
            self._post(ContactsEdited(contact_list, updated))
        hot = [one.id for one in fed if one.result in ("added", "updated") and contacts[one.index].hot]
        self._post(ContactsChanged(contact_list, tuple(i for i in hot if i is not None)))
        return fed

    async def find(self, contact_list: str, key: str | None, limit: int, after_id: int) -> list[Mapping[str, Any]]:
        """Contacts of a list by id."""
        self._settings(contact_list)
        chosen = ContactFilter(contact_list=contact_list, key=key)
        with from_contacts():
            rows = await self._queries.contacts(chosen, limit=limit, after_id=after_id)
        return [_shown(row) for row in rows if row["reason"] != REMOVED]

    async def show(self, contact_id: int) -> Mapping[str, Any]:
        """One contact with all that is known of it."""
        with from_contacts():
            row = await self._queries.contact(contact_id)
        if row is None or row["reason"] == REMOVED:
            raise UnknownContact(contact_id)
        return _shown(row)

    async def change(self, contact_id: int, change: ContactChange, who: str) -> Mapping[str, Any]:
        """Change one contact."""
        before = await self.show(contact_id)
        values: dict[str, Any] = {
            name: value for name in ("key", "columns", "priority") if (value := getattr(change, name)) is not None
        }
        if change.numbers is not None:
            values["numbers"] = _numbers(_reader(self._settings(before["list"])), change.numbers)
        with from_contacts():
            contact_list = await self._feed.change(contact_id, values, who, hot=change.hot)
        self._post(ContactsEdited(contact_list, (contact_id,)))
        if change.hot:
            self._post(ContactsChanged(contact_list, (contact_id,)))
        return await self.show(contact_id)

    async def remove(self, contact_list: str, contact_ids: Sequence[int], keys: Sequence[str], who: str) -> int:
        """Take contacts out of a list."""
        with from_contacts():
            found = await self._feed.remove(contact_list, contact_ids, keys, who)
        if found:
            self._post(ContactsEdited(contact_list, tuple(found), cancel=True, reason=REMOVED))
        return len(found)

    async def make_uncallable(self, contact_id: int, number: str | None, reason: str, who: str) -> Mapping[str, Any]:
        """The contact, or one of its numbers, is not dialed again."""
        contact_list = await self._mark(contact_id, number, reason, who)
        numbers = (number,) if number is not None else ()
        self._post(ContactsEdited(contact_list, (contact_id,), True, numbers, "uncallable"))
        return await self.show(contact_id)

    async def make_callable(self, contact_id: int, number: str | None, who: str) -> Mapping[str, Any]:
        """The contact, or one of its numbers, may be dialed again."""
        contact_list = await self._mark(contact_id, number, None, who)
        self._post(ContactsEdited(contact_list, (contact_id,)))
        return await self.show(contact_id)

    async def _mark(self, contact_id: int, number: str | None, reason: str | None, who: str) -> str:
        with from_contacts():
            return await self._feed.mark(contact_id, number, reason, who)

    async def export(self, contact_list: str, state: str | None) -> AsyncIterator[bytes]:
        """The list as CSV, in pieces."""
        self._settings(contact_list)
        if state is not None and state not in _EXPORTED:
            raise BadContact(f"no state {state!r}", f"One of {', '.join(_EXPORTED)}.")
        with from_contacts():
            async for piece in export_csv(self._engine, contact_list, state):
                yield piece

    def _settings(self, contact_list: str) -> ContactListSettings:
        settings = self._lists().get(contact_list)
        if settings is None:
            raise UnknownContactList(contact_list)
        return settings


def _reader(settings: ContactListSettings) -> NumberReader:
    return NumberReader(settings.region, settings.refuse)


def _numbers(reader: NumberReader, written: Sequence[WrittenNumber]) -> list[dict[str, Any]]:
    """In E.164, each once. Raises :class:`BadContact` for any that is none: a program can mend what it sends."""
    found: dict[str, str] = {}
    for place, one in enumerate(written, start=1):
        try:
            found.setdefault(reader.e164(one.number.strip()), one.type)
        except BadNumber as error:
            raise BadContact(f"number {place}: {error}") from None
    if not 1 <= len(found) <= MAX_NUMBERS:
        raise BadContact(f"a contact needs between 1 and {MAX_NUMBERS} numbers, not {len(found)}")
    return [{"e164": e164, "kind": kind} for e164, kind in found.items()]


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    waits = row["state"] == ContactState.WAITING.value
    return {
        "id": row["id"], "list": row["contact_list"], "key": row["key"], "state": row["state"],
        "reason": row["reason"] or "", "numbers": row["numbers"], "columns": row["columns"],
        "attempts": row["attempts"], "next_number": row["number_index"], "last_disposition": row["last_disposition"],
        "last_attempt_at": row["last_attempt_at"], "next_at": moment_of(row["next_at"]) if waits else None,
        "priority": row["priority"], "added_at": row["added_at"], "uncallable_at": row["uncallable_at"],
        "uncallable_by": row["uncallable_by"],
    }  # fmt: skip
