"""A WebSocket without detours: a message is handed on in the moment in which it was read, and sent in the moment in
which it is given.

The library's own way (a queue and a task to read, a context and flow control to write) costs more than all that
dialerd does with a message. Opening, pings and closing are the library's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.frames import DATA_OPCODES, Frame
from websockets.protocol import Event, State

TakeMessage = Callable[[bytes], None]


class DirectConnection(ClientConnection):
    """Give it to ``connect(create_connection=…)``, then call :meth:`hand_messages_to`; ``recv`` gets nothing."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._message: list[bytes] = []
        """The parts of a message whose end has not come."""
        self._early: list[bytes] = []
        self._take_message: TakeMessage = self._early.append

    def hand_messages_to(self, take: TakeMessage) -> None:
        """Call ``take`` with every message, also with those that came before; it must neither block nor raise."""
        self._take_message = take
        for message in self._early:
            take(message)
        self._early.clear()

    def send_at_once(self, message: bytes) -> bool:
        """Send one text message; False: nothing was sent, the connection is closing or closed.

        Does not wait for a slow receiver: whoever calls limits how much may be under way."""
        if self.protocol.state is not State.OPEN:
            return False
        self.protocol.send_text(message)
        self.send_data()
        return True

    def process_event(self, event: Event) -> None:
        """The library calls it with the handshake's response, then with every frame."""
        if not isinstance(event, Frame) or event.opcode not in DATA_OPCODES:
            super().process_event(event)
        elif event.fin and not self._message:
            self._take_message(bytes(event.data))
        else:
            self._message.append(bytes(event.data))
            if event.fin:
                whole = b"".join(self._message)
                self._message.clear()
                self._take_message(whole)
