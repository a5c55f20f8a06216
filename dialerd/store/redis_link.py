"""One connection to Redis that either answers in time or is broken: no hidden retries, no hidden reconnects.

The hot store decides itself what is sent again after a loss, so the client library must not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as ConnectionLostError
from redis.exceptions import DataError, NoScriptError, RedisError, ResponseError

from dialerd.store.redis_scripts import ALL, Script

Argument = bytes | str | int


@dataclass(frozen=True, slots=True)
class Call:
    """One run of a script. The lease's value is the first argument of all fenced scripts; it is put in front of
    ``arguments`` when the call is sent, since it changes with every return."""

    script: Script
    keys: tuple[str, ...]
    arguments: tuple[Argument, ...]


class LinkBroken(Exception):
    """Redis does not answer, or answers with an error that says it cannot work now. Nothing is known about calls
    that were under way."""


def client_for(url: str, *, timeout_s: float, **options: Any) -> Redis:
    """A client that gives up after ``timeout_s`` and never retries by itself."""
    return Redis.from_url(
        url,
        protocol=2,
        socket_timeout=timeout_s,
        socket_connect_timeout=timeout_s,
        retry=Retry(NoBackoff(), 0),
        **options,
    )


class RedisLink:
    """Runs batches of scripts over one connection, in order."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._connections = 0
        self._client = client_for(url, timeout_s=timeout_s, max_connections=1, redis_connect_func=self._on_connect)

    async def open(self) -> None:
        """Connect and load the scripts. Raises :class:`LinkBroken`."""
        try:
            await self._load_scripts()
        except (RedisError, OSError) as error:
            raise LinkBroken(_reason(error)) from error

    async def aclose(self) -> None:
        """Drop the connection; never raises for its state."""
        try:
            await self._client.aclose()
        except (RedisError, OSError):
            return

    async def run(self, calls: Sequence[Call], *fence: Argument) -> list[Any]:
        """Run the calls in order in one round trip, each with ``fence`` before its arguments; returns the replies.

        Raises :class:`LinkBroken` when any of them was not answered properly: none may be taken for done or
        undone then. Scripts that the server has forgotten are loaded again, and only calls that did not run are
        repeated; since the server forgets all scripts at once, the order holds."""
        try:
            replies = await self._send(calls, fence)
            forgotten = [index for index, reply in enumerate(replies) if isinstance(reply, NoScriptError)]
            if forgotten:
                await self._load_scripts()
                repeated = await self._send([calls[index] for index in forgotten], fence)
                for index, reply in zip(forgotten, repeated, strict=True):
                    replies[index] = reply
        except DataError:
            raise  # A value that Redis has no word for: a defect of the program, not of the connection.
        except (RedisError, OSError) as error:
            raise LinkBroken(_reason(error)) from error
        for reply in replies:
            if isinstance(reply, ResponseError):
                raise LinkBroken(_reason(reply)) from reply
        return replies

    async def read(self, *command: Argument) -> Any:
        """Run one plain reading command. Raises :class:`LinkBroken`."""
        try:
            pipeline = self._client.pipeline(transaction=False)
            pipeline.execute_command(*command)
            return (await pipeline.execute())[0]
        except (RedisError, OSError) as error:
            raise LinkBroken(_reason(error)) from error

    async def _on_connect(self, connection: AbstractConnection) -> None:
        """The client library replaces a connection that it finds closed. What happened to Redis meanwhile (a
        restart, a failover that lost writes) must not go unnoticed, so the second connection is refused."""
        self._connections += 1
        if self._connections > 1:
            raise ConnectionLostError("the connection was closed")
        await connection.on_connect()

    async def _send(self, calls: Sequence[Call], fence: tuple[Argument, ...]) -> list[Any]:
        pipeline = self._client.pipeline(transaction=False)
        for call in calls:
            pipeline.execute_command("EVALSHA", call.script.sha, len(call.keys), *call.keys, *fence, *call.arguments)
        return await pipeline.execute(raise_on_error=False)

    async def _load_scripts(self) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for script in ALL:
            pipeline.execute_command("SCRIPT LOAD", script.text)
        await pipeline.execute()


def _reason(error: BaseException) -> str:
    """The error in one line, without the address, which may carry a password."""
    text = str(error).splitlines()[0] if str(error) else ""
    return f"Redis: {type(error).__name__}: {text}" if text else f"Redis: {type(error).__name__}"
