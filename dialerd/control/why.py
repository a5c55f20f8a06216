"""Why a number is not dialed, or when it will be: every gate's word, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from math import inf
from typing import Any

from aiohttp import web

from dialerd.control.daemon import KnownContact
from dialerd.control.floor import known_campaign
from dialerd.control.guard import DAEMON, wants_unmasked
from dialerd.control.inspection import Explanation
from dialerd.control.parameters import WhyParameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.contact import ContactState
from dialerd.core.masking import masked, masked_value
from dialerd.core.view import CampaignView, DialerView, GateFinding

routes = web.RouteTableDef()
_LONG = 1e15
"""A hold without an end ends later than any other, and earlier than a refusal."""


@routes.get("/api/v1/why")
async def why(request: web.Request) -> web.Response:
    """Walks the gates for every contact that has the number, in every campaign that dials its list."""
    asked = parameters(request, WhyParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    view = daemon.view()
    campaigns = view.campaigns if asked.campaign is None else (known_campaign(request, asked.campaign),)
    contacts = await daemon.records.contacts_with_number(asked.number)
    if not contacts:
        raise ApiProblem(
            404, f"no contact has the number {masked(asked.number)}", hint="Import it: `dialerd contacts import`."
        )
    pairs = [(c, k) for c in campaigns for k in contacts if k.contact.contact_list in c.contact_lists]
    if not pairs:
        lists = ", ".join(sorted({k.contact.contact_list for k in contacts}))
        said = f"campaign {asked.campaign} dials" if asked.campaign is not None else "any campaign dials"
        raise ApiProblem(
            404,
            f"the number is in no list that {said}",
            f"It is in: {lists}.",
            "Check `contact_list:` of the campaign.",
        )
    answers = [_answer(view, c, k, await daemon.explaining.explain(c.name, k)) for c, k in pairs]
    body = {"number": asked.number, "at": view.at, "answers": answers}
    return reply(body if whole else masked_value(body))


def _answer(view: DialerView, campaign: CampaignView, known: KnownContact, told: Explanation) -> dict[str, Any]:
    contact, found = known.contact, told.inspection
    live = next((a for a in view.attempts if a.campaign == campaign.name and a.contact_key == contact.key), None)
    live_state = live.state if live is not None else None
    verdict, sentence, next_at = conclusion(view.at, known, found.findings, live_state)
    if verdict == "hold":
        next_at = found.eligible.at
    fits = contact.number_index < len(contact.numbers)
    return {
        "campaign": campaign.name,
        "verdict": verdict,
        "because": sentence,
        "next_eligible_at": next_at,
        "contact": {
            "id": contact.id,
            "key": contact.key,
            "list": contact.contact_list,
            "state": known.state.value,
            "reason": known.reason,
            "attempts": contact.attempts,
            "last_disposition": contact.last_disposition,
            "numbers": [number.e164 for number in contact.numbers],
            "next_number": contact.numbers[contact.number_index].e164 if fits else None,
        },
        "place": _place(told),
        "not_before": found.eligible.not_before if verdict == "hold" else None,
        "with_reserved_agent_at": found.with_agent.at if verdict == "hold" and found.with_agent else None,
        "caps": [asdict(count) for count in found.caps] if found.caps is not None else None,
        "do_not_call": [{"number": number, **asdict(entry)} for number, entry in told.entries],
        "providers": [asdict(word) for word in found.providers],
        "marks": [asdict(one) for one in told.marks],
        "unknown": list(told.unknown),
        "live_attempt": asdict(live) if live is not None else None,
        "gates": [asdict(finding) for finding in found.findings],
    }


def _place(told: Explanation) -> dict[str, Any] | None:
    """Where the contact is: with the core, in line, or nowhere (None)."""
    held = told.inspection.held
    if held is not None:
        return {**asdict(held), "before": None, "about": False, "at_least": False}
    if told.place is None:
        return None
    of_core = {"campaign": None, "place": None, "until": None, "reason": ""}
    return {"kind": "in_line", **of_core, **asdict(told.place)}


def decisive(findings: Sequence[GateFinding]) -> list[GateFinding]:
    """What counts for the whole contact: of its numbers, only what is said of the one that is free first."""
    of_numbers: dict[str, list[GateFinding]] = {}
    for finding in findings:
        if finding.number is not None:
            of_numbers.setdefault(finding.number, []).append(finding)
    best = min(of_numbers.values(), key=lambda of_number: max(_free_at(f) for f in of_number), default=[])
    return [finding for finding in findings if finding.number is None or finding in best]


def _free_at(finding: GateFinding) -> float:
    if finding.verdict == "allow":
        return 0.0
    open_end = inf if finding.verdict == "refuse" else _LONG
    return finding.until if finding.until is not None else open_end


def conclusion(
    now: float, known: KnownContact, findings: Sequence[GateFinding], live_state: str | None
) -> tuple[str, str, float | None]:
    """The verdict (``live``, ``allow``, ``hold``, ``refuse``) with a sentence, and the next eligible time in epoch
    seconds; None: never as things stand, or not known."""
    if live_state is not None:
        return "live", f"the contact is in a call now ({live_state})", None
    findings = decisive(findings)
    refused = [finding for finding in findings if finding.verdict == "refuse"]
    if refused:
        return "refuse", f"never as things stand: {refused[0].reason}", None
    held = [finding for finding in findings if finding.verdict == "hold"]
    if not held:
        chosen = known.state is ContactState.IN_ATTEMPT
        sentence = "chosen, and next to be dialed" if chosen else "nothing is against it: dialed in its turn"
        return "allow", sentence, now
    reasons = ", ".join(finding.reason for finding in held)
    if any(finding.until is None for finding in held):
        return "hold", f"not now: {reasons}", None
    return "hold", f"not now: {reasons}", max(finding.until for finding in held if finding.until is not None)
