"""What stands against a campaign in the world as it was found: a queue, a sound or a list that is not there."""

from __future__ import annotations

from collections.abc import Mapping

QUEUE, SOUNDS, CONTACT_LIST, COLUMNS = "queue", "sounds", "contact_list", "columns"
"""What is looked at; others may add their own words."""


class Findings:
    """The last word on each thing that was looked at, campaign by campaign. A campaign may be looked at before it is
    in the configuration, so that it does not dial for a moment first."""

    def __init__(self) -> None:
        self._against: dict[str, dict[str, str]] = {}

    def take(self, campaign: str, about: str, reason: str | None) -> None:
        """Something was found, or is no longer (``reason`` None)."""
        against = self._against.setdefault(campaign, {})
        against.pop(about, None)
        if reason is not None:
            against[about] = reason

    def of(self, campaign: str) -> Mapping[str, str]:
        """All that stands against the campaign: what was looked at -> reason."""
        return dict(self._against.get(campaign, {}))

    def against(self, campaign: str, about: str) -> str | None:
        """What stands against it for this one thing."""
        return self._against.get(campaign, {}).get(about)

    def forget(self, campaign: str) -> None:
        """The campaign is no more."""
        self._against.pop(campaign, None)


def in_words(against: Mapping[str, str]) -> str:
    """One sentence for people, the same for the same findings; empty: nothing stands against it."""
    return "; ".join(against[about] for about in sorted(against))
