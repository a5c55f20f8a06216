"""Numbers that are written cleanly, in E.164, without asking the library each time.

The library (phonenumbers) takes some 30 microseconds for a number, for it is ready for everything. What is digits
and the usual separators, and meets no rule of its numbering plan but "the national prefix is left out", can be told
by the same metadata in one. Whatever is the least bit different is left to the library; a test holds both together.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberType

NUMBER_TYPES = {
    "premium_rate": PhoneNumberType.PREMIUM_RATE,
    "shared_cost": PhoneNumberType.SHARED_COST,
    "toll_free": PhoneNumberType.TOLL_FREE,
    "personal_number": PhoneNumberType.PERSONAL_NUMBER,
    "voip": PhoneNumberType.VOIP,
    "pager": PhoneNumberType.PAGER,
    "uan": PhoneNumberType.UAN,
    "voicemail": PhoneNumberType.VOICEMAIL,
}
"""Types of numbers that a list may refuse, by their names in YAML, which are those of the library's metadata."""

_SEPARATORS = str.maketrans("", "", " -.()")
_NEVER = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What must be known of a numbering plan. ``refused`` may match numbers of other types too, never the other way
    round: the library has the last word."""

    code: str
    lengths: frozenset[int]
    prefix: re.Pattern[str]
    simple_prefix: bool
    exits: re.Pattern[str]
    whole: re.Pattern[str]
    refused: re.Pattern[str]


class CleanNumbers:
    """Tells clean numbers of one default region; see :meth:`e164`."""

    def __init__(self, region: str | None, refused: Collection[str] = ()) -> None:
        """``refused``: names of number types, of :data:`NUMBER_TYPES`."""
        self._refused = tuple(sorted(refused))
        self._home = _plan_of_region(region, self._refused) if region is not None else None
        self._plans: dict[str, _Plan | None] = {}

    def e164(self, written: str) -> str | None:
        """The number in E.164 when that is beyond doubt; None: ask the library."""
        digits = written.translate(_SEPARATORS)
        if digits[:1] == "+":
            return self._international(digits[1:])
        home = self._home
        if home is None or not (digits.isascii() and digits.isdigit()):
            return None
        if digits.startswith(home.code) or home.exits.match(digits):
            return None
        prefix = home.prefix.match(digits)
        if prefix is not None and not _takes_nothing(prefix):
            if not home.simple_prefix or home.whole.fullmatch(digits):
                return None
            digits = digits[prefix.end() :]
        if len(digits) not in home.lengths or digits[0] == "0" or home.refused.fullmatch(digits):
            return None
        return f"+{home.code}{digits}"

    def _international(self, digits: str) -> str | None:
        if not (digits.isascii() and digits.isdigit()) or digits[0] == "0":
            return None
        for length in (1, 2, 3):
            code = digits[:length]
            plan = self._plans.get(code)
            if plan is None and code not in self._plans:
                plan = self._plans[code] = _plan_of_code(code, self._refused)
            if plan is not None:
                national = digits[length:]
                if len(national) not in plan.lengths or national[0] == "0":
                    return None
                prefix = plan.prefix.match(national)
                if (prefix is not None and not _takes_nothing(prefix)) or plan.refused.fullmatch(national):
                    return None
                return f"+{digits}"
        return None


def _takes_nothing(prefix: re.Match[str]) -> bool:
    """In some countries (Argentina) every part of the prefix may be missing, and then nothing is changed."""
    return prefix.end() == 0 and not any(group is not None for group in prefix.groups())


def _plan_of_code(code: str, refused: tuple[str, ...]) -> _Plan | None:
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code))
    if regions is None:
        return None
    facts = PhoneMetadata.metadata_for_region_or_calling_code(int(code), regions[0])
    return _plan(code, facts, refused) if facts is not None else None


def _plan_of_region(region: str, refused: tuple[str, ...]) -> _Plan | None:
    own = PhoneMetadata.metadata_for_region(region)
    if own is None:
        return None
    code = own.country_code
    main = _plan_of_code(str(code), refused)
    plan = _plan(str(code), own, refused)
    assert main is not None
    return _Plan(
        plan.code, plan.lengths & main.lengths, plan.prefix, plan.simple_prefix, plan.exits, plan.whole, plan.refused
    )


def _plan(code: str, facts: PhoneMetadata, refused: tuple[str, ...]) -> _Plan:
    whole = facts.general_desc
    assert whole is not None, "every numbering plan of the library says what its numbers are like"
    prefix = facts.national_prefix_for_parsing
    pattern = re.compile(prefix) if prefix else _NEVER
    patterns = []
    for region in COUNTRY_CODE_TO_REGION_CODE[int(code)]:
        of_region = PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)
        for name in refused:
            kind = getattr(of_region, name, None) if of_region is not None else None
            if kind is not None and kind.national_number_pattern:
                patterns.append(f"(?:{kind.national_number_pattern})")
    return _Plan(
        code=code,
        lengths=frozenset(whole.possible_length) - frozenset(whole.possible_length_local_only),
        prefix=pattern,
        simple_prefix=pattern.groups == 0 and not facts.national_prefix_transform_rule,
        exits=re.compile(facts.international_prefix) if facts.international_prefix else _NEVER,
        whole=re.compile(whole.national_number_pattern or "(?!)"),
        refused=re.compile("|".join(patterns)) if patterns else _NEVER,
    )


def type_of(number: phonenumbers.PhoneNumber, refused: Collection[str]) -> str | None:
    """Which of the refused types the number is of; None: of none."""
    kind = phonenumbers.number_type(number)
    return next((name for name in refused if NUMBER_TYPES[name] == kind), None)
