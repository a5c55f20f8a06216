"""A real API in a thread of its own, over a staged daemon, for the command line to talk to."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any

from typer.testing import Result

from dialerd.control.server import ControlServer
from dialerd.core.analysis import profile_named
from tests.control.stage import Stage, reminders, spring
from tests.control.staged_daemon import StagedDaemon, staged_daemon

Dialerd = Callable[..., Result]

SETTINGS = """\
instance: test
ari: {{password: not-used}}
ami: {{secret: not-used}}
redis: {{url: "redis://127.0.0.1:1/0"}}
api: {{port: {port}}}
"""
CAMPAIGNS = """\
version: 1
trunks:
  carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 10, cps: 5}
contact_lists:
  leads:
    file: leads.csv
    key: ref
    region: GB
    phones: [{column: phone, type: mobile}]
  empty_one:
    region: GB
    phones: [{column: phone}]
campaigns:
  spring:
    mode: progressive
    queue: sales
    contact_list: leads
    trunk: carrier
    caller_id: "+441632960000"
"""


class Served:
    """A staged daemon with its API in another thread's event loop; touch it by :meth:`do` only."""

    def __init__(self, folder: Path, token: str | None) -> None:
        self._folder = folder
        self._token = token
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self.stage = Stage(spring(analysis=profile_named("off")), reminders(analysis=profile_named("off")))
        self.daemon: StagedDaemon
        self.port = 0

    def __enter__(self) -> Served:
        self._thread.start()
        self.do(self._start())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        assert not self._thread.is_alive()
        self._loop.close()

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def act(self, change: Callable[[Stage], object]) -> None:
        """Change the stage, on its own thread."""

        async def run() -> None:
            change(self.stage)

        self.do(run())

    async def _start(self) -> None:
        self.daemon = await staged_daemon(self._folder, self.stage)
        self._server = ControlServer(self.daemon, "127.0.0.1", 0, self._token)
        await self._server.start()
        self._importing = asyncio.create_task(self.daemon.imports.run())
        self.port = self._server.port

    async def _stop(self) -> None:
        await self._server.stop()
        self._importing.cancel()
        with suppress(asyncio.CancelledError):
            await self._importing
        await self.daemon.engine.dispose()


def write_settings(folder: Path, port: int, more: str = "") -> None:
    (folder / "dialerd.yaml").write_text(SETTINGS.format(port=port) + more)
    (folder / "campaigns.yaml").write_text(CAMPAIGNS)


def parsed(result: Result) -> Any:
    """The JSON that the command printed, and nothing else beside it."""
    return json.loads(result.stdout)
