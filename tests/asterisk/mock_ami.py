"""A small AMI server for error paths: answers as told, and keeps what it was asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from dialerd.asterisk.settings import AmiSettings

USER, SECRET = "dialerd", "secret"


def block(**fields: str) -> bytes:
    """One AMI message."""
    return ("\r\n".join(f"{key}: {value}" for key, value in fields.items()) + "\r\n\r\n").encode()


@dataclass
class MockAmi:
    """``script`` maps an action to what is sent for it: bytes in which ``@ID@`` stands for the action's id, or
    ``None`` for no answer, or ``b""`` to close the connection."""

    banner: bytes = b"Asterisk Call Manager/11.0.0\r\n"
    script: dict[str, bytes | None] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    port: int = 0
    chunk: int = 65536
    """The server's answers are cut into pieces of so many bytes."""

    def settings(self, **options: Any) -> AmiSettings:
        """Settings for this server, with small patience."""
        defaults = {"action_timeout_s": 0.5, "connect_timeout_s": 2.0, "ping_interval_s": 30.0,
                    "backoff_min_s": 0.01, "backoff_max_s": 0.05}  # fmt: skip
        return AmiSettings("127.0.0.1", self.port, USER, SECRET, **{**defaults, **options})

    def requests(self, action: str) -> list[dict[str, str]]:
        """The actions of this name so far."""
        return [asked for asked in self.asked if asked["Action"] == action]

    async def send(self, data: bytes) -> None:
        """Send bytes on the newest connection."""
        for start in range(0, len(data), self.chunk):
            self.writers[-1].write(data[start : start + self.chunk])
            await self.writers[-1].drain()
            await asyncio.sleep(0)

    def cut(self) -> None:
        """Break the newest connection."""
        self.writers[-1].transport.abort()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.writers.append(writer)
        try:
            writer.write(self.banner)
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                asked = dict(line.split(": ", 1) for line in text.strip().split("\r\n"))
                self.asked.append(asked)
                answer = self.script.get(asked["Action"], self._default(asked))
                if answer == b"":
                    break
                if answer is not None:
                    await self.send(answer.replace(b"@ID@", asked["ActionID"].encode()))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @staticmethod
    def _default(asked: dict[str, str]) -> bytes:
        if asked["Action"] == "Login":
            if (asked["Username"], asked["Secret"]) != (USER, SECRET):
                return block(Response="Error", ActionID="@ID@", Message="Authentication failed")
            return block(Response="Success", ActionID="@ID@", Message="Authentication accepted")
        if asked["Action"] == "QueueStatus":
            return (
                block(Response="Success", ActionID="@ID@", EventList="start")
                + block(Event="QueueParams", ActionID="@ID@", Queue="sales")
                + block(Event="QueueStatusComplete", ActionID="@ID@", EventList="Complete")
            )
        return block(Response="Success", ActionID="@ID@")


@asynccontextmanager
async def mock_ami() -> AsyncIterator[MockAmi]:
    """A running server on a free loopback port."""
    mock = MockAmi()
    server = await asyncio.start_server(mock.serve, "127.0.0.1", 0)
    mock.port = server.sockets[0].getsockname()[1]
    try:
        yield mock
    finally:
        server.close()
        for writer in mock.writers:
            writer.transport.abort()
        await server.wait_closed()
