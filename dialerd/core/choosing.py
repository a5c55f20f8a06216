"""Which of a contact's numbers is dialed: the first, in dial order, to which no gate objects.

A check that concerns one number is a function ``Case -> Verdict`` and stands in :data:`NUMBER_GATES`. It finds the
number in ``case.number``, its place in ``case.number_index`` and the whole contact in ``case.contact``. A ``Hold``
should say until when: then the contact is parked in the record till that moment and costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

from dialerd.core.attempt_gates import caps_allow, number_within_limits
from dialerd.core.contact import Contact
from dialerd.core.gate_verdicts import Hold, Refuse, Verdict
from dialerd.core.gates import (
    CAMPAIGN_GATES,
    CONTACT_GATES,
    Case,
    Gate,
    agent_ready,
    attempts_left,
    callback_not_too_late,
    campaign_on,
    contact_callable,
    first_objection,
    in_schedule,
    not_calling_us,
    not_paused,
    number_callable,
    number_free,
    number_not_barred,
    number_present,
    provider_clears,
    running,
    store_up,
    telephony_up,
    trunk_takes_calls,
)
from dialerd.core.pre_call_gate import rules_allow
from dialerd.core.prompt_gate import prompts_ready
from dialerd.core.time_gate import within_callable_time
from dialerd.core.value import value

NUMBER_GATES: tuple[Gate, ...] = (
    number_present,
    number_callable,
    number_not_barred,
    within_callable_time,
    rules_allow,
    provider_clears,
    number_within_limits,
    number_free,
    not_calling_us,
    caps_allow,
    prompts_ready,
)
"""What one number needs, in the order in which `why` tells them; :func:`number_present` comes first."""

LAST_MOMENT_GATES: tuple[Gate, ...] = (
    campaign_on, not_paused, in_schedule, running, telephony_up, store_up, trunk_takes_calls, contact_callable,
    callback_not_too_late, attempts_left,
    *(gate for gate in NUMBER_GATES if gate not in (number_free, caps_allow, prompts_ready)),
)  # fmt: skip
"""Run when the claim was granted: what may have changed since, and is not part of the claim itself: of numbers in
use and of caps that is the judge; prompts go with the attempt."""


ALL_ALLOWED = "allow: " + " ".join(gate.__name__ for gate in LAST_MOMENT_GATES)
"""How an attempt keeps the verdicts of the last moment when nothing was in the way."""


def verdicts_said(gates: tuple[Gate, ...], case: Case) -> str:
    """The verdicts that were no Allow, ``within_callable_time hold: callable_time``; as an attempt keeps them."""
    judged = ((gate.__name__, gate(case)) for gate in gates)
    return "; ".join(
        f"{name} {'hold' if isinstance(verdict, Hold) else 'refuse'}: {verdict.reason}"
        for name, verdict in judged
        if isinstance(verdict, Hold | Refuse)
    )


@value(frozen=True, slots=True)
class Chosen:
    """The number to dial: its place in the contact's numbers."""

    index: int


@value(frozen=True, slots=True)
class Judged:
    """One gate's verdict in a walk; ``number`` is the E.164 that it concerns, None where it concerns all."""

    gate: str
    verdict: Verdict
    number: str | None = None


def in_dial_order(contact: Contact) -> Iterator[int]:
    """Places of the contact's numbers, from the one whose turn it is, each once."""
    count = len(contact.numbers)
    return ((contact.number_index + step) % count for step in range(count))


def for_number(case: Case, contact: Contact, index: int) -> Case:
    """The same case with another of the contact's numbers."""
    return Case(
        case.now, case.floor, case.campaign, contact, contact.numbers[index], index, case.guaranteed, case.known,
        case.previews,
    )  # fmt: skip


def choose(case: Case, contact: Contact, gates: tuple[Gate, ...] = NUMBER_GATES) -> Chosen | Hold | Refuse:
    """The first number that is allowed; else the hold that ends soonest (one without an end comes last); Refuse only
    when every number is refused. ``case`` is that of the contact's next number."""
    soonest: Hold | None = None
    refusal = Refuse("no_number")
    for step, index in enumerate(in_dial_order(contact)):
        of_number = case if index == case.number_index and step == 0 else for_number(case, contact, index)
        objection = first_objection(gates, of_number)
        if objection is None:
            return Chosen(index)
        if isinstance(objection, Hold):
            if soonest is None or _end(objection) < _end(soonest):
                soonest = objection
        elif step == 0:
            refusal = objection
    return soonest if soonest is not None else refusal


def walk_contact(case: Case, contact: Contact) -> list[Judged]:
    """Every gate's verdict for ``why``: the campaign's and the contact's gates once, the gates of a number for each
    number in dial order, agents last."""
    found = [Judged(gate.__name__, gate(case)) for gate in (*CAMPAIGN_GATES, *CONTACT_GATES)]
    if not contact.numbers:
        found.append(Judged(number_present.__name__, number_present(case)))
    for index in in_dial_order(contact):
        of_number, number = for_number(case, contact, index), contact.numbers[index].e164
        found += [Judged(gate.__name__, gate(of_number), number) for gate in NUMBER_GATES]
    return [*found, Judged(agent_ready.__name__, agent_ready(case))]


def _end(verdict: Verdict) -> float:
    """When a verdict ceases to be in the way: a refusal later than a hold without an end."""
    if isinstance(verdict, Hold):
        return verdict.until if verdict.until is not None else _OPEN_END
    return inf if isinstance(verdict, Refuse) else 0.0


_OPEN_END = 1e15
