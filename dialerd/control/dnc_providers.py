"""What providers of do-not-call lists have said."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.dnc import entry_asked
from dialerd.control.dnc_lists import NoProvider
from dialerd.control.guard import DAEMON, audited, wants_unmasked
from dialerd.control.parameters import Masking, Parameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply
from dialerd.core.dnc import DncKind
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()
_PATH = "/api/v1/dnc/provider-answers"
_Short = Annotated[str, Field(max_length=300)]


class HeldParameters(Masking):
    """Which number."""

    number: _Short
    list: str | None = None


class ForgetParameters(Parameters):
    """Exactly one of number and all."""

    number: _Short | None = None
    all: bool = False
    list: str | None = None


@routes.get(_PATH)
async def held(request: web.Request) -> web.Response:
    """What providers said of a number, and until when that holds."""
    asked = parameters(request, HeldParameters)
    number = entry_asked(request, DncKind.NUMBER, asked.number).value
    try:
        found = await request.app[DAEMON].dnc.answers.held(number, asked.list)
    except NoProvider as error:
        raise _none(error) from None
    body = {"answers": [asdict(one) for one in found]}
    unmasked = await wants_unmasked(request, asked.unmasked)
    return reply(body if unmasked else masked_value(body))


@routes.delete(_PATH)
async def forget(request: web.Request) -> web.Response:
    """Forget what providers said of a number, or of all: they are asked again before the next call, on every
    instance, and contacts that were retired for it are looked at again."""
    asked = parameters(request, ForgetParameters)
    if (asked.number is None) == (not asked.all):
        raise ApiProblem(400, "bad parameter", "give `number` or `all=1`, one of them", "Nothing was forgotten.")
    number = entry_asked(request, DncKind.NUMBER, asked.number).value if asked.number is not None else None
    detail = {"list": asked.list or "", "number": number or "all"}
    await audited(request, "dnc_provider_forget", detail)
    try:
        removed = await request.app[DAEMON].dnc.answers.forget(number, asked.list)
    except NoProvider as error:
        raise _none(error) from None
    return reply({"forgotten": removed})


def _none(error: NoProvider) -> ApiProblem:
    return ApiProblem(404, str(error), hint="Providers are stated by `provider:` in `dnc_lists:`.")
