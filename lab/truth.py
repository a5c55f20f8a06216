"""The ground truth: what the carrier's callees and phones did and heard."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from lab.callees import Behaviour
from lab.hearing import Heard, listen


@dataclass(frozen=True, slots=True)
class TruthCall:
    """One call to a callee. Times in epoch milliseconds; None for what never happened.

    Attributes:
        id: the carrier's channel.
        number: E.164.
        behaviour: None for a number outside the plan.
        sip_call_id: the SIP Call-ID, the same on the PBX (``CHANNEL(pjsip,call-id)``).
        spoke_ms: when the callee (or machine, or fax) began to sound.
        noise_ms: when a waiting person first noticed sound, as it happened.
        ended_by: ``callee`` or ``caller``; None while the call lasts.
        cause: the Q.850 cause the callee ended it with.
        heard: every stretch of sound that reached the callee (if the lab records).
    """

    id: str
    number: str
    behaviour: Behaviour | None
    caller: str
    sip_call_id: str
    received_ms: int
    rang_ms: int | None = None
    answered_ms: int | None = None
    spoke_ms: int | None = None
    noise_ms: int | None = None
    ended_ms: int | None = None
    ended_by: str | None = None
    cause: int | None = None
    pressed: str | None = None
    heard: tuple[Heard, ...] = ()

    @property
    def bridge(self) -> Heard | None:
        """The first stretch in which an agent was heard."""
        return next((stretch for stretch in self.heard if stretch.agent), None)

    @property
    def agent(self) -> str | None:
        """The agent who was heard first, as the extension."""
        return self.bridge.agent if self.bridge else None

    @property
    def message_ms(self) -> int | None:
        """When the callee first heard sound that was no agent's: a message or music."""
        return next((stretch.from_ms for stretch in self.heard if not stretch.agent), None)


@dataclass(frozen=True, slots=True)
class TruthPhone:
    """One call to an agent's phone; as `TruthCall`. `profile` is the phone's, as text."""

    id: str
    agent: str
    profile: str
    caller: str
    sip_call_id: str
    received_ms: int
    call_info: str = ""
    alert_info: str = ""
    answered_ms: int | None = None
    ended_ms: int | None = None
    ended_by: str | None = None


@dataclass(frozen=True, slots=True)
class Truth:
    """Everything that happened until now, each in the order of arrival."""

    calls: tuple[TruthCall, ...]
    phones: tuple[TruthPhone, ...]
    callers: tuple[TruthCall, ...] = ()
    """People who called the PBX; ``number`` is their own, ``ended_by`` is ``caller`` or ``pbx``."""

    def of(self, number: str) -> list[TruthCall]:
        """The calls to one E.164 number."""
        return [call for call in self.calls if call.number == number]


def read_truth(log: Path, recordings: Path) -> Truth:
    """Parse the carrier's log; a line that is still being written is left for the next time."""
    calls: dict[str, dict[str, dict[str, Any]]] = {}
    text = log.read_text() if log.exists() else ""
    for line in text.splitlines():
        if line.endswith("}"):
            entry = json.loads(line)
            calls.setdefault(entry["id"], {})[entry["event"]] = entry
    callees = [call for call in calls.values() if call["received"]["kind"] == "callee"]
    phones = [call for call in calls.values() if call["received"]["kind"] == "phone"]
    return Truth(
        tuple(_call(call, recordings) for call in callees),
        tuple(_phone(call) for call in phones),
        tuple(_call(call, recordings) for call in calls.values() if call["received"]["kind"] == "caller"),
    )


def _call(events: dict[str, dict[str, Any]], recordings: Path) -> TruthCall:
    begin, answered, end = events["received"], events.get("answered"), events.get("ended")
    known = begin["behaviour"] in set(Behaviour)
    call = TruthCall(
        id=begin["id"],
        number=f"+{begin['number']}",
        behaviour=Behaviour(begin["behaviour"]) if known else None,
        caller=begin["caller"],
        sip_call_id=begin["sip"],
        received_ms=begin["at"],
        rang_ms=_number(answered["rang"]) if answered else None,
        answered_ms=answered["at"] if answered else None,
    )
    if end is None:
        return call
    recorded = _number(end["recorded"])
    return replace(
        call,
        rang_ms=_number(end["rang"]),
        spoke_ms=_number(end["spoke"]),
        noise_ms=_number(end["noise"]),
        ended_ms=end["at"],
        ended_by=end["by"],
        cause=_number(end["cause"]),
        pressed=end["pressed"] or None,
        heard=_heard(recordings / f"{call.id}.sln", recorded) if recorded else (),
    )


def _phone(events: dict[str, dict[str, Any]]) -> TruthPhone:
    begin, answered, end = events["received"], events.get("answered"), events.get("ended")
    return TruthPhone(
        id=begin["id"],
        agent=begin["number"],
        profile=begin["behaviour"],
        caller=begin["caller"],
        sip_call_id=begin["sip"],
        received_ms=begin["at"],
        call_info=begin["call_info"],
        alert_info=begin["alert_info"],
        answered_ms=answered["at"] if answered else None,
        ended_ms=end["at"] if end else None,
        ended_by=end["by"] if end else None,
    )


def _number(text: str) -> int | None:
    return int(text) if text else None


def _heard(recording: Path, started_ms: int) -> tuple[Heard, ...]:
    size = recording.stat().st_size if recording.exists() else 0
    return _heard_once(recording, started_ms, size)


@cache
def _heard_once(recording: Path, started_ms: int, size: int) -> tuple[Heard, ...]:
    # A recording may still be growing for a moment after the hang-up: its size is part of the key.
    return listen(recording, started_ms)
