"""The end of an inbound call: its outcome, and what becomes of the contact."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialerd.core.caller import CallerRecord, CallerState, InboundOutcome
from dialerd.core.caller_flows import INBOUND_FLOW
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import ContactState
from dialerd.core.inbound_settings import AfterConversation
from dialerd.core.tallies import CALLBACK

_O = InboundOutcome
_CONVERSED = frozenset({_O.AGENT, _O.TRANSFERRED, _O.FLOW})


def outcome_of(record: CallerRecord, state: CallerState) -> InboundOutcome:
    """What the call came to; ``state``: where the caller stood when it ended."""
    walk = record.flow or {}
    if record.connected_at is not None:
        return _O.AGENT
    if state is CallerState.DIALING:
        return _O.TRANSFERRED
    if record.opted_out:
        return _O.OPTED_OUT
    if record.callback:
        return _O.CALLBACK
    if state is CallerState.LEFT:
        return _O.NOT_TAKEN
    if state is CallerState.QUEUED:
        return _O.LEFT_QUEUE
    if walk.get("failed") or record.reason in _FAILURES:
        return _O.FAILED
    if not walk.get("over"):
        return _O.HUNG_UP
    return _O.MESSAGE if walk.get("flow") == INBOUND_FLOW else _O.FLOW


_FAILURES = frozenset({"flow_gone"})


def following_of(record: CallerRecord, settings: CampaignSettings | None, now: float) -> Mapping[str, Any] | None:
    """What becomes of the contact, as the record keeps it; None: nothing. What the person asked for comes first; a
    conversation counts as the campaign says."""
    if record.contact_id is None or settings is None:
        return None
    walk = record.flow or {}
    columns = dict(walk.get("columns") or {})
    state: ContactState | None = None
    at: float | None = None
    reason = ""
    if record.opted_out:
        state, reason = ContactState.UNCALLABLE, "opted_out"
    elif record.callback:
        state, at, reason = ContactState.WAITING, now + (walk.get("callback_after_s") or 0.0), CALLBACK
    elif (
        InboundOutcome(record.outcome) in _CONVERSED
        and settings.inbound.after_conversation is AfterConversation.REACHED
    ):
        state, reason = ContactState.UNCALLABLE, "reached"
    if state is None and not columns:
        return None
    return {
        "state": state.value if state is not None else None, "at": at, "number_index": record.number_index,
        "reason": reason, "columns": columns,
    }  # fmt: skip
