"""Do-not-call lists, opt-outs and providers in the core, second by second."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dialerd.core import dnc_events as d
from dialerd.core import events as e
from dialerd.core.campaign import CampaignSettings, Plan
from dialerd.core.commands import (
    AskProvider,
    Claim,
    CloseAttempt,
    HangUp,
    OriginateCall,
    ParkContacts,
    RetireContacts,
)
from dialerd.core.contact import ContactState, Number
from dialerd.core.dnc import DncEntry, DncKind, DncStanding
from dialerd.core.inspection import Evidence
from tests.control.stage import T0, Stage, contact, reminders

ONE, HOME = "+441632960001", "+441632961001"
READY = d.DncStandingChanged(DncStanding(frozenset({"never"})))
TWO_NUMBERS = contact(1, "patients", numbers=(Number(ONE), Number(HOME)))


def heeding(**changes: object) -> CampaignSettings:
    return replace(reminders(dnc=("never",), max_lines=1), **changes)  # type: ignore[arg-type]


def asked(value: str = ONE, kind: DncKind = DncKind.NUMBER, until: float | None = None) -> d.OptedOut:
    return d.OptedOut("never", DncEntry(kind, value, until))


def begun(*contacts: object, settings: CampaignSettings | None = None) -> Stage:
    stage = Stage(settings or heeding()).up().feed(READY)
    return stage.start("reminders", *contacts)  # type: ignore[arg-type]


def of(stage: Stage, kind: type) -> list[object]:
    return [command for command in stage.commands if isinstance(command, kind)]


def test_nothing_is_claimed_before_the_lists_can_be_asked_and_it_says_so() -> None:
    stage = Stage(heeding()).up().start("reminders", contact(1, "patients"))
    assert not of(stage, Claim)
    assert "dnc_loading: never, not read yet" in stage.view().campaigns[0].not_dialing
    stage.feed(d.DncStandingChanged(DncStanding(loading={"never": "43 %"})))
    assert "dnc_loading: never, 43 %" in stage.view().campaigns[0].not_dialing
    stage.feed(READY).feed(e.ContactsFetched("reminders", (contact(1, "patients"),), None, 1))
    assert stage.claim().dnc == ("never",)


def test_a_refused_number_gives_way_to_the_next_one() -> None:
    stage = begun(TWO_NUMBERS)
    stage.feed(e.ClaimRefused(stage.claim().record.id, "dnc:never")).advance(1)
    assert stage.claim().record.number == HOME
    stage.feed(e.ClaimRefused(stage.claim().record.id, "dnc:never")).advance(1)
    assert stage.last(RetireContacts) == RetireContacts((1,), "dnc:never")
    assert stage.view().campaigns[0].refused_claims["dnc:never"] >= 2


def test_a_refusal_with_an_end_parks_the_contact_until_then() -> None:
    stage = begun(contact(1, "patients"))
    stage.feed(e.ClaimRefused(stage.claim().record.id, "dnc:never", T0 + 5000.0)).advance(1)
    assert stage.last(ParkContacts) == ParkContacts((1,), T0 + 5000.0, "dnc:never")
    assert not of(stage, RetireContacts)


@pytest.mark.parametrize("entry", [asked(), asked("+4416329600", DncKind.PREFIX), asked("k1", DncKind.CONTACT)])
def test_an_opt_out_between_claim_and_grant_places_no_call(entry: d.OptedOut) -> None:
    stage = begun(contact(1, "patients"))
    stage.feed(entry, e.ClaimGranted(stage.claim().record.id))
    assert not of(stage, OriginateCall)
    outcome = stage.last(CloseAttempt).outcome
    assert (outcome.record.disposition, outcome.record.reason) == ("not_placed", "dnc:never")
    assert (outcome.contact.state, outcome.contact.reason) == (ContactState.UNCALLABLE, "dnc:never")


def test_an_opt_out_ends_a_ringing_call_and_leaves_a_conversation_alone() -> None:
    stage = begun(contact(1, "patients"))
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt), asked())
    assert stage.last(HangUp).channel_id == attempt
    stage.end(attempt, 127)
    outcome = stage.last(CloseAttempt).outcome
    assert (outcome.record.disposition, outcome.contact.state) == ("cancelled", ContactState.UNCALLABLE)

    stage = begun(contact(1, "patients"))
    answered = stage.grant()
    stage.ring_and_answer(answered).feed(asked())
    assert not of(stage, HangUp)


@pytest.mark.parametrize(("kind", "value"), [(DncKind.NUMBER, ONE), (DncKind.CONTACT, "k1")])
def test_an_entry_that_ends_does_not_retire_whom_it_cancelled(kind: DncKind, value: str) -> None:
    stage = begun(contact(1, "patients"))
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt), asked(value, kind, T0 + 5000.0)).end(attempt, 127)
    after = stage.last(CloseAttempt).outcome.contact
    assert (after.state, after.at, after.reason) == (ContactState.WAITING, T0 + 5000.0, "dnc:never")


def test_an_opt_out_of_another_list_changes_nothing() -> None:
    stage = begun(contact(1, "patients"))
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt), d.OptedOut("other", DncEntry(DncKind.NUMBER, ONE)))
    assert not of(stage, HangUp)


def test_an_opt_out_empties_the_hopper_of_it_but_not_of_another_number() -> None:
    waiting = contact(2, "patients")
    both = contact(3, "patients", numbers=(Number(waiting.numbers[0].e164), Number(HOME)))
    stage = begun(contact(1, "patients"), waiting, both)
    stage.feed(asked(waiting.numbers[0].e164))
    assert stage.last(RetireContacts) == RetireContacts((2,), "dnc:never")
    assert stage.view().campaigns[0].hopper == 1
    first = stage.grant()
    stage.feed(e.ChannelRinging(first)).end(first, 17).advance(1)
    assert stage.claim().record.number == HOME


def test_what_was_taken_off_may_be_called() -> None:
    stage = begun(contact(1, "patients"), contact(2, "patients", numbers=(Number(HOME), Number("+441632962001"))))
    stage.feed(asked(HOME), d.DncLifted("never"))
    first = stage.grant()
    stage.feed(e.ChannelRinging(first)).end(first, 17).advance(1)
    assert stage.claim().record.number == HOME


def test_a_reload_that_adds_the_list_makes_live_calls_heed_it() -> None:
    stage = Stage(reminders(max_lines=1)).up().feed(READY).start("reminders", contact(1, "patients"))
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt), e.PlanChanged(Plan({"reminders": heeding()}, stage.plan.trunks)), asked())
    assert stage.last(HangUp).channel_id == attempt


# --- providers -------------------------------------------------------------------------------------------

PROVIDED = heeding(dnc_providers=("never",))


def test_a_number_is_asked_about_before_it_is_claimed() -> None:
    stage = begun(TWO_NUMBERS, settings=PROVIDED)
    assert not of(stage, Claim)
    assert of(stage, AskProvider) == [AskProvider("never", (ONE, HOME))]
    found = {f.gate: f for f in stage.dialer.inspecting.of(
        "reminders", TWO_NUMBERS, Evidence(), stage.now
    ).findings}  # fmt: skip
    assert found["provider_clears"].reason == "dnc_provider: never is asked"
    stage.feed(d.ProviderAnswered("never", {ONE: True, HOME: False}, stage.now + 3600.0)).advance(0.1)
    assert stage.claim().record.number == HOME


def test_a_listed_contact_is_retired() -> None:
    stage = begun(contact(1, "patients"), settings=PROVIDED)
    stage.feed(d.ProviderAnswered("never", {ONE: True}, stage.now + 3600.0)).advance(0.1)
    assert stage.last(RetireContacts) == RetireContacts((1,), "dnc:never")
    assert not of(stage, Claim)


def test_without_an_answer_the_campaign_holds_says_so_and_asks_again() -> None:
    stage = begun(contact(1, "patients"), settings=PROVIDED)
    stage.feed(d.ProviderFailed("never", (ONE,), "no answer within 2 s", stage.now + 30.0)).advance(29.0)
    assert not of(stage, Claim)
    assert len(of(stage, AskProvider)) == 1
    assert any("never does not answer: no answer within 2 s" in why for why in stage.view().campaigns[0].not_dialing)
    stage.advance(10.0)
    assert len(of(stage, AskProvider)) == 2
    stage.feed(d.ProviderAnswered("never", {ONE: False}, stage.now + 3600.0)).advance(0.1)
    assert stage.claim().record.number == ONE


def test_an_answer_that_is_too_old_is_asked_for_again() -> None:
    stage = begun(contact(1, "patients"), settings=PROVIDED)
    stage.feed(d.ProviderAnswered("never", {ONE: False}, stage.now + 60.0)).advance(0.1)
    attempt = stage.grant()
    stage.advance(61.0).end(attempt, 17)
    before = len(of(stage, AskProvider))
    stage.feed(e.ContactsFetched("reminders", (replace(contact(1, "patients"), attempts=1),), None, 1))
    assert len(of(stage, AskProvider)) == before + 1


def test_what_was_forgotten_is_asked_again_before_the_call() -> None:
    stage = begun(contact(1, "patients"), settings=PROVIDED)
    stage.feed(d.ProviderForgotten("never", ONE)).advance(0.1)
    assert len(of(stage, AskProvider)) == 1, "a question under way stays one"
    stage.feed(d.ProviderAnswered("never", {ONE: False, HOME: False}, stage.now + 3600.0)).advance(0.1)
    stage.end(stage.grant(), 17)
    for number, questions in ((HOME, 1), (ONE, 2), (None, 3)):
        stage.feed(d.ProviderForgotten("never", number))
        stage.feed(e.ContactsFetched("reminders", (replace(contact(1, "patients"), attempts=1),), None, 1))
        assert len(of(stage, AskProvider)) == questions
        stage.feed(d.ProviderAnswered("never", {ONE: True}, stage.now + 3600.0)).advance(0.1)
    stage.feed(d.ProviderForgotten("another", None))
