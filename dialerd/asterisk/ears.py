"""The sound of calls, sent by Asterisk's ``AudioSocket()`` from a snoop channel, and the tones in it.

The wire (Asterisk's ``res_audiosocket.h``): frames of one byte kind, two bytes length (big endian), payload. The
first frame bears the UUID that the dialplan gave: eight zeros and the serial of the attempt. Sound is 16-bit signed
linear, little endian, 8 kHz, 20 ms a frame. Nothing is sent back.

A connection that sends anything else is hung up on, and whoever began to listen is told once; the call itself goes on
as if no tone had been heard.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import numpy as np
import structlog

from dialerd.core import ids
from dialerd.core.call_events import ListeningFailed, ToneHeard
from dialerd.core.tones import RATE_HZ, Heard, ToneListener

log = structlog.get_logger(__name__)

_TERMINATE, _UUID, _DTMF, _SLIN, _ERROR = 0x00, 0x01, 0x03, 0x10, 0xFF
_HEADER = 3
_UUID_BYTES = 16
MOST_BYTES = 8000
"""Of one frame: half a second of sound. Asterisk sends 320; who sends more has something else in mind."""
_BYTES_A_SECOND = RATE_HZ * 2
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

    def __init__(
        self, host: str, port: int, told: Callable[[ToneHeard | ListeningFailed], None],
        kept: Callable[[str, bytes], None] = lambda attempt_id, sound: None,
    ) -> None:  # fmt: skip
        """``port`` 0: a free one. ``kept`` gets the sound of calls that is to be kept, as it came."""
        self._host, self._port = host, port
        self._told = told
        self._kept = kept
        self._expected: dict[str, int] = {}
        """Attempt -> how many bytes of its sound are held."""
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

    @property
    def open_connections(self) -> int:
        """How many there are."""
        return len(self._open)

    def expect(self, attempt_id: str, keep_s: float = 0.0) -> None:
        """Asterisk will send the sound of this call; so much of it is held for :meth:`keep`."""
        self._expected[attempt_id] = round(keep_s * _BYTES_A_SECOND)

    def keep(self, attempt_id: str, more_s: float) -> None:
        """What is held of this call, and ``more_s`` seconds more, is handed over when it is there, or the connection
        is gone. No error where nothing came."""
        for ear in tuple(self._open):
            if ear.attempt_id == attempt_id:
                ear.keep(round(more_s * _BYTES_A_SECOND))

    def forget(self, attempt_id: str) -> None:
        """The sound of this call is not wanted (any more)."""
        self._expected.pop(attempt_id, None)
        for ear in tuple(self._open):
            if ear.attempt_id == attempt_id:
                ear.close()

    def takes(self, attempt_id: str, ear: _Ear) -> bool:
        """Whether a connection that names this call is let in."""
        return attempt_id in self._expected and not any(
            one.attempt_id == attempt_id for one in self._open if one is not ear
        )

    def held(self, attempt_id: str) -> int:
        """How many bytes of this call's sound are to be held."""
        return self._expected.get(attempt_id, 0)

    def hand_over(self, attempt_id: str, sound: bytes) -> None:
        """This is what was heard of a call."""
        self._kept(attempt_id, sound)

    def failed(self, attempt_id: str, reason: str) -> None:
        """The sound of this call is not what it should be. Told once: it is not expected any more."""
        if self._expected.pop(attempt_id, None) is not None:
            self._told(ListeningFailed(attempt_id, reason))

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
        self._held = bytearray()
        self._hold = 0
        """So many bytes are held at most."""
        self._over = False
        """Nothing that still comes is looked at."""
        self._wanted = False
        """What is held is to be handed over."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by descent
        self._ears.opened(self)
        self._deadline = asyncio.get_running_loop().call_later(HELLO_S, self._silent)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._ears.closed(self)
        self._hand_over()
        if self._buffer and self.attempt_id:
            self._ears.failed(self.attempt_id, "the connection broke off in the middle of a frame")

    def close(self) -> None:
        """Hang up on Asterisk."""
        if self._transport is not None:
            self._transport.abort()

    def keep(self, more: int) -> None:
        """Hand over what is held when so many bytes more have come."""
        self._wanted = True
        self._hold = min(self._hold, len(self._held) + more)
        if len(self._held) >= self._hold:
            self._hand_over()

    def _hand_over(self) -> None:
        if self._wanted and self._held:
            self._ears.hand_over(self.attempt_id, bytes(self._held))
        self._wanted, self._hold = False, 0
        self._held.clear()

    def _silent(self) -> None:
        if not self.attempt_id:
            self.close()

    def data_received(self, data: bytes) -> None:
        if self._over:
            return
        buffer = self._buffer
        buffer += data
        at = 0
        while len(buffer) - at >= _HEADER and not self._over:
            kind, length = buffer[at], buffer[at + 1] << 8 | buffer[at + 2]
            if length > MOST_BYTES:
                self._refuse(f"a frame of {length} bytes")
                return
            end = at + _HEADER + length
            if len(buffer) < end:
                break
            self._frame(kind, bytes(buffer[at + _HEADER : end]))
            at = end
        del buffer[:at]
        if len(self._sound) >= _PORTION and not self._over:
            self._listen()

    def _frame(self, kind: int, payload: bytes) -> None:
        if kind == _UUID:
            self._named(payload)
        elif not self.attempt_id:
            self._refuse("it did not say first which call it is")
        elif kind == _SLIN:
            if len(payload) % 2:
                self._refuse(f"half a sample: {len(payload)} bytes")
            else:
                self._sound += payload
        elif kind in (_TERMINATE, _ERROR):
            self._leave()
        elif kind != _DTMF:
            self._refuse(f"a frame of kind {kind:#04x}")

    def _named(self, uuid: bytes) -> None:
        attempt_id = ids.ATTEMPT + uuid.hex()[-ids.SERIAL_DIGITS :]
        if self.attempt_id:
            self._refuse("it said twice which call it is")
            return
        if len(uuid) != _UUID_BYTES or not self._ears.takes(attempt_id, self):
            self._refuse("nobody listens to such a call, or somebody does already")
            return
        self.attempt_id = attempt_id
        self._hold = self._ears.held(attempt_id)

    def _refuse(self, reason: str) -> None:
        """This is not what Asterisk sends."""
        log.warning("sound_refused", attempt=self.attempt_id, reason=reason)
        self._leave()
        if self.attempt_id:
            self._ears.failed(self.attempt_id, reason)

    def _leave(self) -> None:
        """No more of it is listened to."""
        self._over = True
        self._buffer.clear()
        self._sound.clear()
        self.close()

    def _listen(self) -> None:
        sound = bytes(self._sound)
        samples = np.frombuffer(sound, dtype="<i2")
        if self._hold > len(self._held):
            self._held += sound[: self._hold - len(self._held)]
            if self._wanted and len(self._held) >= self._hold:
                self._hand_over()
        self._sound.clear()
        self._ears.heard_s += len(samples) / RATE_HZ
        for heard in self._listener.feed(samples):
            self._ears.tell(self.attempt_id, heard, self._listener.now_ms)
