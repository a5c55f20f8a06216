"""How good call analysis is, over HTTP."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from dialerd.control.guard import DAEMON
from dialerd.control.parameters import SpanParameters, parameters, span
from dialerd.control.reply import reply

routes = web.RouteTableDef()


class AmdReportParameters(SpanParameters):
    """Which answers."""

    trunk: str | None = None


@routes.get("/api/v1/amd/report")
async def report(request: web.Request) -> web.Response:
    """What call analysis said against what people said, by profile, rule and cause, and the share of persons among
    reviewed machine verdicts by campaign and trunk; the last 30 days unless asked otherwise."""
    asked = parameters(request, AmdReportParameters)
    daemon = request.app[DAEMON]
    since, until = span(asked, daemon.now(), "30d")
    found = await daemon.records.verdicts.report(since, until, asked.campaign, asked.trunk)
    return reply({"since": since, "until": until, **asdict(found)})
