"""Callees who are a program: each hums for a while, is silent then, and notes the first frame of sound that it hears.

The carrier's Asterisk sends what it reads from a call, frame by frame, and puts into the call what it gets
(AudioSocket: one byte kind, two bytes length, payload; sound is 16-bit linear, 8 kHz, 20 ms a frame).
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Self

import numpy as np

_TERMINATE, _UUID, _SOUND = 0x00, 0x01, 0x10
_FRAME_S = 0.02
_SAMPLES = 160
_LOUD = 1000
"""A frame with a sample beyond this is sound."""
_READY_S = 10.0


def _frame(samples: np.ndarray) -> bytes:
    payload = samples.astype("<i2").tobytes()
    return bytes([_SOUND]) + len(payload).to_bytes(2, "big") + payload


_SILENCE = _frame(np.zeros(_SAMPLES))
# Noise: a pure tone would be taken for a beep.
_HUM = _frame(np.random.default_rng(1).integers(-6000, 6000, _SAMPLES))


def is_sound(payload: bytes) -> bool:
    """Whether a frame's samples are more than the silence of a line."""
    return bool(np.any(np.abs(np.frombuffer(payload, dtype="<i2").astype(np.int32)) > _LOUD))


class CalleeLines:
    """``with CalleeLines({digits: seconds}) as lines:`` serves callees by their numbers (digits, twelve at most), who
    hum so long from the answer on and stay ``stay_s`` after the first sound; ``lines.heard_ms`` has its moment."""

    def __init__(self, hums_s: Mapping[str, float], stay_s: float) -> None:
        self._hums_s = {digits.rjust(12, "0"): length_s for digits, length_s in hums_s.items()}
        self._stay_s = stay_s
        self.heard_ms: dict[str, float] = {}
        """Digits -> epoch milliseconds of the first frame with sound."""
        self.address = ""
        """``host:port``."""
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._ready.wait(_READY_S):
            raise RuntimeError("the callees' lines are not there")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(_READY_S)
        self._loop.close()

    async def _serve(self) -> None:
        server = await self._loop.create_server(lambda: _Line(self), "127.0.0.1", 0)
        self.address = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._ready.set()
        await self._over.wait()
        server.close()

    def hum_s(self, digits: str) -> float:
        """How long this callee hums."""
        return self._hums_s.get(digits, 0.0)

    def heard(self, digits: str) -> float:
        """Sound has come; how long the callee stays."""
        self.heard_ms[digits.lstrip("0")] = time.time() * 1000
        return self._stay_s


class _Line(asyncio.Protocol):
    """One call."""

    def __init__(self, lines: CalleeLines) -> None:
        self._lines = lines
        self._loop = asyncio.get_running_loop()
        self._buffer = bytearray()
        self._digits = ""
        self._began = 0.0
        self._sent = 0
        self._heard = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 3:
            length = int.from_bytes(self._buffer[1:3], "big")
            if len(self._buffer) < 3 + length:
                return
            kind, payload = self._buffer[0], bytes(self._buffer[3 : 3 + length])
            del self._buffer[: 3 + length]
            if kind == _UUID:
                self._digits, self._began = payload.hex()[-12:], self._loop.time()
                self._speak()
            elif kind == _SOUND and not self._heard and is_sound(payload):
                self._heard = True
                self._loop.call_later(self._lines.heard(self._digits), self._hang_up)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None

    def _speak(self) -> None:
        if self._transport is None or self._transport.is_closing():
            return
        now_s = self._loop.time() - self._began
        while self._sent * _FRAME_S <= now_s:
            self._transport.write(_HUM if self._sent * _FRAME_S < self._lines.hum_s(self._digits) else _SILENCE)
            self._sent += 1
        self._loop.call_at(self._began + self._sent * _FRAME_S, self._speak)

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.write(bytes([_TERMINATE, 0, 0]))
            self._transport.close()
