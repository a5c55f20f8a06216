"""Compares the record with the ground truth: every call accounted for, every disposition true."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lab.callees import Behaviour
from lab.truth import Truth, TruthCall

Attempt = Mapping[str, Any]
"""A finished attempt of the record by column name."""

_UNANSWERED = {
    Behaviour.BUSY: "busy",
    Behaviour.REJECTED: "rejected",
    Behaviour.CONGESTION: "congestion",
    Behaviour.UNALLOCATED: "invalid_number",
    Behaviour.SIT: "invalid_number",
    Behaviour.NUMBER_CHANGED: "number_changed",
    Behaviour.RINGS_OUT: "no_answer",
    Behaviour.NO_PROGRESS: "no_answer",
}
_REACHED = frozenset({"answered_agent", "answered_message"})
_MACHINE = frozenset({"machine", "machine_message", "machine_message_left"})
_ANSWER_SKEW_S = 1.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One attempt whose record is not what happened."""

    attempt: str
    number: str
    behaviour: str
    recorded: str
    expected: str


@dataclass(slots=True)
class Audit:
    """What the comparison found."""

    calls: int = 0
    accounted: int = 0
    unaccounted: list[str] = field(default_factory=list)
    """Calls of the carrier without an attempt, and dialed attempts without a call."""
    differences: list[Difference] = field(default_factory=list)
    """What SIP, timing and audio say otherwise than the record: defects."""
    confusions: list[Difference] = field(default_factory=list)
    """Where AMD took one for the other: listed apart, for no AMD is free of them."""
    judged: dict[str, int] = field(default_factory=dict)
    """``person`` or ``machine`` by truth, then by verdict: ``person->machine`` …"""
    waits_s: list[float] = field(default_factory=list)
    """Seconds from the called person's first sound to the agent's or message's, as the carrier heard it."""

    @property
    def ok(self) -> bool:
        """Nothing is lost and nothing is wrong below the level of AMD."""
        return not self.unaccounted and not self.differences


def audit(attempts: Iterable[Attempt], truth: Truth) -> Audit:
    """Match attempts and calls by number and order, and compare each pair."""
    dialed = [attempt for attempt in attempts if attempt["disposition"] not in ("not_placed", "preview_skipped")]
    by_number: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in sorted(dialed, key=lambda one: one["claimed_at"]):
        by_number[attempt["number"]].append(attempt)
    calls: dict[str, list[TruthCall]] = defaultdict(list)
    for call in sorted(truth.calls, key=lambda one: one.received_ms):
        calls[call.number].append(call)
    result = Audit(calls=len(truth.calls))
    for number in sorted(by_number.keys() | calls.keys()):
        _match(by_number[number], calls[number], result)
    return result


def _match(attempts: Sequence[Attempt], calls: Sequence[TruthCall], result: Audit) -> None:
    for attempt, call in zip(attempts, calls, strict=False):
        result.accounted += 1
        _compare(attempt, call, result)
    for call in calls[len(attempts) :]:
        result.unaccounted.append(f"call to {call.number} at {call.received_ms}: no attempt")
    for attempt in attempts[len(calls) :]:
        result.unaccounted.append(f"attempt {attempt['id']} ({attempt['disposition']}): no call")


def _compare(attempt: Attempt, call: TruthCall, result: Audit) -> None:
    recorded, behaviour = str(attempt["disposition"]), call.behaviour
    assert behaviour is not None

    def differs(expected: str, into: list[Difference]) -> None:
        into.append(Difference(attempt["id"], call.number, behaviour.value, recorded, expected))

    if call.answered_ms is None:
        expected = _UNANSWERED.get(behaviour)
        if recorded != "cancelled" and (expected is None or recorded != expected):
            differs(expected or "cancelled", result.differences)
        return
    if attempt["answered_at"] is None:
        differs("answered", result.differences)
        return
    if abs(attempt["answered_at"] - call.answered_ms / 1000) > _ANSWER_SKEW_S:
        differs(f"answered at {call.answered_ms}", result.differences)
    if recorded == "hung_up_early":
        if call.ended_by != "callee":
            differs("the callee did not hang up", result.differences)
        return
    if recorded == "answered_agent" and call.agent is None and _could_hear(attempt):
        differs("no agent was heard", result.differences)
        return
    if call.agent is not None and attempt["agent"] != call.agent:
        differs(f"agent {call.agent} was heard", result.differences)
    if recorded == "machine_message_left" and call.message_ms is None:
        differs("no message was heard on the machine", result.differences)
    _judge(behaviour, recorded, differs, result)
    first = call.bridge.from_ms if call.bridge is not None else call.message_ms
    if behaviour.is_person and first is not None and call.spoke_ms is not None:
        result.waits_s.append(max(0.0, (first - call.spoke_ms) / 1000))


def _could_hear(attempt: Attempt) -> bool:
    """The conversation was long enough for the carrier to tell the agent's tones."""
    return bool(attempt["connected_at"]) and float(attempt["ended_at"]) - float(attempt["connected_at"]) > 1.0


def _judge(behaviour: Behaviour, recorded: str, differs: Any, result: Audit) -> None:
    said = "machine" if recorded in _MACHINE else "fax" if recorded == "fax" else "person"
    if recorded == "abandoned":
        if behaviour.is_person:
            differs("a connected call", result.differences)
        return
    true = "person" if behaviour.is_person else "fax" if behaviour is Behaviour.FAX else "machine"
    verdict = f"{true}->{said}"
    result.judged[verdict] = result.judged.get(verdict, 0) + 1
    if true == said or (true == "fax" and said == "machine"):
        return
    differs(true, result.confusions)
