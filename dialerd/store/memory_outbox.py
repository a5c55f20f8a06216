"""The outbox in memory: takes outcomes from the hot store to the record, as the one over Redis does."""

from __future__ import annotations

from dialerd.core.events import OutcomesRecorded
from dialerd.ports import Post
from dialerd.store.memory_hot import Defer, MemoryHotStore
from dialerd.store.memory_record import MemoryRecord


class MemoryOutbox:
    """Takes outcomes from a hot store in memory to a record in memory."""

    def __init__(self, hot: MemoryHotStore, record: MemoryRecord, post: Post, *, defer: Defer | None = None) -> None:
        self._hot = hot
        self._record = record
        self._post = post
        self._defer = defer

    def drain(self, *, crash_before_forgetting: bool = False) -> int:
        """Record what waits in the outbox and post OutcomesRecorded; returns how many outcomes were taken.

        ``crash_before_forgetting``: the outcomes are recorded but stay in the outbox and nothing is posted, as
        when the daemon dies between the commit and the removal; the next drain must change nothing twice.
        Raises :class:`ConnectionError` while the record is lost."""
        outcomes = self._hot.take_outcomes(limit=1_000_000)
        if not outcomes:
            return 0
        lists = self._record.apply_outcomes(outcomes)
        if crash_before_forgetting:
            return len(outcomes)
        self._hot.forget_outcomes(outcomes)
        event = OutcomesRecorded(lists)
        if self._defer is None:
            self._post(event)
        else:
            self._defer(lambda: self._post(event))
        return len(outcomes)
