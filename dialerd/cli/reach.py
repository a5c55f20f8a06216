"""Talks to the running daemon over its API."""

from __future__ import annotations

import asyncio
import getpass
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson

from dialerd.cli.outcome import Exit, Failure
from dialerd.cli.settings import settings_or_fail

_TIMEOUT_S = 10.0
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses to listen on that are none to connect to."""


class Refused(Failure):
    """The daemon answered with a problem object."""

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        detail = problem.get("detail")
        message = str(problem.get("title") or f"the daemon answered {status}")
        more = {key: value for key, value in problem.items() if key not in ("type", "title", "hint")}
        super().__init__(
            f"{message}: {detail}" if detail else message,
            str(problem.get("hint") or ""),
            Exit.USAGE if status == 400 else Exit.PROBLEMS,
            **more,
        )
        self.status = status
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Reach:
    """Where the daemon is, and what it wants to see."""

    url: str
    token: str | None = field(default=None, repr=False)

    def get(self, path: str, **parameters: Any) -> Any:
        """Ask. Raises :class:`Failure` when the daemon does not answer, :class:`Refused` when it says no."""
        return asyncio.run(self.ask("GET", path, parameters))

    def post(self, path: str, **parameters: Any) -> Any:
        """Have something done; raises like :meth:`get`."""
        return asyncio.run(self.ask("POST", path, parameters))

    def put(self, path: str, **parameters: Any) -> Any:
        """Have something set; raises like :meth:`get`."""
        return asyncio.run(self.ask("PUT", path, parameters))

    def delete(self, path: str, **parameters: Any) -> Any:
        """Have something removed; raises like :meth:`get`."""
        return asyncio.run(self.ask("DELETE", path, parameters))

    def send(self, method: str, path: str, body: Any, headers: Mapping[str, str] | None = None) -> Any:
        """Have something done that a body (JSON) describes; raises like :meth:`get`."""
        return asyncio.run(self.ask(method, path, {}, body, headers))

    async def ask(
        self, method: str, path: str, parameters: Mapping[str, Any], body_sent: Any = None,
        more_headers: Mapping[str, str] | None = None,
    ) -> Any:  # fmt: skip
        """One request; parameters that are None are left out."""
        return _meaning(self.url, *await self._answer(method, path, parameters, body_sent, more_headers))

    def fetch(self, path: str, **parameters: Any) -> bytes:
        """A file as it is; raises like :meth:`get`."""
        status, body = asyncio.run(self._answer("GET", path, parameters))
        return body if status < 400 else bytes(_meaning(self.url, status, body))

    async def _answer(
        self, method: str, path: str, parameters: Mapping[str, Any], body_sent: Any = None,
        more_headers: Mapping[str, str] | None = None,
    ) -> tuple[int, bytes]:  # fmt: skip
        import aiohttp  # a quarter of a second that only a request is worth

        headers = {"X-Dialerd-User": person(), **(more_headers or {})}
        if self.token is not None:
            headers["Authorization"] = f"Bearer {self.token}"
        query = {key: _plain(value) for key, value in parameters.items() if value is not None}
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_TIMEOUT_S)) as session,
                session.request(method, self.url + path, params=query, headers=headers, json=body_sent) as response,
            ):
                return response.status, await response.read()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            # The library's own sentence repeats the address.
            number = getattr(error, "errno", None)
            reason = os.strerror(number) if number else str(error) or type(error).__name__
            raise Failure(
                f"no daemon answers at {self.url}: {reason}",
                "Is it running (`dialerd run`)? Otherwise check `api:` in the settings, or give --url.",
                Exit.UNREACHABLE,
            ) from None


def attempt_path(attempt: str) -> str:
    """Where the API has an attempt, whatever was typed as its id."""
    return f"/api/v1/attempts/{quote(attempt, safe='')}"


def reach(config: Path | None, url: str | None, token: str | None) -> Reach:
    """The daemon as options say, else as its settings do."""
    if url is not None:
        return Reach(url.rstrip("/"), token)
    try:
        api = settings_or_fail(config).api
    except Failure as failure:
        failure.hint = "Run `dialerd check`; or name the daemon by --url."
        raise
    host = _ANY.get(api.host, api.host)
    shown = f"[{host}]" if ":" in host else host
    own = api.token.get_secret_value() if api.token is not None else None
    return Reach(f"http://{shown}:{api.port}", token if token is not None else own)


def person() -> str:
    """Who is at the keyboard, for the audit."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""


def _meaning(url: str, status: int, body: bytes) -> Any:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        value = None
    if status < 400 and value is not None:
        return value
    if status >= 400 and isinstance(value, dict):
        raise Refused(status, value)
    if status >= 500:
        raise Failure(f"the daemon met a defect ({status})", "Look for the traceback in its log.")
    raise Failure(f"what answers at {url} is not dialerd ({status})", "Check --url, or `api:`.", Exit.UNREACHABLE)


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)
