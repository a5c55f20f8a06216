"""Conditions on attempts in the record that several figures share, so that they count the same calls."""

from __future__ import annotations

from sqlalchemy import and_, or_

from dialerd.core.disposition import HEARD
from dialerd.store.schema import attempts

_A = attempts.c
REACHED = and_(
    _A.abandoned.is_(False),
    or_(_A.connected_at.is_not(None), _A.disposition.in_([one.value for one in sorted(HEARD)])),
)
""":attr:`dialerd.core.attempt.AttemptRecord.reached`, asked of the database."""
