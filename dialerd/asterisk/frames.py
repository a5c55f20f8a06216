"""A WebSocket without detours: a message is handed on in the moment in which it was read, and sent in the moment in
which it is given. Where many come they are read several at a time (:class:`~dialerd.asterisk.read_pace.ReadPace`): to
wake for each of them costs both sides more than to handle it. The frames themselves are picows' work, in C: to take
them apart in Python costs as much as all that dialerd does with a message.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from dialerd.asterisk.read_pace import ReadPace

TakeMessage = Callable[[bytes], None]

_FAREWELL_S = 1.0
_TEXT = WSMsgType.TEXT
_CONTINUED = WSMsgType.CONTINUATION
_CLOSE = WSMsgType.CLOSE


class Frames(WSListener):
    """Listens to one WebSocket; give it to :func:`picows.ws_connect`, then call :meth:`hand_messages_to`."""

    def __init__(self, pace: ReadPace | None = None) -> None:
        super().__init__()
        self._loop = asyncio.get_running_loop()
        self._pace = pace or ReadPace()
        self._looking = False
        """What came with this look at the socket is being handed on."""
        self._message: list[bytes] = []
        """The parts of a message whose end has not come."""
        self._early: list[bytes] = []
        self._take_message: TakeMessage = self._early.append
        self._transport: WSTransport | None = None
        self.closed: asyncio.Future[str] = self._loop.create_future()
        """Done when the connection is gone; says why."""

    def hand_messages_to(self, take: TakeMessage) -> None:
        """Call ``take`` with every message, also with those that came before; it must neither block nor raise."""
        self._take_message = take
        for message in self._early:
            take(message)
        self._early.clear()

    def send_at_once(self, message: bytes) -> bool:
        """Send one text message; False: nothing was sent, the connection is closing or closed.

        Does not wait for a slow receiver: whoever calls limits how much may be under way."""
        transport = self._transport
        if transport is None or transport.is_disconnected or transport.is_close_frame_sent:
            return False
        transport.send(_TEXT, message)
        return True

    def close(self) -> None:
        """Say good-bye and close; :attr:`closed` tells when it is done."""
        if self._transport is not None:
            self._leave(self._transport)

    def abort(self) -> None:
        """Break the connection off at once, without a word: what a network does."""
        if self._transport is not None:
            self._transport.disconnect(graceful=False)

    # --- what picows calls -------------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        """The handshake is over."""
        self._transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """A frame came; the library answers pings itself."""
        if not self._looking:
            self._looking = True
            self._loop.call_soon(self._look_over)
        kind = frame.msg_type
        if kind == _TEXT and frame.fin:
            self._take_message(frame.get_payload_as_bytes())
        elif kind in (_TEXT, _CONTINUED):
            self._message.append(frame.get_payload_as_bytes())
            if frame.fin:
                whole = b"".join(self._message)
                self._message.clear()
                self._take_message(whole)
        elif kind == _CLOSE:
            self._leave(transport)

    def _look_over(self) -> None:
        self._looking = False
        wait_s = self._pace.looked(self._loop.time())
        if wait_s > 0.0 and (socket := self._open_socket()) is not None:
            socket.pause_reading()
            self._loop.call_later(wait_s, self._look_again)

    def _look_again(self) -> None:
        if (socket := self._open_socket()) is not None:
            socket.resume_reading()

    def _open_socket(self) -> asyncio.Transport | None:
        """What may be read from; None once somebody closes it."""
        socket = self._transport.underlying_transport if self._transport is not None else None
        return socket if socket is not None and not socket.is_closing() else None

    @staticmethod
    def _leave(transport: WSTransport) -> None:
        transport.send_close(WSCloseCode.OK)
        transport.disconnect()
        # A frozen server takes nothing any more, and what is still to be sent would keep the connection.
        asyncio.get_running_loop().call_later(_FAREWELL_S, transport.disconnect, False)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """The connection is gone, whoever ended it."""
        if not self.closed.done():
            self.closed.set_result(_reason(transport))


def _reason(transport: WSTransport) -> str:
    handshake = transport.close_handshake
    if handshake is None:
        return "no close frame was received or sent"
    received, sent = handshake.recv, handshake.sent
    if received is not None:
        return f"received {received.code} {received.reason}".rstrip()
    return f"sent {sent.code} {sent.reason}".rstrip() if sent is not None else "no close frame"
