"""Many messages are read several at a time; none is lost, none overtakes another, few wait at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mock_ari import MockAri
from picows import ws_connect

from dialerd.asterisk.frames import Frames
from dialerd.asterisk.read_pace import LOOKS_AT_ONCE, LOOKS_PER_S, ReadPace

PAUSE_S = 0.05
PATIENCE_S = 20.0


class Told(ReadPace):
    """Says what it was told to say, then 0 for ever; remembers when it was asked."""

    def __init__(self, *waits_s: float) -> None:
        super().__init__()
        self._waits_s = list(waits_s)
        self.asked_at: list[float] = []
        self.asked = asyncio.Event()

    def looked(self, now: float) -> float:
        self.asked_at.append(now)
        self.asked.set()
        return self._waits_s.pop(0) if self._waits_s else 0.0


def test_few_looks_never_wait() -> None:
    pace = ReadPace()
    assert [pace.looked(100.0) for _ in range(int(LOOKS_AT_ONCE) - 1)] == [0.0] * (int(LOOKS_AT_ONCE) - 1)
    assert all(pace.looked(200.0 + i / LOOKS_PER_S) == 0.0 for i in range(1000))


def test_beyond_each_look_waits_for_its_turn() -> None:
    pace = ReadPace(per_s=100.0, at_once=2.0)
    assert pace.looked(0.0) == 0.0
    assert pace.looked(0.0) == pytest.approx(0.01)
    assert pace.looked(0.01) == pytest.approx(0.01)
    assert pace.looked(0.025) == pytest.approx(0.005)
    assert pace.looked(1.0) == 0.0


@given(st.floats(1.0, 1000.0), st.floats(1.0, 100.0), st.lists(st.floats(0.0, 0.2), min_size=1, max_size=200))
def test_no_more_looks_than_it_allows(per_s: float, at_once: float, idle_s: list[float]) -> None:
    """However long nothing comes in between, and nobody waits longer than one look takes."""
    pace, now = ReadPace(per_s, at_once), 1000.0
    for looks, idle in enumerate(idle_s, 1):
        wait_s = pace.looked(now)
        assert wait_s <= 1.0 / per_s + 1e-9
        assert looks <= at_once + (now - 1000.0) * per_s + 1e-3
        now += max(wait_s, idle)


@pytest.fixture
async def received(ari: MockAri) -> AsyncIterator[tuple[Frames, Told, list[tuple[float, bytes]]]]:
    """A socket whose first look makes the next wait, and what came over it, with the time."""
    loop = asyncio.get_running_loop()
    pace = Told(PAUSE_S)
    settings = ari.settings()
    _, frames = await ws_connect(
        partial(Frames, pace), f"{settings.events_url}?app=app", extra_headers=settings.authorization
    )
    assert isinstance(frames, Frames)
    messages: list[tuple[float, bytes]] = []
    frames.hand_messages_to(lambda message: messages.append((loop.time(), message)))
    yield frames, pace, messages
    frames.abort()
    await frames.closed


async def test_what_came_meanwhile_is_handed_on_afterwards(
    ari: MockAri, received: tuple[Frames, Told, list[tuple[float, bytes]]]
) -> None:
    _, pace, messages = received
    await ari.send_raw("0")
    async with asyncio.timeout(PATIENCE_S):
        await pace.asked.wait()
        for number in range(1, 300):
            await ari.send_raw(f"{number}")
        while len(messages) < 300:
            pace.asked.clear()
            await pace.asked.wait()
    assert [message for _, message in messages] == [b"%d" % number for number in range(300)]
    # The loop's clock counts milliseconds.
    next_look_at = pace.asked_at[0] + PAUSE_S - 0.002
    assert [at for at, _ in messages[1:] if at < next_look_at] == []


async def test_an_end_that_comes_meanwhile_is_noticed(
    ari: MockAri, received: tuple[Frames, Told, list[tuple[float, bytes]]]
) -> None:
    frames, pace, messages = received
    await ari.send_raw("the last word")
    async with asyncio.timeout(PATIENCE_S):
        await pace.asked.wait()
        await ari.cut()
        await asyncio.shield(frames.closed)
    assert [message for _, message in messages] == [b"the last word"]


async def test_closing_meanwhile_does_no_harm(
    ari: MockAri, received: tuple[Frames, Told, list[tuple[float, bytes]]]
) -> None:
    frames, pace, _ = received
    failed: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: failed.append(context))
    await ari.send_raw("a word")
    async with asyncio.timeout(PATIENCE_S):
        await pace.asked.wait()
        frames.close()
        await asyncio.shield(frames.closed)
    await asyncio.sleep(2 * PAUSE_S)  # the look that was planned finds nobody there
    assert not failed
