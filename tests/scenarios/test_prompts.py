"""Texts that are turned into speech before anybody is called, second by second."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignSettings, CampaignState, Mode
from dialerd.core.contact import Contact
from dialerd.core.flow.nodes import Flow, Gather, HangUp, Play
from dialerd.core.flow.prompts import Form, Media, Prompt, Slot, Text, sound
from dialerd.core.inspection import Evidence
from dialerd.core.prompt_book import ASK_AGAIN_S, MOST_WAITING
from dialerd.core.prompting import MOST_NOT_PLAYED
from dialerd.core.treatment import CallAnalysis, Treatment
from tests.scenarios.timeline import START, Timeline, campaign, contact

GREETING = Text(("Hello ", Slot("name"), "."))
KEY = "en: Hello {name}."
MESSAGE = Prompt((Media("sound:jingle"), GREETING))


def reminders(**changes: Any) -> CampaignSettings:
    values: dict[str, Any] = {
        "mode": Mode.AGENTLESS, "queue": None, "max_lines": 1, "message": MESSAGE,
        "responses": {CallAnalysis.PERSON: Treatment.MESSAGE},
    }  # fmt: skip
    return campaign(**(values | changes))


def ann(serial: int = 1, **columns: str) -> Contact:
    return contact(serial, columns={"name": "Ann", **columns})


def begun(*contacts: Contact, settings: CampaignSettings | None = None) -> Timeline:
    return Timeline(settings or reminders()).ready().started(*contacts)


def rendered(wish: c.RenderPrompts, name: str = "one") -> e.PromptsRendered:
    media = {one.key: f"sound:/speech/{name}-{at}" for at, one in enumerate(wish.utterances)}
    return e.PromptsRendered(wish.campaign, wish.contact_id, wish.serial, media)


def failed(
    wish: c.RenderPrompts, retry_in: float | None, down_for: float | None = None, now: float = 0.0
) -> e.PromptsFailed:
    retry_at = START + now + retry_in if retry_in is not None else None
    down = START + now + down_for if down_for is not None else None
    return e.PromptsFailed(wish.campaign, wish.contact_id, wish.serial, "no answer", retry_at, down)


def why(line: Timeline, one: Contact) -> str:
    found = line.dialer.inspecting.of("spring", one, Evidence(), START + line.now).findings
    return next(f.reason for f in found if f.gate == "prompts_ready")


def test_a_contact_is_called_when_all_that_it_will_hear_is_there() -> None:
    line = begun(ann())
    wish = line.the(c.RenderPrompts)
    assert [(one.key, one.language, one.parts) for one in wish.utterances] == [
        (KEY, "en", (("Hello ", None), ("Ann", Form.TEXT), (".", None)))
    ]
    assert line.wanted(c.OriginateCall) == []
    assert why(line, ann()) == "prompt_rendering"
    assert any("prompt_rendering" in reason for reason in line.dialer.viewer.dialer(START).campaigns[0].not_dialing)
    line.at(3.0, rendered(wish))
    assert line.second_of(c.OriginateCall) == 3.0
    attempt = line.the(c.OriginateCall).attempt_id
    assert line.the(c.Claim).record.prompts == {KEY: "sound:/speech/one-0"}
    line.look_away().at(5.0, e.ChannelAnswered(attempt))
    assert line.the(c.PlayMessage).media == ("sound:jingle", "sound:/speech/one-0")


def test_a_contact_without_the_column_is_not_called_and_it_says_which() -> None:
    line = begun(contact(1))
    assert line.wanted(c.RenderPrompts) == []
    assert line.the(c.RetireContacts).reason == "prompt_column_missing: name"
    assert why(line, contact(1)) == "prompt_column_missing: name"


def test_data_that_cannot_be_spoken_take_the_contact_out() -> None:
    line = begun(ann())
    line.at(1.0, failed(line.the(c.RenderPrompts), None))
    assert line.the(c.RetireContacts).reason == "prompt_impossible: no answer"
    assert "prompt_failed" in line.told()
    assert line.wanted(c.OriginateCall) == []


def test_a_failure_holds_the_contact_and_is_tried_again() -> None:
    line = begun(ann())
    line.at(1.0, failed(line.the(c.RenderPrompts), 30.0, now=1.0)).look_away()
    assert why(line, ann()) == "prompt_failed: no answer"
    line.at(30.0)
    assert line.wanted(c.RenderPrompts) == []
    line.at(60.0)
    wish = line.the(c.RenderPrompts)
    line.then(rendered(wish))
    assert line.the(c.OriginateCall)


def test_a_voice_that_is_down_holds_the_campaign_and_says_so() -> None:
    line = begun(ann(1), ann(2))
    first, second = line.wanted(c.RenderPrompts)
    line.at(1.0, failed(first, 20.0, 20.0, now=1.0)).look_away()
    gates = {f.gate: f for f in line.dialer.inspecting.of("spring", ann(2), Evidence(), START + 1.0).findings}
    assert gates["voice_keeps_up"].reason == "prompt_failed: no answer"
    assert gates["voice_keeps_up"].until == START + 21.0
    line.at(2.0, rendered(second))
    assert line.the(c.OriginateCall), "what comes through says that it is up again"


def test_an_answer_to_an_earlier_wish_is_not_taken() -> None:
    line = begun(ann())
    wish = line.the(c.RenderPrompts)
    line.look_away().at(1.0, e.ContactsEdited("leads", (1,), "edited"))
    line.then(e.ContactsFetched("spring", (contact(1, columns={"name": "Bob"}),), None, 1))
    (again,) = line.wanted(c.RenderPrompts)
    line.at(2.0, rendered(wish, "old"))
    assert line.wanted(c.OriginateCall) == []
    line.at(3.0, rendered(again, "new"))
    assert line.the(c.Claim).record.prompts == {KEY: "sound:/speech/new-0"}


def test_a_wish_without_an_answer_is_told_again() -> None:
    line = begun(ann()).look_away()
    line.at(ASK_AGAIN_S - 1.0)
    assert line.wanted(c.RenderPrompts) == []
    line.at(ASK_AGAIN_S + 10.0)
    assert len(line.wanted(c.RenderPrompts)) == 1


def test_another_voice_after_a_reload_means_other_speech() -> None:
    line = Timeline(reminders(max_lines=1)).ready().started(ann(1), ann(2))
    first, second = line.wanted(c.RenderPrompts)
    line.at(1.0, rendered(first), rendered(second)).look_away()
    line.then(e.PlanChanged(replace(line.plan, campaigns={"spring": reminders(voice="anna", max_lines=2)})))
    assert line.wanted(c.OriginateCall) == []
    assert line.the(c.RenderPrompts).voice == "anna"


def test_no_more_are_taken_up_than_the_voice_can_follow() -> None:
    line = begun(*(ann(serial) for serial in range(1, MOST_WAITING + 1)))
    gates = {f.gate: f for f in line.dialer.inspecting.of("spring", ann(1), Evidence(), START + line.now).findings}
    assert gates["voice_keeps_up"].reason == f"prompt_rendering: {MOST_WAITING} contacts wait for their prompts"
    line.at(1.0, rendered(line.wanted(c.RenderPrompts)[0]))
    assert line.the(c.OriginateCall)


class TestLanguages:
    TEXT = Text(("Hello ", Slot("name")), "en", (Text(("Guten Tag ", Slot("name")), "de"),))

    @pytest.mark.parametrize(
        ("column", "key", "language"),
        [
            ("de", "de: Guten Tag {name}", "de"),
            ("de-AT", "de_AT: Guten Tag {name}", "de_AT"),
            ("fr", "en: Hello {name}", "fr"),
            ("?", "en: Hello {name}", "en"),
            ("", "en: Hello {name}", "en"),
        ],
    )
    def test_the_contacts_own_chooses_the_text(self, column: str, key: str, language: str) -> None:
        settings = reminders(message=Prompt((self.TEXT,)), language="en", language_column="lang")
        line = begun(ann(lang=column), settings=settings)
        wish = line.the(c.RenderPrompts)
        assert [one.key for one in wish.utterances] == [key]
        line.then(rendered(wish))
        call = line.the(c.OriginateCall)
        assert call.language == language
        line.look_away().at(5.0, e.ChannelAnswered(call.attempt_id))
        assert line.the(c.PlayMessage).language == language

    def test_a_flow_may_have_another_than_its_campaign(self) -> None:
        flow = Flow("f", "a", {"a": HangUp("done", Prompt((Text(("Bonjour",)),)))}, language="fr")
        settings = reminders(message=None, flow="f", flows={"f": flow}, language="en",
                             responses={CallAnalysis.PERSON: Treatment.FLOW})  # fmt: skip
        line = begun(ann(), settings=settings)
        wish = line.the(c.RenderPrompts)
        assert [(one.key, one.language) for one in wish.utterances] == [("fr: Bonjour", "fr")]
        line.then(rendered(wish))
        line.at(5.0, e.ChannelAnswered(line.the(c.OriginateCall).attempt_id))
        assert line.the(c.PlayMessage).language == "fr"


def flow_campaign(*prompts: Prompt) -> CampaignSettings:
    nodes = {"ask": Gather(prompts[0], least=2, most=2, into="day", next="bye"), "bye": HangUp("done", prompts[1])}
    return reminders(message=None, flow="f", flows={"f": Flow("f", "ask", nodes)},
                     responses={CallAnalysis.PERSON: Treatment.FLOW})  # fmt: skip


def test_what_was_just_typed_is_said_digit_by_digit() -> None:
    chosen = Prompt((Text(("You chose ", Slot("day", Form.DIGITS, later=True), ".")),))
    line = begun(ann(), settings=flow_campaign(sound("sound:ask"), chosen))
    wish = line.the(c.RenderPrompts)
    media = {one.key: f"sound:/speech/{one.key.partition(': ')[2].strip()}" for one in wish.utterances}
    assert set(media) == {"en: You chose ", "en: .", *(f"en: {digit}" for digit in "0123456789")}
    line.then(e.PromptsRendered("spring", 1, wish.serial, media))
    attempt = line.the(c.OriginateCall).attempt_id
    line.at(5.0, e.ChannelAnswered(attempt)).look_away()
    line.at(6.0, e.DigitPressed(attempt, "2"), e.DigitPressed(attempt, "7"))
    assert line.wanted(c.PlayMessage)[-1].media == (
        "sound:/speech/You chose", "sound:/speech/2", "sound:/speech/7", "sound:/speech/.",
    )  # fmt: skip


def test_a_prompt_with_nothing_to_say_is_over_at_once() -> None:
    silent = Prompt((Text((Slot("note", fallback=""),)),))
    nodes = {"note": Play(silent, "bye"), "bye": HangUp("done", sound("sound:bye"))}
    settings = reminders(message=None, flow="f", flows={"f": Flow("f", "note", nodes)},
                         responses={CallAnalysis.PERSON: Treatment.FLOW})  # fmt: skip
    line = begun(ann(), settings=settings)
    wish = line.the(c.RenderPrompts)
    line.then(e.PromptsRendered("spring", 1, wish.serial, {wish.utterances[0].key: ""}))
    line.at(5.0, e.ChannelAnswered(line.the(c.OriginateCall).attempt_id))
    assert line.the(c.PlayMessage).media == ("sound:bye",)


class TestNotPlayed:
    """The file is missing or spoilt by the time somebody is to hear it."""

    def idle(self, settings: CampaignSettings) -> Timeline:
        line = Timeline(settings).ready()
        return line.then(e.CampaignStartAsked("spring"), e.ContactsFetched("spring", (), START + 9999.0, 0))

    def one_call(self, line: Timeline, serial: int, *, plays: bool) -> str | None:
        line.look_away()
        line.then(e.ContactsFetched("spring", (ann(serial),), START + 9999.0, 1))
        line.then(rendered(line.the(c.RenderPrompts)))
        attempt = line.the(c.OriginateCall).attempt_id
        line.at(line.now + 2.0, e.ChannelAnswered(attempt))
        playback = line.wanted(c.PlayMessage)[-1].playback_id
        if plays:
            line.then(e.PlaybackStarted(playback))
        line.then(e.PlaybackFinished(playback, failed=not plays))
        line.at(line.now + 1.0, e.ChannelEnded(attempt, 16))
        return line.wanted(c.CloseAttempt)[-1].outcome.record.disposition

    def test_the_call_ends_as_abandoned_and_the_file_is_not_trusted(self) -> None:
        line = self.idle(reminders())
        assert self.one_call(line, 1, plays=False) == "abandoned"
        assert line.the(c.DistrustPrompts).media == ("sound:/speech/one-0",)
        assert "message_not_played" in line.told()

    def test_several_in_a_row_suspend_the_campaign(self) -> None:
        line = self.idle(reminders(message=Prompt((GREETING,))))
        state = line.dialer.floor.campaigns["spring"]
        for serial in range(1, MOST_NOT_PLAYED):
            self.one_call(line, serial, plays=False)
        self.one_call(line, 50, plays=True)
        for serial in range(60, 60 + MOST_NOT_PLAYED - 1):
            self.one_call(line, serial, plays=False)
        assert state.state is CampaignState.ON
        self.one_call(line, 70, plays=False)
        assert (state.state, state.reason) == (
            CampaignState.SUSPENDED, "Asterisk does not play the speech rendered for it",
        )  # fmt: skip


def test_an_adapter_that_forgot_a_text_leaves_no_silent_call() -> None:
    line = begun(ann())
    wish = line.the(c.RenderPrompts)
    line.then(e.PromptsRendered("spring", 1, wish.serial, {}))
    attempt = line.the(c.OriginateCall).attempt_id
    line.look_away().at(5.0, e.ChannelAnswered(attempt))
    assert line.wanted(c.PlayMessage) == []
    assert line.the(c.HangUp)
    line.at(6.0, e.ChannelEnded(attempt, 16))
    assert line.closed().disposition == "abandoned"


def test_the_dialplan_gets_the_speech_of_the_abandoned_call_message() -> None:
    settings = campaign(abandon_message=Prompt((sound("sound:sorry").parts[0], GREETING)))
    line = Timeline(settings).ready("8001").started(ann())
    line.then(rendered(line.the(c.RenderPrompts)))
    assert line.the(c.OriginateCall).abandon_message == ("sound:sorry", "sound:/speech/one-0")
