"""What somebody asks of a table, as conditions: filters leave out (None) what they do not ask for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Table


def asked_for(table: Table, chosen: object, names: Iterable[str]) -> list[ColumnElement[bool]]:
    """Columns that equal the filter's field of the same name."""
    return [table.c[name] == value for name in names if (value := getattr(chosen, name)) is not None]


def within(moment: ColumnElement[Any], since: float | None, until: float | None) -> list[ColumnElement[bool]]:
    """A column in the span (epoch seconds), half open."""
    return [
        *([moment >= since] if since is not None else []),
        *([moment < until] if until is not None else []),
    ]
