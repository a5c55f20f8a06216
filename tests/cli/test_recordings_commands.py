"""`recordings` against a running API: listed, fetched, removed, paused and resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.recording import RecordingSettings
from dialerd.store.schema import recordings
from tests.cli.running_api import Dialerd, Served, parsed, write_settings
from tests.control.stage import Stage, contact

WHY = "no answer from Asterisk"
SOUND = b"RIFF" + bytes(1200)
IDS = {state: f"dlr-{serial:024x}" for serial, state in enumerate(("kept", "waiting", "failed", "removed"), 1)}


@pytest.fixture
def kept(served: Served, tmp_path: Path) -> Served:
    """One recording of each kind; the sound of the first is there."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    (folder / "a.wav").write_bytes(SOUND)

    async def fill() -> None:
        served.daemon.folder = folder
        rows: list[dict[str, Any]] = [
            {
                "attempt_id": attempt, "campaign": "spring", "contact_id": serial, "state": state, "began_at": 1.0,
                "number": f"+4416329600{serial:02d}", "reason": WHY if state == "failed" else "",
                "ended_at": 1_700_000_000.0 + serial, "file": "a.wav" if state == "kept" else "", "name": "x",
                "duration_s": 65.0 if state == "kept" else 0.0, "paused_s": 5.0 if state == "kept" else 0.0,
            }
            for serial, (state, attempt) in enumerate(IDS.items(), 1)
        ]  # fmt: skip
        async with served.daemon.engine.begin() as connection:
            await connection.execute(insert(recordings), rows)

    served.do(fill())
    return served


def states(dialerd: Dialerd, *asked: str) -> list[str]:
    return [row["state"] for row in parsed(dialerd("recordings", "list", *asked, "--json"))["recordings"]]


def test_listed_latest_first_and_masked(kept: Served, dialerd: Dialerd) -> None:
    assert states(dialerd) == ["removed", "failed", "waiting", "kept"]
    assert states(dialerd, "--state", "kept", "--campaign", "spring") == ["kept"]
    assert states(dialerd, "--number", "+441632960002") == ["waiting"]
    assert states(dialerd, "--campaign", "autumn") == []
    assert states(dialerd, "--limit", "2") == ["removed", "failed"]
    assert states(dialerd, "--since", "1700000003", "--until", "1700000004") == ["failed"]
    shown = dialerd("recordings", "list", "--state", "kept")
    assert shown.exit_code == 0
    assert all(word in shown.stdout for word in ("spring", "kept", "1m 05s", IDS["kept"]))
    assert "+441632960001" not in shown.stdout + dialerd("recordings", "list", "--json").stdout
    failed = dialerd("recordings", "list", "--state", "failed").stdout
    assert failed.count(IDS["failed"]) == 2, "an id that is cut short is of no use to the other commands"
    assert f"{IDS['failed']} {WHY}" in failed


def test_nothing_is_said_to_be_nothing(served: Served, dialerd: Dialerd) -> None:
    assert "No such recordings." in dialerd("recordings", "list").stdout
    assert parsed(dialerd("recordings", "list", "--json")) == {"recordings": []}


def test_fetched_into_a_file_that_others_cannot_read(kept: Served, dialerd: Dialerd, folder: Path) -> None:
    done = dialerd("recordings", "get", IDS["kept"], "call.wav")
    assert (done.exit_code, done.stdout.strip()) == (0, "1,204 bytes in call.wav")
    assert (folder / "call.wav").read_bytes() == SOUND
    assert (folder / "call.wav").stat().st_mode & 0o777 == 0o600
    again = dialerd("recordings", "get", IDS["kept"], "call.wav")
    assert (again.exit_code, "call.wav is there already" in again.output) == (1, True)
    other = parsed(dialerd("recordings", "get", IDS["kept"], "other.wav", "--json"))
    assert other == {"attempt": IDS["kept"], "file": "other.wav", "bytes": 1204}


@pytest.mark.parametrize(
    ("wanted", "to", "said"),
    [
        ("waiting", "call.wav", "still with Asterisk"),
        ("failed", "call.wav", WHY),
        ("removed", "call.wav", "It was removed"),
        ("kept", "nowhere/call.wav", "nowhere/call.wav cannot be written"),
    ],
)
def test_what_cannot_be_fetched(
    kept: Served, dialerd: Dialerd, folder: Path, wanted: str, to: str, said: str
) -> None:
    done = dialerd("recordings", "get", IDS[wanted], to)
    assert done.exit_code == 1
    assert said in " ".join(done.output.split())
    assert not (folder / "call.wav").exists()


