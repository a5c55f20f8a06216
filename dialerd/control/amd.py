"""How good call analysis is, over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, wants_unmasked
from dialerd.control.parameters import MOST_ROWS, Masking, Moment, SpanParameters, bounds, parameters, span
from dialerd.control.reply import reply
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()


class AmdReportParameters(SpanParameters):
    """Which answers."""

    trunk: str | None = None


class ReviewParameters(Masking):
    """Which machine verdicts."""

    campaign: str | None = None
    trunk: str | None = None
    marked: bool | None = None
    """Only those that somebody marked, only the others; None: both."""
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)
    offset: int = Field(default=0, ge=0)


@routes.get("/api/v1/amd/report")
async def report(request: web.Request) -> web.Response:
    """What call analysis said against what people said, by profile, rule and cause, and the share of persons among
    reviewed machine verdicts by campaign and trunk; the last 30 days unless asked otherwise."""
    asked = parameters(request, AmdReportParameters)
    daemon = request.app[DAEMON]
    since, until = span(asked, daemon.now(), "30d")
    found = await daemon.records.verdicts.report(since, until, asked.campaign, asked.trunk)
    return reply({"since": since, "until": until, **asdict(found)})


@routes.get("/api/v1/amd/reviews")
async def reviews(request: web.Request) -> web.Response:
    """Machine verdicts whose sound was kept to be listened to, latest first. The sound is that of
    ``/api/v1/attempts/{id}/recording/audio``; what it was is said by ``/api/v1/attempts/{id}/mark``."""
    asked = parameters(request, ReviewParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    rows = await daemon.records.verdicts.reviews(
        asked.campaign, asked.trunk, asked.marked,
        *bounds(asked.since, asked.until, daemon.now()),
        asked.limit, asked.offset,
    )  # fmt: skip
    body = {"reviews": [dict(row) for row in rows]}
    return reply(body if whole else masked_value(body))
