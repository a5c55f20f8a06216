"""Speech of the texts that a contact will hear, before the contact is called: what is asked for, what is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import Contact
from dialerd.core.flow.prompts import ColumnMissing, Text
from dialerd.core.prompt_commands import RenderPrompts, Utterance
from dialerd.core.prompt_events import PromptsFailed, PromptsRendered
from dialerd.core.prompt_texts import texts_with_flows, utterances

MOST_WAITING = 200
"""With so many contacts of a campaign waiting for their prompts no more are taken up."""
MOST_KEPT = 20_000
ASK_AGAIN_S = 120.0
"""A wish that was never answered is told again after this time, seconds."""
PROMPT_REASON = "prompt_"
RENDERING = "prompt_rendering"
FAILED = "prompt_failed"
COLUMN_MISSING = "prompt_column_missing"
IMPOSSIBLE = "prompt_impossible"


@dataclass(slots=True)
class _Standing:
    """How far a contact's prompts are."""

    settings: CampaignSettings
    contact: Contact
    wanted: tuple[Utterance, ...]
    serial: int
    asked_at: float
    media: Mapping[str, str] | None = None
    failed: str = ""
    retry_at: float | None = None


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Why a contact cannot be called now. ``for_good``: as long as its data stay as they are."""

    reason: str
    until: float | None = None
    for_good: bool = False


class PromptBook:
    """Prompts by campaign and contact."""

    def __init__(self) -> None:
        self._texts: dict[str, tuple[CampaignSettings, tuple[tuple[Text, str], ...]]] = {}
        self._kept: dict[tuple[str, int], _Standing] = {}
        self._waiting: dict[str, dict[int, float]] = {}
        self._down: dict[str, tuple[float, str]] = {}
        self._serial = 0

    def texts(self, settings: CampaignSettings) -> tuple[tuple[Text, str], ...]:
        """Every text of a campaign, with the language of its flow."""
        known = self._texts.get(settings.name)
        if known is None or known[0] is not settings:
            known = self._texts[settings.name] = settings, tuple(dict.fromkeys(texts_with_flows(settings)))
        return known[1]

    def obstacle(self, settings: CampaignSettings, now: float) -> Obstacle | None:
        """Why the campaign should take nobody up; None: nothing is against it."""
        if not self.texts(settings):
            return None
        until, reason = self._down.get(settings.name, (0.0, ""))
        if until > now:
            return Obstacle(f"{FAILED}: {reason}", until)
        waiting = self._waiting.get(settings.name)
        if waiting is not None and len(waiting) >= MOST_WAITING:
            for contact_id in [key for key, asked_at in waiting.items() if asked_at + ASK_AGAIN_S <= now]:
                del waiting[contact_id]
            if len(waiting) >= MOST_WAITING:
                return Obstacle(f"{RENDERING}: {MOST_WAITING} contacts wait for their prompts", now + 1.0)
        return None

    def objection(self, settings: CampaignSettings, contact: Contact, now: float) -> Obstacle | None:
        """Why this contact cannot be called; None: everything that it may hear is there."""
        texts = self.texts(settings)
        if not texts:
            return None
        standing = self._find(settings, contact)
        if standing is None:
            try:
                utterances(texts, settings, contact.columns)
            except ColumnMissing as missing:
                return Obstacle(f"{COLUMN_MISSING}: {missing.column}", for_good=True)
            return Obstacle(RENDERING)
        if standing.media is not None:
            return None
        if not standing.failed:
            return Obstacle(RENDERING)
        if standing.retry_at is None:
            return Obstacle(f"{IMPOSSIBLE}: {standing.failed}", for_good=True)
        return Obstacle(f"{FAILED}: {standing.failed}", max(standing.retry_at, now))

    def _find(self, settings: CampaignSettings, contact: Contact) -> _Standing | None:
        """What is kept, if it holds for campaign and contact as they are now."""
        standing = self._kept.get((settings.name, contact.id))
        if standing is None or (standing.contact is contact and standing.settings is settings):
            return standing
        try:
            wanted = utterances(self.texts(settings), settings, contact.columns)
        except ColumnMissing:
            return None
        if (wanted, settings.voice) != (standing.wanted, standing.settings.voice):
            return None
        standing.contact, standing.settings = contact, settings
        return standing

    def to_ask(self, settings: CampaignSettings, contact: Contact, now: float) -> RenderPrompts | None:
        """What is to be wished for this contact; None: nothing, or it was wished just now."""
        texts = self.texts(settings)
        if not texts:
            return None
        key = settings.name, contact.id
        standing = self._find(settings, contact)
        if standing is not None:
            waits = not standing.failed and now < standing.asked_at + ASK_AGAIN_S
            rests = standing.failed and (standing.retry_at is None or now < standing.retry_at)
            if standing.media is not None or waits or rests:
                return None
        try:
            wanted = utterances(texts, settings, contact.columns)
        except ColumnMissing:
            return None
        self._serial += 1
        self._kept.pop(key, None)
        self._kept[key] = _Standing(settings, contact, wanted, self._serial, now)
        self._waiting.setdefault(settings.name, {})[contact.id] = now
        if len(self._kept) > MOST_KEPT:
            self.forget(*next(iter(self._kept)))
        return RenderPrompts(settings.name, contact.id, self._serial, settings.voice, wanted)

    def rendered(self, event: PromptsRendered) -> bool:
        """They are there; False: that is not what is wanted any more."""
        standing = self._answered(event.campaign, event.contact_id, event.serial)
        if standing is None:
            return False
        standing.media, standing.failed = event.media, ""
        self._down.pop(event.campaign, None)
        return True

    def failed(self, event: PromptsFailed) -> bool:
        """They could not be rendered; False: that is not what is wanted any more."""
        if event.down_until is not None:
            self._down[event.campaign] = event.down_until, event.reason
        standing = self._answered(event.campaign, event.contact_id, event.serial)
        if standing is None:
            return False
        standing.failed, standing.retry_at = event.reason, event.retry_at
        return True

    def _answered(self, campaign: str, contact_id: int, serial: int) -> _Standing | None:
        standing = self._kept.get((campaign, contact_id))
        if standing is None or standing.serial != serial:
            return None
        self._waiting.get(campaign, {}).pop(contact_id, None)
        return standing

    def media(self, campaign: str, contact_id: int) -> Mapping[str, str] | None:
        """What was rendered for a contact; None: nothing."""
        standing = self._kept.get((campaign, contact_id))
        return standing.media if standing is not None else None

    def take(self, campaign: str, contact_id: int) -> dict[str, str] | None:
        """The contact is called: its prompts go with the call, and are kept here no longer."""
        media = self.media(campaign, contact_id)
        self.forget(campaign, contact_id)
        return dict(media) if media is not None else None

    def forget(self, campaign: str, contact_id: int) -> None:
        """The contact went away, or comes anew: what was rendered may be gone by now."""
        self._kept.pop((campaign, contact_id), None)
        self._waiting.get(campaign, {}).pop(contact_id, None)

    def forget_all(self, campaign: str, contacts: Iterable[Contact]) -> None:
        """These contacts come anew from the record."""
        if campaign in self._texts and self._texts[campaign][1]:
            for contact in contacts:
                self.forget(campaign, contact.id)
