"""`dialerd prompts`: texts listed, rendered to listen to, voices tried, old speech removed."""

from __future__ import annotations

import json
import os
import time
import wave
from pathlib import Path

import pytest

from tests.cli.running_api import Dialerd

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


@pytest.fixture
def site(folder: Path) -> Path:
    (folder / "campaigns.yaml").write_text(CAMPAIGNS.format(voice="null"))
    (folder / "dialerd.yaml").write_text(
        "campaigns: campaigns.yaml\nari: {password: x}\nami: {secret: x}\nspeech: {folder: spoken}\n"
    )
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


def test_purge_removes_what_nobody_used(site: Path, dialerd: Dialerd) -> None:
    for at in ("9:00", "10:00"):
        assert dialerd("prompts", "render", "news", "--column", f"at={at}").exit_code == 0
    old, new = sorted((site / "spoken").glob("??/*.wav"))
    long_ago = time.time() - 40 * 86_400
    os.utime(old, (long_ago, long_ago))
    found = json.loads(dialerd("prompts", "purge", "--json").stdout)
    assert (found["removed"], found["left"]) == (1, 1)
    assert new.exists()
    assert not old.exists()
