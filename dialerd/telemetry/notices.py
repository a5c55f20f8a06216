"""The watcher: what an operator should know goes to the log, the metrics, the event viewer and the record."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import structlog

from dialerd.core.commands import InvariantViolated, Tell, WatcherCommand
from dialerd.core.masking import masked_text
from dialerd.ports import Clock
from dialerd.telemetry.metrics import Metrics
from dialerd.telemetry.notice_table import INVARIANT, advice_for

RING_SIZE = 1000
"""Notices kept in memory for the event viewer; the record keeps them all."""
LEVELS = ("info", "warning", "error")


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that an operator was told, with what it means. ``at``: epoch seconds. Numbers are masked."""

    at: float
    level: str
    name: str
    fields: Mapping[str, str]
    cause: str
    remedy: str


class Notices:
    """Implements the port :class:`dialerd.ports.Watcher`.

    Call it from the event loop's thread. ``sink`` is handed every notice, after the log has it, for keeping in the
    record; it must not block and not raise.
    """

    def __init__(self, clock: Clock, metrics: Metrics, sink: Callable[[Notice], None] | None = None) -> None:
        self._clock = clock
        self._metrics = metrics
        self._sink = sink
        self._ring: deque[Notice] = deque(maxlen=RING_SIZE)
        self._log = structlog.get_logger()

    def submit(self, command: WatcherCommand) -> None:
        """Take note of one thing."""
        if isinstance(command, InvariantViolated):
            self._metrics.count_violation(command.invariant)
            self._note("error", INVARIANT, {"invariant": command.invariant, "detail": command.detail})
        else:
            self._note(command.level, command.name, command.fields)

    def tell(self, level: str, name: str, **fields: str) -> None:
        """For adapters that have something to say themselves; the same as submitting a :class:`Tell`."""
        self.submit(Tell(level, name, fields))

    def recent(self, limit: int = 100, level: str | None = None) -> list[Notice]:
        """The newest notices first; ``level`` is the least level (``info``, ``warning``, ``error``)."""
        wanted = LEVELS[LEVELS.index(level) :] if level is not None else LEVELS
        found = [notice for notice in reversed(self._ring) if notice.level in wanted]
        return found[:limit]

    def _note(self, level: str, name: str, fields: Mapping[str, str]) -> None:
        level = level if level in LEVELS else "error"
        plain = {key: masked_text(str(value)) for key, value in fields.items()}
        advice = advice_for(name)
        notice = Notice(self._clock.now(), level, name, plain, advice.cause, advice.remedy)
        self._metrics.count_notice(name, level)
        self._ring.append(notice)
        # A field may be called like one of structlog's own arguments.
        self._log.log(_LOG_LEVELS[level], name, **{("event_" if k == "event" else k): v for k, v in plain.items()})
        if self._sink is not None:
            self._sink(notice)


_LOG_LEVELS = {"info": 20, "warning": 30, "error": 40}
