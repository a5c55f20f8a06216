"""Order where it matters: commands about the same thing one after another, all others at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

Job = Callable[[], Awaitable[None]]


class Lanes:
    """Runs jobs; a job starts when every earlier job that shares one of its keys is over.

    Owns its tasks: nothing runs after :meth:`stop`. A job that raises is a bug: the exception goes to
    ``on_bug`` and later jobs of its keys go on.
    """

    def __init__(self, on_bug: Callable[[BaseException], None]) -> None:
        self._on_bug = on_bug
        self._last: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def run(self, keys: Sequence[str], job: Job) -> None:
        """Start ``job`` as soon as its keys are free. Never blocks."""
        before = {self._last[key] for key in keys if key in self._last}
        task = asyncio.create_task(self._run(before, job))
        self._tasks.add(task)
        for key in keys:
            self._last[key] = task
        task.add_done_callback(lambda done: self._over(done, keys))

    async def _run(self, before: set[asyncio.Task[None]], job: Job) -> None:
        if before:
            await asyncio.wait(before)
        await job()

    def _over(self, task: asyncio.Task[None], keys: Sequence[str]) -> None:
        self._tasks.discard(task)
        for key in keys:
            if self._last.get(key) is task:
                del self._last[key]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_bug(error)

    async def drain(self, timeout_s: float) -> bool:
        """Wait for all jobs; False when some are still under way after ``timeout_s`` seconds."""
        if self._tasks:
            await asyncio.wait(tuple(self._tasks), timeout=timeout_s)
        return not self._tasks

    async def stop(self) -> None:
        """Cancel what is under way and wait until it is gone."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
