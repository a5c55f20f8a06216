"""The clock that rules ask: the called party's."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from dialerd.core.callable_time import zones_in
from dialerd.core.filtering.conditions import WEEKDAYS, CallFact, Filter, leaves
from dialerd.core.windows import zone


@lru_cache(maxsize=1000)
def asks_clock(condition: Filter) -> bool:
    """Whether the condition looks at the hour or the weekday."""
    return any(leaf.field in (CallFact.HOUR, CallFact.WEEKDAY) for leaf in leaves(condition.condition))


Clock = dict[CallFact, str | float | None]


def called_clock(zones: str, now: float) -> Clock:
    """Hour and weekday at ``now`` (epoch seconds) in the first of the zones, as an attempt keeps them."""
    return called_clocks(zones.partition(" ")[0], now)[0]


def called_clocks(zones: str, now: float) -> list[Clock]:
    """What the clocks show in these zones, each thing once, in their order."""
    found: list[Clock] = []
    for name in zones_in(zones):
        local = datetime.fromtimestamp(now, zone(name))
        shown: Clock = {CallFact.HOUR: float(local.hour), CallFact.WEEKDAY: WEEKDAYS[local.weekday()]}
        if shown not in found:
            found.append(shown)
    return found
