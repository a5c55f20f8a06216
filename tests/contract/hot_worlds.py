"""The hot stores under one contract, with the same questions asked of each."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from contextlib import AsyncExitStack
from dataclasses import dataclass

from dialerd.core.attempts_control import LoggedCall, Scope
from dialerd.core.commands import StoreCommand
from dialerd.store.call_log import CallLog
from dialerd.store.call_log_format import unpacked
from dialerd.store.codec import decode_outcome
from dialerd.store.database import open_database
from dialerd.store.ledger import LedgerContents
from dialerd.store.memory_hot import MemoryHotStore
from dialerd.store.redis_hot import RedisHotStore
from dialerd.store.redis_keys import Keys
from dialerd.store.schema import metadata
from tests.store.store_lab import Inbox, SystemClock, client, running


@dataclass(frozen=True)
class Holds:
    """What attempts hold."""

    numbers: dict[str, str]
    trunk: set[str]
    campaign: set[str]
    agents: dict[str, str]


NOTHING = Holds({}, set(), set(), {})


class HotWorld(ABC):
    """One store, its inbox, and a look inside."""

    def __init__(self) -> None:
        self.inbox = Inbox()

    @abstractmethod
    def submit(self, command: StoreCommand) -> None: ...

    @abstractmethod
    async def settled(self) -> None:
        """All commands are answered."""

    @abstractmethod
    async def holds(self) -> Holds:
        """Of trunk ``carrier`` and campaign ``spring``."""

    @abstractmethod
    async def outcomes(self) -> list[tuple[str, str | None]]:
        """(attempt id, disposition) in the outbox, in order."""

    @abstractmethod
    async def after_crash(self) -> LedgerContents:
        """The daemon dies and comes back: what does it find?"""

    @abstractmethod
    async def lose_after_commit(self, command: StoreCommand) -> None:
        """The command takes effect, its reply is lost together with the store."""

    @abstractmethod
    async def bring_back(self) -> None: ...

    @abstractmethod
    async def know_calls(self, **windows_s: int) -> None:
        """Make the logs of calls complete: scope -> how far back; with an empty record."""

    @abstractmethod
    async def calls(self, scope: Scope, subject: str) -> list[LoggedCall]:
        """A log, in order of time."""

    async def done(self, *commands: StoreCommand) -> None:
        for command in commands:
            self.submit(command)
        await self.settled()


class MemoryWorld(HotWorld):
    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryHotStore(self.inbox.post, SystemClock())

    def submit(self, command: StoreCommand) -> None:
        self.store.submit(command)

    async def settled(self) -> None:
        return

    async def holds(self) -> Holds:
        store = self.store
        return Holds(
            dict(store.numbers),
            set(store.trunk_lines.get("carrier", ())),
            set(store.campaign_lines.get("spring", ())),
            dict(store.agents),
        )

    async def outcomes(self) -> list[tuple[str, str | None]]:
        return [(o.record.id, o.record.disposition) for o in self.store.take_outcomes()]

    async def after_crash(self) -> LedgerContents:
        self.inbox = Inbox()
        self.store.attach(self.inbox.post)
        return self.store.recover()

    async def lose_after_commit(self, command: StoreCommand) -> None:
        self.store.lose_after_commit("cable pulled")
        self.store.submit(command)

    async def bring_back(self) -> None:
        self.store.bring_back()

    async def know_calls(self, **windows_s: int) -> None:
        self.store.know_calls({Scope(scope): window_s for scope, window_s in windows_s.items()})

    async def calls(self, scope: Scope, subject: str) -> list[LoggedCall]:
        return sorted(self.store.calls.get((scope, subject), ()))


class LossyProxy:
    """A TCP relay to Redis that can swallow what Redis says, and cut the line."""

    def __init__(self, port: int) -> None:
        self._upstream_port = port
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.swallow = False
        self.swallowed = asyncio.Event()
        self.refuse = False

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        return f"redis://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/0"

    def cut(self) -> None:
        for writer in list(self._writers):
            writer.close()

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self.cut()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._writers.add(writer)
        upstream: asyncio.StreamWriter | None = None
        try:
            if self.refuse:
                return
            upstream_reader, upstream = await asyncio.open_connection("127.0.0.1", self._upstream_port)
            await asyncio.gather(
                self._pump(reader, upstream, replies=False), self._pump(upstream_reader, writer, replies=True)
            )
        except OSError:
            return
        finally:
            writer.close()
            if upstream is not None:
                upstream.close()
            self._writers.discard(writer)
            self._tasks.discard(task)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, replies: bool) -> None:
        while data := await reader.read(65536):
            if replies and self.swallow:
                self.swallowed.set()
                continue
            writer.write(data)
            await writer.drain()
        writer.close()


class RedisWorld(HotWorld):
    """Redis behind a lossy line."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self._direct = f"redis://127.0.0.1:{port}/0"
        self.proxy = LossyProxy(port)
        self.keys = Keys("main")
        self.store: RedisHotStore
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        self._url = await self.proxy.start()
        await self._begin()

    async def _begin(self) -> None:
        # The world stays away from the lease's time to live: a slow test machine must not lose it by itself.
        self.store = await self._stack.enter_async_context(running(self._url, self.inbox, lease_ttl_s=30.0))

    async def close(self) -> None:
        await self._stack.aclose()
        await self.proxy.stop()

    def submit(self, command: StoreCommand) -> None:
        self.store.submit(command)

    async def settled(self) -> None:
        async with asyncio.timeout(20):
            await self.store.flush()

    async def holds(self) -> Holds:
        async with client(self._direct) as redis:
            reserved = await redis.hgetall(self.keys.reserved)
            agents = await redis.hgetall(self.keys.agents)
            assert {v: k for k, v in reserved.items()} == agents, "both directions agree"
            return Holds(
                {k.decode(): v.decode() for k, v in (await redis.hgetall(self.keys.numbers)).items()},
                {m.decode() for m in await redis.smembers(self.keys.trunk_lines("carrier"))},
                {m.decode() for m in await redis.smembers(self.keys.campaign_lines("spring"))},
                {k.decode(): v.decode() for k, v in agents.items()},
            )

    async def outcomes(self) -> list[tuple[str, str | None]]:
        async with client(self._direct) as redis:
            entries = await redis.xrange(self.keys.outbox)
        decoded = [decode_outcome(values[b"outcome"]) for _, values in entries]
        return [(o.record.id, o.record.disposition) for o in decoded]

    async def after_crash(self) -> LedgerContents:
        self.inbox = Inbox()
        store = RedisHotStore(self._url, "main", "one", self.inbox.post, SystemClock())
        await store.start()
        try:
            return await store.recover()
        finally:
            await store.aclose()

    async def lose_after_commit(self, command: StoreCommand) -> None:
        self.proxy.swallow = True
        self.store.submit(command)
        async with asyncio.timeout(20):
            await self.proxy.swallowed.wait()
        self.proxy.refuse = True
        self.proxy.cut()

    async def bring_back(self) -> None:
        self.proxy.swallow = False
        self.proxy.refuse = False

    async def know_calls(self, **windows_s: int) -> None:
        windows = {Scope(scope): window_s for scope, window_s in windows_s.items()}
        engine = open_database("sqlite://")
        try:
            async with engine.begin() as connection:
                await connection.run_sync(metadata.create_all)
            async with asyncio.timeout(20):
                await CallLog(self._direct, self.keys, engine, SystemClock(), lambda: windows).complete()
        finally:
            await engine.dispose()

    async def calls(self, scope: Scope, subject: str) -> list[LoggedCall]:
        async with client(self._direct) as redis:
            return sorted(unpacked(await redis.get(self.keys.calls(scope, subject)) or b""))
