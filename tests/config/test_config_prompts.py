"""Prompts, voices and languages in the campaigns file: what they become, and what is told of mistakes."""

from __future__ import annotations

import pytest

from dialerd.config.campaigns_file import check
from dialerd.config.voices import Engine, VoiceSettings
from dialerd.core.flow.prompts import Form, Media, Prompt, Slot, Text

HEAD = """\
version: 1
trunks: {carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 5, cps: 2}}
contact_lists: {people: {region: GB, phones: [{column: phone}]}}
"""
CAMPAIGN = """\
campaigns:
  news:
    mode: agentless
    contact_list: people
    trunk: carrier
    caller_id: "+441632960000"
"""


def message(written: str, more: str = "") -> str:
    return f"{HEAD}{more}{CAMPAIGN}    message: {written}\n"


def prompt_of(written: str) -> Prompt:
    result = check(message(written))
    assert result.plan is not None, result.problems
    found = result.plan.campaigns["news"].message
    assert found is not None
    return found


def test_sounds_and_texts() -> None:
    assert prompt_of("jingle") == Prompt((Media("sound:jingle"),))
    assert prompt_of("{say: 'Hello {name|friend}, at {at:time}'}") == Prompt((
        Text(("Hello ", Slot("name", fallback="friend"), ", at ", Slot("at", Form.TIME))),
    ))  # fmt: skip
    assert prompt_of("[sound:jingle, {say: {en: Hello, de_AT: Servus}}]") == Prompt((
        Media("sound:jingle"), Text(("Hello",), "en", (Text(("Servus",), "de_AT"),)),
    ))  # fmt: skip


@pytest.mark.parametrize(
    ("written", "said", "hint"),
    [
        ("Hello there", "is not a sound", "to have it spoken: `say: Hello there`"),
        ("{say: ''}", "an empty text", ""),
        ("{say: 'Hello {name'}", "its braces do not match", "`{column}`"),
        ("{say: 'It is {at:clock}'}", "`clock` is no form", ""),
        ("{says: Hello}", "where only `say` belongs", "did you mean `say`?"),
        ("{say: {english: Hello}}", "`english` is not a language", ""),
        ("{say: {en-GB: Hello}}", "`en-GB` is not a language", "did you mean `en_GB`?"),
        ("{say: {en: [a]}}", "no text for `en`", ""),
        ("[[jingle]]", "a list within the list", ""),
        ("[]", "a list of 0", ""),
    ],
)
def test_mistakes_in_prompts(written: str, said: str, hint: str) -> None:
    result = check(message(written))
    assert result.plan is None
    (problem,) = result.problems
    assert (problem.path, problem.line) == ("campaigns.news.message", 10)
    assert said in problem.message
    assert hint in problem.hint


def test_voices() -> None:
    voices = """\
voices:
  anna: {names: {en: en-gb+f2}, rate: 150, pitch: 60}
  mine: {engine: command, command: [say, "{file}"], timeout: 3s}
  cloud: {engine: http, url: "https://speech.example.com/v1", token_env: TOKEN}
"""
    result = check(message("jingle", voices) + "    voice: mine\n    language: de\n    language_column: lang\n")
    assert result.plan is not None, result.problems
    campaign = result.plan.campaigns["news"]
    assert (campaign.voice, campaign.language, campaign.language_column) == ("mine", "de", "lang")
    assert result.voices["mine"] == VoiceSettings("mine", Engine.COMMAND, command=("say", "{file}"), timeout_s=3.0)
    assert result.voices["anna"].espeak("en_US")[:3] == ("espeak-ng", "-v", "en-gb+f2")
    assert result.voices["anna"].espeak("de")[2] == "de"
    assert result.voices["cloud"].url == "https://speech.example.com/v1"


@pytest.mark.parametrize(
    ("voice", "path", "said"),
    [
        ("{engine: command}", "voices.v.command", "`command` is missing"),
        ("{engine: http}", "voices.v.url", "`url` is missing"),
        ("{command: [say]}", "voices.v.command", "says nothing to engine `espeak-ng`"),
        ("{engine: command, command: [say], pitch: 3}", "voices.v.pitch", "says nothing to engine `command`"),
        ("{engine: espeak}", "voices.v.engine", "is not known here"),
    ],
)
def test_mistakes_in_voices(voice: str, path: str, said: str) -> None:
    result = check(message("jingle", f"voices:\n  v: {voice}\n"))
    assert path in {problem.path for problem in result.problems}
    assert any(said in problem.message for problem in result.problems)


def test_a_voice_that_is_not_there() -> None:
    (problem,) = check(message("jingle", "voices:\n  anna: {}\n") + "    voice: ana\n").problems
    assert problem.path == "campaigns.news.voice"
    assert "did you mean `anna`?" in problem.hint


FLOW = """\
flows:
  day:
    nodes:
      ask: {gather: {prompt: ask, digits: 2, into: day}, next: bye}
      bye: {hang_up: done, prompt: {say: "You chose %s"}}
"""


def test_what_the_call_writes_is_said_digit_by_digit() -> None:
    result = check(f"{HEAD}{FLOW % '{day:digits}'}{CAMPAIGN}    flow: day\n")
    assert result.plan is not None, result.problems
    bye = result.plan.campaigns["news"].flows["day"].nodes["bye"]
    assert bye.prompt.texts[0].slots == (Slot("day", Form.DIGITS, later=True),)  # type: ignore[union-attr]


def test_and_in_no_other_form() -> None:
    (problem,) = check(f"{HEAD}{FLOW % '{day:date}'}{CAMPAIGN}    flow: day\n").problems
    assert (problem.path, problem.line) == ("flows.day.nodes.bye", 8)
    assert "written by the flow itself" in problem.message
    assert problem.expected == "`{day:digits}`"
