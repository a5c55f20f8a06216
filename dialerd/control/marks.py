"""What people say of calls: it was a machine, or a person; and how often call analysis is wrong by it."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from dialerd.control.guard import DAEMON, audited, who
from dialerd.control.parameters import Parameters, SpanParameters, parameters, span
from dialerd.control.problem import ApiProblem, known
from dialerd.control.reply import reply
from dialerd.core.amd_truth import Mark, amd_truth
from dialerd.core.mark_events import CallMarked

routes = web.RouteTableDef()


class MarkParameters(Parameters):
    """What it was."""

    mark: Mark


@routes.post("/api/v1/agents/{agent}/mark")
async def of_agent(request: web.Request) -> web.Response:
    """What the agent's present call is, or the last one was."""
    asked = parameters(request, MarkParameters)
    daemon = request.app[DAEMON]
    agent = known("agent", request.match_info["agent"], {one.agent: one for one in daemon.view().agents})
    if agent.attempt is None and agent.calls == 0:
        raise ApiProblem(409, f"agent {agent.agent} has had no call", hint="Mark the attempt by its id instead.")
    await audited(request, "call_marked", {"agent": agent.agent, "mark": asked.mark.value})
    daemon.post(CallMarked(asked.mark, who(request), agent=agent.agent))
    return reply({"agent": agent.agent, "mark": asked.mark.value}, 202)


@routes.post("/api/v1/attempts/{id}/mark")
async def of_attempt(request: web.Request) -> web.Response:
    """What a call is, or was: by somebody who heard it, or its recording."""
    asked = parameters(request, MarkParameters)
    daemon, attempt_id = request.app[DAEMON], request.match_info["id"]
    live = next((one for one in daemon.view().attempts if one.id == attempt_id), None)
    answered_at = live.answered_at if live is not None else None
    if live is None:
        row = await daemon.records.attempt(attempt_id)
        if row is None:
            raise ApiProblem(404, "no such attempt", hint="See /api/v1/attempts.")
        answered_at = row["answered_at"]
    if answered_at is None:
        raise ApiProblem(409, "nobody has answered that call", hint="There is nothing to say of it.")
    await audited(request, "call_marked", {"attempt": attempt_id, "mark": asked.mark.value})
    daemon.post(CallMarked(asked.mark, who(request), attempt_id=attempt_id))
    return reply({"attempt": attempt_id, "mark": asked.mark.value}, 202)


@routes.get("/api/v1/reports/marks")
async def report(request: web.Request) -> web.Response:
    """How often call analysis is wrong, per campaign and trunk, with confidence intervals; the last 30 days unless
    asked otherwise."""
    asked = parameters(request, SpanParameters)
    daemon = request.app[DAEMON]
    since, until = span(asked, daemon.now(), "30d")
    counts = await daemon.records.mark_counts(since, until, asked.campaign)
    return reply({"since": since, "until": until, "truth": [asdict(amd_truth(one)) for one in counts]})
