"""One connection to Redis that either answers in time or is broken: no hidden retries, no hidden reconnects.

The hot store decides itself what is sent again after a loss, so the client library must not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hiredis import pack_command
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
    usual = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s}
    made = Redis.from_url(url, protocol=2, retry=Retry(NoBackoff(), 0), **(usual | options))
    kind = made.connection_pool.connection_class
    made.connection_pool.connection_class = type(f"Cancellable{kind.__name__}", (_Cancellable, kind), {})
    return made


class _Cancellable(AbstractConnection):
    """A connection whose user can be cancelled at any moment.

    Where it has a time-out the library sends within ``asyncio.wait_for``, which up to Python 3.11 keeps a
    cancellation to itself when what it waits for is done in the same moment (CPython issue 86296): a task that was
    cancelled just then would go on, and whoever waits for its end would wait for ever."""

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        """As in the library; raises the cancellation that came meanwhile."""
        task = asyncio.current_task()
        before = task.cancelling() if task is not None else 0
        await super().send_packed_command(command, check_health)
        if task is not None and task.cancelling() > before:
            # The reply will come and must not be read as another's.
            await self.disconnect(nowait=True)
            raise asyncio.CancelledError


class RedisLink:
    """Runs batches of scripts over one connection, in order. For one task at a time."""

    def __init__(self, url: str, *, timeout_s: float) -> None:
        self._connections = 0
        self._timeout_s = timeout_s
        # The library's own time-out is one object for each reply; ours is one for each batch.
        self._client = client_for(
            url, timeout_s=timeout_s, socket_timeout=None, max_connections=1, redis_connect_func=self._on_connect
        )
        self._connection: AbstractConnection | None = None

    async def open(self) -> None:
        """Connect and load the scripts. Raises :class:`LinkBroken`."""
        try:
            # Kept for good: to take it from the pool for each batch costs more than the batch.
            pool = self._client.connection_pool
            self._connection = await pool.get_connection()  # type: ignore[no-untyped-call]
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
            (reply,) = await self._exchange([command])
        except (RedisError, OSError) as error:
            raise LinkBroken(_reason(error)) from error
        if isinstance(reply, ResponseError):
            raise LinkBroken(_reason(reply)) from reply
        return reply

    async def _on_connect(self, connection: AbstractConnection) -> None:
        """The client library replaces a connection that it finds closed. What happened to Redis meanwhile (a
        restart, a failover that lost writes) must not go unnoticed, so the second connection is refused."""
        self._connections += 1
        if self._connections > 1:
            raise ConnectionLostError("the connection was closed")
        await connection.on_connect()

    async def _send(self, calls: Sequence[Call], fence: tuple[Argument, ...]) -> list[Any]:
        return await self._exchange(
            [("EVALSHA", call.script.sha, len(call.keys), *call.keys, *fence, *call.arguments) for call in calls]
        )

    async def _load_scripts(self) -> None:
        for reply in await self._exchange([("SCRIPT", "LOAD", script.text) for script in ALL]):
            if isinstance(reply, ResponseError):
                raise reply

    async def _exchange(self, commands: Sequence[tuple[Argument, ...]]) -> list[Any]:
        """One round trip; a command that the server refuses has its error as reply. Raises RedisError, OSError."""
        connection = self._connection
        if connection is None:
            raise ConnectionLostError("not open")
        try:
            packed = [pack_command(command) for command in commands]  # type: ignore[arg-type]
        except TypeError as error:
            raise DataError(str(error)) from error
        replies: list[Any] = []
        async with asyncio.timeout(self._timeout_s):
            await connection.send_packed_command(packed, check_health=False)
            for _ in commands:
                try:
                    replies.append(await connection.read_response())
                except ResponseError as error:
                    replies.append(error)
        return replies


def _reason(error: BaseException) -> str:
    """The error in one line, without the address, which may carry a password."""
    text = str(error).splitlines()[0] if str(error) else ""
    return f"Redis: {type(error).__name__}: {text}" if text else f"Redis: {type(error).__name__}"
