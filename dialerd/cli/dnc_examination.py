"""`doctor`: whether the do-not-call lists in Redis are what the record says."""

from __future__ import annotations

import time
from collections.abc import Iterable

from dialerd.cli.examinations import Finding, Health
from dialerd.cli.record import record_at
from dialerd.store.database import BadDatabaseUrl
from dialerd.store.dnc_redis import DncCopy, Marker
from dialerd.store.dnc_sql import ListRow, SqlDnc
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.redis_link import LinkBroken

_TIMEOUT_S = 3.0


class _WallClock:
    def now(self) -> float:
        return time.time()


async def examine_dnc(sql_url: str, redis_url: str, names: Iterable[str]) -> list[Finding]:
    """One finding for each list of these names; none where a store does not answer: that is found elsewhere."""
    try:
        async with record_at(sql_url, _TIMEOUT_S) as engine:
            record = SqlDnc(engine, _WallClock())
            copy = DncCopy(redis_url, record, timeout_s=_TIMEOUT_S)
            try:
                rows = {row.name: row for row in await record.lists()}
                markers = await copy.markers()
            finally:
                await copy.aclose()
    except (BadDatabaseUrl, LinkBroken, *DATABASE_ERRORS):
        return []
    return [_finding(name, rows.get(name), markers.get(name)) for name in sorted(names)]


def _finding(name: str, row: ListRow | None, marker: Marker | None) -> Finding:
    what = f"dnc {name}"
    if row is None:
        return Finding(what, Health.OK, "is empty")
    if marker is None or marker.generation != row.generation or marker.seq < row.seq:
        remedy = "The daemon copies it when it runs; campaigns that ask it hold until then."
        return Finding(what, Health.WARNING, "the copy in Redis is missing or behind the record", remedy)
    busy = ", is being loaded" if row.loading else ""
    return Finding(what, Health.OK, f"loaded numbers: {row.numbers:,}, copied to Redis{busy}")
