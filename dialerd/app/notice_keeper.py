"""Keeps notices in the record without holding anybody up."""

from __future__ import annotations

import asyncio

import structlog

from dialerd.store.journal import Journal
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.telemetry.notices import Notice

WAITING_MAX = 1000
"""More than this while the database is away, and the oldest are only in the log."""

_log = structlog.get_logger(__name__)


class NoticeKeeper:
    """A queue of notices and the task that writes them."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._waiting: asyncio.Queue[Notice] = asyncio.Queue()

    def take(self, notice: Notice) -> None:
        """Keep one notice; never blocks."""
        if self._waiting.qsize() >= WAITING_MAX:
            self._waiting.get_nowait()
        self._waiting.put_nowait(notice)

    async def run(self) -> None:
        """Write until cancelled. A notice that the database does not take is in the log all the same."""
        while True:
            notice = await self._waiting.get()
            try:
                await self._journal.add_notice(notice.level, notice.name, notice.fields, notice.at)
            except DATABASE_ERRORS as error:
                _log.warning("notice_not_kept", name=notice.name, reason=reason_of(error))
                await asyncio.sleep(1.0)
