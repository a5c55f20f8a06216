"""Puts the API together and serves it."""

from __future__ import annotations

from aiohttp import web

from dialerd.control import (
    abandon,
    amd,
    attempts,
    callbacks,
    contacts,
    directions,
    dnc,
    dnc_providers,
    floor,
    health,
    imports,
    inbound_calls,
    marks,
    operations,
    order,
    outcomes,
    previews,
    prompts,
    recordings,
    webhooks,
    why,
)
from dialerd.control.daemon import Daemon
from dialerd.control.guard import DAEMON, TOKEN, guard
from dialerd.control.problem import problems

LARGEST_BODY = 1 << 20
"""Of requests that are read as a whole; a contact file is taken in as it comes, however large."""


def build_app(daemon: Daemon, token: str | None) -> web.Application:
    """The API over ``daemon``; ``token`` is what callers must show, None: being on this machine is enough."""
    middlewares = [problems, guard, contacts.contact_problems, imports.import_problems]
    app = web.Application(middlewares=middlewares, client_max_size=LARGEST_BODY)
    app[DAEMON] = daemon
    app[TOKEN] = token
    rooms = (
        health,
        floor,
        attempts,
        why,
        operations,
        dnc,
        dnc_providers,
        order,
        directions,
        contacts,
        abandon,
        webhooks,
        prompts,
        outcomes,
        marks,
        amd,
        imports,
        recordings,
        callbacks,
        inbound_calls,
        previews,
    )
    for room in rooms:
        app.add_routes(room.routes)
    return app


class ControlServer:
    """Serves the API on one address; :meth:`start` before, :meth:`stop` after. Requests under way at ``stop`` get a
    little time to end."""

    def __init__(self, daemon: Daemon, host: str, port: int, token: str | None) -> None:
        self._runner = web.AppRunner(build_app(daemon, token), access_log=None, shutdown_timeout=2.0)
        self._host, self._port = host, port

    async def start(self) -> None:
        """Listen. Raises :class:`OSError` when the address is taken or not ours."""
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError:
            await self._runner.cleanup()
            raise

    @property
    def port(self) -> int:
        """The port that is listened on; with port 0, the one that the system chose."""
        return int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Stop listening and end what is open."""
        await self._runner.cleanup()
