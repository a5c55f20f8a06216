"""The reason of contacts who are to be called back, in SQL; see :func:`dialerd.core.tallies.is_callback`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, case, or_

from dialerd.core.tallies import CALLBACK, is_callback


def is_promised_call(reason: Any) -> ColumnElement[bool]:
    """Whether a reason (a column) says that the contact is to be called back."""
    return or_(reason == CALLBACK, reason.startswith(f"{CALLBACK}:"))


def reason_kept(before: Any, reason: str) -> Any:
    """As :func:`~dialerd.core.tallies.still_callback`; ``before``: the column."""
    if is_callback(reason):
        return reason
    return case((is_promised_call(before), f"{CALLBACK}:{reason}"), else_=reason)
