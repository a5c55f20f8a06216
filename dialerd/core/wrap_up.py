"""Wrap-up rules: what a site wants done when a call is over.

They are asked when an attempt that was dialed is closed. Rules of several sets are read in order, as those before a
call are; of what becomes of the contact the first word counts, do-not-call lists and columns add up. What the called
party asked for in a flow outranks them, and the gates (caps, do-not-call lists, 72 h, 24 h) stand after them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from dialerd.core.attempt import AttemptRecord
from dialerd.core.call_seen import RuleFunction, call_seen
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.filtering.conditions import CallFact, Filter
from dialerd.core.filtering.evaluation import holds
from dialerd.core.filtering.facts import Facts, moment_at
from dialerd.core.rule_clock import called_clock
from dialerd.core.skills import Idle
from dialerd.core.tallies import CALLBACK, counted, is_dead, other_numbers

AGENT_NAME, AGENT_SKILLS = "agent_name", "agent_skills"
"""Keys in an attempt's ``rules``: of the agent who had the call."""
HookCall = tuple[str, str]
"""(webhook, rule that wants it told)."""


class Uncallable(StrEnum):
    """What is not called again."""

    NUMBER = "number"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class WrapUpRule:
    """One rule. ``condition`` None: always. At most one of ``uncallable``, ``callback_s`` and ``retry_s``."""

    name: str
    condition: Filter | None = None
    uncallable: Uncallable | None = None
    callback_s: float | None = None
    """Called back after so long, at the same number, however often it was called."""
    retry_s: float | None = None
    """Tried again after so long, unless the campaign's attempts are used up."""
    other_number: bool = False
    """The retry is at the contact's next number."""
    dnc: str | None = None
    """The number goes on this do-not-call list."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column -> word of the call, column, or literal ``=text``."""
    move_to: str | None = None
    """The contact goes into this list."""
    append_to: str | None = None
    """A copy of the contact, never called yet, comes into this list."""
    webhook: str | None = None
    """This webhook is told of the call."""
    function: RuleFunction | None = None
    """A site's own function, asked where the condition holds: whether the rule fires, and with what."""

    def __str__(self) -> str:
        said = [
            f"uncallable {self.uncallable}" if self.uncallable is not None else "",
            f"callback {self.callback_s:g}s" if self.callback_s is not None else "",
            f"retry {self.retry_s:g}s" if self.retry_s is not None else "",
            f"dnc {self.dnc}" if self.dnc is not None else "",
            f"columns {' '.join(self.columns)}" if self.columns else "",
            f"move_to {self.move_to}" if self.move_to is not None else "",
            f"append_to {self.append_to}" if self.append_to is not None else "",
            f"webhook {self.webhook}" if self.webhook is not None else "",
            f"as {self.function} says" if self.function is not None else "",
        ]
        return ", ".join(part for part in said if part) or "nothing"


@dataclass(frozen=True, slots=True)
class WrapUp:
    """The rules of one set."""

    set_name: str
    rules: tuple[WrapUpRule, ...]
    first: bool


@dataclass(frozen=True, slots=True)
class Wrapped:
    """What the rules make of an attempt. ``number_uncallable``: the number is not called again."""

    contact: ContactNext
    fired: tuple[str, ...] = ()
    dnc: tuple[str, ...] = ()
    number_uncallable: bool = False
    webhooks: tuple[HookCall, ...] = ()
    failed: tuple[str, ...] = ()
    """Rules whose function failed; they count as if they had not fired."""


def facts_after(
    record: AttemptRecord, columns: Mapping[str, str], disposition: Disposition, now: float, zone_name: str,
    idle: Idle | None = None,
) -> Facts:  # fmt: skip
    """What wrap-up rules may ask. ``zone_name``: the campaign's; ``idle``: who is idle at its end."""
    attempts = record.contact_attempts + (disposition not in NEVER_DIALED)
    tallies = counted(record.contact_tries or {}, record, attempts, disposition.value)
    stamp = record.rules or {}
    ended = record.ended_at if record.ended_at is not None else now
    of_call: dict[CallFact, str | float | None] = {
        CallFact.CAMPAIGN: record.campaign,
        CallFact.DISPOSITION: disposition.value,
        CallFact.ANALYSIS: record.analysis,
        CallFact.TREATMENT: record.treatment,
        CallFact.AGENT: record.agent if record.connected_at is not None else None,
        CallFact.AGENT_NAME: stamp.get(AGENT_NAME) or None if record.connected_at is not None else None,
        CallFact.TALK_TIME: ended - record.connected_at if record.connected_at is not None else None,
        CallFact.FLOW_RESULT: record.flow_result,
        CallFact.TRIES: float(tallies[disposition.value]),
        CallFact.HUNG_UP_BY: record.hung_up_by,
        CallFact.MARKED: (record.mark or {}).get("mark"),
        **called_clock(record.called_zone or zone_name, now),
    }
    return Facts(
        record.contact_list, columns, attempts, number_type=record.number_kind, of_call=of_call, tallies=tallies,
        idle=idle, agent_skills=tuple(stamp.get(AGENT_SKILLS, ())) if record.connected_at is not None else (),
    )  # fmt: skip


