"""Files by content: whole or not at all, the least recently used first, never those in use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dialerd.speech.cache import PromptCache
from dialerd.speech.sound import telephone_wav
from tests.speech.voices import tone

SPEECH = telephone_wav(tone(0.5))
NAMES = [f"{first:02x}{'0' * 30}" for first in range(10)]


class Clock:
    def __init__(self) -> None:
        self.at = 1_000_000.0

    def __call__(self) -> float:
        return self.at


def cache(folder: Path, most: int = 1 << 20, clock: Clock | None = None) -> PromptCache:
    made = PromptCache(folder, "/shared/speech", most, now=clock or Clock())
    made.open()
    return made


def test_what_was_written_is_there_after_a_restart(tmp_path: Path) -> None:
    first = cache(tmp_path / "speech")
    first.put(NAMES[0], SPEECH)
    again = cache(tmp_path / "speech")
    assert again.has(NAMES[0])
    assert (again.count, again.size_bytes) == (1, len(SPEECH))
    assert again.media(NAMES[0]) == f"sound:/shared/speech/00/{NAMES[0]}"
    assert again.digest_in(again.media(NAMES[0])) == NAMES[0]
    path = again.path(NAMES[0])
    assert (path.suffix, path.stat().st_mode & 0o777, path.read_bytes()) == (".wav", 0o644, SPEECH)


def test_wideband_files_are_called_as_asterisk_calls_them(tmp_path: Path) -> None:
    assert PromptCache(tmp_path, "/s", 1, 16_000).path("ab").suffix == ".wav16"


def test_a_write_that_fails_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = cache(tmp_path)
    monkeypatch.setattr(os, "fsync", lambda file: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        made.put(NAMES[0], SPEECH)
    assert not made.has(NAMES[0])
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_what_a_killed_daemon_left_half_written_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "00").mkdir()
    (tmp_path / "00" / "tmpabc.part").write_bytes(b"RIFF")
    (tmp_path / "00" / f"{NAMES[0]}.wav").write_bytes(b"")
    assert cache(tmp_path).count == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("damage", ["removed", "cut", "emptied"])
def test_a_file_that_was_damaged_is_not_there(tmp_path: Path, damage: str) -> None:
    made = cache(tmp_path)
    made.put(NAMES[0], SPEECH)
    path = made.path(NAMES[0])
    if damage == "removed":
        path.unlink()
    else:
        path.write_bytes(SPEECH[:100] if damage == "cut" else b"")
    assert not made.has(NAMES[0])
    assert (made.count, made.size_bytes) == (0, 0)


def test_a_file_of_the_right_size_with_other_content_is_found_out_when_it_is_distrusted(tmp_path: Path) -> None:
    made = cache(tmp_path)
    made.put(NAMES[0], SPEECH)
    made.put(NAMES[1], SPEECH)
    made.path(NAMES[0]).write_bytes(os.urandom(len(SPEECH)))
    assert [made.distrust(name) for name in NAMES[:2]] == [True, False]
    assert [made.has(name) for name in NAMES[:2]] == [False, True]


def test_another_daemons_file_is_taken_if_it_is_whole(tmp_path: Path) -> None:
    made, other = cache(tmp_path), cache(tmp_path)
    other.put(NAMES[0], SPEECH)
    other.path(NAMES[1]).parent.mkdir()
    other.path(NAMES[1]).write_bytes(SPEECH[:60])
    assert made.has(NAMES[0])
    assert not made.has(NAMES[1])
    assert made.size_bytes == len(SPEECH)


def test_what_was_not_used_for_longest_goes_first_and_what_is_in_use_stays(tmp_path: Path) -> None:
    made = cache(tmp_path, most=3 * len(SPEECH))
    for name in NAMES[:5]:
        made.put(name, SPEECH)
    assert made.has(NAMES[1]), "used just now"
    assert made.is_full
    assert made.shrink({NAMES[0]}) == 2
    assert [made.has(name) for name in NAMES[:5]] == [True, True, False, False, True]
    assert not made.is_full


def test_in_use_counts_more_than_the_limit(tmp_path: Path) -> None:
    made = cache(tmp_path, most=len(SPEECH))
    for name in NAMES[:3]:
        made.put(name, SPEECH)
    assert made.shrink(set(NAMES)) == 0
    assert made.count == 3


def test_the_order_outlives_a_restart(tmp_path: Path) -> None:
    clock = Clock()
    made = cache(tmp_path, clock=clock)
    for name in NAMES[:3]:
        made.put(name, SPEECH)
        os.utime(made.path(name), (clock.at, clock.at))
        clock.at += 10
    clock.at += 7200
    assert made.has(NAMES[0])
    again = cache(tmp_path, most=len(SPEECH), clock=clock)
    again.shrink(set())
    assert [again.has(name) for name in NAMES[:3]] == [True, False, False]


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "speech").write_text("a file")
    with pytest.raises(OSError, match="exists"):
        cache(tmp_path / "speech")
