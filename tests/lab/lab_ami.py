"""A tiny AMI client with the rights of dialerd's user."""

from __future__ import annotations

import asyncio
from typing import Self

from lab import Lab

Message = dict[str, str]


class Ami:
    """Logs in on entry. Answers that consist of events are gathered until their last one."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self._count = 0
        self._pending: list[Message] = []

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._lab.ami_host, self._lab.ami_port)
        await self._reader.readline()
        answer = await self.action("Login", Username=self._lab.ami_user, Secret=self._lab.ami_secret)
        assert answer["Response"] == "Success", answer
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def action(self, name: str, **fields: str) -> Message:
        """Send an action; its response."""
        self._count += 1
        me = str(self._count)
        lines = [f"Action: {name}", f"ActionID: {me}", *(f"{key}: {value}" for key, value in fields.items())]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:
            message = await self._next()
            if message.get("ActionID") == me and "Response" in message:
                return message
            self._pending.append(message)

    async def event(self, name: str, **fields: str) -> Message:
        """The next event of this name with these fields."""
        while True:
            message = self._pending.pop(0) if self._pending else await self._next()
            if message.get("Event") == name and all(message.get(k) == v for k, v in fields.items()):
                return message

    async def db_get(self, family: str, key: str) -> str:
        answer = await self.action("DBGet", Family=family, Key=key)
        assert answer["Response"] == "Success", answer
        return (await self.event("DBGetResponse"))["Val"]

    async def db_tree(self, family: str) -> list[str]:
        """The keys of a family, without it."""
        answer = await self.action("DBGetTree", Family=family)
        assert answer["Response"] == "Success", answer
        keys = []
        while True:
            message = await self._next()
            if message.get("Event") == "DBGetTreeResponse":
                keys.append(message["Key"].rpartition("/")[2])
            elif message.get("Event") == "DBGetTreeComplete":
                return keys
            else:
                self._pending.append(message)

    async def db_delete(self, family: str, key: str) -> None:
        answer = await self.action("DBDel", Family=family, Key=key)
        assert answer["Response"] == "Success", answer

    async def _next(self) -> Message:
        async with asyncio.timeout(10):
            block = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        return dict(line.split(": ", 1) for line in block.strip().split("\r\n") if ": " in line)
