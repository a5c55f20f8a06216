"""An agent: a queue member as dialerd sees it."""

from __future__ import annotations

from enum import StrEnum

from dialerd.core.lifecycle import Lifecycle


class AgentState(StrEnum):
    """Where an agent stands. Being logged in and paused is decided in Asterisk's queue and followed here."""

    LOGGED_OUT = "logged_out"
    PAUSED = "paused"
    AVAILABLE = "available"
    RESERVED = "reserved"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    NOT_RESPONDING = "not_responding"
    """The nailed-up line is down, or the member did not answer: not offered calls until that is mended."""


_S = AgentState
AGENT_LIFECYCLE = Lifecycle(
    "agent",
    {
        _S.LOGGED_OUT: frozenset({_S.AVAILABLE, _S.PAUSED, _S.NOT_RESPONDING, _S.ON_CALL, _S.WRAP_UP}),
        _S.PAUSED: frozenset({_S.AVAILABLE, _S.LOGGED_OUT, _S.NOT_RESPONDING}),
        _S.AVAILABLE: frozenset({_S.PAUSED, _S.LOGGED_OUT, _S.RESERVED, _S.NOT_RESPONDING}),
        _S.RESERVED: frozenset({_S.AVAILABLE, _S.ON_CALL, _S.PAUSED, _S.LOGGED_OUT, _S.NOT_RESPONDING}),
        _S.ON_CALL: frozenset({_S.WRAP_UP}),
        _S.WRAP_UP: frozenset({_S.AVAILABLE, _S.PAUSED, _S.LOGGED_OUT, _S.NOT_RESPONDING}),
        _S.NOT_RESPONDING: frozenset({_S.AVAILABLE, _S.PAUSED, _S.LOGGED_OUT}),
    },
)
