"""Reasons as people say them."""

from __future__ import annotations

from collections.abc import Mapping

_COUNTED = {
    "agent_on_call": ("agent on a call", "agents on a call"),
    "agent_wrap_up": ("agent in wrap-up", "agents in wrap-up"),
    "agent_reserved": ("agent reserved for a call being placed", "agents reserved for calls being placed"),
    "agent_paused": ("agent paused", "agents paused"),
    "agent_not_responding": ("agent not responding", "agents not responding"),
    "agent_logged_out": ("agent logged out", "agents logged out"),
    "agent_available": ("agent available in another queue", "agents available in another queue"),
    "number_in_use": ("number in another call", "numbers in other calls"),
}
_SAID = {
    "campaign_off": "it is off",
    "campaign_stopping": "it is stopping",
    "campaign_complete": "it is complete",
    "campaign_suspended": "it is suspended",
    "campaign_invalid": "it cannot work",
    "precise_dialing": "a rule wants an agent to read it first, and none can",
    "rule": "a rule of the campaign is in the way",
    "paused_by_rule": "a campaign rule holds it",
    "outside_its_schedule": "it is outside its schedule",
    "shutting_down": "the daemon is shutting down",
    "telephony_down": "Asterisk (ARI) is down",
    "roster_down": "the roster (AMI) is down",
    "store_down": "Redis is down",
    "trunk_unknown": "its trunk is not configured",
    "trunk_refuses_everything": "the trunk refuses every call",
    "campaign_max_lines": "all its lines are in use",
    "trunk_max_lines": "all lines of the trunk are in use",
    "trunk_cps": "the trunk's calls per second are used up",
    "no_contact_callable_now": "no contact is callable now",
    "fetching_contacts": "contacts are being fetched",
    "claim_refused": "the last claim was refused",
    "pacing_holds": "the calls in progress are enough for its agents",
    "flow_needs_agents": "callers in its flow will need the agents",
    "nobody_at_work": "nobody is at work in its queue",
    "queue_has_no_members": "nobody is logged in to its queue",
}


def reasons(not_dialing: Mapping[str, int]) -> str:
    """``2 agents on a call, no contact is callable now``; empty for no reason."""
    return ", ".join(_reason(reason, count) for reason, count in not_dialing.items())


def _reason(reason: str, count: int) -> str:
    word, _, detail = reason.partition(": ")
    if word in _COUNTED:
        said = f"{count} {_COUNTED[word][count != 1]}"
    else:
        said = _SAID.get(word, word.replace("_", " "))
    if detail.startswith("until "):
        return f"{said} {detail}"
    return f"{said} ({detail})" if detail else said
