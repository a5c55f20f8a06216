"""The clock that rules ask: the called party's."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache

from dialerd.core.filtering.conditions import WEEKDAYS, CallFact, Filter, leaves
from dialerd.core.windows import zone


@lru_cache(maxsize=1000)
def asks_clock(condition: Filter) -> bool:
    """Whether the condition looks at the hour or the weekday."""
    return any(leaf.field in (CallFact.HOUR, CallFact.WEEKDAY) for leaf in leaves(condition.condition))


def called_clock(zones: str, now: float) -> dict[CallFact, str | float | None]:
    """Hour and weekday at ``now`` (epoch seconds) in the first of the zones, as an attempt keeps them."""
    local = datetime.fromtimestamp(now, zone(zones.partition(" ")[0]))
    return {CallFact.HOUR: float(local.hour), CallFact.WEEKDAY: WEEKDAYS[local.weekday()]}
