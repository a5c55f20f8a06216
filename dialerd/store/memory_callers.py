"""Inbound calls of a record in memory: the semantics of :mod:`dialerd.store.inbound_calls`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dialerd.core.attempt import AttemptRecord
from dialerd.core.caller_commands import FindCaller, RecordCaller
from dialerd.core.caller_events import CallerFound, CallerRecorded
from dialerd.core.contact import Contact, ContactState
from dialerd.store.inbound_calls import changes, e164_of, values_of
from dialerd.store.memory_contacts import MemoryContacts, contact_of


class MemoryCallers:
    """Who calls, and what was kept of the calls."""

    def __init__(self, rows: MemoryContacts, attempts: Mapping[str, AttemptRecord]) -> None:
        """``attempts``: in the order in which they were recorded."""
        self._rows = rows
        self._attempts = attempts
        self.kept: dict[str, dict[str, Any]] = {}
        """Inbound call -> its columns."""

    def find(self, command: FindCaller) -> CallerFound:
        """See :func:`dialerd.store.inbound_calls.find_caller`."""
        numbers = {e164_of(command.caller, ours) for ours in command.campaigns.values()} - {""}
        if not numbers:
            return CallerFound(command.call_id)
        for attempt in reversed(list(self._attempts.values())):
            dialed = attempt.dialed_at is not None
            if dialed and attempt.number in numbers and attempt.campaign in command.campaigns:
                contact = self._contact(attempt.contact_id)
                return CallerFound(command.call_id, attempt.number, attempt.campaign, attempt.id, contact)
        return CallerFound(command.call_id, min(numbers))

    def _contact(self, contact_id: int) -> Contact | None:
        row = self._rows.rows.get(contact_id)
        return contact_of(row) if row is not None else None

    def record(self, command: RecordCaller, now: float) -> CallerRecorded:
        """See :func:`dialerd.store.inbound_calls.record_caller`."""
        record = command.record
        row = self._rows.rows.get(record.contact_id or 0)
        if record.id not in self.kept:
            self.kept[record.id] = values_of(record)
            if row is not None and record.following is not None:
                standing = row.standing
                before = {
                    "state": standing.state.value, "reason": standing.reason, "columns": row.columns,
                    "tries": standing.tries, "uncallable_at": None,
                }  # fmt: skip
                after = changes(before, record.following, now)
                row.columns = after.get("columns", row.columns)
                if "state" in after:
                    state = ContactState(after["state"])
                    self._rows.place(row, replace(
                        standing, state=state, next_at=after["next_at"] if state is ContactState.WAITING else None,
                        reason=after["reason"], number_index=after.get("number_index", standing.number_index),
                        tries=after.get("tries", standing.tries),
                    ))  # fmt: skip
        return CallerRecorded(record.id, record.contact_list)
