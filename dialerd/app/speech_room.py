"""Text to speech in one daemon: its studio, and which of its files are in use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from dialerd.config.daemon import SpeechSettings
from dialerd.config.voices import VoiceSettings
from dialerd.core.dialer import Dialer
from dialerd.core.floor import Floor
from dialerd.ports import Clock, Post
from dialerd.speech.cache import PromptCache
from dialerd.speech.studio import Measured, Studio


def prompt_cache(settings: SpeechSettings) -> PromptCache:
    """The cache in the folder that the settings name; nothing is looked at yet."""
    return PromptCache(settings.folder, settings.asterisk_path, settings.most_mb << 20, int(settings.rate_hz))


class SpeechRoom:
    """The studio of one daemon."""

    def __init__(
        self,
        settings: SpeechSettings,
        post: Post,
        clock: Clock,
        *,
        voices: Callable[[], Mapping[str, VoiceSettings]],
        dialer: Callable[[], Dialer],
        measured: Measured,
    ) -> None:
        self._settings = settings
        self.studio = Studio(
            prompt_cache(settings), voices, post, clock, rate=int(settings.rate_hz), at_once=settings.at_once,
            in_use=lambda: media_in_use(dialer().floor), measured=measured,
        )  # fmt: skip

    def state(self, in_use: bool) -> dict[str, Any]:
        """For operators: what was done since the start, and what is kept. ``in_use``: with the names of the files
        that callers hear now, or are about to."""
        needed = {"in_use": sorted(self.studio.in_use())} if in_use else {}
        return {
            **needed,
            **asdict(self.studio.figures()),
            "folder": str(self._settings.folder),
            "asterisk_folder": self._settings.asterisk_path,
            "most_bytes": self._settings.most_mb << 20,
        }


def media_in_use(floor: Floor) -> set[str]:
    """Media URIs of the prompts of live calls, and of contacts that are about to be called."""
    found = {uri for attempt in floor.attempts.values() for uri in (attempt.record.prompts or {}).values()}
    for name, campaign in floor.campaigns.items():
        for contact in campaign.held():
            found.update((floor.prompts.media(name, contact.id) or {}).values())
    return found
