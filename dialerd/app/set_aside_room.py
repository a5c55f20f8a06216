"""Outcomes that the record would not take, for the API and for those who watch."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from dialerd.control.daemon import Row, Unavailable
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import LinkBroken
from dialerd.store.set_aside import SetAside

COUNT_EVERY_S = 5.0
_MANY = 10_000


class SetAsideRoom:
    """Implements :class:`dialerd.control.daemon.OutcomesAside`. Life: :meth:`run` as a task, then :meth:`aclose`."""

    def __init__(
        self, url: str, keys: Keys, *, wake: Callable[[], None], counted: Callable[[int], None],
        tell: Callable[..., None],
    ) -> None:  # fmt: skip
        self._store = SetAside(url, keys, wake)
        self._counted, self._tell = counted, tell
        self._known = 0

    async def run(self) -> None:
        """Count them now and then, and tell of new ones, until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(COUNT_EVERY_S)

    async def look(self) -> None:
        """Count them once."""
        try:
            count = await self._store.count()
        except LinkBroken:
            return  # The hot store tells that Redis is away.
        self._counted(count)
        if count > self._known:
            self._tell("error", "outcome_set_aside", count=str(count))
        self._known = count

    async def contacts(self) -> set[int]:
        """Contacts of those that can be read that far: they are not set free at a start."""
        try:
            rows = await self._store.rows(_MANY)
        except LinkBroken:
            return set()
        return {row["contact"] for row in rows if isinstance(row["contact"], int)}

    async def rows(self, limit: int) -> list[Row]:
        """The oldest ones."""
        try:
            return list(await self._store.rows(limit))
        except LinkBroken as error:
            raise Unavailable(str(error)) from error

    async def put_back(self, ids: Collection[str] | None) -> int:
        """They are written into the record again, as far as it takes them."""
        try:
            return await self._store.put_back(ids)
        except LinkBroken as error:
            raise Unavailable(str(error)) from error
        finally:
            await self.look()

    async def aclose(self) -> None:
        """Disconnect. The task must have ended."""
        await self._store.aclose()
