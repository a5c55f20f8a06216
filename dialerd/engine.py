"""Inbox, core, commands, in order; no policy."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import get_args

from dialerd.core import commands as c
from dialerd.core.dialer import Dialer
from dialerd.core.events import Event, TimePassed
from dialerd.ports import Desktop, HotStore, Provider, Record, Roster, Speech, Telephony, Watcher

Observer = Callable[[Event, Sequence[c.Command], float], None]
"""Sees every event with the commands it led to, after they were handed on; metrics and event log live on this."""

_STORE = get_args(c.StoreCommand)
_RECORD = get_args(c.RecordCommand)
_TELEPHONY = get_args(c.TelephonyCommand)
_PROVIDER = (c.AskProvider,)
_SPEECH = (c.RenderPrompts, c.DistrustPrompts)
_DESKTOP = get_args(c.DesktopCommand)
_ROSTER = (c.PauseMember,)
_WATCHER = (c.Tell, c.InvariantViolated)

BATCH = 200
"""Events handled before other tasks get their turn."""


class Engine:
    """Hands events to the core and the core's commands to the ports. Used as it is by daemon and simulation."""

    def __init__(
        self,
        dialer: Dialer,
        telephony: Telephony,
        roster: Roster,
        hot_store: HotStore,
        record: Record,
        watcher: Watcher,
        observers: Sequence[Observer] = (),
        provider: Provider | None = None,
        speech: Speech | None = None,
        desktop: Desktop | None = None,
    ) -> None:
        """``desktop`` None: nobody is told of offers."""
        self.dialer = dialer
        self._observers = tuple(observers)
        self._submit: dict[type, Callable[[c.Command], None]] = {}
        for kinds, port in (
            (_STORE, hot_store), (_RECORD, record), (_TELEPHONY, telephony), (_ROSTER, roster), (_WATCHER, watcher),
            (_PROVIDER, provider), (_SPEECH, speech),
        ):  # fmt: skip
            for kind in kinds:
                if port is not None:
                    self._submit[kind] = port.submit  # type: ignore[assignment]
        for kind in _DESKTOP:
            self._submit[kind] = desktop.submit if desktop is not None else _nobody_is_told  # type: ignore[assignment]

    def step(self, event: Event, now: float) -> None:
        """One event through the core; its commands leave in order. ``now``: epoch seconds, not going back."""
        commands: Sequence[c.Command]
        try:
            commands = self.dialer.handle(event, now)
        except Exception as defect:  # noqa: BLE001
            # The one place for catch-all: a defect met by one call must not end all others. What the core had
            # put down before it stands, and the defect is counted as a broken promise.
            commands = self.dialer.floor.take_commands()
            detail = f"{type(defect).__name__}: {defect} on {type(event).__name__}"
            commands.append(c.InvariantViolated("no_defect_in_the_core", detail))
            commands.append(c.Tell("error", "core_defect", {"detail": detail}))
        for command in commands:
            self._submit[type(command)](command)
        for observe in self._observers:
            observe(event, commands, now)


def _nobody_is_told(command: c.Command) -> None:
    pass


class SteadyClock:
    """Epoch seconds that never go back and never jump: wall time at start, then the monotonic clock, drawn towards
    the wall clock by at most half a millisecond per second. A step of the system's clock moves no timer."""

    SLEW = 0.0005

    def __init__(
        self, wall: Callable[[], float] = time.time, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._wall, self._monotonic = wall, monotonic
        self._last_monotonic = monotonic()
        self._now = wall()

    def now(self) -> float:
        """The present moment in epoch seconds."""
        tick = self._monotonic()
        elapsed, self._last_monotonic = tick - self._last_monotonic, tick
        drift = self._wall() - (self._now + elapsed)
        limit = self.SLEW * elapsed
        self._now += elapsed + max(-limit, min(limit, drift))
        return self._now


class EngineLoop:
    """Runs an engine on asyncio: an inbox that never drops, and the core's timers."""

    def __init__(
        self, engine: Engine, now: Callable[[], float], on_handled: Callable[[float], None] | None = None
    ) -> None:
        """``on_handled`` is told how long each event took, in seconds."""
        self._engine = engine
        self._now = now
        self._on_handled = on_handled
        self._inbox: deque[Event] = deque()
        self._wake = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._alarm_at = 0.0
        self._ending = False

    def post(self, event: Event) -> None:
        """Put an event into the inbox; call it on the event loop's thread."""
        self._inbox.append(event)
        self._wake.set()

    @property
    def backlog(self) -> int:
        """Events that wait in the inbox."""
        return len(self._inbox)

    def end(self) -> None:
        """Let :meth:`run` return when the inbox is empty."""
        self._ending = True
        self._wake.set()

    async def run(self) -> None:
        """Handle events and timers until :meth:`end`."""
        while True:
            for _ in range(BATCH):
                if not self._inbox:
                    break
                self._step(self._inbox.popleft(), self._now())
            now = self._now()
            due = self._engine.dialer.next_wakeup()
            if due is not None and due <= now:
                self._step(TimePassed(), now)
                continue
            if self._inbox:
                await asyncio.sleep(0)
                continue
            if self._ending:
                return
            self._wake.clear()
            if due is not None:
                self._set_alarm(due, now)
            await self._wake.wait()

    def _set_alarm(self, due: float, now: float) -> None:
        """Be woken at ``due`` at the latest. An alarm that rings too early costs one look at the timers; setting it
        anew for every event, as timers come and go, would cost more."""
        if self._alarm is not None:
            if self._alarm_at <= due:
                return
            self._alarm.cancel()
        self._alarm_at = due
        self._alarm = asyncio.get_running_loop().call_later(due - now, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        self._wake.set()

    def _step(self, event: Event, now: float) -> None:
        began = time.perf_counter()
        self._engine.step(event, now)
        if self._on_handled is not None:
            self._on_handled(time.perf_counter() - began)
