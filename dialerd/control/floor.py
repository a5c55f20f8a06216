"""What happens now: status, campaigns, agents; and starting and stopping."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from aiohttp import web

from dialerd import __version__
from dialerd.control.guard import DAEMON, audited, wants_unmasked
from dialerd.control.parameters import Masking, Parameters, parameters
from dialerd.control.problem import ApiProblem, known
from dialerd.control.reply import reply
from dialerd.core.abandon import CampaignFigures, abandon_rates
from dialerd.core.events import CampaignStartAsked, CampaignStopAsked
from dialerd.core.masking import masked_value
from dialerd.core.view import CampaignView, DialerView

routes = web.RouteTableDef()


@routes.get("/api/v1/status")
async def status(request: web.Request) -> web.Response:
    """Everything at this moment."""
    asked = parameters(request, Masking)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    view = daemon.view()
    body = {"version": __version__, "instance": daemon.instance(), **asdict(view)}
    body["campaigns"] = [_shown(request, campaign) for campaign in view.campaigns]
    return reply(body if whole else masked_value(body))


@routes.get("/api/v1/campaigns")
async def campaigns(request: web.Request) -> web.Response:
    """All campaigns."""
    parameters(request, Parameters)
    view = request.app[DAEMON].view()
    return reply(
        {"at": view.at, "campaigns": masked_value([_shown(request, campaign) for campaign in view.campaigns])}
    )


@routes.get("/api/v1/campaigns/{name}")
async def campaign(request: web.Request) -> web.Response:
    """One campaign."""
    parameters(request, Parameters)
    return reply(masked_value(_shown(request, known_campaign(request, request.match_info["name"]))))


@routes.post("/api/v1/campaigns/{name}/start")
async def start(request: web.Request) -> web.Response:
    """Turn a campaign on. Turning on what is on changes nothing. ``invalid`` in the answer says why it cannot work as
    things are: it is wanted on then, and goes on by itself when that is put right."""
    parameters(request, Parameters)
    found = known_campaign(request, request.match_info["name"])
    if request.app[DAEMON].view().shutting_down:
        raise ApiProblem(409, "the daemon is shutting down", hint="Start the campaign when it is up again.")
    await audited(request, "campaign_start", {"campaign": found.name, "state_before": found.state})
    invalid = await request.app[DAEMON].examine(found.name)
    await request.app[DAEMON].records.want_campaign(found.name, on=True)
    request.app[DAEMON].post(CampaignStartAsked(found.name))
    answer = {"campaign": found.name, "asked": "start", "state_before": found.state, "invalid": invalid or None}
    return reply(answer, 202)


@routes.post("/api/v1/campaigns/{name}/stop")
async def stop(request: web.Request) -> web.Response:
    """No new calls; live ones finish."""
    parameters(request, Parameters)
    found = known_campaign(request, request.match_info["name"])
    await audited(request, "campaign_stop", {"campaign": found.name, "state_before": found.state})
    await request.app[DAEMON].records.want_campaign(found.name, on=False)
    request.app[DAEMON].post(CampaignStopAsked(found.name))
    return reply({"campaign": found.name, "asked": "stop", "state_before": found.state, "live": found.live}, 202)


@routes.get("/api/v1/agents")
async def agents(request: web.Request) -> web.Response:
    """All agents."""
    parameters(request, Parameters)
    view = request.app[DAEMON].view()
    return reply({"at": view.at, "agents": masked_value([asdict(agent) for agent in view.agents])})


def known_campaign(request: web.Request, name: str) -> CampaignView:
    """The campaign of this name, or 404."""
    view: DialerView = request.app[DAEMON].view()
    return known("campaign", name, {campaign.name: campaign for campaign in view.campaigns})


def _shown(request: web.Request, campaign: CampaignView) -> dict[str, Any]:
    """A campaign with its abandon rate, and with what its parked contacts wait for."""
    return {**with_rate(campaign), "parked": request.app[DAEMON].orders.parked(campaign.name)}


def with_rate(view: CampaignView) -> dict[str, Any]:
    """A campaign with its abandon rate since the daemon's start, formula included."""
    figures = CampaignFigures(view.name, {}, 0, view.answered, 0, view.abandoned, view.reached, None, None)
    return {**asdict(view), "abandon_rate": asdict(abandon_rates(figures)[0])}
