"""Outcomes that the record would not take."""

from __future__ import annotations

from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, audited, wants_unmasked
from dialerd.control.parameters import Masking, Parameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()


class ListParameters(Masking):
    """How many."""

    limit: Annotated[int, Field(ge=1, le=1000)] = 100


class PutBackParameters(Parameters):
    """Which one; without an id, all."""

    id: Annotated[str, Field(max_length=60)] | None = None


@routes.get("/api/v1/outcomes/set-aside")
async def set_aside(request: web.Request) -> web.Response:
    """Finished attempts that could not be written into the record, with the reason; their contacts wait."""
    asked = parameters(request, ListParameters)
    body = {"outcomes": await request.app[DAEMON].outcomes_aside.rows(asked.limit)}
    return reply(body if await wants_unmasked(request, asked.unmasked) else masked_value(body))


@routes.post("/api/v1/outcomes/put-back")
async def put_back(request: web.Request) -> web.Response:
    """Write them into the record again, once what was wrong is mended; what it still refuses is set aside anew."""
    asked = parameters(request, PutBackParameters)
    await audited(request, "outcomes_put_back", {"id": asked.id})
    ids = None if asked.id is None else [asked.id]
    count = await request.app[DAEMON].outcomes_aside.put_back(ids)
    if asked.id is not None and not count:
        raise ApiProblem(404, f"no outcome {asked.id[:60]!r} is set aside", hint="`GET …/set-aside` lists them.")
    return reply({"put_back": count}, 202)
