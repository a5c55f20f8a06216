"""Many ids as one parameter: cheaper than a parameter for each, and without a limit of their number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import BigInteger, ColumnElement, Text, any_, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY


def among(column: ColumnElement[Any], ids: Sequence[int], postgresql: bool) -> ColumnElement[bool]:
    """The column is one of these ids."""
    if postgresql:
        return column == any_(literal(list(ids), ARRAY(BigInteger())))
    value = func.json_each(literal(orjson.dumps(list(ids)).decode(), Text())).table_valued("value")
    return column.in_(select(value.c.value))
