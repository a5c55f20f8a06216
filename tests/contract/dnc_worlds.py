"""Do-not-call lists under one contract: those in memory, and those in SQL with their copy in Redis."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from dialerd.core.commands import BarNumber, Claim, ConfirmClaim
from dialerd.core.dnc import DncEntry
from dialerd.core.events import ClaimConfirmed, ClaimGranted, ClaimNotConfirmed, ClaimRefused
from dialerd.store.database import open_database
from dialerd.store.dnc_load import LoadMode, load_file
from dialerd.store.dnc_loads import DncLoads
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.memory_hot import MemoryHotStore
from dialerd.store.migrate import migrate_engine
from tests.store.store_lab import Inbox, attempt, client, running


class WallClock:
    """Redis has its own clock, so the tests cannot stand still: ends of entries are far ahead, or long ago."""

    def now(self) -> float:
        import time

        return time.time()


class DncWorld(ABC):
    """Lists, a hot store that asks them, and the ways in which they come apart."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self._serial = 0

    @property
    def now(self) -> float:
        return WallClock().now()

    async def claim(self, number: str, *lists: str, contact_key: str = "k") -> tuple[str, float | None] | None:
        """The refusal of a claim, or None when it is granted; the attempt's own id makes each claim a new one."""
        self._serial += 1
        record = attempt(self._serial, number=number, contact_key=contact_key)
        await self.submit(Claim(record, 1000, 500.0, 1000, dnc=lists))
        granted = [event for event in self.inbox.of(ClaimGranted) if event.attempt_id == record.id]
        refused = [event for event in self.inbox.of(ClaimRefused) if event.attempt_id == record.id]
        assert len(granted) + len(refused) == 1
        return (refused[0].reason, refused[0].retry_at) if refused else None

    async def accepted(self, number: str, *lists: str, contact_key: str = "k") -> tuple[str, float | None] | None:
        """The same for an offer that is accepted, of the claim on this number that was granted last."""
        record = attempt(self._serial, number=number, contact_key=contact_key, state="accepted")
        before = len(self.inbox.events)
        await self.submit(ConfirmClaim(record, 500.0, lists))
        (said,) = self.inbox.events[before:]
        assert isinstance(said, ClaimConfirmed | ClaimNotConfirmed)
        assert said.attempt_id == record.id
        return (said.reason, said.retry_at) if isinstance(said, ClaimNotConfirmed) else None

    @abstractmethod
    async def submit(self, command: Claim | ConfirmClaim | BarNumber) -> None: ...

    @abstractmethod
    async def ensure(self, *names: str) -> None: ...

    @abstractmethod
    async def add(self, name: str, entry: DncEntry) -> None:
        """Into the record alone."""

    async def bar(self, name: str, number: str) -> None:
        """Into the copy alone, as the core does during a call."""
        await self.submit(BarNumber(name, number))

    @abstractmethod
    async def remove(self, name: str, entry: DncEntry) -> bool: ...

    @abstractmethod
    async def load(self, name: str, numbers: Sequence[str], append: bool = False) -> None:
        """A file, into both."""

    @abstractmethod
    async def refresh(self, name: str) -> None: ...

    @abstractmethod
    async def reached(self, name: str) -> None:
        """The hot store learns how far the record is."""

    @abstractmethod
    async def wipe(self) -> None:
        """The copy is lost."""

    async def close(self) -> None:
        return


class MemoryDncWorld(DncWorld):
    def __init__(self) -> None:
        super().__init__()
        self.hot = MemoryHotStore(self.inbox.post, WallClock())

    async def submit(self, command: Claim | ConfirmClaim | BarNumber) -> None:
        self.hot.submit(command)

    async def ensure(self, *names: str) -> None:
        self.hot.dnc.ensure(names)

    async def add(self, name: str, entry: DncEntry) -> None:
        self.hot.dnc.add(name, entry, self.now)

    async def remove(self, name: str, entry: DncEntry) -> bool:
        return self.hot.dnc.remove(name, entry)

    async def load(self, name: str, numbers: Sequence[str], append: bool = False) -> None:
        self.hot.dnc.load(name, numbers, append)
        self.hot.dnc.refresh(name)

    async def refresh(self, name: str) -> None:
        self.hot.dnc.refresh(name)

    async def reached(self, name: str) -> None:
        self.hot.dnc.reached(name)

    async def wipe(self) -> None:
        self.hot.dnc.wipe()


class StoredDncWorld(DncWorld):
    """A real database and a real Redis."""

    def __init__(self, database_url: str, redis_url: str, folder: Path) -> None:
        super().__init__()
        self.redis_url = redis_url
        self._folder = folder
        self.engine = open_database(database_url)
        self.record = SqlDnc(self.engine, WallClock())
        self.loads = DncLoads(self.engine, WallClock())
        self.copy = DncCopy(redis_url, self.record)

    async def open(self) -> None:
        await migrate_engine(self.engine)
        self._running = running(self.redis_url, self.inbox, lease_ttl_s=30.0)
        self.hot = await self._running.__aenter__()

    async def close(self) -> None:
        await self._running.__aexit__(None, None, None)
        await self.copy.aclose()
        await self.engine.dispose()

    async def submit(self, command: Claim | ConfirmClaim | BarNumber) -> None:
        self.hot.submit(command)
        await self.hot.flush()

    async def ensure(self, *names: str) -> None:
        await self.record.ensure(names)

    async def add(self, name: str, entry: DncEntry) -> None:
        await self.record.add(name, [entry], "asked", "anna")

    async def remove(self, name: str, entry: DncEntry) -> bool:
        return await self.record.remove(name, entry, "consented", "anna")

    async def load(self, name: str, numbers: Sequence[str], append: bool = False) -> None:
        path = self._folder / "numbers.txt"
        path.write_text("\n".join(numbers))
        await load_file(
            self.record, self.loads, self.copy, path, name, mode=LoadMode.APPEND if append else LoadMode.REPLACE,
            region=None, who="anna", now=self.now,
        )  # fmt: skip

    async def refresh(self, name: str) -> None:
        await self.copy.refresh(name)

    async def reached(self, name: str) -> None:
        row = await self.record.one(name)
        self.hot.dnc_reached(name, row.generation, row.seq)

    async def wipe(self) -> None:
        async with client(self.redis_url) as redis:
            keys = [key async for key in redis.scan_iter(match="{dialerd}:dnc*")]
            await redis.delete(*keys)
