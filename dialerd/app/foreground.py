"""Runs a daemon in the foreground: settings in, exit code out; signals."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Coroutine
from typing import Any

import structlog
import uvloop

from dialerd.app.daemon import Daemon
from dialerd.app.plan_room import UnusableCampaigns
from dialerd.config.daemon import DaemonSettings
from dialerd.store.database import BadDatabaseUrl
from dialerd.store.migrate import DatabaseTooNew
from dialerd.store.redis_lease import Superseded
from dialerd.telemetry.logs import set_up_logging

_log = structlog.get_logger(__name__)

YOUNG_OBJECTS = 20_000
"""New objects before the collector looks at them. Nearly all of ours go by themselves when their call is over, so the
default of 700 means looking in vain a hundred times a second."""

OK, FAILED, SUPERSEDED = 0, 1, 4
"""Exit codes. Superseded: another instance runs this shard now; do not restart at once."""


def run(settings: DaemonSettings) -> int:
    """Run until SIGTERM or SIGINT (a second one cuts the grace time short); SIGHUP reloads the campaigns file.
    Returns the exit code."""
    set_up_logging(settings.log.level, settings.log.format, settings.log.mask_numbers)
    # What was imported stays for good: the collector need not walk it again.
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    code = OK
    try:
        uvloop.run(_serve(settings))
    except* Superseded as group:
        _log.error("superseded", reason=str(group.exceptions[0]))
        code = SUPERSEDED
    except* (OSError, BadDatabaseUrl, DatabaseTooNew, UnusableCampaigns) as group:
        print(f"dialerd: {group.exceptions[0]}", file=sys.stderr)
        code = FAILED
    return code


async def _serve(settings: DaemonSettings) -> None:
    daemon = Daemon(settings)
    loop = asyncio.get_running_loop()
    reloads: set[asyncio.Task[Any]] = set()

    def in_background(work: Coroutine[Any, Any, Any]) -> None:
        task = loop.create_task(work)
        reloads.add(task)
        task.add_done_callback(reloads.discard)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, daemon.stop)
    loop.add_signal_handler(signal.SIGHUP, lambda: in_background(daemon.reload()))
    await daemon.run()
