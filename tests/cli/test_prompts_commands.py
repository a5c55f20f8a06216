"""`dialerd prompts`: texts listed, rendered to listen to, voices tried, old speech removed."""

from __future__ import annotations

import json
import os
import time
import wave
from pathlib import Path

import pytest

from tests.cli.running_api import Dialerd, Served

CAMPAIGNS = """\
version: 1
trunks: {{carrier: {{dial: "PJSIP/{{digits}}@carrier", max_lines: 5, cps: 2}}}}
contact_lists: {{people: {{region: GB, phones: [{{column: phone}}]}}}}
voices:
  broken: {{engine: command, command: [no-such-voice]}}
campaigns:
  news:
    mode: agentless
    contact_list: people
    trunk: carrier
    caller_id: "+441632960000"
    voice: {voice}
    message: [sound:jingle, {{say: {{en: "Hello {{name|friend}}, at {{at:time}}.", de: "Um {{at:time}}."}}}}]
"""


SETTINGS = "campaigns: campaigns.yaml\nari: {password: x}\nami: {secret: x}\nspeech: {folder: spoken}\n"


@pytest.fixture
def site(folder: Path) -> Path:
    (folder / "campaigns.yaml").write_text(CAMPAIGNS.format(voice="null"))
    (folder / "dialerd.yaml").write_text(SETTINGS)
    return folder


def test_list(site: Path, dialerd: Dialerd) -> None:
    (one,) = json.loads(dialerd("prompts", "list", "--json").stdout)["texts"]
    assert one == {
        "campaign": "news", "voice": "espeak-ng", "languages": ["en", "de"], "columns": ["at", "name"],
        "text": "Hello {name|friend}, at {at:time}.",
    }  # fmt: skip
    assert "espeak-ng" in dialerd("prompts", "list").stdout


def test_render_and_listen(site: Path, dialerd: Dialerd) -> None:
    result = dialerd("prompts", "render", "news", "--column", "at=14:30", "--into", "listen", "--json")
    assert result.exit_code == 0, result.output
    (one,) = json.loads(result.stdout)["prompts"]
    assert one["words"] == "Hello friend, at two thirty p m."
    (copied,) = (site / "listen").iterdir()
    with wave.open(str(copied)) as file:
        assert file.getframerate() == 8000
        assert file.getnframes() / 8000 == pytest.approx(one["seconds"])
    assert one["seconds"] > 1.0


@pytest.mark.parametrize(
    ("columns", "said"),
    [([], "nothing in column `at`"), (["--column", "at=noon"], "a value is not a time of day"),
     (["--column", "at"], "is not NAME=VALUE")],
)  # fmt: skip
def test_render_says_what_a_contact_lacks(site: Path, dialerd: Dialerd, columns: list[str], said: str) -> None:
    result = dialerd("prompts", "render", "news", *columns)
    assert result.exit_code == 1
    assert said in " ".join(result.output.split())


def test_check_tries_every_voice_in_every_language(site: Path, dialerd: Dialerd) -> None:
    result = dialerd("prompts", "check", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)["voices"]
    assert [(one["voice"], one["language"], one["ok"]) for one in found] == [
        ("espeak-ng", "de", True), ("espeak-ng", "en", True),
    ]  # fmt: skip
    (site / "campaigns.yaml").write_text(CAMPAIGNS.format(voice="broken"))
    result = dialerd("prompts", "check")
    assert result.exit_code != 0
    assert "no program `no-such-voice`" in " ".join(result.stdout.split())


def two_old_and_one_new(site: Path, dialerd: Dialerd) -> tuple[list[Path], Path]:
    for at in ("9:00", "10:00", "11:00"):
        assert dialerd("prompts", "render", "news", "--column", f"at={at}").exit_code == 0
    *old, new = sorted((site / "spoken").glob("??/*.wav"))
    long_ago = time.time() - 40 * 86_400
    for file in old:
        os.utime(file, (long_ago, long_ago))
    return old, new


def served_by(site: Path, port: int, token: str = "") -> None:
    """Settings that lead to this daemon; written last, since those of ``served`` are another site's."""
    (site / "campaigns.yaml").write_text(CAMPAIGNS.format(voice="null"))
    (site / "dialerd.yaml").write_text(SETTINGS)
    secret = f", token: {token}" if token else ""
    with (site / "dialerd.yaml").open("a") as file:
        file.write(f"api: {{port: {port}{secret}}}\n")


def test_purge_removes_what_nobody_used(site: Path, dialerd: Dialerd) -> None:
    served_by(site, 1)  # nobody listens there
    old, new = two_old_and_one_new(site, dialerd)
    said = dialerd("prompts", "purge")
    assert "No daemon answered: what is in use was told by the files' age alone." in " ".join(said.stdout.split())
    assert new.exists()
    assert not any(file.exists() for file in old)
    found = json.loads(dialerd("prompts", "purge", "--json").stdout)
    assert found == {"removed": 0, "bytes": 0, "left": 1, "in_use": 0, "daemon_asked": False}


def test_purge_leaves_what_the_daemon_uses_however_old(site: Path, dialerd: Dialerd, served: Served) -> None:
    served_by(site, served.port)
    (needed, other), new = two_old_and_one_new(site, dialerd)
    served.act(lambda stage: served.daemon.speech_in_use.append(needed.stem))
    found = json.loads(dialerd("prompts", "purge", "--json").stdout)
    assert (found["removed"], found["left"], found["in_use"], found["daemon_asked"]) == (1, 2, 1, True)
    assert (needed.exists(), other.exists(), new.exists()) == (True, False, True)


def test_purge_removes_nothing_when_the_daemon_does_not_tell(site: Path, dialerd: Dialerd) -> None:
    (site / "daemon").mkdir()
    with Served(site / "daemon", "its-own-token-of-some-length") as guarded:
        served_by(site, guarded.port, "another-token-of-some-length")
        old, _ = two_old_and_one_new(site, dialerd)
        refused = dialerd("prompts", "purge")
    assert refused.exit_code != 0
    assert "does not tell which speech it uses" in " ".join(refused.output.split())
    assert all(file.exists() for file in old)
