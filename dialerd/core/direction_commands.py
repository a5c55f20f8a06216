"""Commands of sequences and campaign rules; part of :mod:`dialerd.core.commands`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialerd.core.value import value


@value(frozen=True, slots=True)
class SaveDirection:
    """Remember how a sequence or a campaign rule stands, for a restart. Said again, it replaces what was said before.
    No answer."""

    kind: str
    """``sequence`` or ``rule``."""
    name: str
    state: Mapping[str, Any]
    """Plain values that survive JSON."""


@value(frozen=True, slots=True)
class AuditAction:
    """Something that no person did, and that people will ask about: ``who`` is ``rule:<name>`` or
    ``sequence:<name>``. No answer."""

    who: str
    what: str
    detail: Mapping[str, str]


@value(frozen=True, slots=True)
class CountContacts:
    """Count the contacts of these lists, and those of them that will not be called again. Answered by
    ContactsCounted."""

    campaign: str
    contact_lists: tuple[str, ...]
