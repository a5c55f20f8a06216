"""Errors of the API as JSON problem objects (RFC 9457), always with a hint on what to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from aiohttp import web

from dialerd.control.daemon import Unavailable
from dialerd.control.reply import encoded

CONTENT_TYPE = "application/problem+json"
T = TypeVar("T")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ApiProblem(Exception):
    """Ends a request with this status and a problem object. ``more`` are further members of the object."""

    def __init__(self, status: int, title: str, detail: str = "", hint: str = "", **more: Any) -> None:
        super().__init__(detail or title)
        self.status, self.title, self.detail, self.hint, self.more = status, title, detail, hint, more

    def response(self) -> web.Response:
        """The problem as a response."""
        body = {"type": "about:blank", "title": self.title, "status": self.status}
        body |= {key: value for key, value in (("detail", self.detail), ("hint", self.hint)) if value} | self.more
        headers = {"WWW-Authenticate": 'Bearer realm="dialerd"'} if self.status == 401 else None
        return web.Response(body=encoded(body), status=self.status, content_type=CONTENT_TYPE, headers=headers)


def known(what: str, name: str, known_ones: Mapping[str, T]) -> T:
    """The one of this name. Raises a 404 that names the nearest, or all. ``what``: ``campaign`` …"""
    if name in known_ones:
        return known_ones[name]
    near = get_close_matches(name, known_ones, n=1)
    names = ", ".join(f"`{n}`" for n in known_ones) or "none"
    hint = f"Did you mean `{near[0]}`?" if near else f"{what.capitalize()}s there are: {names}."
    raise ApiProblem(404, f"no {what} {name[:80]!r}", hint=hint)


_HINTS = {
    404: "The API is described in docs/api.md; its paths begin with /api/v1/.",
    405: "The methods that the path understands are in the header Allow.",
    413: "The body is larger than this path accepts.",
}


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever ends a request early into a problem object. A defect is left to aiohttp, which logs it and
    answers 500 without showing it."""
    try:
        return await handler(request)
    except ApiProblem as problem:
        return problem.response()
    except Unavailable as reason:
        return ApiProblem(
            503, "not available now", str(reason), "Try again in a moment; `dialerd doctor` finds the cause."
        ).response()
    except web.HTTPException as error:
        response = ApiProblem(error.status, error.reason, hint=_HINTS.get(error.status, "")).response()
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
