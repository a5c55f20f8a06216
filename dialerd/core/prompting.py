"""Has prompts rendered before contacts are called, and lets go of those who waited for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dialerd.core.campaign import CampaignState
from dialerd.core.choosing import NUMBER_GATES, Chosen, choose
from dialerd.core.commands import DistrustPrompts, SaveCampaignState
from dialerd.core.contact import Contact
from dialerd.core.floor import CampaignRun, Floor, LiveAttempt
from dialerd.core.flow.prompts import Prompt
from dialerd.core.gates import CONTACT_GATES, Case, first_objection
from dialerd.core.prompt_events import PromptsFailed, PromptsRendered
from dialerd.core.prompt_gate import prompts_ready
from dialerd.core.prompt_texts import media_of

_OTHER_NUMBER_GATES = tuple(gate for gate in NUMBER_GATES if gate is not prompts_ready)
MOST_NOT_PLAYED = 3
"""So many rendered prompts in a row that Asterisk could not play suspend the campaign: it does not see the files."""


class Prompting:
    """Wishes out, answers in; and what becomes of prompts that cannot be played."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor

    def fetched(self, campaign: CampaignRun, contacts: Sequence[Contact]) -> None:
        """Contacts came from the record: what was rendered for them before may be gone."""
        self._floor.prompts.forget_all(campaign.settings.name, contacts)

    def prepare(self, campaign: CampaignRun, cases: Iterable[Case]) -> None:
        """Render ahead for those of these contacts to whom nothing else objects now."""
        if not self._floor.prompts.texts(campaign.settings):
            return
        for case in cases:
            assert case.contact is not None
            if first_objection(CONTACT_GATES, case) is None and isinstance(
                choose(case, case.contact, _OTHER_NUMBER_GATES), Chosen
            ):
                self.ask(campaign, case.contact, case.now)

    def ask(self, campaign: CampaignRun, contact: Contact, now: float) -> None:
        """Render for one contact; nothing where that is done, or was asked for just now."""
        wish = self._floor.prompts.to_ask(campaign.settings, contact, now)
        if wish is not None:
            self._floor.do(wish)

    def rendered(self, event: PromptsRendered, now: float) -> None:
        """A contact that waited for it goes back into the hopper."""
        if self._floor.prompts.rendered(event):
            self._wake(event.campaign, event.contact_id, now)
        self._floor.dirty.add(event.campaign)

    def failed(self, event: PromptsFailed, now: float) -> None:
        """No call for now; whoever cannot be called at all is taken out."""
        floor = self._floor
        if floor.prompts.failed(event):
            contact = str(event.contact_id)
            floor.tell("warning", "prompt_failed", campaign=event.campaign, contact=contact, reason=event.reason)
            if event.retry_at is None:
                self._wake(event.campaign, event.contact_id, now)
        floor.dirty.add(event.campaign)

    def _wake(self, name: str, contact_id: int, now: float) -> None:
        campaign = self._floor.campaigns.get(name)
        parked = campaign.parked.get(contact_id) if campaign is not None else None
        if campaign is not None and parked is not None:
            campaign.parked[contact_id] = replace(parked, until=now)
            self._floor.timers.set("parked", name, now)

    # --- what is heard -----------------------------------------------------------------------------------

    def heard(self, attempt: LiveAttempt) -> None:
        """A prompt was played to its end."""
        campaign = self._floor.campaigns.get(attempt.record.campaign)
        if campaign is not None:
            campaign.prompts_not_played = 0

    def not_played(self, attempt: LiveAttempt, prompts: Sequence[Prompt]) -> None:
        """One of these could not be played. Nobody else shall hear silence instead of a sound, in whichever campaign;
        a file of speech is rendered anew, unless several in a row fail."""
        rendered = attempt.record.prompts or {}
        for uri in dict.fromkeys(uri for prompt in prompts for uri in prompt.sounds):
            self.suspend_all_with(uri)
        texts = [text.source for prompt in prompts for text in prompt.texts]
        if not texts:
            return
        self._floor.do(DistrustPrompts(tuple(dict.fromkeys(uri for uri in rendered.values() if uri))))
        campaign = self._floor.campaigns.get(attempt.record.campaign)
        if campaign is not None:
            campaign.prompts_not_played += 1
            if campaign.prompts_not_played >= MOST_NOT_PLAYED:
                self._suspend(attempt.record.campaign, campaign, "Asterisk does not play the speech rendered for it")

    def suspend_all_with(self, media: str) -> None:
        """Nobody else shall hear silence instead of this sound, in whichever campaign."""
        for name, campaign in self._floor.campaigns.items():
            if media in campaign.settings.sounds:
                self._suspend(name, campaign, f"message {media} could not be played")

    def _suspend(self, name: str, campaign: CampaignRun, reason: str) -> None:
        if campaign.state is CampaignState.ON:
            self._floor.move_campaign(campaign, CampaignState.SUSPENDED, reason)
            self._floor.do(SaveCampaignState(name, CampaignState.SUSPENDED, reason))


def message_media(attempt: LiveAttempt, prompt: Prompt) -> tuple[str, ...] | None:
    """What Asterisk plays for a message outside of flows; None: its text was not rendered."""
    record = attempt.record
    try:
        return media_of(prompt, record.prompts or {}, attempt.settings, record.language)
    except KeyError:
        return None
