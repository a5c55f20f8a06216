"""The quick way to E.164 says what the library says, or nothing."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.store.clean_numbers import NUMBER_TYPES, CleanNumbers
from dialerd.store.phone_columns import BadNumber, NumberReader, e164

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
CODES = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


def library(written: str, region: str | None, refused: tuple[str, ...]) -> str:
    try:
        return e164(written, region, refused)
    except BadNumber as error:
        return str(error)


@st.composite
def written_numbers(draw: st.DrawFn) -> tuple[str, str]:
    """A region, and something that looks like a number there: of the right length more often than not, with every
    kind of beginning, and separators."""
    region = draw(st.sampled_from(REGIONS))
    facts = phonenumbers.PhoneMetadata.metadata_for_region(region)
    assert facts is not None
    assert facts.general_desc is not None
    length = draw(st.sampled_from(facts.general_desc.possible_length) | st.integers(5, 15))
    digits = draw(st.text("0123456789", min_size=length, max_size=length))
    example = phonenumbers.example_number_for_type(region, draw(st.integers(0, 10)))
    if example is not None and draw(st.booleans()):
        digits = phonenumbers.national_significant_number(example)
    code = str(facts.country_code)
    begin = draw(st.sampled_from(["", "0", "1", "00", code, f"+{code}", f"+{code}0", f"+{code} (0)", "+"]))
    written = begin + digits
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(written)))
        written = written[:at] + draw(st.sampled_from(list(" -.()"))) + written[at:]
    return region, written


@settings(max_examples=800)
@given(case=written_numbers(), refused=st.sampled_from([(), ("premium_rate",), tuple(NUMBER_TYPES)]))
def test_the_quick_way_and_the_library_agree(case: tuple[str, str], refused: tuple[str, ...]) -> None:
    region, written = case
    quick = CleanNumbers(region, refused).e164(written)
    assert quick is None or quick == library(written, region, refused)


@pytest.mark.parametrize("code", CODES)
def test_every_country_code(code: int) -> None:
    """A number of every length with each first digit, and each example of the library's, in every country."""
    quick, agreed = CleanNumbers(None, ("premium_rate",)), 0
    tails = [first + "23456789012345"[: length - 1] for first in "0123456789" for length in range(4, 13)]
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
        example = phonenumbers.example_number(region) if region != "001" else None
        if example is not None:
            tails.append(phonenumbers.national_significant_number(example))
    for tail in tails:
        found = quick.e164(f"+{code}{tail}")
        if found is not None:
            agreed += 1
            assert found == library(f"+{code}{tail}", None, ("premium_rate",)), tail
    assert agreed, "the quick way is of use in every country"


@pytest.mark.parametrize(
    ("written", "region"),
    [("+441632960001", None), ("01632 960001", "GB"), ("(01632) 960-001", "GB"), ("202.555.0101", "US")],
)
def test_what_is_common_goes_the_quick_way(written: str, region: str | None) -> None:
    assert CleanNumbers(region, ("premium_rate",)).e164(written) is not None


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("0909 8790000", "a premium-rate number, which this list refuses"),
        ("+44 909 8790000", "a premium-rate number, which this list refuses"),
        ("+49 180 5012345", "a shared-cost number, which this list refuses"),
        ("070 1234 5678", "a personal number, which costs more to call, which this list refuses"),
        ("0800 FLOWERS", "has letters in it"),
        ("999", "a short code, which is no one's telephone"),
        ("01632 960001 x12", "has an extension, which cannot be dialed"),
        ("01632 960001;ext=12", "has an extension, which cannot be dialed"),
        ("+999 1234567", "no country code, and no default region is set"),
        ("1" * 200, "not a phone number"),
    ],
)
def test_refused_for_a_clear_reason(written: str, says: str) -> None:
    with pytest.raises(BadNumber) as refusal:
        NumberReader("GB", ("premium_rate", "shared_cost", "personal_number")).e164(written)
    assert str(refusal.value) == says


def test_a_list_that_refuses_no_type_takes_them() -> None:
    assert NumberReader("GB").e164("0909 8790000") == "+449098790000"
    assert NumberReader("GB").e164("tel:+44-1632-960001") == "+441632960001"
