"""How many contacts come before one that waits in line, as mixes and shares of lists have it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil

from dialerd.core.ordering.mixing import Line, Stream
from dialerd.core.ordering.settings import ListShare, Mix


def before(line: Line, index: int, waiting: Mapping[Line, int], lists: Sequence[ListShare], mix: Mix) -> int:
    """Contacts that come before the one at ``index`` (from 0) of its line; ``waiting``: how many each line holds.

    Exact for a callback, and where no other line takes turns with this one; else about: lines take turns by their
    weights, and when the others run out is not followed up in each detail."""
    name, stream = line
    promised = [(one.name, waiting.get((one.name, Stream.CALLBACK), 0)) for one in lists]
    if stream is Stream.CALLBACK:
        first = [one.name for one in lists]
        return sum(count for other, count in promised if first.index(other) < first.index(name)) + index
    of_list = index + _turns(index, mix, stream, waiting.get((name, _other(stream)), 0))
    share = next(one.share for one in lists if one.name == name)
    others = 0
    for one in lists:
        if one.name != name:
            there = sum(waiting.get((one.name, kind), 0) for kind in (Stream.RETRIED, Stream.FRESH))
            others += min(there, _ratio(of_list, one.share, share))
    return sum(count for _, count in promised) + of_list + others


def _turns(index: int, mix: Mix, stream: Stream, others: int) -> int:
    """Turns of the other kind in the same list before this one's."""
    mine, theirs = (mix.fresh, mix.retried) if stream is Stream.FRESH else (mix.retried, mix.fresh)
    if mine <= 0 < theirs:
        return others
    if theirs <= 0 < mine:
        return 0
    return min(others, _ratio(index, theirs, mine) if mine > 0 else index)


def _ratio(count: int, theirs: int, mine: int) -> int:
    return ceil(count * theirs / mine)


def _other(stream: Stream) -> Stream:
    return Stream.RETRIED if stream is Stream.FRESH else Stream.FRESH
