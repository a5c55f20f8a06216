"""The sound of calls, sent by Asterisk's ``AudioSocket()`` from a snoop channel, and the tones in it.

The wire (Asterisk's ``res_audiosocket.h``): frames of one byte kind, two bytes length (big endian), payload. The
first frame bears the UUID that the dialplan gave: eight zeros and the serial of the attempt. Sound is 16-bit signed
linear, little endian, 8 kHz, 20 ms a frame. Nothing is sent back.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import numpy as np
import structlog

from dialerd.core import ids
from dialerd.core.call_events import ToneHeard
from dialerd.core.tones import RATE_HZ, Heard, ToneListener

log = structlog.get_logger(__name__)

_TERMINATE, _UUID, _SLIN = 0x00, 0x01, 0x10
_HEADER = 3
_PORTION = RATE_HZ * 2 * 40 // 1000
"""Bytes that are listened to at one time: 40 ms. More at a time is cheaper and later."""
HELLO_S = 5.0
"""So long a connection may take to say which call it is."""


def uuid_of(attempt_id: str) -> str:
    """The UUID that stands for an attempt."""
    digits = "0" * 8 + ids.serial_of(attempt_id)
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


class Ears:
    """A TCP server on which Asterisk delivers the sound of calls that are listened to."""

    def __init__(self, host: str, port: int, told: Callable[[ToneHeard], None]) -> None:
        """``port`` 0: a free one."""
        self._host, self._port = host, port
        self._told = told
        self._expected: set[str] = set()
        self._open: set[_Ear] = set()
        self._server: asyncio.Server | None = None
        self.heard_s = 0.0
        """Seconds of sound that were listened to."""

    async def start(self) -> int:
        """Listen; the port. Raises OSError when the address cannot be had."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Ear(self), self._host, self._port)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close every connection and the server."""
        if self._server is not None:
            self._server.close()
            for ear in tuple(self._open):
                ear.close()
            await self._server.wait_closed()

    def expect(self, attempt_id: str) -> None:
        """Asterisk will send the sound of this call."""
        self._expected.add(attempt_id)

    def forget(self, attempt_id: str) -> None:
        """The sound of this call is not wanted (any more)."""
        self._expected.discard(attempt_id)
        for ear in tuple(self._open):
            if ear.attempt_id == attempt_id:
                ear.close()

    def takes(self, attempt_id: str, ear: _Ear) -> bool:
        """Whether a connection that names this call is let in."""
        return attempt_id in self._expected

    def opened(self, ear: _Ear) -> None:
        """A connection has come."""
        self._open.add(ear)

    def closed(self, ear: _Ear) -> None:
        """A connection has gone."""
        self._open.discard(ear)

    def tell(self, attempt_id: str, heard: Heard, now_ms: int) -> None:
        """Post a tone."""
        self._told(ToneHeard(attempt_id, heard.tone, (now_ms - heard.to_ms) / 1000))


class _Ear(asyncio.Protocol):
    """One connection: one call's sound."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._buffer = bytearray()
        self._sound = bytearray()
        self._listener = ToneListener()
        self._transport: asyncio.Transport | None = None
        self._deadline: asyncio.TimerHandle | None = None
        self.attempt_id = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by descent
        self._ears.opened(self)
        self._deadline = asyncio.get_running_loop().call_later(HELLO_S, self._silent)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._ears.closed(self)

    def close(self) -> None:
        """Hang up on Asterisk."""
        if self._transport is not None:
            self._transport.abort()

    def _silent(self) -> None:
        if not self.attempt_id:
            self.close()

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= _HEADER:
            end = at + _HEADER + (buffer[at + 1] << 8 | buffer[at + 2])
            if len(buffer) < end:
                break
            kind = buffer[at]
            if kind == _SLIN:
                self._sound += buffer[at + _HEADER : end]
            elif kind == _UUID:
                self._named(bytes(buffer[at + _HEADER : end]))
            elif kind == _TERMINATE:
                self.close()
            at = end
        del buffer[:at]
        if len(self._sound) >= _PORTION:
            self._listen()

    def _named(self, uuid: bytes) -> None:
        attempt_id = ids.ATTEMPT + uuid.hex()[-ids.SERIAL_DIGITS :]
        if self.attempt_id or not self._ears.takes(attempt_id, self):
            log.warning("sound_of_unknown_call_refused")
            self.close()
            return
        self.attempt_id = attempt_id

    def _listen(self) -> None:
        if not self.attempt_id:
            self.close()
            return
        even = len(self._sound) // 2 * 2
        samples = np.frombuffer(bytes(self._sound[:even]), dtype="<i2")
        del self._sound[:even]
        self._ears.heard_s += len(samples) / RATE_HZ
        for heard in self._listener.feed(samples):
            self._ears.tell(self.attempt_id, heard, self._listener.now_ms)
