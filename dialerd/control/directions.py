"""Sequences and campaign rules: how they stand; starting and stopping a sequence."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from dialerd.control.guard import DAEMON, audited
from dialerd.control.parameters import Parameters, parameters
from dialerd.control.problem import ApiProblem, known
from dialerd.control.reply import reply
from dialerd.core.direction_view import SequenceView
from dialerd.core.events import SequenceStartAsked, SequenceStopAsked

routes = web.RouteTableDef()


@routes.get("/api/v1/sequences")
async def sequences(request: web.Request) -> web.Response:
    """All sequences: whose turn it is, and what each waits for."""
    parameters(request, Parameters)
    view = request.app[DAEMON].view()
    return reply({"at": view.at, "sequences": [asdict(one) for one in view.sequences]})


@routes.post("/api/v1/sequences/{name}/start")
async def start(request: web.Request) -> web.Response:
    """Turn a sequence on: it goes on with the campaign whose turn it is, or anew where it was complete."""
    parameters(request, Parameters)
    found = _known(request)
    if request.app[DAEMON].view().shutting_down:
        raise ApiProblem(409, "the daemon is shutting down", hint="Start the sequence when it is up again.")
    await audited(request, "sequence_start", {"sequence": found.name, "state_before": found.state})
    request.app[DAEMON].post(SequenceStartAsked(found.name))
    return reply({"sequence": found.name, "asked": "start", "state_before": found.state}, 202)


@routes.post("/api/v1/sequences/{name}/stop")
async def stop(request: web.Request) -> web.Response:
    """Stop a sequence, and the campaign whose turn it is; live calls finish."""
    parameters(request, Parameters)
    found = _known(request)
    await audited(request, "sequence_stop", {"sequence": found.name, "state_before": found.state})
    request.app[DAEMON].post(SequenceStopAsked(found.name))
    return reply({"sequence": found.name, "asked": "stop", "state_before": found.state}, 202)


@routes.get("/api/v1/campaign-rules")
async def campaign_rules(request: web.Request) -> web.Response:
    """All campaign rules: which are in force, and since when the condition of the next edge has held."""
    parameters(request, Parameters)
    view = request.app[DAEMON].view()
    return reply({"at": view.at, "campaign_rules": [asdict(one) for one in view.campaign_rules]})


def _known(request: web.Request) -> SequenceView:
    sequences = {one.name: one for one in request.app[DAEMON].view().sequences}
    return known("sequence", request.match_info["name"], sequences)
