"""Contact files: uploaded, imported while the caller waits or later, watched, cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.daemon import UnknownContactList, UnusableFile
from dialerd.control.guard import DAEMON, audited, wants_unmasked, who
from dialerd.control.import_service import ImportIsOver, ImportStatus, NoRoom, UnknownImport, UploadTooLarge
from dialerd.control.parameters import Parameters, parameters
from dialerd.control.problem import ApiProblem, Handler
from dialerd.control.reply import reply
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()
_CHUNK = 1 << 16
WAIT_S = 10.0
"""How long an answer to an upload waits for the import, unless the caller says otherwise."""
_NOTHING = "Nothing was imported."


class UploadParameters(Parameters):
    """Into which list, what the file is called, and how long the answer waits for the import, seconds."""

    list: str
    source: str = "upload"
    wait: Annotated[float, Field(ge=0, le=300)] = WAIT_S


class ListingParameters(Parameters):
    """Which imports."""

    list: str | None = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


@routes.post("/api/v1/contacts/import")
async def upload(request: web.Request) -> web.Response:
    """The request's body is a CSV file; its rows become contacts of the list, all or none of them. 201 when that is
    done within ``wait`` seconds, else 202, and the import goes on."""
    asked = parameters(request, UploadParameters)
    if request.content_type.startswith(("multipart/", "application/json")):
        raise ApiProblem(
            415, f"{request.content_type} is not a CSV file", hint="Send the file itself as the body, as `text/csv`."
        )
    if not request.can_read_body:
        raise ApiProblem(400, "the request has no body", hint="Send the CSV file as the body.")
    service = request.app[DAEMON].imports
    source = asked.source[:200]
    await audited(request, "contacts_import", {"list": asked.list, "source": source})
    try:
        import_id = await service.upload(asked.list, source, who(request), _body(request), request.content_length)
    except UnknownContactList as error:
        raise ApiProblem(
            404, f"no contact list {asked.list[:80]!r}", str(error),
            "Lists are in `contact_lists:` of the campaigns file.",
        ) from None  # fmt: skip
    except UnusableFile as error:
        raise ApiProblem(400, "the file cannot be imported", str(error), _NOTHING) from None
    except UploadTooLarge as error:
        raise ApiProblem(
            413, "the file is too large", str(error), "Divide it, or raise `imports: largest_upload_mib`."
        ) from None
    except NoRoom as error:
        raise ApiProblem(
            507, "no room for the file", str(error), f"{_NOTHING} Make room on the daemon's disk, and send it again."
        ) from None
    status = await service.finished(import_id, asked.wait)
    if status.state == "failed":
        raise ApiProblem(400, "the file cannot be imported", status.problem, _NOTHING)
    if status.state == "cancelled":
        raise ApiProblem(409, "the import was cancelled", hint=_NOTHING)
    answer = reply(masked_value(asdict(status)), 201 if status.over else 202)
    answer.headers["Location"] = f"/api/v1/contacts/imports/{import_id}"
    return answer


@routes.get("/api/v1/contacts/imports")
async def listing(request: web.Request) -> web.Response:
    """Imports, the newest first."""
    asked = parameters(request, ListingParameters)
    found = await request.app[DAEMON].imports.imports(asked.limit, asked.list)
    return reply({"imports": masked_value([_row(one) for one in found])})


@routes.get(r"/api/v1/contacts/imports/{id:\d+}")
async def show(request: web.Request) -> web.Response:
    """How one import stands."""
    parameters(request, Parameters)
    return reply(masked_value(asdict(await request.app[DAEMON].imports.status(_id(request)))))


@routes.post(r"/api/v1/contacts/imports/{id:\d+}/cancel")
async def cancel(request: web.Request) -> web.Response:
    """Undo an import that is not over. 200: it is undone, 202: it will be, within seconds."""
    parameters(request, Parameters)
    await audited(request, "contacts_import_cancel", {"import": _id(request)})
    status = await request.app[DAEMON].imports.cancel(_id(request))
    if status.state == "done":
        raise ImportIsOver
    return reply(masked_value(_row(status)), 200 if status.over else 202)


@routes.get(r"/api/v1/contacts/imports/{id:\d+}/rejects")
async def rejects(request: web.Request) -> web.StreamResponse:
    """Rejected rows as CSV: line, reason, and the row as it was. It needs the token and is audited."""
    parameters(request, Parameters)
    if not await wants_unmasked(request, True):
        raise ApiProblem(403, "rejected rows hold whole phone numbers")
    path: Path | None = await request.app[DAEMON].imports.rejects(_id(request))
    if path is None:
        raise ApiProblem(404, "this import has no rejects", hint="Every row is imported, or it is not over yet.")
    disposition = f'attachment; filename="import-{_id(request)}.rejects.csv"'
    return web.FileResponse(
        path, headers={"Content-Type": "text/csv; charset=utf-8", "Content-Disposition": disposition}
    )


@web.middleware
async def import_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is wrong with an import, as a problem object."""
    try:
        return await handler(request)
    except UnknownImport:
        raise ApiProblem(404, "no such import", hint="`GET /api/v1/contacts/imports` has them.") from None
    except ImportIsOver:
        raise ApiProblem(409, "this import is over", hint="Its contacts can be removed one by one.") from None


def _row(status: ImportStatus) -> dict[str, object]:
    row = asdict(status)
    del row["rejects"]
    return row


def _id(request: web.Request) -> int:
    return min(int(request.match_info["id"][:19]), 2**63 - 1)


async def _body(request: web.Request) -> AsyncIterator[bytes]:
    async for chunk in request.content.iter_chunked(_CHUNK):
        yield chunk
