"""A caller on the floor: what is kept of the call, and what only this run of the daemon knows of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dialerd.core.caller import CALLER_LIFECYCLE, CallerRecord, CallerState
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import Contact
from dialerd.core.flow.nodes import Flow
from dialerd.core.flow.walk import Walk


@dataclass(slots=True)
class CallerRun:
    """An inbound call between its arrival and the record."""

    record: CallerRecord
    state: CallerState = CallerState.ARRIVED
    settings: CampaignSettings | None = None
    """Of the campaign that showed the number, as they were when the call arrived; None: no campaign is known."""
    contact: Contact | None = None
    flow: str = ""
    """The flow that begins when its speech is there."""
    flows: Mapping[str, Flow] = field(default_factory=dict)
    walk: Walk | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    """Speech: what a text is known by -> media URI."""
    wish: int = 0
    """Serial of the speech that is asked for; 0: none is."""
    playback: str | None = None
    recording: str | None = None
    hang_up_sent: bool = False
    asked: bool = False
    """Who calls was asked for, and not answered yet."""
    left: bool = False
    """The dialplan had, or has, the caller."""
    gone: bool = False
    """The channel is gone; only the answer to that question is waited for."""

    @property
    def channel(self) -> str:
        """Asterisk's id of the caller's channel."""
        return self.record.channel

    def move(self, state: CallerState) -> None:
        """Along the lifecycle; raises ImpossibleTransition for a defect of ours."""
        CALLER_LIFECYCLE.check(self.state, state)
        self.state = state
        self.record.state = state.value
