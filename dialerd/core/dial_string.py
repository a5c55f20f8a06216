"""From a number in E.164 to what Asterisk dials."""

from __future__ import annotations

_ONE_DIGIT = frozenset("17")
_TWO_DIGITS = frozenset(
    {
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98",
    }
)  # fmt: skip
"""Country codes of two digits (ITU-T E.164, list of assigned country codes); all that are not here have three."""


def national(e164: str) -> str:
    """The national (significant) number: ``+441632960001`` gives ``1632960001``."""
    digits = e164.lstrip("+")
    if digits[:1] in _ONE_DIGIT:
        return digits[1:]
    return digits[2:] if digits[:2] in _TWO_DIGITS else digits[3:]


def dial_string(template: str, e164: str) -> str:
    """Fill a trunk's template: ``{e164}`` and ``{number}`` give ``+441632960001``, ``{digits}`` the same without the
    plus, ``{national}`` the national number."""
    within = national(e164) if "national" in template else ""
    return template.format(e164=e164, number=e164, digits=e164.lstrip("+"), national=within)
