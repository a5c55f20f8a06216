"""Offers to agents: list them, accept and skip them."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, audited, wants_unmasked, who
from dialerd.control.parameters import Masking, Parameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.events import PreviewAccepted, PreviewSkipped
from dialerd.core.masking import masked_value
from dialerd.core.preview import Decided, Decision
from dialerd.core.preview_view import OfferView

routes = web.RouteTableDef()
_Agent = Annotated[str, Field(max_length=80)]
DECIDED_WITHIN_S = 2.0
"""An accepted call that is not dialed by then waits for its trunk, or for Redis."""
_LOOKS = 100


class PreviewParameters(Masking):
    """Which offers."""

    agent: _Agent | None = None
    campaign: str | None = None


class DecisionParameters(Parameters):
    """Who decides: where it is said, the offer must be this agent's."""

    agent: _Agent | None = None


@routes.get("/api/v1/previews")
async def previews(request: web.Request) -> web.Response:
    """Contacts that agents are reading, the oldest offer first."""
    asked = parameters(request, PreviewParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    found = [
        asdict(offer)
        for offer in daemon.previews.open()
        if asked.agent in (None, offer.agent) and asked.campaign in (None, offer.campaign)
    ]
    body = {"at": daemon.now(), "previews": found}
    return reply(body if whole else masked_value(body))


@routes.post("/api/v1/previews/{attempt}/accept")
async def accept(request: web.Request) -> web.Response:
    """The agent wants the call. All gates are asked again; the answer says whether it was dialed. Accepting twice
    dials once."""
    offer = _mine(request)
    daemon = request.app[DAEMON]
    if isinstance(offer, OfferView):
        await audited(request, "preview_accept", {"attempt": offer.attempt, "agent": offer.agent})
        daemon.post(PreviewAccepted(offer.attempt, who(request)))
    wanted = request.match_info["attempt"]
    decided = await _decision(request, wanted)
    if decided is None:
        return reply({"attempt": wanted, "decision": Decision.ACCEPTED.value, "dialed": False, "reason": ""}, 202)
    if not decided.dialed:
        raise _not_so(decided, "called")
    return reply(_said(wanted, decided))


@routes.post("/api/v1/previews/{attempt}/skip")
async def skip(request: web.Request) -> web.Response:
    """The agent does not want the call; nobody is rung. Skipping twice skips once."""
    offer = _mine(request)
    daemon = request.app[DAEMON]
    if isinstance(offer, OfferView):
        if not offer.may_skip:
            raise ApiProblem(
                409, "this campaign's contacts may not be skipped", hint="See `preview: may_skip` of the campaign."
            )
        await audited(request, "preview_skip", {"attempt": offer.attempt, "agent": offer.agent})
        daemon.post(PreviewSkipped(offer.attempt, who(request)))
    wanted = request.match_info["attempt"]
    decided = await _decision(request, wanted)
    if decided is None or decided.dialed or decided.decision not in (Decision.SKIPPED, Decision.TIMED_OUT):
        raise _not_so(decided, "skipped")
    return reply(_said(wanted, decided))


def _mine(request: web.Request) -> OfferView | Decided:
    """The open offer that the request is about, or what it came to a moment ago."""
    asked, wanted = parameters(request, DecisionParameters), request.match_info["attempt"]
    service = request.app[DAEMON].previews
    offer = next((each for each in service.open() if each.attempt == wanted), None)
    if offer is not None:
        if asked.agent not in (None, offer.agent):
            raise ApiProblem(409, "this contact is offered to another agent", hint="See /api/v1/previews?agent=.")
        return offer
    decided = service.decided(wanted)
    if decided is None:
        raise ApiProblem(404, "no such offer", hint="`/api/v1/previews` lists those that are open.")
    return decided


async def _decision(request: web.Request, wanted: str) -> Decided | None:
    """What the offer came to; None: nothing yet."""
    service = request.app[DAEMON].previews
    for _ in range(_LOOKS):
        decided = service.decided(wanted)
        if decided is not None:
            return decided
        await asyncio.sleep(DECIDED_WITHIN_S / _LOOKS)
    return None


def _said(wanted: str, decided: Decided) -> dict[str, object]:
    return {
        "attempt": wanted, "decision": decided.decision.value, "dialed": decided.dialed, "reason": decided.reason
    }  # fmt: skip


def _not_so(decided: Decided | None, wished: str) -> ApiProblem:
    if decided is None:
        return ApiProblem(409, f"not {wished}: the offer was accepted before", hint="The call is about to be dialed.")
    if decided.dialed:
        return ApiProblem(409, f"not {wished}: the call was dialed", hint="See /api/v1/attempts?live=1.")
    why = f": {decided.reason}" if decided.reason else ""
    return ApiProblem(409, f"not {wished}: the offer is {decided.decision}{why}", hint="The contact was given back.")
