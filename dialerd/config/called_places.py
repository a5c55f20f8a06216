"""Where a contact is called: by what the contact's own columns say, else by its number, else by a stated default."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import phonenumbers

from dialerd.config.number_places import place_of_number
from dialerd.core.callable_time import Place
from dialerd.core.contact import Contact, Number
from dialerd.core.windows import zone

_LONGEST_CODE = 20
_STATE = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class PlaceTable:
    """A site's own table from codes (postal codes, states, branches ...) to places; the longest code that the
    contact's begins with counts."""

    places: Mapping[str, Place] = field(default_factory=dict)

    def find(self, code: str) -> Place | None:
        """The place of a code; spaces and case do not matter."""
        plain = plain_code(code)[:_LONGEST_CODE]
        for length in range(len(plain), 0, -1):
            if plain[:length] in self.places:
                return self.places[plain[:length]]
        return None


def plain_code(text: str) -> str:
    """A code as it is compared."""
    return "".join(text.split()).replace("-", "").upper()


@dataclass(frozen=True, slots=True)
class CalledPlaces:
    """Finds the places of one campaign's numbers; see :data:`dialerd.core.callable_time.Locate`."""

    zone_column: str | None = None
    state_column: str | None = None
    code_column: str | None = None
    table: PlaceTable = field(default_factory=PlaceTable, repr=False)
    country: str | None = None
    """Country of a state that is written without it (``FL``)."""
    fallback_zone: str | None = None
    """Zone of numbers that do not say where they are."""

    def __call__(self, contact: Contact, number: Number) -> Place:
        of_number = place_of_number(number.e164)
        zones, regions = of_number.place.zones, of_number.place.regions
        if not of_number.says_where and self.fallback_zone is not None:
            zones = (self.fallback_zone,)
        listed = self._by_table(contact)
        if listed is not None:
            zones, regions = listed.zones or zones, listed.regions or regions
        return Place(self._stated_zone(contact) or zones, self._stated_region(contact) or regions)

    def _by_table(self, contact: Contact) -> Place | None:
        code = contact.columns.get(self.code_column, "") if self.code_column is not None else ""
        return self.table.find(code) if code else None

    def _stated_zone(self, contact: Contact) -> tuple[str, ...]:
        """What the column says, if it is a time zone at all."""
        stated = contact.columns.get(self.zone_column, "").strip() if self.zone_column is not None else ""
        return (stated,) if stated and is_zone(stated) else ()

    def _stated_region(self, contact: Contact) -> tuple[str, ...]:
        """What the column says, if it can be a state at all."""
        stated = contact.columns.get(self.state_column, "").strip().upper() if self.state_column is not None else ""
        if "-" not in stated and stated != self.country:
            stated = f"{self.country}-{stated}"
        return (stated,) if _STATE.fullmatch(stated) else ()


@dataclass(frozen=True, slots=True)
class PlacesByList:
    """Finds the places of a campaign with several contact lists, each by what is said of it."""

    lists: Mapping[str, CalledPlaces]

    def digest(self) -> str:
        """The same for the same settings, tables and knowledge of numbers; see
        :attr:`dialerd.core.callable_time.CallableTime.places`."""
        found = hashlib.sha256(phonenumbers.__version__.encode())
        for name, places in sorted(self.lists.items()):
            found.update(f"{name} {places} {sorted(places.table.places.items())}".encode())
        return found.hexdigest()[:16]

    def __call__(self, contact: Contact, number: Number) -> Place:
        return self.lists.get(contact.contact_list, _NOTHING_STATED)(contact, number)


_NOTHING_STATED = CalledPlaces()


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    try:
        zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True
