"""Offers as agents, operators and webhooks see them: plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialerd.core.attempt import AttemptRecord
from dialerd.core.contact import Contact
from dialerd.core.disposition import Disposition
from dialerd.core.offers import Offers
from dialerd.core.preview_commands import AnnounceDecision, AnnounceOffer
from dialerd.core.webhook import VERSION, WebhookSettings, iso, shown_number

OFFERED, CLOSED = "preview_offered", "preview_closed"


@dataclass(frozen=True, slots=True)
class OfferView:
    """A contact that an agent is reading. Times in epoch seconds."""

    attempt: str
    campaign: str
    agent: str
    state: str
    """``offered``, or ``accepted``: it is about to be dialed."""
    offered_at: float
    until: float
    """When ``on_timeout`` decides."""
    on_timeout: str
    may_skip: bool
    rule: str
    """The rule that wants it previewed; empty: the campaign's mode does."""
    contact_id: int
    contact_list: str
    contact_key: str
    number: str
    number_kind: str
    columns: Mapping[str, str]
    attempts: int
    """Calls of the contact before."""
    last_disposition: str | None
    skips: int
    """How often it was skipped before."""


def offers_seen(offers: Offers) -> list[OfferView]:
    """Every open offer, the oldest first."""
    seen = []
    for attempt in offers.open.values():
        record, contact, settings = attempt.record, attempt.contact, attempt.settings.preview
        preview = record.preview or {}
        assert contact is not None
        seen.append(
            OfferView(
                attempt=record.id,
                campaign=record.campaign,
                agent=record.agent or "",
                state=attempt.state.value,
                offered_at=preview["offered_at"],
                until=preview["until"],
                on_timeout=settings.on_timeout.value,
                may_skip=settings.may_skip,
                rule=preview.get("rule", ""),
                contact_id=record.contact_id,
                contact_list=record.contact_list,
                contact_key=record.contact_key,
                number=record.number,
                number_kind=record.number_kind,
                columns=dict(contact.columns),
                attempts=contact.attempts,
                last_disposition=contact.last_disposition,
                skips=skips_of(contact),
            )
        )
    return seen


def skips_of(contact: Contact) -> int:
    """How often the contact was skipped."""
    return (contact.tries or {}).get(Disposition.PREVIEW_SKIPPED.value, 0)


def told_of(settings: WebhookSettings, command: AnnounceOffer | AnnounceDecision) -> dict[str, Any]:
    """The JSON that a webhook is told; see docs/preview.md."""
    record = command.record
    told = _told_of_attempt(record, OFFERED if isinstance(command, AnnounceOffer) else CLOSED)
    if isinstance(command, AnnounceOffer):
        contact = command.contact
        told |= {
            "until": iso((record.preview or {}).get("until")), "attempts": contact.attempts,
            "last_disposition": contact.last_disposition, "skips": skips_of(contact),
            "columns": {name: contact.columns[name] for name in settings.columns if name in contact.columns},
        }  # fmt: skip
    else:
        decided = command.decided
        told |= {
            "decision": decided.decision.value, "dialed": decided.dialed, "reason": decided.reason,
            "after_s": round(command.after_s, 3),
        }  # fmt: skip
    return told | shown_number(settings, record.number)


def _told_of_attempt(record: AttemptRecord, event: str) -> dict[str, Any]:
    return {
        "version": VERSION, "event": event, "delivery": f"{record.id}.{event}", "attempt": record.id,
        "campaign": record.campaign, "contact_list": record.contact_list, "contact": record.contact_key,
        "agent": record.agent, "number_kind": record.number_kind,
        "offered_at": iso((record.preview or {}).get("offered_at")), "rule": (record.preview or {}).get("rule", ""),
    }  # fmt: skip
