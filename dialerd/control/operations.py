"""What operators do and read beside the floor: reload, notices, audit, reports."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from dialerd.control.daemon import NoticeLike
from dialerd.control.guard import DAEMON, audited
from dialerd.control.parameters import (
    AuditParameters,
    ListParameters,
    NoticeParameters,
    ReloadParameters,
    SpanParameters,
    parameters,
    span,
)
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.abandon import CampaignFigures, abandon_rates
from dialerd.core.events import ContactsChanged
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()


@routes.post("/api/v1/contacts/changed")
async def contacts_changed(request: web.Request) -> web.Response:
    """Somebody changed a list in the record directly: campaigns that wait for contacts look again."""
    asked = parameters(request, ListParameters)
    request.app[DAEMON].post(ContactsChanged(asked.list, any_of_them=True))
    return reply({"list": asked.list}, 202)


@routes.post("/api/v1/reload")
async def reload(request: web.Request) -> web.Response:
    """Apply the campaigns file, all or nothing, or (``check=1``) say what that would change."""
    asked = parameters(request, ReloadParameters)
    if not asked.check:
        await audited(request, "reload", {})
    result = await request.app[DAEMON].reload(asked.check)
    problems = [{**asdict(problem), "text": str(problem)} for problem in result.problems]
    if result.diff is None:
        raise ApiProblem(
            422, "the campaigns file has mistakes", "Nothing was changed.", "Correct them and try again.",
            problems=problems,
        )  # fmt: skip
    diff = {"changes": result.diff.as_dict(), "lines": result.diff.lines(), "empty": result.diff.empty}
    return reply(masked_value({"applied": result.applied, "diff": diff, "problems": problems}))


@routes.get("/api/v1/notices")
async def notices(request: web.Request) -> web.Response:
    """What operators were told, newest first, with cause and remedy."""
    asked = parameters(request, NoticeParameters)
    found = request.app[DAEMON].notices(asked.limit, asked.level)
    return reply({"notices": masked_value([_notice(notice) for notice in found])})


@routes.get("/api/v1/audit")
async def audit(request: web.Request) -> web.Response:
    """Who changed what and when, newest first."""
    asked = parameters(request, AuditParameters)
    rows = await request.app[DAEMON].records.audit(asked.limit)
    return reply({"audit": masked_value([dict(row) for row in rows])})


@routes.get("/api/v1/reports/summary")
async def summary(request: web.Request) -> web.Response:
    """Totals per campaign in a span, by default the last 24 hours."""
    asked = parameters(request, SpanParameters)
    daemon = request.app[DAEMON]
    since, until = span(asked, daemon.now(), "24h")
    figures = await daemon.records.figures(since, until, asked.campaign)
    if asked.campaign is not None and not figures and asked.campaign not in {c.name for c in daemon.view().campaigns}:
        raise ApiProblem(404, f"no campaign {asked.campaign[:80]!r}", hint="See /api/v1/campaigns.")
    return reply({"since": since, "until": until, "campaigns": [_figures(one) for one in figures]})


def _notice(notice: NoticeLike) -> dict[str, Any]:
    return {
        "at": notice.at, "level": notice.level, "name": notice.name, "fields": dict(notice.fields),
        "cause": notice.cause, "remedy": notice.remedy,
    }  # fmt: skip


def _figures(figures: CampaignFigures) -> dict[str, Any]:
    return {**asdict(figures), "abandon_rates": [asdict(rate) for rate in abandon_rates(figures)]}
