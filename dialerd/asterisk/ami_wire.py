"""AMI without a socket: blocks of ``Key: value`` lines, each line ended by CR LF, a block by an empty line."""

from __future__ import annotations

from collections.abc import Mapping

Message = Mapping[str, str]
"""A response or an event: keys as Asterisk writes them; of a key that comes twice the first value."""

MAX_BLOCK_BYTES = 1 << 20
"""No block of Asterisk's is near this size."""


class ProtocolBroken(Exception):
    """What came is not AMI; the text says what is wrong."""


class Parser:
    """Bytes in, messages out; bytes may be cut anywhere."""

    def __init__(self) -> None:
        self._buffer = b""
        self.banner: str | None = None
        """The server's greeting, once it has come: ``Asterisk Call Manager/11.0.0``."""

    def feed(self, data: bytes) -> list[Message]:
        """The messages that ``data`` completes.

        Raises:
            ProtocolBroken: the other side does not speak AMI.
        """
        self._buffer += data
        if self.banner is None and not self._take_banner():
            return []
        *blocks, self._buffer = self._buffer.split(b"\r\n\r\n")
        if len(self._buffer) > MAX_BLOCK_BYTES:
            raise ProtocolBroken("a block without an end")
        return [message for block in blocks if (message := _message(block))]

    def _take_banner(self) -> bool:
        line, end, rest = self._buffer.partition(b"\r\n")
        if not end:
            if len(line) > 200:
                raise ProtocolBroken("no Asterisk Call Manager answers there")
            return False
        if not line.startswith(b"Asterisk Call Manager/"):
            raise ProtocolBroken("no Asterisk Call Manager answers there")
        self.banner, self._buffer = line.decode("ascii", "replace"), rest
        return True


def _message(block: bytes) -> Message:
    message: dict[str, str] = {}
    for line in block.decode("utf-8", "replace").split("\r\n"):
        key, colon, value = line.partition(":")
        if colon:
            message.setdefault(key.strip(), value.strip())
    return message


def encode_action(action: str, action_id: str, fields: Mapping[str, str]) -> bytes:
    """The bytes of one action.

    Raises:
        ValueError: a value has a line break, which would smuggle in other fields.
    """
    lines = [f"Action: {action}", f"ActionID: {action_id}", *(f"{key}: {value}" for key, value in fields.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a line break in an AMI field")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def is_list_start(response: Message) -> bool:
    """Events with the action's id follow this response, up to one with ``EventList: Complete``.

    ``DBGet`` says so only in its message (seen in Asterisk 22).
    """
    return (
        response.get("EventList", "").lower() == "start"
        or response.get("Message", "").lower() == "result will follow"
    )


def is_list_end(event: Message) -> bool:
    """The last event of a list."""
    return event.get("EventList", "").lower() in ("complete", "cancelled")
