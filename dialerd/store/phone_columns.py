"""Phone numbers as people write them, in E.164."""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

_SPREADSHEET = re.compile(r"^\s*\d([.,]\d+)?E\+\d+\s*$", re.IGNORECASE)
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


class BadNumber(ValueError):
    """Not a number that can be dialed; the text says why, without the number."""


@lru_cache(maxsize=4096)
def is_region(region: str) -> bool:
    """Whether it is a region such as ``GB`` or ``US``."""
    return region in phonenumbers.SUPPORTED_REGIONS


def e164(written: str, region: str | None) -> str:
    """``020 7946 0958`` with region ``GB`` is ``+442079460958``. Raises :class:`BadNumber`.

    A number counts when its length is possible in its country; whether it is in service only the network knows,
    and number plans change faster than any list of them."""
    if _SPREADSHEET.match(written):
        raise BadNumber("digits lost by a spreadsheet; format the column as text and export again")
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as error:
        raise BadNumber(_REASONS.get(error.error_type, "not a phone number")) from None
    if number.extension:
        raise BadNumber("has an extension, which cannot be dialed")
    verdict = phonenumbers.is_possible_number_with_reason(number)
    if verdict != phonenumbers.ValidationResult.IS_POSSIBLE:
        raise BadNumber(_LENGTHS.get(verdict, "not a phone number"))
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
