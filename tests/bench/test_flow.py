"""What the measurement of flows makes of what it saw."""

from __future__ import annotations

import socket
import time

import pytest

from bench.callee_lines import CalleeLines, is_sound
from bench.flow import FirstSound, Sample, first_sounds, lines_at, shares_of_a_core
from bench.prompt_watch import Gap, Kind, Seen, gaps, seen_in

START, END, KEY = Kind.STARTED, Kind.FINISHED, Kind.KEY


def test_a_prompt_is_due_when_the_one_before_it_ended() -> None:
    seen = [Seen("a", START, 0, "hello"), Seen("b", START, 5, "hello"), Seen("a", END, 2000, "hello"),
            Seen("a", START, 2007, "ask"), Seen("b", END, 2008, "hello"), Seen("b", START, 2010, "ask")]  # fmt: skip
    assert gaps(seen, "ask") == [Gap("end", 7), Gap("end", 2)]


def test_a_key_makes_the_next_prompt_due_whether_it_cuts_the_question_off_or_comes_after_it() -> None:
    cut_off = [Seen("a", START, 0, "ask"), Seen("a", KEY, 100), Seen("a", END, 104, "ask"),
               Seen("a", START, 109, "bye")]  # fmt: skip
    after_it = [
        Seen("a", START, 0, "ask"),
        Seen("a", END, 50, "ask"),
        Seen("a", KEY, 100),
        Seen("a", START, 103, "bye"),
    ]
    assert gaps(cut_off, "ask") == [Gap("key", 9)]
    assert gaps(after_it, "ask") == [Gap("key", 3)]


def test_keys_ahead_of_the_question_do_not_make_its_answer_late() -> None:
    seen = [
        Seen("a", START, 0, "hello"),
        Seen("a", KEY, 10),
        Seen("a", END, 2000, "hello"),
        Seen("a", START, 2004, "bye"),
    ]
    assert gaps(seen, "ask") == [Gap("end", 4)]


def test_events_of_asterisk_are_read() -> None:
    playback = {"target_uri": "channel:dlr-1", "media_uri": "sound:/tmp/ask"}
    started = {"type": "PlaybackStarted", "timestamp": "2026-11-22T08:00:00.250+0000", "playback": playback}
    key = {"type": "ChannelDtmfReceived", "timestamp": "2026-11-22T08:00:00.250+0000", "channel": {"id": "dlr-1"}}
    at_ms = 1795334400250.0
    assert seen_in(started) == Seen("dlr-1", START, at_ms, "sound:/tmp/ask")
    assert seen_in(key) == Seen("dlr-1", KEY, at_ms)
    assert seen_in({"type": "ChannelDestroyed", "channel": {"id": "dlr-1"}}) is None


def attempt(number: str, **further: object) -> dict[str, object]:
    return {"number": number, "analysis": "person", "analysed_at": 10.0, "message_at": 10.02, **further}


def test_the_first_sound_counts_from_the_decision_and_only_where_something_was_heard() -> None:
    calls = [attempt("+441632960001"), attempt("+441632960002"), attempt("+441632960003", message_at=None)]
    heard = first_sounds(calls, {"441632960001": 10_030.0, "441632960003": 10_050.0})
    assert list(heard) == ["person"]
    (only,) = heard["person"]
    assert only.heard_ms == pytest.approx(30)
    assert only.played_ms == pytest.approx(20)
    assert isinstance(only, FirstSound)


def test_processor_time_is_that_of_the_time_in_which_the_lines_were_full() -> None:
    calls = [{"claimed_at": float(i), "ended_at": 20.0} for i in range(4)]
    samples = [Sample(float(at), {"dialerd": 0.1 * at if at < 12 else 9.0}) for at in (0, 2, 4, 10, 25)]
    assert lines_at(calls, 2.5) == 3
    assert shares_of_a_core(calls, samples, 4) == pytest.approx({"dialerd": 0.1})
    with pytest.raises(ValueError, match="never 5 lines"):
        shares_of_a_core(calls, samples, 5)


def test_silence_is_no_sound() -> None:
    assert not is_sound(bytes(320))
    assert is_sound(bytes(318) + (5000).to_bytes(2, "little"))


def test_a_callee_hums_and_notes_the_first_sound_that_comes() -> None:
    with CalleeLines({"441632960001": 0.1}, stay_s=0.05) as lines:
        host, port = lines.address.split(":")
        before_ms = time.time() * 1000
        with socket.create_connection((host, int(port)), timeout=10) as call:
            call.sendall(bytes([0x01, 0, 16]) + bytes.fromhex("00000000000000000000441632960001"))
            got = b""
            while len(got) < 8 * 323:  # five frames of hum, and silence
                got += call.recv(4096)
            sound = [is_sound(got[i * 323 + 3 : (i + 1) * 323]) for i in range(8)]
            call.sendall(bytes([0x10, 1, 64]) + bytes(320))
            call.sendall(bytes([0x10, 1, 64]) + (5000).to_bytes(2, "little") * 160)
            while part := call.recv(4096):  # until it hangs up, a moment after the sound
                got += part
    assert len(got) % 323 == 3
    assert got.endswith(bytes([0x00, 0, 0]))
    assert sound == [True] * 5 + [False] * 3
    assert before_ms <= lines.heard_ms["441632960001"] <= time.time() * 1000
