"""What Asterisk dials for a number."""

from __future__ import annotations

import phonenumbers
import pytest

from dialerd.core.dial_string import dial_string, national


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_national_number_is_what_libphonenumber_says(region: str) -> None:
    example = phonenumbers.example_number(region)
    assert example is not None
    e164 = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
    assert national(e164) == phonenumbers.national_significant_number(example)


def test_every_form() -> None:
    template = "PJSIP/00{digits}@a Local/{e164}@b SIP/0{national}@c {number}"
    said = dial_string(template, "+441632960001")
    assert said == "PJSIP/00441632960001@a Local/+441632960001@b SIP/01632960001@c +441632960001"
