"""What is remembered of a contact's calls: plain counters by name, kept with the contact in the record.

Beside the dispositions (``busy``: 2) a contact's ``tries`` hold names that begin with ``@``:

========== =====================================================================================
``@n0``     calls of its first number that were dialed (``@n1``: of the second ...)
``@x0``     1: that number is dead, or a rule ruled it out, and is not called again
``@c0``     calls of that number until ``@e0``
``@e0``     epoch second at which the day of its last call is over, in every zone in which it may ring
``@all``    calls of all numbers until ``@until``, at which that day is over for all of them
``@p1``     which call (1, 2, 3 ...) was the last one in that part of the day
``@w1``     calls in that part of the day
``@h1``     calls in it that were picked up
``@asked``  1: they asked to be called back, and were not called since
``@due``    epoch second for which that was promised
``@last``   epoch second after which they are not to be called back any more; absent: whenever
========== =====================================================================================

Days and parts are those at the moment of dialing, by the called party's clocks (:mod:`dialerd.core.called_days`); the
core writes them into the attempt (:func:`stamped`), and the record counts when the outcome comes (:func:`counted`),
the same way in every store. A call that may have been in several parts of the day counts in each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

from dialerd.core.attempt import AttemptRecord
from dialerd.core.disposition import ANSWERED, NEVER_DIALED, Disposition

DEAD = frozenset(
    {
        Disposition.INVALID_NUMBER, Disposition.NUMBER_CHANGED, Disposition.FAX, Disposition.SIT_VACANT,
        Disposition.SIT_INTERCEPT,
    }
)  # fmt: skip
"""Whoever has this number is not reached by it, however often it is tried."""
_NEVER_RANG = frozenset({Disposition.CANCELLED, Disposition.CONGESTION, Disposition.TRUNK_FAILURE})
"""Calls that ended on our side of the line: who asked to be called was not called."""
CALLBACK_MISSED = "callback_missed"
"""Reason of a contact who was not called back in the time that was promised."""
CALLBACK = "callback"
"""Reason of a contact that is called back because somebody asked for it."""
_ASKED, _DUE, _LAST = "@asked", "@due", "@last"
_OF_PROMISE = frozenset({_ASKED, _DUE, _LAST})
_OF_NUMBERS = ("@n", "@x", "@c", "@e")
NO_TALLIES: Mapping[str, int] = {}


def stamped(
    tallies: Mapping[str, int] | None, at: float, over_number: int, over_contact: int, parts: Iterable[int]
) -> dict[str, int]:
    """A contact's tallies as an attempt carries them: with when it is dialed (epoch seconds), when that day is over
    for its number and for the contact, and the parts of the day."""
    bits = sum(1 << part for part in parts)
    return {**(tallies or {}), "@at": int(at), "@over": over_number, "@over_all": over_contact, "@parts": bits}


def counted(
    before: Mapping[str, int],
    record: AttemptRecord,
    attempts: int,
    disposition: str | None = None,
    *,
    of_number: bool = True,
) -> dict[str, int]:
    """A contact's tallies when its attempt ends; ``attempts``: dialed ones, this one included. ``disposition``: what
    it ends with, where it does not say so yet. ``of_number`` False: the contact no longer has the number."""
    after = dict(before)
    disposition, stamp = disposition or record.disposition, record.contact_tries or {}
    if disposition is None:
        return after
    after[disposition] = after.get(disposition, 0) + 1
    if disposition in NEVER_DIALED:
        return after
    if disposition not in _NEVER_RANG:
        after = without_promise(after)
    if of_number:
        _add(after, f"@n{record.number_index}")
        if disposition in DEAD or (record.rules or {}).get("number_uncallable"):
            after[f"@x{record.number_index}"] = 1
    if "@at" in stamp:
        at = stamp["@at"]
        if of_number:
            _add_today(after, f"@c{record.number_index}", f"@e{record.number_index}", at, stamp["@over"])
        _add_today(after, "@all", "@until", at, stamp["@over_all"])
        for part in _parts_in(stamp["@parts"]):
            after[f"@p{part}"] = attempts
            _add(after, f"@w{part}")
            if disposition in ANSWERED:
                _add(after, f"@h{part}")
    return after


@lru_cache(maxsize=256)
def _parts_in(bits: int) -> tuple[int, ...]:
    """The parts of the day that :func:`stamped` wrote down."""
    return tuple(part for part in range(bits.bit_length()) if bits >> part & 1)


def promised(tallies: Mapping[str, int], at: float | None = None, until: float | None = None) -> dict[str, int]:
    """The tallies of somebody who has asked to be called back: that call is placed although their attempts are used
    up. ``at``: the moment that was named; ``until``: the last one at which they may be called (epoch seconds)."""
    when = {_DUE: at, _LAST: until}
    return {**without_promise(tallies), _ASKED: 1, **{name: int(s) for name, s in when.items() if s is not None}}


def without_promise(tallies: Mapping[str, int]) -> dict[str, int]:
    """The tallies of somebody who was called back, or does not want to be after all."""
    return {name: count for name, count in tallies.items() if name not in _OF_PROMISE}


def promised_at(tallies: Mapping[str, int]) -> int | None:
    """For when the call was promised, epoch seconds; None: it was not, or for no moment."""
    return tallies.get(_DUE)


def promised_until(tallies: Mapping[str, int]) -> int | None:
    """Until when the call was promised, epoch seconds; None: it was not, or for any time."""
    return tallies.get(_LAST)


def rang_as_promised(tallies: Mapping[str, int], disposition: str) -> bool:
    """Whether a call of somebody with these tallies is the one that was promised: it was really placed."""
    never = disposition in NEVER_DIALED or disposition in _NEVER_RANG
    return is_promised(tallies) and not never


def is_callback(reason: str) -> bool:
    """The reason of a contact who is to be called back, also where something else stands in the way just now."""
    return reason == CALLBACK or reason.startswith(f"{CALLBACK}:")


def still_callback(before: str, reason: str) -> str:
    """``reason``, for which a contact must wait, in a form that does not forget that it is to be called back, where
    ``before`` said so: ``callback:callable_time``."""
    return f"{CALLBACK}:{reason}" if is_callback(before) and not is_callback(reason) else reason


def is_promised(tallies: Mapping[str, int] | None) -> bool:
    """They asked to be called back, and were not called since."""
    return tallies is not None and _ASKED in tallies


def other_numbers(index: int, count: int) -> list[int]:
    """Places of a contact's other numbers in dial order, from the one after ``index``."""
    return [(index + step) % count for step in range(1, count)]


