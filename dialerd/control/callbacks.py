"""Call-backs: who is to be called when, and by whose wish; moved and cancelled."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, wants_unmasked, who
from dialerd.control.parameters import MOST_ROWS, Masking, Parameters, PhoneNumber, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()
FURTHEST_S = 366 * 86_400.0


class CallbackParameters(Masking):
    """Which call-backs."""

    list: str | None = None
    within_s: Annotated[float | None, Field(gt=0)] = None
    """Only those that are due within so many seconds."""
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)


class ScheduleParameters(Parameters):
    """When, and on which number."""

    at: Annotated[float | None, Field(gt=1e9, lt=1e11)] = None
    """Epoch seconds."""
    after_s: Annotated[float | None, Field(ge=0, le=FURTHEST_S)] = None
    """So many seconds from now, in place of ``at``."""
    number: PhoneNumber | None = None
    within_s: Annotated[float | None, Field(ge=60, le=FURTHEST_S)] = None
    """Not later than so many seconds after that moment; then they are not called any more."""


@routes.get("/api/v1/callbacks")
async def callbacks(request: web.Request) -> web.Response:
    """Contacts that wait for their call-back, the next first."""
    asked = parameters(request, CallbackParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    until = daemon.now() + asked.within_s if asked.within_s is not None else None
    body = {"callbacks": list(await daemon.callbacks.find(asked.list, until, asked.limit))}
    return reply(body if whole else masked_value(body))


@routes.put(r"/api/v1/contacts/{id:\d+}/callback")
async def schedule(request: web.Request) -> web.Response:
    """Call the contact back at a moment; one that was scheduled is moved there."""
    asked = parameters(request, ScheduleParameters)
    daemon = request.app[DAEMON]
    if (asked.at is None) == (asked.after_s is None):
        raise ApiProblem(400, "either `at` or `after_s`", hint="`at` in epoch seconds, or `after_s=3600`.")
    now = daemon.now()
    at = asked.at if asked.at is not None else now + (asked.after_s or 0.0)
    if not now - 60.0 <= at <= now + FURTHEST_S:
        raise ApiProblem(400, "the moment is past, or more than a year ahead", hint="`at` is in epoch seconds.")
    until = at + asked.within_s if asked.within_s is not None else None
    contact_id = int(request.match_info["id"])
    found = await daemon.callbacks.schedule(contact_id, at, asked.number, who(request), until)
    return reply(masked_value(dict(found)))


@routes.delete(r"/api/v1/contacts/{id:\d+}/callback")
async def cancel(request: web.Request) -> web.Response:
    """The contact is not called back, and not called again."""
    parameters(request, Parameters)
    contact_id = int(request.match_info["id"])
    await request.app[DAEMON].callbacks.cancel(contact_id, who(request))
    return reply({"id": contact_id, "callback": None})
