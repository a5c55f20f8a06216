"""Where a phone number may ring: its time zones and its country or state, from the number itself."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberType
from phonenumbers import timezone as number_zones

from dialerd.config.area_codes import region_of_area_code
from dialerd.core.callable_time import NOWHERE, Place

_MOST_KEPT = 16_384
_SERVICES = frozenset(
    {
        PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.VOIP,
        PhoneNumberType.PERSONAL_NUMBER, PhoneNumberType.PAGER, PhoneNumberType.UAN, PhoneNumberType.VOICEMAIL,
        PhoneNumberType.UNKNOWN,
    }
)  # fmt: skip
"""Kinds of numbers that say nothing about where their owner is. A mobile phone is somewhere in its country."""
_NORTH_AMERICA = 1


@dataclass(frozen=True, slots=True)
class NumberPlace:
    """What a number says of its place."""

    place: Place
    says_where: bool
    """False: the number could be anywhere in the zones of its country, or the country has no zones."""


@lru_cache(maxsize=_MOST_KEPT)
def place_of_number(e164: str) -> NumberPlace:
    """The place of a number in E.164. Of a mobile number, or one whose owner may live anywhere in its country, all
    zones of the country."""
    try:
        number = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return NumberPlace(NOWHERE, False)
    zones = _known_zones(number_zones.time_zones_for_number(number))
    kind = phonenumbers.number_type(number)
    if not zones:
        zones = _known_zones(number_zones.time_zones_for_geographical_number(number))
    says_where = bool(zones) and (kind not in _SERVICES or len(zones) == 1)
    return NumberPlace(Place(zones, _regions(number, kind)), says_where)


def _known_zones(zones: tuple[str, ...]) -> tuple[str, ...]:
    return () if zones == (number_zones.UNKNOWN_TIMEZONE,) else tuple(zones)


def _regions(number: PhoneNumber, kind: int) -> tuple[str, ...]:
    country = phonenumbers.region_code_for_number(number)
    if country is None:
        country = phonenumbers.region_code_for_country_code(number.country_code or 0)
    if not country.isalpha():
        return ()  # 001: numbers that belong to no country
    if number.country_code == _NORTH_AMERICA and kind not in _SERVICES:
        state = region_of_area_code(str(number.national_number)[:3])
        if state is not None and state.startswith(country):
            return (state,)
    return (country,)
