"""Webhooks: what waits to be told, and what was given up."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, audited
from dialerd.control.parameters import MOST_ROWS, Parameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply

routes = web.RouteTableDef()
_Short = Annotated[str, Field(max_length=200)]


class DeliveryParameters(Parameters):
    """Which deliveries."""

    dead: bool = True
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)


class ChosenParameters(Parameters):
    """Which dead deliveries: all of a webhook, or one."""

    webhook: _Short | None = None
    id: _Short | None = None


@routes.get("/api/v1/webhooks")
async def webhooks(request: web.Request) -> web.Response:
    """All webhooks, with how many deliveries wait and how many were given up."""
    parameters(request, Parameters)
    return reply({"webhooks": await request.app[DAEMON].webhooks.overview()})


@routes.get("/api/v1/webhooks/deliveries")
async def deliveries(request: web.Request) -> web.Response:
    """Those that were given up; with ``dead=0`` those that wait."""
    asked = parameters(request, DeliveryParameters)
    found = await request.app[DAEMON].webhooks.deliveries(asked.dead, asked.limit)
    return reply({"deliveries": found})


@routes.post("/api/v1/webhooks/again")
async def again(request: web.Request) -> web.Response:
    """Send dead ones again."""
    asked = _chosen(request)
    await audited(request, "webhooks_again", asked.model_dump(exclude_none=True))
    ids = [asked.id] if asked.id is not None else []
    return reply({"again": await request.app[DAEMON].webhooks.again(asked.webhook, ids)})


@routes.post("/api/v1/webhooks/drop")
async def drop(request: web.Request) -> web.Response:
    """Take dead ones out."""
    asked = _chosen(request)
    await audited(request, "webhooks_drop", asked.model_dump(exclude_none=True))
    ids = [asked.id] if asked.id is not None else []
    return reply({"dropped": await request.app[DAEMON].webhooks.drop(asked.webhook, ids)})


def _chosen(request: web.Request) -> ChosenParameters:
    asked = parameters(request, ChosenParameters)
    if (asked.webhook is None) is (asked.id is None):
        raise ApiProblem(400, "exactly one of `webhook` and `id`", hint="See GET /api/v1/webhooks/deliveries.")
    return asked
