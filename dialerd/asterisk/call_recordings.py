"""Recording both sides of a call in Asterisk: one snoop channel hears what the person says, another what they hear,
and each is recorded for itself (ADR 8)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from dialerd.asterisk.client import AriClient
from dialerd.asterisk.wire import Result
from dialerd.core import ids
from dialerd.core.commands import AnnounceRecording, PauseCallRecording, StartCallRecording
from dialerd.core.events import (
    CallRecordingFailed,
    CallRecordingPaused,
    CallRecordingStarted,
    Event,
)

log = structlog.get_logger(__name__)

SNOOP_TIMEOUT_S = 2.0
NOT_CONNECTED = "not connected"
Recorded = StartCallRecording | PauseCallRecording | AnnounceRecording
SIDES = ((ids.RECORDED_IN, "in"), (ids.RECORDED_OUT, "out"))


class CallRecordings:
    """Carries out the commands of :mod:`dialerd.core.recording_commands`."""

    def __init__(
        self,
        client: AriClient,
        post: Callable[[Event], None],
        entering: dict[str, asyncio.Future[None]],
        hang_up: Callable[[str], Awaitable[None]],
    ) -> None:
        """``entering``: whoever waits for a channel to come into the application puts a future there, by its id."""
        self._client = client
        self._post = post
        self._entering = entering
        self._hang_up = hang_up

    async def __call__(self, command: Recorded, ready: bool) -> None:
        """Carry out one command; ``ready``: Asterisk's events are heard."""
        match command:
            case StartCallRecording():
                await self._start(command, ready)
            case PauseCallRecording():
                await self._pause(command, ready)
            case AnnounceRecording():
                # A lamp: what Asterisk does not take now is out of date when it is back.
                name = f"Stasis:recording-{command.agent}"
                await self._client.deviceStates.update(name, command.device_state)

    async def _start(self, command: StartCallRecording, ready: bool) -> None:
        attempt_id = command.attempt_id
        failed = NOT_CONNECTED if not ready else await self._begin(command)
        if failed:
            log.warning("recording_not_started", attempt=attempt_id, reason=failed)
            for kind, _ in SIDES:
                await self._hang_up(ids.sibling(attempt_id, kind))
            self._post(CallRecordingFailed(attempt_id, failed))
            return
        self._post(CallRecordingStarted(attempt_id))

    async def _begin(self, command: StartCallRecording) -> str:
        """Why it could not be begun, or nothing."""
        attempt_id, app = command.attempt_id, self._client.settings.app
        snoops = [(ids.sibling(attempt_id, kind), spy) for kind, spy in SIDES]
        waits = [asyncio.get_running_loop().create_future() for _ in snoops]
        self._entering.update({snoop: wait for (snoop, _), wait in zip(snoops, waits, strict=True)})
        try:
            made = await asyncio.gather(
                *(self._client.channels.snoopChannelWithId(attempt_id, snoop, app, spy) for snoop, spy in snoops)
            )
            if reason := _first_failure(made):
                return reason
            # Earlier, a request on the new channel is refused: it is not in the application yet.
            await asyncio.wait(waits, timeout=SNOOP_TIMEOUT_S)
        finally:
            for snoop, _ in snoops:
                self._entering.pop(snoop, None)
        # Both at once: the two sides are to begin within the same few milliseconds.
        begun = await asyncio.gather(
            *(self._client.channels.record(snoop, snoop, 0, 0, beep=False) for snoop, _ in snoops)
        )
        reason = _first_failure(begun)
        if not reason and command.paused:
            reason = _first_failure(await self._mute(attempt_id))
        return reason

    async def _pause(self, command: PauseCallRecording, ready: bool) -> None:
        done: list[Result] = []
        if ready:
            done = await (self._mute if command.paused else self._unmute)(command.attempt_id)
        failed = not ready or bool(_first_failure(done))
        if failed:
            reason = NOT_CONNECTED if not ready else _first_failure(done)
            log.warning("recording_not_changed", attempt=command.attempt_id, paused=command.paused, reason=reason)
        self._post(CallRecordingPaused(command.attempt_id, command.paused, failed))

    async def _mute(self, attempt_id: str) -> list[Result]:
        names = [ids.sibling(attempt_id, kind) for kind, _ in SIDES]
        return await asyncio.gather(*(self._client.recordings.mute(name) for name in names))

    async def _unmute(self, attempt_id: str) -> list[Result]:
        names = [ids.sibling(attempt_id, kind) for kind, _ in SIDES]
        return await asyncio.gather(*(self._client.recordings.unmute(name) for name in names))


def _first_failure(results: list[Result]) -> str:
    return next((result.message for result in results if not result.ok), "")
