"""Do-not-call lists and opt-outs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from dialerd.control.daemon import UnusableFile
from dialerd.control.dnc_lists import BadDncEntry, DncBusy, NoOptOutList, UnknownDncList
from dialerd.control.guard import DAEMON, audited, wants_unmasked, who
from dialerd.control.parameters import Masking, Parameters, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.reply import reply, reply_csv
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()
_CHUNK = 1 << 16
_Short = Annotated[str, Field(max_length=300)]


class EntryParameters(Parameters):
    """One entry of one list; exactly one of number, prefix and contact."""

    list: str | None = None
    campaign: str | None = None
    """Its opt-out list, instead of naming the list."""
    number: _Short | None = None
    prefix: _Short | None = None
    contact: _Short | None = None
    reason: Annotated[str, Field(max_length=500)] = ""
    expires: _Short = ""


class LookUpParameters(Masking):
    """What to look for."""

    number: _Short | None = None
    contact: _Short | None = None
    list: str | None = None


class LoadParameters(Parameters):
    """Into which list, and how."""

    list: str
    mode: Literal["replace", "append"]
    source: str = "upload"
    column: str | None = None


class ExportParameters(Masking):
    """Which list."""

    list: str


@routes.get("/api/v1/dnc")
async def lists(request: web.Request) -> web.Response:
    """All lists: entries, who uses them, whether they can be asked."""
    found = await request.app[DAEMON].dnc.lists()
    return reply({"lists": [asdict(one) for one in found]})


@routes.post("/api/v1/dnc/entries")
async def add(request: web.Request) -> web.Response:
    """Put a number, prefix or contact on a list, or on a campaign's opt-out list. When the answer has come, nothing
    that it concerns is called any more, and what rang was ended, even where the database does not answer: it is told
    (and the audit) when it does."""
    asked = parameters(request, EntryParameters)
    desk = request.app[DAEMON].dnc
    name, entry = _which(request, asked)
    try:
        added = await desk.add(name, entry, asked.reason, who(request))
    except UnknownDncList:
        raise _unknown(name) from None
    body = {"list": name, "kind": entry.kind.value, "expires_at": entry.expires_at, **asdict(added)}
    return reply(body, 201 if added.in_force and added.recorded else 202)


@routes.delete("/api/v1/dnc/entries")
async def remove(request: web.Request) -> web.Response:
    """Take a number, prefix or contact off a list."""
    asked = parameters(request, EntryParameters)
    name, entry = _which(request, asked)
    await audited(request, "dnc_remove", {"list": name, entry.kind.value: entry.value, "reason": asked.reason})
    try:
        found = await request.app[DAEMON].dnc.remove(name, entry, asked.reason, who(request))
    except UnknownDncList:
        raise _unknown(name) from None
    if not found:
        raise ApiProblem(
            404, f"list {name} has no such entry", hint="`/api/v1/dnc/lookup` tells which entry applies."
        )
    return reply({"list": name, "kind": entry.kind.value})


@routes.get("/api/v1/dnc/lookup")
async def look_up(request: web.Request) -> web.Response:
    """Which entries concern a number or contact."""
    asked = parameters(request, LookUpParameters)
    if not asked.number and not asked.contact:
        raise ApiProblem(400, "bad parameter", "`number` or `contact` is missing", "Give one of them, or both.")
    number = entry_asked(request, DncKind.NUMBER, asked.number).value if asked.number else ""
    found = await request.app[DAEMON].dnc.look_up(number, asked.contact or "", asked.list)
    body = {"listed": bool(found), "findings": [asdict(one) for one in found]}
    unmasked = await wants_unmasked(request, asked.unmasked)
    return reply(body if unmasked else masked_value(body))


@routes.post("/api/v1/dnc/load")
async def load(request: web.Request) -> web.Response:
    """The request's body is a file of numbers (plain, CSV or gzip): the list has all of it, or nothing."""
    asked = parameters(request, LoadParameters)
    if not request.can_read_body:
        raise ApiProblem(400, "the request has no body", hint="Send the file as the body.")
    detail = {"list": asked.list, "mode": asked.mode, "source": asked.source[:200]}
    await audited(request, "dnc_load", detail)
    try:
        report = await request.app[DAEMON].dnc.load(
            asked.list, asked.source[:200], asked.mode, asked.column, who(request), _body(request)
        )
    except UnknownDncList:
        raise _unknown(asked.list) from None
    except DncBusy as error:
        raise ApiProblem(409, f"list {asked.list} is busy", str(error), "Try again when that load is over.") from None
    except UnusableFile as error:
        raise ApiProblem(400, "the file cannot be loaded", str(error), "The list is as it was.") from None
    return reply(asdict(report), 201)


@routes.get("/api/v1/dnc/export")
async def export(request: web.Request) -> web.StreamResponse:
    """The list as CSV, with whole numbers: it needs the token and is audited."""
    asked = parameters(request, ExportParameters)
    if not await wants_unmasked(request, True):
        raise ApiProblem(403, "an export has whole phone numbers")
    pieces = request.app[DAEMON].dnc.export(asked.list)
    try:
        first = await anext(pieces)
    except UnknownDncList:
        raise _unknown(asked.list) from None
    return await reply_csv(request, first, pieces)


def _which(request: web.Request, asked: EntryParameters) -> tuple[str, DncEntry]:
    desk = request.app[DAEMON].dnc
    if (asked.list is None) == (asked.campaign is None):
        raise ApiProblem(
            400, "bad parameter", "give `list` or `campaign`, one of them", "`/api/v1/dnc` has the lists."
        )
    try:
        name = asked.list if asked.list is not None else desk.list_of(asked.campaign or "")
    except NoOptOutList as error:
        raise ApiProblem(404, str(error), hint="Add `opt_out_list:` to the campaign, or name a list.") from None
    given = [(kind, getattr(asked, kind.value)) for kind in DncKind if getattr(asked, kind.value)]
    if len(given) != 1:
        said = "one of `number`, `prefix` and `contact` is needed" + (", not several" if given else "")
        raise ApiProblem(400, "bad parameter", said, "One entry in one request.")
    return name, entry_asked(request, given[0][0], given[0][1], asked.expires, name)


def entry_asked(
    request: web.Request, kind: DncKind, written: str, expires: str = "", name: str | None = None
) -> DncEntry:
    """An entry as a person wrote it; ``name``: the list. Raises :class:`ApiProblem`."""
    # A plus that was not encoded arrives as a space.
    plain = "+" + written[1:] if kind is not DncKind.CONTACT and written.startswith(" ") else written
    try:
        return request.app[DAEMON].dnc.entry(kind, plain, expires, name)
    except UnknownDncList:
        raise _unknown(name or "") from None
    except BadDncEntry as error:
        hint = "Numbers with their country code, such as `+441632960001` (in a URL, + is `%2B`); `expires` as a date."
        raise ApiProblem(400, "bad parameter", f"`{error.parameter}`: {error}", hint) from None


def _unknown(name: str) -> ApiProblem:
    hint = "Lists are in `dnc_lists:` of the campaigns file; `/api/v1/dnc` has them."
    return ApiProblem(404, f"no do-not-call list {name[:80]!r}", hint=hint)


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_chunked(_CHUNK):
        yield chunk
