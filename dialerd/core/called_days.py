"""The days of somebody who is called: by the clocks of every time zone in which they may be.

Where a number may ring in several zones the stricter reading counts: a day is over when it has ended in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from math import ceil

from dialerd.core.callable_time import Place
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import Contact
from dialerd.core.day_parts import parts_at
from dialerd.core.tallies import stamped
from dialerd.core.windows import day_of, zone


def zones_of(place: Place, otherwise: str) -> tuple[str, ...]:
    """The zones in which a number may ring; where nobody knows, ``otherwise`` (the campaign's)."""
    return place.zones or (otherwise,)


def day_over(at: float, zones: Iterable[str]) -> int:
    """Epoch second, rounded up, from which on the day in which ``at`` lies has ended in all of these zones."""
    return max([_end(day_of(at, name), name) for name in zones])


@lru_cache(maxsize=4096)
def _end(day: int, zone_name: str) -> int:
    """The first second after which no clock in the zone shows this date again."""
    after, there = date.fromordinal(day + 1), zone(zone_name)
    midnight = datetime(after.year, after.month, after.day, tzinfo=there)
    first, second = midnight.timestamp(), midnight.replace(fold=1).timestamp()
    # Clocks that go back just after midnight show the date a second time.
    again = second > first and datetime.fromtimestamp(second - 1, there).toordinal() == day
    return ceil(second if again else first)


def stamp_of(settings: CampaignSettings, contact: Contact, index: int, now: float) -> dict[str, int]:
    """A contact's tallies as an attempt on its number ``index`` carries them that is dialed at ``now``.

    The number's day is that of the zones in which it may ring; the contact's is over when it is over for all of its
    numbers, since whoever is called may be at any of them."""
    by_number = [
        zones_of(settings.callable_time.locate(contact, number), settings.time_zone) for number in contact.numbers
    ]
    here = by_number[index]
    of_number = of_contact = day_over(now, here)
    for zones in by_number:
        if zones != here:
            of_contact = max(of_contact, day_over(now, zones))
    return stamped(contact.tries, now, of_number, of_contact, parts_at(now, settings.day_parts, here))
