"""Single contacts: add, show, change, remove, uncallable and callable again, export."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialerd.control.contact_service import (
    BadContact,
    ContactChange,
    KeyUsedOtherwise,
    NewContact,
    UnknownContact,
    WrittenNumber,
)
from dialerd.control.daemon import UnknownContactList
from dialerd.control.guard import DAEMON, audited, wants_unmasked, who
from dialerd.control.parameters import Masking, Parameters, PhoneNumber, parameters
from dialerd.control.problem import ApiProblem, Handler
from dialerd.control.reply import reply, reply_csv
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()
MOST_CONTACTS = 1000
ONCE_HEADER = "Idempotency-Key"
_Short = Annotated[str, Field(max_length=200)]
_Long = Annotated[str, Field(max_length=10_000)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Number(_Body):
    number: Annotated[str, Field(min_length=1, max_length=100)]
    type: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")] = "phone"


class _Contact(_Body):
    numbers: Annotated[list[_Number | _Short], Field(min_length=1, max_length=10)]
    key: _Short = ""
    columns: dict[_Short, _Long] = {}
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] = 0
    hot: bool = False


class _Batch(_Body):
    contact_list: Annotated[_Short, Field(alias="list")]
    contacts: Annotated[list[_Contact], Field(min_length=1, max_length=MOST_CONTACTS)]
    on_duplicate: Annotated[str | None, Field(pattern="^(skip|update|keep)$")] = None


class _Change(_Body):
    numbers: Annotated[list[_Number | _Short], Field(min_length=1, max_length=10)] | None = None
    key: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    columns: dict[_Short, _Long | None] | None = None
    priority: Annotated[int, Field(ge=-1_000_000, le=1_000_000)] | None = None
    hot: bool = False


class _Removal(_Body):
    contact_list: Annotated[_Short, Field(alias="list")]
    ids: Annotated[list[int], Field(max_length=MOST_CONTACTS)] = []
    keys: Annotated[list[_Short], Field(max_length=MOST_CONTACTS)] = []


class _Uncallable(_Body):
    reason: Annotated[str, Field(min_length=1, max_length=200)]
    number: PhoneNumber | None = None


class _Callable(_Body):
    number: PhoneNumber | None = None


class FindParameters(Masking):
    """Which contacts of which list."""

    list: str
    key: str | None = None
    limit: int = Field(default=100, ge=1, le=10_000)
    after: int = Field(default=0, ge=0)


class ExportParameters(Parameters):
    """Which list, and perhaps only contacts in one state."""

    list: str
    state: str | None = None


@routes.post("/api/v1/contacts")
async def add(request: web.Request) -> web.Response:
    """Add up to a thousand contacts to a list; each is added, updated, skipped or rejected for itself."""
    raw, asked = await _body(request, _Batch)
    once = request.headers.get(ONCE_HEADER, "")
    if len(once) > 200:
        raise ApiProblem(400, f"{ONCE_HEADER} is too long", hint="At most 200 characters.")
    fed = await request.app[DAEMON].contacts.add(
        asked.contact_list, [_new(contact) for contact in asked.contacts], who(request),
        on_duplicate=asked.on_duplicate, once=once, digest=hashlib.sha256(raw).hexdigest(),
    )  # fmt: skip
    counts = {name: sum(one.result == name for one in fed) for name in ("added", "updated", "skipped", "rejected")}
    return reply({"list": asked.contact_list, **counts, "results": fed}, 201 if counts["added"] else 200)


@routes.get("/api/v1/contacts")
async def find(request: web.Request) -> web.Response:
    """Contacts of a list, by id; `after` is the last id of the page before."""
    asked = parameters(request, FindParameters)
    rows = await request.app[DAEMON].contacts.find(asked.list, asked.key, asked.limit, asked.after)
    return await _shown(request, {"contacts": rows}, asked.unmasked)


@routes.get("/api/v1/contacts/export")
async def export(request: web.Request) -> web.StreamResponse:
    """A list as CSV with its state and results; whole numbers, so a token is needed and it is audited."""
    asked = parameters(request, ExportParameters)
    await wants_unmasked(request, True)
    await audited(request, "contacts_export", {"list": asked.list})
    pieces = request.app[DAEMON].contacts.export(asked.list, asked.state)
    first = await anext(pieces)
    name = "".join(c for c in asked.list if c.isalnum() or c in "-_") or "contacts"
    return await reply_csv(request, first, pieces, name)


@routes.post("/api/v1/contacts/remove")
async def remove_many(request: web.Request) -> web.Response:
    """Take contacts out of a list by id or key, and end their calls that nobody has answered."""
    _, asked = await _body(request, _Removal)
    if not asked.ids and not asked.keys:
        raise ApiProblem(400, "neither `ids` nor `keys`", hint="Say which contacts.")
    count = await request.app[DAEMON].contacts.remove(asked.contact_list, asked.ids, asked.keys, who(request))
    return reply({"list": asked.contact_list, "removed": count})


@routes.get(r"/api/v1/contacts/{id:\d+}")
async def show(request: web.Request) -> web.Response:
    """One contact with all that is known of it."""
    asked = parameters(request, Masking)
    return await _shown(request, await request.app[DAEMON].contacts.show(_id(request)), asked.unmasked)


@routes.patch(r"/api/v1/contacts/{id:\d+}")
async def change(request: web.Request) -> web.Response:
    """Change what is named; columns are added to those that are there, and taken out by null."""
    _, asked = await _body(request, _Change)
    wanted = ContactChange(
        None if asked.numbers is None else _numbers(asked.numbers),
        asked.key,
        asked.columns,
        asked.priority,
        asked.hot,
    )
    return await _shown(request, await request.app[DAEMON].contacts.change(_id(request), wanted, who(request)), False)


@routes.delete(r"/api/v1/contacts/{id:\d+}")
async def remove(request: web.Request) -> web.Response:
    """Take one contact out of its list."""
    service, contact_id = request.app[DAEMON].contacts, _id(request)
    found = await service.show(contact_id)
    return reply(
        {"list": found["list"], "removed": await service.remove(found["list"], [contact_id], [], who(request))}
    )


@routes.post(r"/api/v1/contacts/{id:\d+}/uncallable")
async def uncallable(request: web.Request) -> web.Response:
    """The contact, or one of its numbers, is not dialed again; calls that nobody has answered end."""
    _, asked = await _body(request, _Uncallable)
    service = request.app[DAEMON].contacts
    found = await service.make_uncallable(_id(request), asked.number, asked.reason, who(request))
    return await _shown(request, found, False)


@routes.post(r"/api/v1/contacts/{id:\d+}/callable")
async def callable_again(request: web.Request) -> web.Response:
    """The contact, or one of its numbers, may be dialed again."""
    _, asked = await _body(request, _Callable)
    found = await request.app[DAEMON].contacts.make_callable(_id(request), asked.number, who(request))
    return await _shown(request, found, False)


@web.middleware
async def contact_problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """What is wrong with a contact, as a problem object."""
    try:
        return await handler(request)
    except UnknownContactList as error:
        raise ApiProblem(
            404, f"no contact list {str(error)[:80]!r}", hint="Lists are in `contact_lists:` of the campaigns file."
        ) from None
    except UnknownContact:
        raise ApiProblem(404, "no such contact", hint="`GET /api/v1/contacts?list=…&key=…` finds ids.") from None
    except BadContact as error:
        raise ApiProblem(422, "this cannot be done", str(error), error.hint) from None
    except KeyUsedOtherwise:
        raise ApiProblem(
            422, f"this {ONCE_HEADER} came with another request", hint="Use a new key for every new request."
        ) from None


B = TypeVar("B", bound=_Body)


async def _body(request: web.Request, model: type[B]) -> tuple[bytes, B]:
    raw = await request.read()
    try:
        return raw, model.model_validate(orjson.loads(raw))
    except orjson.JSONDecodeError as error:
        raise ApiProblem(400, "the body is not JSON", str(error), "Send an object, as application/json.") from None
    except ValidationError as error:
        mistakes = [f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors()[:20]]
        raise ApiProblem(
            400, "bad request body", "; ".join(mistakes), "docs/contacts.md has examples of every body."
        ) from None


def _new(contact: _Contact) -> NewContact:
    return NewContact(_numbers(contact.numbers), contact.key.strip(), contact.columns, contact.priority, contact.hot)


def _numbers(written: list[_Number | str]) -> tuple[WrittenNumber, ...]:
    return tuple(
        WrittenNumber(one) if isinstance(one, str) else WrittenNumber(one.number, one.type) for one in written
    )


def _id(request: web.Request) -> int:
    return min(int(request.match_info["id"][:19]), 2**63 - 1)


async def _shown(request: web.Request, value: Any, unmasked: bool) -> web.Response:
    return reply(value if await wants_unmasked(request, unmasked) else masked_value(value))
