"""Looks whether what the campaigns need is there: their sounds in Asterisk, their lists in the record.

(Their queues the core sees for itself: the roster names them.)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.asterisk.client import AriClient
from dialerd.asterisk.probe import is_path, sound_exists
from dialerd.config.order_settings import missing_columns
from dialerd.core.campaign import CampaignSettings
from dialerd.core.events import CampaignFound
from dialerd.core.findings import COLUMNS, CONTACT_LIST, SOUNDS
from dialerd.ports import Post
from dialerd.store.list_columns import list_columns
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.record_queries import RecordQueries

LOOK_EVERY_S = 15.0
LOOKED_AT = frozenset({CONTACT_LIST, COLUMNS, SOUNDS})


class WorldWatch:
    """Posts :class:`CampaignFound` for what is missing, and once more when it is there. What cannot be seen (Asterisk
    or the database is away) stays as it was found last."""

    def __init__(self, database: AsyncEngine, post: Post) -> None:
        self._database = database
        self._record = RecordQueries(database)
        self._post = post
        self._missing: dict[str, dict[str, str]] = {}

    def missing(self, campaign: str) -> Mapping[str, str]:
        """What the campaign lacked at the last look: what was looked at -> reason."""
        return self._missing.get(campaign, {})

    async def look_at_lists(self, campaigns: Iterable[CampaignSettings]) -> None:
        """A list that nobody ever imported is a mistake; one without contacts is merely empty."""
        campaigns = tuple(campaigns)
        with suppress(*DATABASE_ERRORS):  # whose loss the record itself tells
            made = await self._record.lists_made({name for campaign in campaigns for name in campaign.contact_lists})
            for campaign in campaigns:
                absent = [name for name in campaign.contact_lists if name not in made]
                reason = f"contact list {' and '.join(absent)} was never imported" if absent else None
                self._found(campaign.name, CONTACT_LIST, reason)
                self._found(campaign.name, COLUMNS, await self._lacks_columns(campaign))

    async def _lacks_columns(self, campaign: CampaignSettings) -> str | None:
        """Why the filter, the sort keys and the flow cannot be answered by its lists."""
        of_order, of_flow = campaign.order.columns(), sorted(campaign.flow_columns)
        if not of_order and not of_flow:
            return None
        for name in campaign.contact_lists:
            there = await list_columns(self._database, name)
            lacks = missing_columns(of_order, there, name) or missing_columns(of_flow, there, name, "the flow")
            if lacks is not None:
                return lacks
        return None

    async def look_at_sounds(self, campaigns: Iterable[CampaignSettings], client: AriClient) -> None:
        """The message, the prompts of its flows, and what people hear whom no agent can take."""
        sounds = {campaign.name: _sounds_of(campaign) for campaign in campaigns}
        wanted = sorted({media for of_campaign in sounds.values() for media in of_campaign})
        there = {media: await sound_exists(client, media) for media in wanted}
        for name, of_campaign in sounds.items():
            absent = [media for media in of_campaign if there[media] is False]
            if absent:
                self._found(name, SOUNDS, f"Asterisk has no {' and no '.join(absent)}")
            elif all(there[media] for media in of_campaign):
                self._found(name, SOUNDS, None)

    def _found(self, campaign: str, about: str, reason: str | None) -> None:
        missing = self._missing.setdefault(campaign, {})
        if reason is None and about not in missing:
            return
        missing.pop(about, None)
        if reason is not None:
            missing[about] = reason
        self._post(CampaignFound(campaign, about, reason))


def _sounds_of(campaign: CampaignSettings) -> list[str]:
    """Without those that are named by a path of Asterisk's machine: they cannot be seen from here."""
    return sorted(media for media in campaign.sounds if not is_path(media))
