"""The database's absence, in the API's words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from dialerd.control.daemon import Unavailable
from dialerd.store.record_health import DATABASE_ERRORS, reason_of


@contextmanager
def from_database() -> Iterator[None]:
    """What is asked of the database inside, raises :class:`~dialerd.control.daemon.Unavailable` while it is away."""
    try:
        yield
    except DATABASE_ERRORS as error:
        raise Unavailable(f"the database: {reason_of(error)}") from error
