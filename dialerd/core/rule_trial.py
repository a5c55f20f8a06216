"""Rule sets on trial: which rule fires on how many past calls."""

from __future__ import annotations

from dataclasses import dataclass, field

from dialerd.core.attempt import AttemptRecord
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import Contact, ContactNext, ContactState
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.pre_call import PreCallRule, rule_on
from dialerd.core.retry import next_for_contact
from dialerd.core.skills import idle_then
from dialerd.core.wrap_up import Wrapped, WrapUp, facts_after, wrapped_up

MOST_EXAMPLES = 5
PRE_CALL, WRAP_UP = "pre_call", "wrap_up"


@dataclass(slots=True)
class RuleTally:
    """One rule and the calls that it fired on."""

    kind: str
    """``pre_call`` or ``wrap_up``."""
    name: str
    """``set.rule``."""
    does: str
    fired: int = 0
    failed: int = 0
    """Calls on which its function failed."""
    examples: list[AttemptRecord] = field(default_factory=list)
    """The latest few."""


@dataclass(slots=True)
class RuleTrial:
    """Feed it calls, oldest first (:meth:`call`), then look at :attr:`rules`."""

    settings: CampaignSettings
    calls: int = 0
    untouched: int = 0
    """Calls on which no rule fired."""
    otherwise: int = 0
    """Calls on which other pre-call rules fired when they were placed, as far as that was written down."""
    rules: dict[tuple[str, str], RuleTally] = field(default_factory=dict)
    """By kind and name, in the order in which they are read; also those that never fired."""

    def __post_init__(self) -> None:
        for rule_set in self.settings.rule_sets:
            for rule in rule_set.pre_call:
                name = f"{rule_set.name}.{rule.name}"
                self.rules[PRE_CALL, name] = RuleTally(PRE_CALL, name, _does(rule))
        for rule_set in self.settings.rule_sets:
            for after in rule_set.wrap_up:
                name = f"{rule_set.name}.{after.name}"
                self.rules[WRAP_UP, name] = RuleTally(WRAP_UP, name, str(after))

    def call(self, record: AttemptRecord, contact: Contact) -> None:
        """Ask the rules about one past call; ``contact`` as it was before it."""
        self.calls += 1
        settings, then = self.settings, record.claimed_at or 0.0
        ruling = rule_on(
            settings.rule_sets, contact, record.number_kind, then, settings.time_zone, campaign=settings.name,
            called_zone=lambda: record.called_zone, number=record.number,
            idle=idle_then(record.rules or {}),
        )  # fmt: skip
        known = (record.rules or {}).get(PRE_CALL)
        self.otherwise += known is not None and tuple(known) != ruling.fired
        fired = [(PRE_CALL, name) for name in ruling.fired]
        after = self._after(record, contact)
        fired += [(WRAP_UP, name) for name in after.fired]
        failed = [(WRAP_UP, name) for name in after.failed] + ([(PRE_CALL, ruling.failed)] if ruling.failed else [])
        for rule in failed:
            self.rules[rule].failed += 1
        self.untouched += not fired
        for rule in fired:
            tally = self.rules[rule]
            tally.fired += 1
            tally.examples = [*tally.examples[-(MOST_EXAMPLES - 1) :], record]

    def _after(self, record: AttemptRecord, contact: Contact) -> Wrapped:
        settings = self.settings
        sets = tuple(WrapUp(each.name, each.wrap_up, each.first) for each in settings.rule_sets if each.wrap_up)
        if record.disposition is None or record.disposition in NEVER_DIALED:
            return Wrapped(ContactNext(ContactState.CALLABLE, None, 0, ""))
        ended, disposition = record.ended_at or record.claimed_at or 0.0, Disposition(record.disposition)
        idle = idle_then(record.rules or {}, after=True)
        facts = facts_after(record, contact.columns, disposition, ended, settings.time_zone, idle)
        following = next_for_contact(record, settings, disposition, ended)
        return wrapped_up(sets, record, facts, following, ended, settings.time_zone)


def _does(rule: PreCallRule) -> str:
    parts = [str(rule.action)]
    parts += [f"webhook {rule.webhook}"] if rule.webhook is not None else []
    parts += [f"as {rule.function} says"] if rule.function is not None else []
    return ", ".join(parts)
