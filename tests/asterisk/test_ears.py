"""The ears on a socket: what Asterisk sends, what somebody else sends, and what is kept of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import numpy as np
import pytest

from dialerd.asterisk.ears import MOST_BYTES, Ears, uuid_of
from dialerd.core.call_events import ListeningFailed, ToneHeard
from dialerd.core.tones import RATE_HZ

ATTEMPT = "dlr-0000000000000000000000a1"
OTHER = "dlr-0000000000000000000000a2"


def frame(kind: int, payload: bytes) -> bytes:
    return bytes((kind,)) + len(payload).to_bytes(2, "big") + payload


def named(attempt: str = ATTEMPT) -> bytes:
    return frame(0x01, bytes.fromhex(uuid_of(attempt).replace("-", "")))


def sounding(hz: float, seconds: float) -> bytes:
    """A sine, in frames of 20 ms as Asterisk sends them."""
    samples = (8000 * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype("<i2").tobytes()
    return b"".join(frame(0x10, samples[at : at + 320]) for at in range(0, len(samples), 320))


FAX = sounding(2100, 1.0)


class World:
    """Ears, and what they told."""

    def __init__(self) -> None:
        self.told: list[ToneHeard | ListeningFailed] = []
        self.kept: list[tuple[str, bytes]] = []
        self.ears = Ears("127.0.0.1", 0, self.told.append, lambda attempt, sound: self.kept.append((attempt, sound)))
        self.port = 0
        self._writers: list[asyncio.StreamWriter] = []

    async def send(self, *parts: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection that sends this."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self._writers.append(writer)
        writer.write(b"".join(parts))
        await writer.drain()
        return reader, writer

    async def hung_up_on(self, *parts: bytes) -> None:
        """Whoever sends this is hung up on."""
        async with asyncio.timeout(20):
            with suppress(ConnectionResetError, BrokenPipeError):
                reader, _ = await self.send(*parts)
                assert await reader.read() == b""

    async def close(self) -> None:
        for writer in self._writers:
            writer.close()
        await self.ears.stop()

    @property
    def heard(self) -> list[str]:
        return [one.tone.value for one in self.told if isinstance(one, ToneHeard)]

    @property
    def failed(self) -> list[tuple[str, str]]:
        return [(one.attempt_id, one.reason) for one in self.told if isinstance(one, ListeningFailed)]


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    made.port = await made.ears.start()
    yield made
    await made.close()


async def until_equal(what: str, ask: Callable[[], object], expected: object) -> None:
    """Let the loop turn until the answer is the expected one."""
    deadline = time.monotonic() + 20
    while (answer := ask()) != expected:
        assert time.monotonic() < deadline, f"{what}: {answer!r} is not {expected!r}"
        await asyncio.sleep(0.01)


async def until_open(world: World, count: int) -> None:
    await until_equal("connections", lambda: world.ears.open_connections, count)


async def test_what_asterisk_sends(world: World) -> None:
    world.ears.expect(ATTEMPT)
    # Also a key that was pressed, and in pieces that are no frames.
    whole = named() + frame(0x03, b"5") + FAX
    _, writer = await world.send(whole[:2])
    for at in range(2, len(whole), 777):
        writer.write(whole[at : at + 777])
        await writer.drain()
    await until_equal("tones", lambda: world.heard, ["fax_ced"])
    assert world.told[0] == ToneHeard(ATTEMPT, world.told[0].tone, pytest.approx(0.0, abs=1.0))  # type: ignore[union-attr]
    writer.write(frame(0x00, b""))
    await until_open(world, 0)
    assert world.failed == []


BAD = {
    "wrong kind": (frame(0x42, b"xx"), "a frame of kind 0x42"),
    "huge length": (b"\x10\xff\xff" + b"\0" * 400, "a frame of 65535 bytes"),
    "half a sample": (frame(0x10, b"\0" * 321), "half a sample: 321 bytes"),
    "named twice": (named(), "it said twice which call it is"),
    "garbage": (bytes(range(7, 200)), f"a frame of {8 << 8 | 9} bytes"),
}  # fmt: skip
assert BAD["garbage"][0][0] == 7
assert MOST_BYTES < 65535


@pytest.mark.parametrize("bad", BAD)
async def test_bad_frames_are_told_once_and_nothing_more_is_heard(world: World, bad: str) -> None:
    world.ears.expect(ATTEMPT)
    sent, reason = BAD[bad]
    if bad == "garbage":
        reason = "a frame of kind 0x07"
        sent = b"\x07\x00\x02" + sent
    await world.hung_up_on(named(), sent, FAX)
    assert world.failed == [(ATTEMPT, reason)]
    await until_open(world, 0)
    # Nobody comes back for the same call either.
    await world.hung_up_on(named(), FAX)
    assert (world.failed, world.heard) == ([(ATTEMPT, reason)], [])


async def test_tones_before_a_bad_frame_count(world: World) -> None:
    world.ears.expect(ATTEMPT)
    _, writer = await world.send(named(), FAX)
    await until_equal("tones", lambda: world.heard, ["fax_ced"])
    writer.write(frame(0x42, b""))
    await until_equal("failures", lambda: world.failed, [(ATTEMPT, "a frame of kind 0x42")])


async def test_cut_off_in_the_middle_of_a_frame(world: World) -> None:
    world.ears.expect(ATTEMPT)
    _, writer = await world.send(named(), sounding(440, 0.2), b"\x10\x01\x40" + b"\0" * 100)
    writer.close()
    reason = "the connection broke off in the middle of a frame"
    await until_equal("failures", lambda: world.failed, [(ATTEMPT, reason)])
    assert world.ears.open_connections == 0


async def test_asterisk_ends_a_call_between_two_frames_and_nobody_is_told(world: World) -> None:
    world.ears.expect(ATTEMPT)
    _, writer = await world.send(named(), sounding(440, 0.2))
    await until_equal("sound", lambda: world.ears.heard_s, pytest.approx(0.2))
    writer.close()
    await until_open(world, 0)
    assert world.told == []


@pytest.mark.parametrize(
    "sent",
    [
        named(OTHER), frame(0x01, b"\1\2\3"), frame(0x01, b"\0" * 17), frame(0x10, b"\0" * 320),
        b"GET / HTTP/1.1\r\n\r\n", frame(0x00, b""), FAX,
    ],
    ids=["another call", "a short id", "a long id", "sound without a name", "a browser", "the end", "a fax"],
)  # fmt: skip
async def test_a_stranger_disturbs_nobody(world: World, sent: bytes) -> None:
    world.ears.expect(ATTEMPT)
    await world.hung_up_on(sent)
    assert world.told == []
    await world.send(named(), FAX)
    await until_equal("tones", lambda: world.heard, ["fax_ced"])


async def test_a_second_connection_for_the_same_call_is_refused_and_the_first_goes_on(world: World) -> None:
    world.ears.expect(ATTEMPT)
    _, first = await world.send(named(), sounding(440, 0.2))
    await until_equal("sound", lambda: world.ears.heard_s, pytest.approx(0.2))
    await world.hung_up_on(named(), FAX)
    assert world.heard == []
    first.write(sounding(2100, 1.0))
    await until_equal("tones", lambda: world.heard, ["fax_ced"])
    assert world.failed == []


async def test_a_call_that_is_no_longer_listened_to_is_hung_up_on(world: World) -> None:
    world.ears.expect(ATTEMPT)
    await world.send(named(), sounding(440, 0.2))
    await until_equal("sound", lambda: world.ears.heard_s, pytest.approx(0.2))
    world.ears.forget(ATTEMPT)
    await until_open(world, 0)
    assert (world.told, world.kept) == ([], [])


# --- what is kept --------------------------------------------------------------------------------------------


def plain(sent: bytes) -> bytes:
    """The sound of frames of 320 bytes."""
    return b"".join(sent[at + 3 : at + 323] for at in range(0, len(sent), 323))


async def listening(world: World, seconds: float, keep_s: float) -> asyncio.StreamWriter:
    """So much was heard of a call, of which so much is held."""
    world.ears.expect(ATTEMPT, keep_s)
    _, writer = await world.send(named(), sounding(440, seconds))
    await until_equal("sound", lambda: world.ears.heard_s, pytest.approx(seconds))
    return writer


async def test_what_was_heard_is_handed_over_at_once_where_nothing_more_is_wanted(world: World) -> None:
    writer = await listening(world, 1.0, 5.0)
    assert world.kept == []
    world.ears.keep(ATTEMPT, 0.0)
    assert world.kept == [(ATTEMPT, plain(sounding(440, 1.0)))]
    writer.write(sounding(440, 1.0))
    await until_equal("sound", lambda: world.ears.heard_s, pytest.approx(2.0))
    world.ears.forget(ATTEMPT)
    await until_open(world, 0)
    assert len(world.kept) == 1


async def test_a_little_more_is_waited_for(world: World) -> None:
    writer = await listening(world, 1.0, 5.0)
    world.ears.keep(ATTEMPT, 0.4)
    assert world.kept == []
    writer.write(sounding(440, 1.0))
    await until_equal("length in bytes", lambda: [len(sound) for _, sound in world.kept], [round(1.4 * RATE_HZ) * 2])


@pytest.mark.parametrize("end", ["forgotten", "hung up"])
async def test_a_call_that_ends_meanwhile_is_handed_over_as_it_is(world: World, end: str) -> None:
    writer = await listening(world, 1.0, 5.0)
    world.ears.keep(ATTEMPT, 3.0)
    if end == "forgotten":
        world.ears.forget(ATTEMPT)
    else:
        writer.close()
    await until_equal("kept", lambda: world.kept, [(ATTEMPT, plain(sounding(440, 1.0)))])


async def test_no_more_is_held_than_was_said_and_nothing_where_nothing_was(world: World) -> None:
    await listening(world, 1.0, 0.5)
    world.ears.keep(ATTEMPT, 3.0)
    assert [len(sound) for _, sound in world.kept] == [RATE_HZ]
    world.ears.keep(OTHER, 0.0)
    assert len(world.kept) == 1


async def test_what_nobody_wants_is_not_handed_over(world: World) -> None:
    writer = await listening(world, 1.0, 5.0)
    writer.close()
    await until_open(world, 0)
    assert world.kept == []
