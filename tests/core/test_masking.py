"""Phone numbers are masked wherever they stand, and nothing else is."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.core.masking import masked, masked_text, masked_value


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+441632960001", "+4416*****01"),
        ("+12025550123", "+1202*****23"),
        ("441632960001", "4416*****01"),
        ("+4912345", "+49*****45"),
        ("+123", "+*****"),
        ("", "*****"),
    ],
)
def test_one_number(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("dialing +441632960001 now", "dialing +4416*****01 now"),
        ("+441632960001,+12025550123", "+4416*****01,+1202*****23"),
        ("GET /why?number=%2B441632960001&x=1", "GET /why?number=%2B4416*****01&x=1"),
        ("PJSIP/441632960001@carrier", "PJSIP/4416*****01@carrier"),
        ("sip:441632960001@192.0.2.1", "sip:4416*****01@192.0.2.1"),
        ("tel:+44 1632 960-001", "tel:+4416*****01"),
        ("+1 (202) 555-0123 called", "+1202*****23 called"),
        ("'number': '+441632960001'", "'number': '+4416*****01'"),
    ],
)
def test_numbers_in_text(text: str, shown: str) -> None:
    assert masked_text(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "dlr-18bcfe568000000100000002", "2026-03-01T09:30:00+01:00", "1700000000.123", "10.0.0.1:5060",
        "PJSIP/8001", "Local/8001@dialerd-agent/n", "+44 agents", "port 8090", "00000001", "exit +12345",
    ],
)  # fmt: skip
def test_what_is_no_number_stays(text: str) -> None:
    assert masked_text(text) == text


@dataclass
class Call:
    number: str
    attempt: str


def test_values_of_any_depth() -> None:
    value = {
        "number": "02079460001", "numbers": ["+441632960001", "441632960002"], "caller_id": 441632960000,
        "number_index": 1, "calls": [Call("+441632960003", "dlr-000000000000000000000001")], "none": None,
        "error": ValueError("no +441632960004"), "+441632960005": 1.5, "ok": True, "agent": "8001",
    }  # fmt: skip
    assert masked_value(value) == {
        "number": "0207*****01", "numbers": ["+4416*****01", "4416*****02"], "caller_id": "4416*****00",
        "number_index": 1, "calls": [{"number": "+4416*****03", "attempt": "dlr-000000000000000000000001"}],
        "none": None, "error": "ValueError: no +4416*****04", "+4416*****05": 1.5, "ok": True, "agent": "8001",
    }  # fmt: skip


@given(
    st.text(alphabet=st.characters(codec="ascii"), max_size=30), st.from_regex(r"\+[1-9][0-9]{8,14}", fullmatch=True)
)
def test_no_number_survives_between_any_words(words: str, number: str) -> None:
    text = f"{words} {number} {words}"
    assert number not in masked_text(text)


@given(st.text(max_size=80))
def test_masking_twice_changes_nothing_more(text: str) -> None:
    once = masked_text(text)
    assert masked_text(once) == once
