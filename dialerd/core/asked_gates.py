"""Which gates a campaign's calls are asked through: those that can object to it at all.

A gate of something that the campaign has not (a schedule, a do-not-call list, rules, texts …) would allow every call.
It stays among the gates that `why` tells, and is not called for every look at the campaign. A gate that is not named
here is always asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dialerd.core.attempt_gates import caps_allow
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.choosing import LAST_MOMENT_GATES, NUMBER_GATES
from dialerd.core.flow.reach import queues_of_walk
from dialerd.core.gates import (
    CAMPAIGN_GATES,
    CONTACT_GATES,
    LINE_GATES,
    Gate,
    contact_within_limits,
    dnc_ready,
    flow_has_agents,
    in_schedule,
    provider_clears,
    providers_answer,
    roster_up,
    voice_keeps_up,
)
from dialerd.core.pre_call_gate import rules_allow
from dialerd.core.prompt_gate import prompts_ready
from dialerd.core.prompt_texts import texts_with_flows
from dialerd.core.time_gate import within_callable_time


def _speaks(settings: CampaignSettings) -> bool:
    return next(texts_with_flows(settings), None) is not None


def _leads_to_a_queue(settings: CampaignSettings) -> bool:
    return settings.mode is Mode.AGENTLESS and bool(queues_of_walk(settings.flows, settings.flow))


CAN_OBJECT: Mapping[Gate, Callable[[CampaignSettings], bool]] = {
    in_schedule: lambda settings: settings.schedule is not None,
    roster_up: lambda settings: bool(settings.queue),
    dnc_ready: lambda settings: bool(settings.dnc),
    providers_answer: lambda settings: bool(settings.dnc_providers),
    provider_clears: lambda settings: bool(settings.dnc_providers),
    voice_keeps_up: _speaks,
    flow_has_agents: _leads_to_a_queue,
    prompts_ready: _speaks,
    contact_within_limits: lambda settings: settings.attempt_limits.per_contact is not None,
    within_callable_time: lambda settings: bool(settings.callable_time.sets),
    rules_allow: lambda settings: bool(settings.rule_sets),
    caps_allow: lambda settings: bool(settings.attempt_caps),
}
"""Gates that allow everything to a campaign whose settings lack what they look at."""


@dataclass(frozen=True, slots=True)
class AskedGates:
    """The gates that are asked of one campaign with these settings, in their order."""

    settings: CampaignSettings
    campaign: tuple[Gate, ...]
    line: tuple[Gate, ...]
    contact: tuple[Gate, ...]
    number: tuple[Gate, ...]
    last_moment: tuple[Gate, ...]


def asked_of(settings: CampaignSettings) -> AskedGates:
    """Those of all gates that can object to a campaign with these settings."""

    def of(gates: tuple[Gate, ...]) -> tuple[Gate, ...]:
        return tuple(gate for gate in gates if gate not in CAN_OBJECT or CAN_OBJECT[gate](settings))

    return AskedGates(
        settings, of(CAMPAIGN_GATES), of(LINE_GATES), of(CONTACT_GATES), of(NUMBER_GATES), of(LAST_MOMENT_GATES)
    )


class AskedOfCampaigns:
    """The gates of every campaign, found out anew when its settings change."""

    def __init__(self) -> None:
        self._known: dict[str, AskedGates] = {}

    def of(self, settings: CampaignSettings) -> AskedGates:
        """The gates of a campaign with these settings."""
        known = self._known.get(settings.name)
        if known is None or known.settings is not settings:
            known = self._known[settings.name] = asked_of(settings)
        return known