def handed_over(tallies: Mapping[str, int]) -> dict[str, int]:
    """What another campaign takes over: what is known of the numbers and of good times; its own tries begin anew."""
    return {name: count for name, count in tallies.items() if name.startswith("@") and not name.startswith("@n")}


def renumbered(tallies: Mapping[str, int], before: Sequence[str], after: Sequence[str]) -> dict[str, int]:
    """The tallies of a contact whose numbers (E.164) are others now: what is known of a number goes with it, and
    nothing of it is said of the one in its place."""
    kept = {name: count for name, count in tallies.items() if name[:2] not in _OF_NUMBERS}
    for old, number in enumerate(before):
        if number in after:
            for prefix in _OF_NUMBERS:
                if f"{prefix}{old}" in tallies:
                    kept[f"{prefix}{after.index(number)}"] = tallies[f"{prefix}{old}"]
    return kept


def number_calls(tallies: Mapping[str, int], index: int) -> int:
    """Calls of one number so far."""
    return tallies.get(f"@n{index}", 0)


def number_calls_today(tallies: Mapping[str, int], index: int, now: float) -> tuple[int, float]:
    """Calls of one number on its present day, and when that is over, in epoch seconds."""
    return _today(tallies, f"@c{index}", f"@e{index}", now)


def calls_today(tallies: Mapping[str, int], now: float) -> tuple[int, float]:
    """The same of all numbers together."""
    return _today(tallies, "@all", "@until", now)


def is_dead(tallies: Mapping[str, int], index: int) -> bool:
    """The number does not exist, has changed, or is a fax."""
    return f"@x{index}" in tallies


def last_in_part(tallies: Mapping[str, int], part: int) -> int:
    """Which call was the last one in a part of the day; 0: none was."""
    return tallies.get(f"@p{part}", 0)


def answer_share(tallies: Mapping[str, int], part: int) -> float:
    """How likely the contact picks up in a part of the day, by its own past: (answered + 1/2) / (calls + 1), which is
    1/2 where nothing is known and comes down with every call that was in vain."""
    return (tallies.get(f"@h{part}", 0) + 0.5) / (tallies.get(f"@w{part}", 0) + 1.0)


def _today(tallies: Mapping[str, int], calls: str, over: str, now: float) -> tuple[int, float]:
    at = tallies.get(over, 0)
    return (tallies.get(calls, 0), float(at)) if now < at else (0, now)


def _add_today(tallies: dict[str, int], calls: str, over: str, at: int, over_at: int) -> None:
    """One call more on the day; days that overlap in some zone count as one, so that none has too many calls."""
    before = tallies.get(over, 0)
    tallies[calls] = 1 + (tallies.get(calls, 0) if at < before else 0)
    tallies[over] = max(before, over_at)


def _add(tallies: dict[str, int], name: str) -> None:
    tallies[name] = tallies.get(name, 0) + 1
