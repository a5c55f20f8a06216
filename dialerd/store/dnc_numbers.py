"""Many phone numbers at once, from text to whole numbers.

Numbers that are written plainly (digits, with or without ``+`` or the national prefix) and fit their country's
numbering plan are found by regular expressions and converted by numpy: that is what makes lists of a hundred million
lines loadable. All others go one by one through :func:`~dialerd.store.phone_columns.e164`, which also says what is
wrong with them. Where both could judge, they agree; a test goes through all countries.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import phonenumbers
from numpy.typing import NDArray
from phonenumbers import PhoneMetadata

from dialerd.store.phone_columns import BadNumber, e164

_NOT_PLAIN = frozenset({375})
"""Belarus: a number there may begin with its national prefix."""
_NANP = 1
_END = r"[ \t]*\r?$"
_NOTHING = "(?!)"


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a text held: whole numbers in no order, and (index of the line from 0, reason, text) of bad lines."""

    numbers: NDArray[np.uint64]
    rejects: list[tuple[int, str, str]]


class NumberReader:
    """Reads numbers of which those without a country code are of ``region`` (``GB``); None: they are refused."""

    def __init__(self, region: str | None) -> None:
        self._region = region
        national, self._country_code = _national(region)
        plain = rf"\+(?:{_international()})|{national}"
        pairs = r"[2-9]\d\d,[2-9]\d{6}" if self._country_code == _NANP else _NOTHING
        self._good = re.compile(rf"^(\+(?:{_international()})){_END}".encode(), re.MULTILINE)
        self._good_national = re.compile(rf"^({national}|{pairs}){_END}".encode(), re.MULTILINE)
        self._odd = re.compile(rf"^(?!(?:{plain}|{pairs}){_END})[^\n]+".encode(), re.MULTILINE)

    def read(self, text: bytes) -> Bulk:
        """All numbers of a text with one in each line; empty lines are none."""
        numbers = [_wholes(b"\n".join(self._good.findall(text)).replace(b"+", b""))]
        if self._country_code:
            found = b"\n".join(self._good_national.findall(text)).replace(b",", b"")
            numbers.append(self._with_country(found))
        rejects: list[tuple[int, str, str]] = []
        line = at = 0
        slow: list[int] = []
        for odd in self._odd.finditer(text):
            written = odd[0].decode("utf-8", "replace").strip()
            line += text.count(b"\n", at, odd.start())
            at = odd.start()
            if not written:
                continue
            try:
                slow.append(int(e164(written, self._region)[1:]))
            except BadNumber as error:
                rejects.append((line, str(error), written))
        numbers.append(np.array(slow, dtype=np.uint64))
        return Bulk(np.concatenate(numbers), rejects)

    def _with_country(self, text: bytes) -> NDArray[np.uint64]:
        # The national prefix never begins a number itself, save where such regions were left out.
        national = _wholes(text)
        if self._country_code == _NANP:
            national[national < 10**10] += np.uint64(10**10)
            return national
        # The smallest power of ten above a number moves its country code to the left of it.
        national += np.uint64(self._country_code) * _POWERS[np.searchsorted(_POWERS, national, side="right")]
        return national


_POWERS = np.array([10**power for power in range(17)], dtype=np.uint64)


def _wholes(text: bytes) -> NDArray[np.uint64]:
    if not text:
        return np.empty(0, dtype=np.uint64)
    return np.fromstring(text.decode("ascii"), dtype=np.int64, sep="\n").astype(np.uint64)


def _plan(country_code: int) -> PhoneMetadata | None:
    """The numbering plan, where a plain reading of it is safe."""
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[country_code][0]
    if region == "001":
        plan = PhoneMetadata.metadata_for_nongeo_region(country_code)
    else:
        plan = PhoneMetadata.metadata_for_region(region)
    odd = plan is None or plan.national_prefix_transform_rule is not None or country_code in _NOT_PLAIN
    return None if odd else plan


@lru_cache(maxsize=1)
def _international() -> str:
    """Country code and national number of every plain plan, as a tree by the code's digits: an alternation of two
    hundred plans one after another would be slow."""
    plans = {code: _pattern(_plan(code)) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE}
    return _tree({str(code): pattern for code, pattern in plans.items() if pattern}, "")


def _pattern(plan: PhoneMetadata | None) -> str:
    described = plan.general_desc if plan is not None else None
    return (described.national_number_pattern or "") if described is not None else ""


def _tree(plans: dict[str, str], code: str) -> str:
    if code in plans:
        return f"(?:{plans[code]})"
    following = sorted({key[len(code)] for key in plans if key.startswith(code) and len(key) > len(code)})
    return "(?:" + "|".join(digit + _tree(plans, code + digit) for digit in following) + ")"


def _national(region: str | None) -> tuple[str, int]:
    """How numbers of the region are written within it, without leading zeros of their own; and its country code, 0
    where they must all go the slow way."""
    if region is None:
        return _NOTHING, 0
    code = phonenumbers.country_code_for_region(region)
    plan = _plan(code)
    own = PhoneMetadata.metadata_for_region(region)
    if plan is None or own is None or own.national_prefix_transform_rule is not None:
        return _NOTHING, 0
    prefix, pattern = own.national_prefix or "", _pattern(own)
    # "0" in front is lost in a whole number, as it should be; any other prefix would stay there.
    optional = f"(?:{prefix})?" if prefix == "0" or (prefix == "1" and code == _NANP) else ""
    return f"{optional}(?!0)(?:{pattern})", code
