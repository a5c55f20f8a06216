"""Who comes next in a campaign, and how many there are."""

from __future__ import annotations

from aiohttp import web
from pydantic import Field

from dialerd.control.floor import known_campaign
from dialerd.control.guard import DAEMON, wants_unmasked
from dialerd.control.parameters import Masking, Parameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()


class NextParameters(Masking):
    """How many."""

    limit: int = Field(default=20, ge=1, le=1000)


@routes.get("/api/v1/campaigns/{name}/next")
async def next_contacts(request: web.Request) -> web.Response:
    """The contacts that would be fetched now, in order, with their sort keys.."""
    asked = parameters(request, NextParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    name = _configured(request)
    daemon = request.app[DAEMON]
    found = await daemon.orders.next_contacts(name, asked.limit)
    body = {"campaign": name, "at": daemon.now(), "contacts": found}
    return reply(body if whole else masked_value(body))


@routes.get("/api/v1/campaigns/{name}/counts")
async def counts(request: web.Request) -> web.Response:
    """How many contacts the campaign's filter lets through, and how they stand. Reads the whole list."""
    parameters(request, Parameters)
    name = _configured(request)
    daemon = request.app[DAEMON]
    return reply({"at": daemon.now(), **await daemon.orders.counts(name)})


def _configured(request: web.Request) -> str:
    """The campaign's name; one that was taken out of the configuration and only ends its calls has no order."""
    view = known_campaign(request, request.match_info["name"])
    if not view.configured:
        raise ApiProblem(409, f"campaign {view.name!r} is no longer in the configuration")
    return view.name
