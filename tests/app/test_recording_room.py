"""The folder of recordings: what comes from Asterisk, what goes again, and a disk that is full."""

from __future__ import annotations

import errno
import wave
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app import recording_room
from dialerd.app.heard_sounds import HeardSounds
from dialerd.app.recording_room import RecordingRoom
from dialerd.app.stereo import NotAudio, join
from dialerd.asterisk.stored_recordings import StoredRecordings, Unreachable
from dialerd.core import ids
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.contact import ContactNext, ContactState
from dialerd.store.database import open_database
from dialerd.store.journal import Journal
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.recordings import RecordingFilter, Recordings, remove_with_contacts

NOW = 1_800_000_000.0
DAY_S = 86_400.0


class Clock:
    at = NOW

    def now(self) -> float:
        return self.at


def sound(path: Path, seconds: float, level: int) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(np.full(int(seconds * 8000), level, dtype="<i2").tobytes())


class Asterisk(StoredRecordings):
    """Its folder of recordings, as a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.away = False
        folder.mkdir()

    def recorded(self, attempt: str, seconds: float) -> None:
        sound(self.folder / ids.sibling(attempt, ids.RECORDED_IN), seconds, 1000)
        sound(self.folder / ids.sibling(attempt, ids.RECORDED_OUT), seconds, 2000)

    async def fetch(self, name: str, to: Path) -> bool:
        if self.away:
            raise Unreachable("no")
        return self._copy(self.folder / name, to)

    @staticmethod
    def _copy(half: Path, to: Path) -> bool:
        if half.exists():
            to.write_bytes(half.read_bytes())
        return half.exists()

    async def remove(self, name: str) -> None:
        if self.away:
            raise Unreachable("no")
        (self.folder / name).unlink(missing_ok=True)


class Room:
    """A room with its table, its folder and its Asterisk."""

    def __init__(self, engine: AsyncEngine, folder: Path) -> None:
        self.clock = Clock()
        self.engine, self.folder = engine, folder / "kept"
        self.asterisk = Asterisk(folder / "asterisk")
        self.table = Recordings(engine, self.clock)
        self.journal = Journal(engine, self.clock)
        self.told: list[str] = []
        self.counted: list[tuple[str, str]] = []
        self.room = RecordingRoom(
            self.table, self.asterisk, self.journal, self.folder, "03:30",
            tell=lambda level, name, **fields: self.told.append(name),
            counted=lambda campaign, result: self.counted.append((campaign, result)), waiting=lambda counts: None,
            wall=self.clock.now,
        )  # fmt: skip

    async def ended(self, number: int, *, seconds: float = 10.0, keep_s: float | None = None, **changes: Any) -> str:
        """An attempt with a recording of so many seconds is written."""
        attempt = f"dlr-{number:024x}"
        recording = {
            "state": "over", "name": "{campaign}/{year}/{attempt}", "keep_s": keep_s, "pauses": [],
            "began_at": NOW - seconds, "ended_at": NOW,
        } | changes  # fmt: skip
        record = AttemptRecord(
            id=attempt, campaign="spring", contact_id=number, contact_list="leads", contact_key="k",
            number="+441632960001", number_kind="phone", trunk="t", caller_id="+441632960000", mode="progressive",
            ring_timeout_s=20.0, ended_at=NOW, recording=recording,
        )  # fmt: skip
        outcome = Outcome(record, ContactNext(ContactState.UNCALLABLE, None, 0, "reached"))
        async with self.engine.begin() as connection:
            await write_outcomes(connection, [outcome], NOW)
            await write_outcomes(connection, [outcome], NOW)  # as the outbox does after a lost reply
        return attempt

    async def state(self, attempt: str) -> str:
        row = await self.table.of(attempt)
        assert row is not None
        return str(row["state"])

    def files(self) -> list[str]:
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file())


@pytest.fixture
async def room(tmp_path: Path) -> AsyncIterator[Room]:
    engine = open_database(f"sqlite+aiosqlite:///{tmp_path}/record.db")
    await migrate_engine(engine)
    yield Room(engine, tmp_path)
    await engine.dispose()


async def test_a_recording_is_brought_once(room: Room) -> None:
    attempt = await room.ended(1)
    room.asterisk.recorded(attempt, 10.0)
    await room.room.look()
    row = await room.table.of(attempt)
    assert row is not None
    assert (row["state"], row["file"], row["duration_s"]) == ("kept", f"spring/2027/{attempt}.wav", 10.0)
    assert room.files() == [row["file"]]
    with wave.open(str(room.folder / row["file"])) as file:
        both = np.frombuffer(file.readframes(80_000), dtype="<i2").reshape(-1, 2)
    assert both[:, 0].tolist() == [1000] * 80_000
    assert both[:, 1].tolist() == [2000] * 80_000
    assert list(room.asterisk.folder.iterdir()) == []
    await room.room.look()
    assert (room.counted, room.told) == ([("spring", "kept")], [])
    assert [one["attempt_id"] for one in await room.table.find(RecordingFilter(campaign="spring"))] == [attempt]


async def test_a_full_disk_keeps_the_halves_where_they_are(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = await room.ended(1)
    room.asterisk.recorded(attempt, 10.0)

    def full(*_: Path) -> float:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(recording_room, "join", full)
    with pytest.raises(OSError, match="No space"):
        await room.room.look()
    assert (await room.state(attempt), room.files()) == ("waiting", [])
    assert len(list(room.asterisk.folder.iterdir())) == 2
    monkeypatch.undo()
    await room.room.look()
    assert await room.state(attempt) == "kept"


def test_half_a_file_is_no_file(tmp_path: Path) -> None:
    """What is written when the disk is full goes again; what is no sound is said to be none."""
    left, right, to = tmp_path / "l", tmp_path / "r", tmp_path / "a/b.wav"
    sound(left, 1.0, 1)
    right.write_bytes(b"RIFF and nothing else")
    with pytest.raises(NotAudio):
        join(left, right, to)
    assert list(to.parent.iterdir()) == []
    sound(right, 0.25, 2)
    assert join(left, right, to) == 1.0


async def test_asterisk_away_then_back(room: Room) -> None:
    attempt = await room.ended(1)
    room.asterisk.recorded(attempt, 10.0)
    room.asterisk.away = True
    with pytest.raises(Unreachable):
        await room.room.look()
    assert await room.state(attempt) == "waiting"
    room.asterisk.away = False
    await room.room.look()
    assert await room.state(attempt) == "kept"


async def test_killed_between_file_and_row(room: Room) -> None:
    """The file was written, the halves removed, and the row not yet: the next run finds the file."""
    attempt = await room.ended(1)
    file = room.folder / f"spring/2027/{attempt}.wav"
    file.parent.mkdir(parents=True)
    sound(file, 10.0, 1)
    await room.room.look()
    assert await room.state(attempt) == "kept"


async def test_what_is_missing_or_short_is_told(room: Room) -> None:
    lost, short, broken = [await room.ended(number) for number in (1, 2, 3)]
    room.asterisk.recorded(short, 4.0)
    room.asterisk.recorded(broken, 10.0)
    (room.asterisk.folder / ids.sibling(broken, ids.RECORDED_OUT)).write_bytes(b"")
    never = await room.ended(4, state="failed", began_at=None, reason="no space")
    await room.room.look()
    states = [await room.state(attempt) for attempt in (lost, short, broken, never)]
    assert states == ["failed", "kept", "failed", "failed"]
    assert sorted(room.told) == ["recording_lost", "recording_lost", "recording_short"]
    row = await room.table.of(short)
    assert row is not None
    assert row["reason"] == "short: 4.0 s of 10.0 s"


async def test_retention_is_bounded_and_audited(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording_room, "AT_ONCE", 2)
    monkeypatch.setattr(recording_room, "MOST_A_NIGHT", 4)
    old = [await room.ended(number, keep_s=DAY_S) for number in range(1, 7)]
    young, forever = await room.ended(7, keep_s=3 * DAY_S), await room.ended(8)
    for attempt in (*old, young, forever):
        room.asterisk.recorded(attempt, 10.0)
    while await room.room.look():
        pass
    room.clock.at += 2 * DAY_S
    assert await room.room.expire() == 4
    assert (len(room.files()), await room.room.expire()) == (4, 2)
    assert {await room.state(attempt) for attempt in old} == {"removed"}
    assert [await room.state(young), await room.state(forever)] == ["kept", "kept"]
    audit = [(one["who"], one["detail"]) for one in await room.journal.audit()]
    assert audit == [
        ("retention", {"count": 2}),
        ("retention", {"count": 4}),
    ]


async def test_removed_before_it_was_brought(room: Room) -> None:
    attempt = await room.ended(1)
    room.asterisk.recorded(attempt, 10.0)
    assert await room.table.remove(attempt, "anna")
    await room.room.look()
    assert (await room.state(attempt), room.files(), list(room.asterisk.folder.iterdir())) == ("removed", [], [])
    assert not await room.table.remove(attempt, "anna")


# --- answers that were taken for machines ----------------------------------------------------------------------

REVIEW = {"kind": "review", "name": "review/{campaign}/{attempt}"}
HEARD = np.full(4 * 8000, 1000, dtype="<i2").tobytes()


async def test_what_was_heard_of_an_answer_is_kept(room: Room) -> None:
    attempt = await room.ended(1, seconds=4.0, keep_s=DAY_S, **REVIEW)
    await room.room.look()
    assert await room.state(attempt) == "waiting", "its sound may come a moment later"
    room.room.heard.take(attempt, HEARD)
    await room.room.look()
    row = await room.table.of(attempt)
    assert row is not None
    assert (row["state"], row["kind"], row["duration_s"], row["reason"]) == ("kept", "review", 4.0, "")
    with wave.open(str(room.folder / row["file"])) as file:
        assert (file.getnchannels(), file.getframerate(), file.readframes(99_999)) == (1, 8000, HEARD)
    assert row["file"] == f"review/spring/{attempt}.wav"
    assert room.room.heard.of(attempt) is None
    assert room.counted == [("spring", "kept")]
    assert [one["attempt_id"] for one in await room.table.find(RecordingFilter(kind="review"))] == [attempt]
    assert await room.table.find(RecordingFilter(kind="conversation")) == []


async def test_many_that_wait_for_their_sound_are_no_reason_to_look_again_at_once(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recording_room, "AT_ONCE", 2)
    for number in (1, 2):
        await room.ended(number, seconds=4.0, **REVIEW)
    assert not await room.room.look()
    room.room.heard.take(f"dlr-{2:024x}", HEARD)
    assert await room.room.look()


async def test_it_goes_when_its_time_is_over_whether_asterisk_is_there_or_not(room: Room) -> None:
    attempt = await room.ended(1, seconds=4.0, keep_s=DAY_S, **REVIEW)
    room.room.heard.take(attempt, HEARD)
    await room.room.look()
    (file,) = room.folder.rglob("*.wav")
    room.asterisk.away = True
    room.clock.at += DAY_S + 1
    assert await room.room.expire() == 1
    assert (await room.state(attempt), file.exists()) == ("removed", False)


async def test_with_the_contact_goes_what_has_not_been_written_yet(room: Room) -> None:
    attempt = await room.ended(1, seconds=4.0, **REVIEW)
    room.room.heard.take(attempt, HEARD)
    async with room.engine.begin() as connection:
        await remove_with_contacts(connection, [1])
    await room.room.look()
    assert (await room.state(attempt), list(room.folder.rglob("*.wav"))) == ("removed", [])
    assert room.room.heard.of(attempt) is None


async def test_a_sound_that_never_comes_is_told(room: Room) -> None:
    """The daemon that heard it died."""
    attempt = await room.ended(1, seconds=4.0, **REVIEW)
    room.clock.at += recording_room.HEARD_WITHIN_S + 1
    await room.room.look()
    assert (await room.state(attempt), room.told) == ("failed", ["answer_not_kept"])


async def test_a_review_whose_row_was_not_written(room: Room) -> None:
    attempt = await room.ended(1, seconds=4.0, **REVIEW)
    file = room.folder / f"review/spring/{attempt}.wav"
    file.parent.mkdir(parents=True)
    sound(file, 4.0, 1000)
    await room.room.look()
    assert (await room.state(attempt), room.counted) == ("kept", [("spring", "kept")])


async def test_a_full_disk_keeps_what_was_heard_for_later(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    attempt = await room.ended(1, seconds=4.0, **REVIEW)
    room.room.heard.take(attempt, HEARD)

    def full(*_: object) -> float:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(recording_room, "write_sound", full)
        with pytest.raises(OSError, match="No space"):
            await room.room.look()
    assert await room.state(attempt) == "waiting"
    await room.room.look()
    assert await room.state(attempt) == "kept"


def test_only_so_much_is_held_and_the_longer_of_two() -> None:
    sounds = HeardSounds(most_bytes=10)
    sounds.take("a", b"12345")
    sounds.take("a", b"123")
    assert sounds.of("a") == b"12345"
    sounds.take("a", b"123456")
    sounds.take("b", b"1234")
    assert (sounds.of("a"), sounds.of("b")) == (b"123456", b"1234")
    sounds.take("c", b"12")
    assert (sounds.of("a"), sounds.of("b"), sounds.of("c")) == (None, b"1234", b"12"), "the oldest goes"
    sounds.forget("a")
    sounds.take("d", b"1234")
    assert sounds.of("b") == b"1234"
