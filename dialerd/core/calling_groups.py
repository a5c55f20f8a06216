"""Calling groups: contacts that may be called at the same hours wait for them together.

Whoever is outside of callable times is looked at once and put into the group of the places where its numbers may
ring. From then on only the group's clock is asked: no night costs anything for those who are in it.
"""

from __future__ import annotations

from functools import lru_cache

from dialerd.core.callable_time import CallableTime, Place
from dialerd.core.contact import Contact
from dialerd.core.tallies import NO_TALLIES, is_dead, is_promised
from dialerd.core.weekly_hours import Openness

LONGEST_KEY = 1000
"""A contact with more places than can be written in so many characters waits by itself."""
_AWAKE = Openness(True, None)


def group_of(times: CallableTime, contact: Contact, now: float) -> str:
    """The key of the group that a contact may wait in while all of its numbers are outside their hours; empty: it is
    not so with each of them, nobody knows where one is, or somebody waits for the call. Numbers that are not dialed
    any more do not count."""
    if not times.places or is_promised(contact.tries):
        return ""
    tallies, found = contact.tries or NO_TALLIES, set[str]()
    for index, number in enumerate(contact.numbers):
        if number.uncallable or is_dead(tallies, index):
            continue
        place = times.locate(contact, number)
        state = times.at(place, now) if place.zones and times.binds(place) else _AWAKE
        if state.open or state.until is None:
            return ""
        found.add(f"{','.join(place.zones)}|{','.join(place.regions)}")
    key = f"{times.places} {';'.join(sorted(found))}"
    return key if found and len(key) <= LONGEST_KEY else ""


def group_openness(times: CallableTime, key: str, now: float) -> Openness:
    """Whether anybody of the group may be called at ``now`` (epoch seconds); closed, until when.

    A group that was made by other settings for where numbers are counts as open: its contacts are looked at again."""
    made_by, _, places = key.partition(" ")
    if not times.sets or made_by != times.places:
        return _AWAKE
    states = [times.at(place, now) if times.binds(place) else _AWAKE for place in _places(places)]
    ends = [state.until for state in states if state.until is not None]
    if not ends or any(state.open for state in states):
        return _AWAKE
    return Openness(False, min(ends))


@lru_cache(maxsize=2000)
def _places(written: str) -> tuple[Place, ...]:
    found = []
    for part in written.split(";"):
        zones, _, regions = part.partition("|")
        found.append(Place(tuple(zones.split(",")), tuple(regions.split(",")) if regions else ()))
    return tuple(found)
