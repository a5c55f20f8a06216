"""Texts that become speech on the real pair: the callee's own recording tells what was heard."""

from __future__ import annotations

import asyncio
import json
import os
import wave
from pathlib import Path
from typing import Any

import pytest

from dialerd.cli.health import examine_speech
from dialerd.config.campaigns_file import load_campaigns
from dialerd.config.daemon_file import load_settings
from lab import Behaviour, keys_in_turn
from lab.hearing import OTHER
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.site import agentless
from tests.harness.stage import Stage
from tests.harness.waiting import until

pytestmark = pytest.mark.timeout(180)


def file_of(media: str) -> Path:
    return Path(media.removeprefix("sound:") + ".wav")


def seconds_of(path: Path) -> float:
    with wave.open(str(path)) as file:
        return file.getnframes() / file.getframerate()


def dates(**changes: Any) -> dict[str, Any]:
    settings: dict[str, Any] = {
        "mode": "agentless", "contact_list": "people", "flow": "delivery", "call_analysis": {"profile": "off"},
        "opt_out_list": "opt_outs", "retry": {"left_flow": {"max_tries": 1, "gap": "1h"}}, "language": "en",
        "language_column": "lang",
    }  # fmt: skip
    return settings | changes


LONG = "Which day? Two digits, please. Take all the time that you need to think it over; nobody hurries you here."
FLOW = {
    "nodes": {
        "greet": {
            "say": {
                "en": "Good morning. Your parcel arrives on {day:date}, and costs {price:money}.",
                "de": "Guten Morgen. Ihr Paket kommt am {day:date}, und kostet {price:money}.",
            },
            "next": "ask",
        },
        "ask": {
            "gather": {"prompt": {"say": "Press one to confirm, or two for another day. We wait."},
                       "keys": {1: "confirm", 2: "other"}, "timeout": "2s", "retries": 0},
            "on_no_input": "unanswered",
        },
        "confirm": {"set": {"delivery": "confirmed"}, "next": "bye"},
        "other": {"gather": {"prompt": {"say": LONG}, "digits": 2, "into": "wish"}, "next": "bye"},
        "unanswered": {"hang_up": "unanswered"},
        "bye": {"hang_up": "done", "prompt": {"say": "Thank you. {wish:digits}"}},
    }
}  # fmt: skip


def test_what_is_said_is_heard(stage: Stage) -> None:
    """Somebody listens to the end, in German; somebody presses a key while the text is spoken; a contact without a
    price and one whose day is none are not called, and it says why."""
    listens = stage.person(behaviour=Behaviour.SILENT, talk_s=60.0)
    presses = stage.person(behaviour=Behaviour.PRESSES_KEY, key=keys_in_turn((0.6, "2"), (8.0, "17")), pause_s=0.5,
                           talk_s=40.0, patience_s=20.0)  # fmt: skip
    lacking, strange = stage.person(), stage.person()
    site = stage.open({"dates": dates()}, flows={"delivery": FLOW})
    rows = {
        listens: ("2026-12-31", "12.50 EUR", "de"), presses: ("2026-12-24", "3 GBP", ""),
        lacking: ("2026-12-24", "", ""), strange: ("soon", "3 GBP", ""),
    }  # fmt: skip
    text = "phone,day,price,lang\n" + "".join(f"{phone},{','.join(row)}\n" for phone, row in rows.items())
    site.api.import_csv("people", text)
    site.api.start("dates")
    until("both were called", lambda: set(site.dispositions()) == {listens, presses}, 90)
    attempts = {one["number"]: one for one in site.attempts()}
    german = attempts[listens]
    assert (german["disposition"], german["flow_result"], german["language"]) == (
        "answered_flow", "unanswered", "de",
    )  # fmt: skip
    prompts = json.loads(german["prompts"])
    greeting = next(uri for key, uri in prompts.items() if key.startswith("de: Guten Morgen"))
    asking = next(uri for key, uri in prompts.items() if key.startswith("en: Press one"))
    spoken_s = seconds_of(file_of(greeting)) + seconds_of(file_of(asking))
    (call,) = truth_since(stage.lab, stage.began_ms).of(listens)
    heard = [one for one in call.heard if one.agent == OTHER]
    assert (heard[-1].to_ms - heard[0].from_ms) / 1000 == pytest.approx(spoken_s, abs=0.8)
    english = attempts[presses]
    assert (english["flow_result"], english["language"]) == ("done", "")
    assert [(node, keys) for _, _, node, keys in json.loads(english["flow"])["path"]] == [
        ("greet", "2"), ("ask", ""), ("other", "17"), ("bye", ""),
    ]  # fmt: skip
    (call,) = truth_since(stage.lab, stage.began_ms).of(presses)
    heard = [one for one in call.heard if one.agent == OTHER]
    whole_s = sum(seconds_of(file_of(uri)) for key, uri in json.loads(english["prompts"]).items()
                  if key.startswith(("en: Good", "en: Which", "en: Thank")))  # fmt: skip
    assert (heard[-1].to_ms - heard[0].from_ms) / 1000 < whole_s - 1.0, "the keys ended the question"
    digits = [json.loads(english["prompts"])[f"en: {digit}"] for digit in "17"]
    assert all(file_of(uri).stat().st_size > 1000 for uri in digits)
    why = {one["id"]: one["reason"] for one in site.contacts()}
    reasons = sorted(reason for reason in why.values() if reason.startswith("prompt_"))
    assert reasons[0] == "prompt_column_missing: price"
    assert reasons[1].startswith("prompt_impossible: a value is not a day such as `2026-12-31`")
    figures = site.api.get("/api/v1/prompts")
    assert figures["failed"] == 1
    assert figures["rendered"] == figures["files"] > 12
    assert site.api.metric("dialerd_speech_seconds_count", voice="espeak-ng", outcome="rendered") > 12
    assert site.api.metric("dialerd_speech_cache_bytes") == figures["size_bytes"]
    settings = load_settings(site.folder / "dialerd.yaml", {}).settings
    assert settings is not None
    findings = asyncio.run(examine_speech(settings, load_campaigns(site.campaigns_file)))
    assert {(one.what, one.health.value) for one in findings} >= {
        ("voice espeak-ng", "ok"), ("speech in Asterisk", "ok"),
    }, findings  # fmt: skip
    assert_at_rest(site)


def test_a_file_that_vanished_ends_the_call_and_is_rendered_again(stage: Stage) -> None:
    """Somebody empties the folder between rendering and answer."""
    first, second = stage.person(), stage.person()
    message = {"say": "A message that nobody keeps."}
    site = stage.open(
        {"news": agentless(stage.lab, contact_list="people", message=message, max_lines=1)}, people=[first]
    )
    folder = site.folder / "speech"

    def taken() -> bool:
        for path in folder.glob("??/*.wav"):
            os.unlink(path)
        return first in site.dispositions()

    site.api.start("news")
    until("the first call is over", taken, 60)
    assert site.dispositions()[first] == ["abandoned"]
    assert "message_not_played" in site.api.notices()
    site.api.import_numbers("people", [second])
    site.api.start("news")
    until("the second heard it", lambda: second in site.dispositions(), 60)
    assert site.dispositions()[second] == ["answered_message"]
