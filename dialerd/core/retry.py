"""What becomes of a contact after an attempt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dialerd.core.attempt import AttemptRecord
from dialerd.core.callable_time import zones_in
from dialerd.core.campaign import CampaignSettings, NextTry, RetryRule
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.day_parts import moments, next_day
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.dnc import DNC_REASON
from dialerd.core.tallies import (
    CALLBACK,
    DEAD,
    answer_share,
    counted,
    is_dead,
    is_promised,
    last_in_part,
    other_numbers,
)

_MINUTE, _HOUR = 60.0, 3600.0

DEFAULT_RETRY: Mapping[Disposition, RetryRule] = {
    Disposition.BUSY: RetryRule(5, 10 * _MINUTE),
    Disposition.NO_ANSWER: RetryRule(3, 4 * _HOUR),
    Disposition.REJECTED: RetryRule(2, 24 * _HOUR),
    Disposition.CONGESTION: RetryRule(5, 5 * _MINUTE),
    Disposition.TRUNK_FAILURE: RetryRule(5, 10 * _MINUTE),
    Disposition.MACHINE: RetryRule(3, 24 * _HOUR),
    Disposition.HUNG_UP_EARLY: RetryRule(2, 4 * _HOUR),
    Disposition.SILENCE: RetryRule(2, 4 * _HOUR),
    Disposition.SIT: RetryRule(2, 24 * _HOUR),
    Disposition.SIT_NO_CIRCUIT: RetryRule(5, 5 * _MINUTE),
    Disposition.SIT_REORDER: RetryRule(3, 1 * _HOUR),
    Disposition.FAX: RetryRule(1, 0.0),
    Disposition.ABANDONED: RetryRule(2, 72 * _HOUR),
    Disposition.LEFT_FLOW: RetryRule(2, 24 * _HOUR),
    Disposition.FLOW_FAILED: RetryRule(3, 1 * _HOUR),
    Disposition.CANCELLED: RetryRule(10, _MINUTE),
    Disposition.PREVIEW_SKIPPED: RetryRule(5, 1 * _HOUR),
    Disposition.OUTCOME_UNKNOWN: RetryRule(2, 1 * _HOUR),
    Disposition.UNMAPPED: RetryRule(2, 4 * _HOUR),
}
"""Used where a campaign states no rule of its own. The 24 h after a machine verdict and the 72 h after an abandoned
call are Ofcom's (statement of 2010, on silent and abandoned calls)."""

_REACHED = frozenset(
    {
        Disposition.ANSWERED_AGENT, Disposition.ANSWERED_MESSAGE, Disposition.ANSWERED_FLOW,
        Disposition.MACHINE_MESSAGE, Disposition.MACHINE_MESSAGE_LEFT,
    }
)  # fmt: skip
_NEVER_ANSWERED = frozenset({Disposition.NOT_PLACED, Disposition.CANCELLED})
_REFUSED_GAP_S = _MINUTE


def rule_for(settings: CampaignSettings, disposition: Disposition) -> RetryRule | None:
    """The campaign's own rule, else the default; None where a retry makes no sense."""
    return settings.retry.get(disposition) or DEFAULT_RETRY.get(disposition)


def next_for_contact(
    record: AttemptRecord, settings: CampaignSettings, disposition: Disposition, now: float
) -> ContactNext:
    """The contact's next step when ``record`` has ended with ``disposition`` at ``now`` (epoch seconds), with what a
    flow wrote into its columns; what the called party asked for in the flow outranks the rules."""
    flow = record.flow or {}
    following = _by_the_rules(record, settings, disposition, now)
    if flow.get("opted_out"):
        following = ContactNext(ContactState.UNCALLABLE, None, record.number_index, "opted_out")
    elif flow.get("callback"):
        at = now + (flow.get("callback_after_s") or 0.0)
        following = ContactNext(ContactState.WAITING, at, record.number_index, CALLBACK)
    written = flow.get("columns")
    return replace(following, columns=dict(written)) if written else following


def _by_the_rules(
    record: AttemptRecord, settings: CampaignSettings, disposition: Disposition, now: float
) -> ContactNext:
    """A dead number gives way to the contact's next number at once; other failures take turns over the numbers,
    after the gap of their rule, until the rule's tries or the campaign's attempts are used up.
    """
    index = record.number_index
    if record.reason.startswith(DNC_REASON) and disposition in _NEVER_ANSWERED:
        if record.number_count > 1:
            return ContactNext(ContactState.CALLABLE, None, (index + 1) % record.number_count, record.reason)
        return ContactNext(ContactState.UNCALLABLE, None, index, record.reason)
    if disposition is Disposition.NOT_PLACED:
        if record.reason.startswith("refused:"):
            return ContactNext(ContactState.WAITING, now + _REFUSED_GAP_S, index, record.reason)
        return ContactNext(ContactState.CALLABLE, None, index, "not_placed")
    if disposition in _REACHED:
        return ContactNext(ContactState.UNCALLABLE, None, index, "reached")
    rule, attempts = rule_for(settings, disposition), record.contact_attempts + (disposition not in NEVER_DIALED)
    tallies = counted(record.contact_tries or {}, record, attempts, disposition.value)
    # This number comes last.
    in_turn = [*other_numbers(index, record.number_count), index]
    following = next((i for i in in_turn if not is_dead(tallies, i)), None)
    # Whoever asked to be called back, and was not for a reason of ours, is still to be called.
    if attempts >= settings.max_attempts and not is_promised(tallies):
        return _handed_over(rule, following) or ContactNext(ContactState.UNCALLABLE, None, index, "max_attempts")
    if disposition in DEAD:
        if following is not None:
            return ContactNext(ContactState.CALLABLE, None, following, f"next_number:{disposition}")
        if disposition not in settings.retry:
            return ContactNext(ContactState.UNCALLABLE, None, index, disposition.value)
    if rule is None or tallies[disposition] >= rule.max_tries:
        given_up = ContactNext(ContactState.UNCALLABLE, None, index, f"max_tries:{disposition}")
        return _handed_over(rule, following) or given_up
    if rule.next is NextTry.SAME_NUMBER or following is None:
        following = index
    at = _moment(record, rule, settings, tallies, now)
    return ContactNext(ContactState.WAITING, at, following, f"retry:{disposition}")


def _handed_over(rule: RetryRule | None, number_index: int | None) -> ContactNext | None:
    """To the list of the campaign that the rule names, to be called from there at once; None: it names none."""
    if rule is None or rule.hand_over_list is None:
        return None
    reason = f"handed_over:{rule.hand_over_to}"
    return ContactNext(ContactState.CALLABLE, None, number_index or 0, reason, move_to=rule.hand_over_list)


def _moment(
    record: AttemptRecord, rule: RetryRule, settings: CampaignSettings, tallies: Mapping[str, int], now: float
) -> float:
    """When the next try may be, epoch seconds; days and their parts are those of the called party."""
    earliest, parts = now + rule.gap_s, settings.day_parts
    if rule.next not in (NextTry.NEXT_DAY, NextTry.OTHER_DAYPART, NextTry.BEST_TIME):
        return earliest
    zones = zones_in(record.called_zone) or (settings.time_zone,)
    if rule.next is NextTry.NEXT_DAY:
        return max(earliest, next_day(now, parts, zones))

    def worse(here: frozenset[int]) -> float:
        if rule.next is NextTry.OTHER_DAYPART:
            return max(last_in_part(tallies, part) for part in here)
        return -sum(answer_share(tallies, part) for part in here) / len(here)

    # Of equals the first is taken.
    return min(moments(earliest, parts, zones), key=lambda moment: worse(moment[1]))[0]