def wrapped_up(
    sets: tuple[WrapUp, ...], record: AttemptRecord, facts: Facts, following: ContactNext, now: float, zone_name: str
) -> Wrapped:
    """What becomes of the contact; ``following``: without the rules."""
    moment, fired, dnc = moment_at(now, zone_name), list[str](), list[str]()
    columns: dict[str, str] = {}
    chosen: tuple[str, WrapUpRule] | None = None
    move_to: str | None = None
    append_to, webhooks, failed = list[str](), list[HookCall](), list[str]()
    for each in sets:
        for rule in each.rules:
            if rule.condition is not None and not holds(rule.condition.condition, facts, moment):
                continue
            name = f"{each.set_name}.{rule.name}"
            if rule.function is not None:
                said = rule.function(call_seen(facts, record.contact_key, record.number, now, over=True))
                if said.failed:
                    failed.append(name)
                if not said.fires:
                    continue
                rule = replace(rule, **said.changes)
            fired.append(name)
            if rule.dnc is not None and rule.dnc not in dnc:
                dnc.append(rule.dnc)
            columns = {**{to: _written(source, facts) for to, source in rule.columns.items()}, **columns}
            move_to = move_to if move_to is not None else rule.move_to
            if rule.append_to is not None and rule.append_to not in append_to:
                append_to.append(rule.append_to)
            if rule.webhook is not None:
                webhooks.append((rule.webhook, name))
            decides = rule.uncallable is not None or rule.callback_s is not None or rule.retry_s is not None
            if decides and chosen is None:
                chosen = name, rule
            if each.first:
                break
    flow = record.flow or {}
    barred = chosen is not None and chosen[1].uncallable is Uncallable.NUMBER
    if chosen is not None and not flow.get("opted_out") and not flow.get("callback"):
        following = _next(*chosen, record, facts, following, now)
    following = replace(
        following, columns={**following.columns, **columns}, move_to=following.move_to or move_to,
        append_to=() if flow.get("opted_out") else tuple(append_to),
    )  # fmt: skip
    return Wrapped(following, tuple(fired), tuple(dnc), barred, tuple(webhooks), tuple(failed))


def _next(
    name: str, rule: WrapUpRule, record: AttemptRecord, facts: Facts, following: ContactNext, now: float
) -> ContactNext:
    index, reason = record.number_index, f"rule: {name}"
    others = other_numbers(index, record.number_count)
    other = next((i for i in others if not is_dead(facts.tallies, i)), None)
    if rule.uncallable is Uncallable.NUMBER and other is not None:
        if following.reason == "max_attempts":
            return following
        return replace(following, state=ContactState.CALLABLE, at=None, number_index=other, reason=reason)
    if rule.uncallable is not None:
        return replace(following, state=ContactState.UNCALLABLE, at=None, number_index=index, reason=reason)
    if rule.callback_s is not None:
        at = now + rule.callback_s
        return replace(following, state=ContactState.WAITING, at=at, number_index=index, reason=CALLBACK)
    assert rule.retry_s is not None
    if following.reason == "max_attempts":
        return following
    if rule.other_number and other is not None:
        index = other
    return replace(following, state=ContactState.WAITING, at=now + rule.retry_s, number_index=index, reason=reason)


def _written(source: str, facts: Facts) -> str:
    if source.startswith("="):
        return source[1:]
    if source in set(CallFact):
        known = facts.of_call.get(CallFact(source))
        return "" if known is None else f"{known:g}" if isinstance(known, float) else known
    return facts.columns.get(source, "")


def lists_joined(record: AttemptRecord) -> tuple[str, ...]:
    """Do-not-call lists that rules put the number on."""
    found: Any = (record.rules or {}).get("dnc", ())
    return tuple(found)


def webhooks_wanted(record: AttemptRecord) -> tuple[HookCall, ...]:
    """Which webhooks are told of the attempt, and by which rule's wish: none of one that was never dialed."""
    if record.disposition is None or record.disposition in NEVER_DIALED:
        return ()
    found: Any = (record.rules or {}).get("webhooks", ())
    return tuple((str(webhook), str(rule)) for webhook, rule in found)
