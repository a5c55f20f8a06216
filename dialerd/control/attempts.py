"""Attempts, live and finished."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from dialerd.control.daemon import AttemptQuestion
from dialerd.control.guard import DAEMON, wants_unmasked
from dialerd.control.parameters import AttemptParameters, Masking, bounds, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.masking import masked_value
from dialerd.core.view import AttemptView

routes = web.RouteTableDef()


@routes.get("/api/v1/attempts")
async def attempts(request: web.Request) -> web.Response:
    """Live attempts, then finished ones, latest first."""
    asked = parameters(request, AttemptParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    now = daemon.now()
    since, until = bounds(asked.since, asked.until, now)
    live: list[dict[str, Any]] = []
    wants_live = asked.live is not False and asked.disposition is None and asked.offset == 0
    if wants_live and (until is None or until > now):
        fitting = [a for a in daemon.view().attempts if _fits(a, asked, since)]
        fitting.sort(key=lambda a: a.claimed_at or 0.0, reverse=True)
        live = [asdict(attempt) for attempt in fitting[: asked.limit]]
    finished: list[dict[str, Any]] = []
    if asked.live is not True and len(live) < asked.limit:
        question = AttemptQuestion(
            campaign=asked.campaign,
            disposition=asked.disposition.value if asked.disposition is not None else None,
            number=asked.number,
            since=since,
            until=until,
            limit=asked.limit - len(live),
            offset=asked.offset,
        )
        # An attempt that is being closed may be in both for a moment.
        still_live = {attempt["id"] for attempt in live}
        rows = await daemon.records.attempts(question)
        finished = [dict(row) for row in rows if row["id"] not in still_live]
    body = {"live": live, "finished": finished}
    return reply(body if whole else masked_value(body))


@routes.get("/api/v1/attempts/{id}")
async def attempt(request: web.Request) -> web.Response:
    """One attempt, live or finished."""
    asked = parameters(request, Masking)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon, wanted = request.app[DAEMON], request.match_info["id"]
    live = next((a for a in daemon.view().attempts if a.id == wanted), None)
    found: dict[str, Any]
    if live is not None:
        found = {"live": True, **asdict(live)}
    else:
        row = await daemon.records.attempt(wanted)
        if row is None:
            raise ApiProblem(
                404,
                "no such attempt",
                hint="An id looks like `dlr-` and 24 hexadecimal digits; see /api/v1/attempts.",
            )
        found = {"live": False, **row}
    return reply(found if whole else masked_value(found))


def _fits(attempt: AttemptView, asked: AttemptParameters, since: float | None) -> bool:
    return (
        (asked.campaign is None or attempt.campaign == asked.campaign)
        and (asked.number is None or attempt.number == asked.number)
        and (since is None or (attempt.claimed_at or 0.0) >= since)
    )
