"""Pre-call rules: what a site wants done, or left undone, when a number is about to be dialed.

Rules of several sets are read in order. A rule whose condition holds for the contact and the number in question
fires; where the set says ``first``, no further rule of that set is read. The first verdict against the number counts,
and of caller ID and each variable the first that is set.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from dialerd.core.call_seen import RuleFunction, call_seen
from dialerd.core.contact import Contact
from dialerd.core.filtering.conditions import CallFact, Filter
from dialerd.core.filtering.evaluation import holds
from dialerd.core.filtering.facts import Facts, Moment, moment_at
from dialerd.core.rule_clock import Clock, asks_clock, called_clocks
from dialerd.core.skills import Idle
from dialerd.core.wrap_up import HookCall, WrapUpRule

PREVIEW_LOOK_AGAIN_S = 3600.0
FAILED_LOOK_AGAIN_S = 900.0
"""So long a number is left alone when a site's own function could not say whether it may be dialed."""


class PreCallAction(StrEnum):
    """What a rule does about the number."""

    DIAL = "dial"
    """Nothing against it."""
    SKIP = "skip"
    """The contact is not called for some time: none of its numbers."""
    OTHER_NUMBER = "other_number"
    """This number is not dialed for some time; another of the contact's may be."""
    UNCALLABLE = "uncallable"
    """This number is not dialed; a contact all of whose numbers are refused is not called again."""
    PREVIEW = "preview"
    """To be dialed in preview only, when an agent has read the record and accepted."""


@dataclass(frozen=True, slots=True)
class PreCallRule:
    """One rule. ``condition`` None: always."""

    name: str
    condition: Filter | None
    action: PreCallAction = PreCallAction.DIAL
    for_s: float = 86_400.0
    """How long ``skip`` and ``other_number`` hold."""
    caller_id: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    """Channel variables: name -> contact column or literal ``=text``."""
    webhook: str | None = None
    """This webhook is told of the call, once it is over."""
    function: RuleFunction | None = None
    """A site's own function, asked where the condition holds: whether the rule fires, and with what."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in their order."""

    name: str
    pre_call: tuple[PreCallRule, ...] = ()
    first: bool = True
    """No further rule of the set is read after one that fired; else all are."""
    wrap_up: tuple[WrapUpRule, ...] = ()
    """Rules asked when a call is over."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of one number. ``against`` is the rule that is in the way; None: nothing is."""

    fired: tuple[str, ...] = ()
    """``set.rule`` of every rule that fired, in order."""
    against: PreCallRule | None = None
    against_name: str = ""
    caller_id: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    webhooks: tuple[HookCall, ...] = ()
    failed: str = ""
    """``set.rule`` of a rule whose function failed: the number is not to be dialed, and nothing further was read."""
    preview: str = ""
    """``set.rule`` of the rule that wants an agent to read first; empty: none does."""


NOTHING = Ruling()


def rule_on(
    rule_sets: tuple[RuleSet, ...],
    contact: Contact,
    number_kind: str,
    now: float,
    zone_name: str,
    *,
    campaign: str = "",
    called_zone: Callable[[], str] = str,
    number: str = "",
    idle: Idle | None = None,
) -> Ruling:
    """What the rules say of a number of this type of the contact, at ``now`` (epoch seconds). ``zone_name``: the
    campaign's; ``called_zone``: the called party's, asked only where a rule looks at the clock; empty: not known.
    ``number``: E.164, for functions; ``idle``: see :class:`~dialerd.core.filtering.facts.Facts`."""
    if not rule_sets:
        return NOTHING
    of_call: dict[CallFact, str | float | None] = {CallFact.CAMPAIGN: campaign}
    clocks: list[Clock] = []
    if any(_looks_at_clock(rule) for each in rule_sets for rule in each.pre_call):
        clocks = called_clocks(called_zone() or zone_name, now)
        of_call |= clocks[0]
    facts = Facts(
        contact.contact_list, contact.columns, contact.attempts, contact.last_disposition, contact.last_attempt_at,
        contact.added_at, number_kind, of_call=of_call, tallies=contact.tries or {}, idle=idle,
    )  # fmt: skip
    elsewhere = [replace(facts, of_call={**of_call, **clock}) for clock in clocks[1:]]
    moment = moment_at(now, zone_name)
    fired: list[str] = []
    against, against_name, preview, caller_id, variables = None, "", "", None, dict[str, str]()
    webhooks: list[HookCall] = []
    for rule_set in rule_sets:
        for rule in rule_set.pre_call:
            if not _is_meant(rule, facts, elsewhere, moment):
                continue
            name = f"{rule_set.name}.{rule.name}"
            if rule.function is not None:
                said = rule.function(call_seen(facts, contact.key, number, now, over=False))
                if said.failed:
                    failed = name if against is None else ""
                    return Ruling(
                        tuple(fired), against, against_name, caller_id, variables, tuple(webhooks), failed, preview
                    )  # fmt: skip
                if not said.fires:
                    continue
                rule = replace(rule, **said.changes)
            fired.append(name)
            if rule.action is PreCallAction.PREVIEW:
                preview = preview or name
            elif rule.action is not PreCallAction.DIAL and against is None:
                against, against_name = rule, name
            caller_id = caller_id if caller_id is not None else rule.caller_id
            variables = {**rule.variables, **variables}
            if rule.webhook is not None:
                webhooks.append((rule.webhook, name))
            if rule_set.first:
                break
    return Ruling(
        tuple(fired), against, against_name, caller_id, variables, tuple(webhooks), preview=preview
    )  # fmt: skip


def may_want_previews(rule_sets: tuple[RuleSet, ...]) -> bool:
    """Some rule, or a site's own function, may want that an agent reads first."""
    rules = (rule for rule_set in rule_sets for rule in rule_set.pre_call)
    return any(rule.action is PreCallAction.PREVIEW or rule.function is not None for rule in rules)


def _is_meant(rule: PreCallRule, facts: Facts, elsewhere: list[Facts], moment: Moment) -> bool:
    """Whether the rule's condition holds. ``elsewhere``: the facts by other clocks that the called party's may be: a
    rule that is in the way of the call is so if it holds by any of them, another one only if it holds by all."""
    if rule.condition is None:
        return True
    by_clocks = [facts, *elsewhere] if elsewhere and asks_clock(rule.condition) else [facts]
    every = rule.action is PreCallAction.DIAL and rule.function is None
    return (all if every else any)(holds(rule.condition.condition, each, moment) for each in by_clocks)


def _looks_at_clock(rule: PreCallRule) -> bool:
    return rule.function is not None or (rule.condition is not None and asks_clock(rule.condition))
