"""How the scripts are asked about a number, and what they answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialerd.store import dnc_blocks as packing

DNC = "dnc"
"""What the scripts' answers about these lists begin with."""
LOADING = "dnc_loading"


def spec_of(prefix: str, number: str, contact_key: str, lists: Sequence[tuple[str, int, int]]) -> dict[str, Any]:
    """The question to ``dnc_listed.lua``. ``lists``: name, least generation and least ``seq`` of each."""
    group, field, low = packing.place(packing.whole(number))
    return {"p": prefix, "n": number, "c": contact_key, "g": str(group), "f": str(field), "l": low, "lists": lists}


def refusal_of(reply: str) -> tuple[str, float | None]:
    """Reason and end (epoch seconds; None: it has none) in a script's ``dnc:<list>@<end>`` or
    ``dnc_loading:<list>``."""
    reason, _, over = reply.partition("@")
    if reason.startswith(LOADING):
        return LOADING, None
    return reason, float(over) if over else None
