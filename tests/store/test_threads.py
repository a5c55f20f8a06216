"""A cancellation waits for the thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from dialerd.store.threads import in_thread


async def test_a_cancelled_caller_goes_on_when_the_thread_is_done() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), []

    def work() -> None:
        begun.set()
        may_end.wait(10)
        ended.append(1)

    task = asyncio.create_task(in_thread(work))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    task.cancel()
    for _ in range(5):
        await asyncio.sleep(0)
    assert not task.done(), "the thread still works"
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [1]


async def test_results_and_errors_come_through() -> None:
    assert await in_thread(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await in_thread(divmod, 7, 0)