def test_a_sound_that_is_gone_is_said_to_be_missing(kept: Served, dialerd: Dialerd, tmp_path: Path) -> None:
    (tmp_path / "sounds" / "a.wav").unlink()
    done = dialerd("recordings", "get", IDS["kept"], "call.wav")
    assert done.exit_code == 1
    assert "its file is missing" in " ".join(done.output.split())


def test_removed_once(kept: Served, dialerd: Dialerd) -> None:
    done = dialerd("recordings", "remove", IDS["kept"])
    assert (done.exit_code, "is being removed" in done.stdout) == (0, True)
    assert states(dialerd, "--state", "removing") == ["removing"]
    again = dialerd("recordings", "remove", IDS["kept"], "--json")
    assert (again.exit_code, parsed(again)["error"]) == (1, "there is nothing to remove")
    assert parsed(dialerd("recordings", "remove", IDS["waiting"], "--json"))["state"] == "removing"


def live(served: Served) -> str:
    """A call that is being recorded; Asterisk does what it is asked to."""
    found: list[str] = []

    def play(stage: Stage) -> None:
        recorded = replace(stage.plan.campaigns["spring"], recording=RecordingSettings(share=1.0))
        stage.feed(e.PlanChanged(replace(stage.plan, campaigns={**stage.plan.campaigns, "spring": recorded})))
        stage.up().agent().start("spring", contact(1))
        attempt = stage.grant()
        stage.feed(e.ChannelAnswered(attempt))
        stage.feed(e.BridgeEntered(attempt, stage.last(c.EnterBridge).bridge_id), e.CallRecordingStarted(attempt))
        found.append(attempt)

    served.act(play)
    return found[0]


def asterisk(served: Served, attempt: str) -> Callable[[], object]:
    def answers() -> object:
        asked = served.daemon.posted[-1]
        assert isinstance(asked, e.RecordingPauseAsked)
        return served.stage.feed(e.CallRecordingPaused(attempt, asked.paused, False))

    return answers


def test_paused_and_resumed(served: Served, dialerd: Dialerd) -> None:
    attempt = live(served)
    served.daemon.after_post = asterisk(served, attempt)
    assert dialerd("recordings", "pause", attempt).stdout.strip() == "recording: paused"
    assert served.daemon.posted[-1] == e.RecordingPauseAsked(True, "anna via 127.0.0.1", attempt)
    answer = parsed(dialerd("recordings", "resume", attempt, "--json"))
    assert answer == {"attempt": attempt, "recording": "recording"}
    served.daemon.after_post = lambda: None
    silent = dialerd("recordings", "pause", attempt)
    assert silent.exit_code == 1
    assert "Asterisk has not confirmed it" in " ".join(silent.output.split())


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("list", "--state", "lost"), 2, "state"),
        (("list", "--since", "whenever"), 2, "since"),
        (("list", "--number", "12"), 2, "number"),
        (("list", "--limit", "0"), 2, "limit"),
        (("list", "--unmasked"), 1, "whole phone numbers need a token"),
        (("get", "dlr-none", "call.wav"), 1, "no recording of such an attempt"),
        (("get", "../../x", "call.wav"), 1, "no recording of such an attempt"),
        (("remove", "dlr-none"), 1, "no recording of such an attempt"),
        (("pause", "dlr-none"), 1, "no such live call that is recorded"),
        (("resume", "dlr-none"), 1, "no such live call that is recorded"),
    ],
)
def test_mistakes(served: Served, dialerd: Dialerd, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = dialerd("recordings", *arguments)
    assert said in " ".join(result.output.split())
    assert result.exit_code == code


@pytest.mark.parametrize(
    "command", [("list",), ("get", "x", "y.wav"), ("remove", "x"), ("pause", "x"), ("resume", "x")]
)
def test_no_daemon_answers(folder: Path, dialerd: Dialerd, command: tuple[str, ...]) -> None:
    write_settings(folder, 1)
    result = dialerd("recordings", *command, "--json")
    assert (result.exit_code, "no daemon answers" in parsed(result)["error"]) == (3, True)
