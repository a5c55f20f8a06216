"""Looks Asterisk over before it is trusted with calls: without its half of the dialplan all would be silent."""

from __future__ import annotations

from collections.abc import Callable

from dialerd.asterisk.probe import Check, probe
from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.core.campaign import Plan

Tell = Callable[..., None]
"""Level, name and fields of a notice."""

FATAL = frozenset({"version", "modules", "ari_write", "dialplan"})
"""Without these no call is placed. What else is wrong (a sound, a queue, a right) is told, and dialing goes on: the
campaigns that do without it are not to wait for it."""
_SAID_ELSEWHERE = frozenset({"ari", "ami", "event_socket"})
"""Connections say themselves that they cannot be made."""


async def examine(ari: AriSettings, ami: AmiSettings, plan: Plan) -> tuple[Check, ...]:
    """All checks, with every trunk, queue and sound that the plan names."""
    campaigns = plan.campaigns.values()
    return await probe(
        ari,
        ami,
        trunks=event_sources(plan),
        queues=sorted({queue for campaign in campaigns for queue in campaign.queues}),
        sounds=sorted({media for campaign in campaigns for media in campaign.sounds}),
        recording=any(campaign.recording.share for campaign in campaigns),
    )


def event_sources(plan: Plan) -> list[str]:
    """What must be followed to hear of the calls on all trunks."""
    return sorted({f"endpoint:{trunk.event_source}" for trunk in plan.trunks.values()})


class Examiner:
    """Examines one Asterisk for one daemon, and tells each thing once."""

    def __init__(self, ari: AriSettings, ami: AmiSettings, plan: Callable[[], Plan], tell: Tell) -> None:
        self._ari, self._ami = ari, ami
        self._plan = plan
        self._tell = tell
        self._told: frozenset[Check] = frozenset()

    async def __call__(self) -> str:
        """Why no call may be placed on this Asterisk; empty: it may be."""
        bad = [check for check in await examine(self._ari, self._ami, self._plan()) if not check.ok]
        for check in bad:
            if check.name not in _SAID_ELSEWHERE and check not in self._told:
                level = "error" if check.name in FATAL else "warning"
                self._tell(level, "asterisk_lacks", what=check.name, detail=check.detail, todo=check.remedy)
        self._told = frozenset(bad)
        return "; ".join(f"{check.name}: {check.detail}" for check in bad if check.name in FATAL)
