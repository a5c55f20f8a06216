"""The gate of the called party's clock."""

from __future__ import annotations

from dialerd.core.gate_verdicts import ALLOW, Hold, Verdict
from dialerd.core.gates import Case

UNKNOWN_S = 4 * 3600.0
"""A number of which nobody knows the time zone is looked at again after so long: a reload may bring a default."""
NEVER_S = 7 * 86_400.0
"""So is one whose hours never come: a reload may bring others."""


OUTSIDE_HOURS = "callable_time"
REASONS = frozenset({OUTSIDE_HOURS, "callable_time_never", "time_zone_unknown"})
"""What contacts are parked for here; when the configuration's hours change, they are looked at again."""


def within_callable_time(case: Case) -> Verdict:
    """The called party's clock is within callable times, in every time zone the number may be in."""
    times = case.campaign.settings.callable_time
    if not times.sets or case.contact is None or case.number is None:
        return ALLOW
    place = times.locate(case.contact, case.number)
    if not times.binds(place):
        return ALLOW
    if not place.zones:
        return Hold("time_zone_unknown", case.now + UNKNOWN_S)
    found = times.at(place, case.now)
    if found.open:
        return ALLOW
    if found.until is None:
        return Hold("callable_time_never", case.now + NEVER_S)
    return Hold(OUTSIDE_HOURS, found.until)
