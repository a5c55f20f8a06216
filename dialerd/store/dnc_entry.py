"""Entries as people write them."""

from __future__ import annotations

import re

from dialerd.core.dnc import LONGEST_PREFIX, DncEntry, DncKind
from dialerd.store.phone_columns import BadNumber, e164

_PREFIX = re.compile(rf"\+[1-9][0-9]{{0,{LONGEST_PREFIX - 1}}}")
LONGEST_KEY = 200


class BadEntry(ValueError):
    """Not an entry; the text says why, without the number."""


def entry_of(kind: DncKind, written: str, expires_at: float | None, region: str | None = None) -> DncEntry:
    """The entry. ``region``: country of a number without a country code. Raises :class:`BadEntry`."""
    written = written.strip()
    if kind is DncKind.NUMBER:
        try:
            return DncEntry(kind, e164(written, region), expires_at)
        except BadNumber as error:
            raise BadEntry(str(error)) from error
    if kind is DncKind.PREFIX:
        plain = re.sub(r"[ ().-]", "", written).removesuffix("*")
        if not _PREFIX.fullmatch(plain):
            raise BadEntry("a prefix is + and at most 15 digits, with the country code: +4490")
        return DncEntry(kind, plain, expires_at)
    if not written or len(written) > LONGEST_KEY or not written.isprintable():
        raise BadEntry(f"a contact's key has 1 to {LONGEST_KEY} printable characters")
    return DncEntry(kind, written, expires_at)
