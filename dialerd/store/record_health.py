"""Whether the record answers, said once by all who use it."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]
import structlog
from sqlalchemy.exc import SQLAlchemyError

from dialerd.core.events import RecordBack, RecordLost
from dialerd.ports import Post

_log = structlog.get_logger(__name__)

DATABASE_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)
"""What a database that is away, locked, full or broken raises, through SQLAlchemy or past it."""


def reason_of(error: BaseException) -> str:
    """The error in one line, without statement and parameters, which may hold people's data."""
    cause = getattr(error, "orig", None) or error
    lines = str(cause).splitlines()
    return f"{type(cause).__name__}: {lines[0]}" if lines else type(cause).__name__


class RecordHealth:
    """Posts RecordLost when the first user of the database fails and RecordBack when the last one works again."""

    def __init__(self, post: Post) -> None:
        self._post = post
        self._failing: set[str] = set()

    @property
    def lost(self) -> bool:
        """Whether anybody fails at the moment."""
        return bool(self._failing)

    def failed(self, user: str, reason: str) -> None:
        """``user`` could not do its work; it will try again."""
        first = not self._failing
        if user not in self._failing:
            _log.error("record_lost", user=user, reason=reason)
        self._failing.add(user)
        if first:
            self._post(RecordLost(reason))

    def worked(self, user: str) -> None:
        """``user`` did its work."""
        if user in self._failing:
            self._failing.remove(user)
            if not self._failing:
                _log.info("record_back")
                self._post(RecordBack())
