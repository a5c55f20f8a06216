"""Inbound calls: people who called back, live and over."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, wants_unmasked
from dialerd.control.inbound_service import InboundQuestion
from dialerd.control.parameters import MOST_ROWS, Masking, Moment, PhoneNumber, bounds, parameters
from dialerd.control.reply import reply
from dialerd.core.caller import InboundOutcome
from dialerd.core.caller_view import CallerView
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()


class InboundParameters(Masking):
    """Which inbound calls."""

    campaign: str | None = None
    outcome: InboundOutcome | None = None
    number: PhoneNumber | None = None
    contact: Annotated[int | None, Field(ge=1)] = None
    """Id of the contact."""
    since: Moment | None = None
    until: Moment | None = None
    live: bool | None = None
    """Only live ones, only those that are over; None: both."""
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)
    offset: int = Field(default=0, ge=0)


@routes.get("/api/v1/inbound")
async def inbound(request: web.Request) -> web.Response:
    """Live inbound calls, the longest first; then those that are over, latest first."""
    asked = parameters(request, InboundParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    now = daemon.now()
    since, until = bounds(asked.since, asked.until, now)
    live: list[dict[str, Any]] = []
    if asked.live is not False and asked.outcome is None and asked.contact is None and asked.offset == 0:
        fitting = [one for one in daemon.view().callers if _fits(one, asked, since, until)]
        live = [asdict(one) for one in fitting[: asked.limit]]
    over: list[dict[str, Any]] = []
    if asked.live is not True and len(live) < asked.limit:
        question = InboundQuestion(
            campaign=asked.campaign,
            outcome=asked.outcome.value if asked.outcome is not None else None,
            number=asked.number,
            contact_id=asked.contact,
            since=since,
            until=until,
            limit=asked.limit - len(live),
            offset=asked.offset,
        )
        over = [dict(row) for row in await daemon.records.inbound(question)]
    body = {"live": live, "over": over}
    return reply(body if whole else masked_value(body))


def _fits(caller: CallerView, asked: InboundParameters, since: float | None, until: float | None) -> bool:
    return (
        (asked.campaign is None or caller.campaign == asked.campaign)
        and (asked.number is None or caller.number == asked.number)
        and (since is None or caller.arrived_at >= since)
        and (until is None or caller.arrived_at < until)
    )
