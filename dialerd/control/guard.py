"""Who may use the API, and who did."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from dialerd.control.daemon import Daemon
from dialerd.control.problem import ApiProblem, Handler
from dialerd.core.masking import masked_value

DAEMON: web.AppKey[Daemon] = web.AppKey("daemon")
TOKEN: web.AppKey[str | None] = web.AppKey("token")
USER_HEADER = "X-Dialerd-User"
"""Name of the person behind a request, for the audit; it is believed, since the token is shared."""
OPEN_PATHS = frozenset({"/healthz", "/readyz"})
"""Asked by supervisors that hold no token; they tell nothing that is secret."""
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "dialerd"})


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Lets a request through when it shows the token, or when there is none and no browser page is behind it."""
    if request.path not in OPEN_PATHS:
        _check_origin(request)
        if request.app[TOKEN] is not None and not shows_token(request):
            raise ApiProblem(
                401,
                "token missing or wrong",
                hint="Send `Authorization: Bearer <token>`; the token is `api: token:`.",
            )
    return await handler(request)


def shows_token(request: web.Request) -> bool:
    """The request carries the configured token. False where none is configured."""
    token = request.app[TOKEN]
    scheme, _, shown = request.headers.get("Authorization", "").partition(" ")
    if token is None or scheme.lower() != "bearer":
        return False
    return hmac.compare_digest(shown.strip().encode(), token.encode())


def _check_origin(request: web.Request) -> None:
    # Without a token being on the same machine is the permission; a web page in a browser on that machine must not
    # borrow it, neither by a form (Origin) nor by a name that it points here (Host).
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise ApiProblem(403, "request from another site", hint="Call the API from a program, not from a web page.")
    if request.app[TOKEN] is None:
        host = urlsplit(f"//{request.host}").hostname or ""
        if host not in _LOOPBACK:
            raise ApiProblem(
                403, f"not addressed to this machine: {host}", hint="Use http://127.0.0.1, or set `api: token:`."
            )


def who(request: web.Request) -> str:
    """Who is behind a request, as the audit keeps it: ``anna via 127.0.0.1``."""
    named = "".join(c for c in request.headers.get(USER_HEADER, "") if c.isprintable()).strip()[:64]
    return f"{named or 'somebody'} via {request.remote or 'local socket'}"


async def audited(request: web.Request, what: str, detail: Mapping[str, Any]) -> None:
    """Keep in the record that this request changed, or saw, something. Raises Unavailable: what cannot be audited is
    not done, so call it before doing it."""
    await request.app[DAEMON].records.add_audit(who(request), what, masked_value(dict(detail)))


async def wants_unmasked(request: web.Request, asked: bool) -> bool:
    """Whether whole phone numbers may be shown: asked for, and the token shown. It is audited."""
    if not asked:
        return False
    if not shows_token(request):
        raise ApiProblem(
            403, "whole phone numbers need a token", hint="Set `api: token:` and send it, or leave out `unmasked`."
        )
    await audited(request, "saw_unmasked_numbers", {"path": request.path})
    return True
