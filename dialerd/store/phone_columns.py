"""Phone numbers as people write them, in E.164."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import lru_cache

import phonenumbers
from phonenumbers import shortnumberinfo

from dialerd.store.clean_numbers import NUMBER_TYPES, CleanNumbers, type_of

_SPREADSHEET = re.compile(r"^\s*\d([.,]\d+)?E\+\d+\s*$", re.IGNORECASE)
_URI = re.compile(r"^\s*(?:tel|phone):", re.IGNORECASE)
_REASONS = {
    phonenumbers.NumberParseException.INVALID_COUNTRY_CODE: "no country code, and no default region is set",
    phonenumbers.NumberParseException.NOT_A_NUMBER: "not a phone number",
    phonenumbers.NumberParseException.TOO_SHORT_AFTER_IDD: "too short",
    phonenumbers.NumberParseException.TOO_SHORT_NSN: "too short",
    phonenumbers.NumberParseException.TOO_LONG: "too long",
}
_LENGTHS = {
    phonenumbers.ValidationResult.TOO_SHORT: "too short",
    phonenumbers.ValidationResult.TOO_LONG: "too long",
    phonenumbers.ValidationResult.INVALID_LENGTH: "of a length that does not exist there",
    phonenumbers.ValidationResult.INVALID_COUNTRY_CODE: "of a country that does not exist",
    phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY: "without its area code",
}
_TYPES = {
    "premium_rate": "a premium-rate number",
    "shared_cost": "a shared-cost number",
    "toll_free": "a free-of-charge number",
    "personal_number": "a personal number, which costs more to call",
    "voip": "an internet telephony number",
    "pager": "a pager",
    "uan": "a company-wide number",
    "voicemail": "a voicemail box",
}
LONGEST_WRITTEN = 100


class BadNumber(ValueError):
    """Not a number that can be dialed; the text says why, without the number."""


@lru_cache(maxsize=4096)
def is_region(region: str) -> bool:
    """Whether it is a region such as ``GB`` or ``US``."""
    return region in phonenumbers.SUPPORTED_REGIONS


class NumberReader:
    """Reads numbers by one default region and one policy on number types."""

    def __init__(self, region: str | None, refused: Collection[str] = ()) -> None:
        """``refused``: types, of :data:`~dialerd.store.clean_numbers.NUMBER_TYPES`, that are not dialed."""
        self._region = region
        self._refused = tuple(name for name in NUMBER_TYPES if name in refused)
        self._clean = CleanNumbers(region, self._refused)

    def e164(self, written: str) -> str:
        """``020 7946 0958`` with region ``GB`` is ``+442079460958``. Raises :class:`BadNumber`.

        A number counts when its length is possible in its country; whether it is in service only the network knows,
        and number plans change faster than any list of them."""
        return self._clean.e164(written) or e164(written, self._region, self._refused)


def e164(written: str, region: str | None, refused: Collection[str] = ()) -> str:
    """The same by the library alone; see :meth:`NumberReader.e164`."""
    if _SPREADSHEET.match(written):
        raise BadNumber("digits lost by a spreadsheet; format the column as text and export again")
    if len(written) > LONGEST_WRITTEN:
        raise BadNumber("not a phone number")
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as error:
        raise BadNumber(_REASONS.get(error.error_type, "not a phone number")) from None
    if number.extension:
        raise BadNumber("has an extension, which cannot be dialed")
    if any(letter.isalpha() for letter in _URI.sub("", written)):
        raise BadNumber("has letters in it")
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != phonenumbers.ValidationResult.IS_POSSIBLE:
        national = not written.lstrip(" (").startswith("+")
        if region is not None and national and shortnumberinfo.is_valid_short_number_for_region(number, region):
            raise BadNumber("a short code, which is no one's telephone")
        raise BadNumber(_LENGTHS.get(verdict, "not a phone number"))
    if refused and (kind := type_of(number, refused)) is not None:
        raise BadNumber(f"{_TYPES[kind]}, which this list refuses")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
