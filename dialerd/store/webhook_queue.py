"""The queue of webhooks in SQL: written with the outcome of a call, emptied by whoever sends them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from dialerd.core.attempt import AttemptRecord
from dialerd.core.webhook import Delivery
from dialerd.core.wrap_up import webhooks_wanted
from dialerd.ports import Clock
from dialerd.store.codec import ATTEMPT_FIELDS
from dialerd.store.database import READING
from dialerd.store.schema import attempts, contacts, webhook_deliveries

WAITING, DEAD = "waiting", "dead"
_W = webhook_deliveries.c
Row = Mapping[str, Any]


async def queue_webhooks(connection: AsyncConnection, records: Sequence[AttemptRecord], now: float) -> None:
    """Put down, in the transaction that records these attempts, which webhooks are to be told of them."""
    rows = [
        {
            "id": f"{record.id}.{index}", "webhook": webhook, "rule": rule, "attempt_id": record.id,
            "state": WAITING, "tries": 0, "created_at": now, "next_at": now, "error": "",
        }
        for record in records
        for index, (webhook, rule) in enumerate(webhooks_wanted(record))
    ]  # fmt: skip
    if rows:
        await connection.execute(insert(webhook_deliveries), rows)


class WebhookQueue:
    """Implements :class:`dialerd.providers.webhooks.Queue`, and what operators ask of it. Errors of the database are
    raised as they are."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**READING)
        self._clock = clock

    async def due(self) -> dict[str, float]:
        """Webhook -> when the first of its deliveries that wait is due, epoch seconds."""
        query = select(_W.webhook, func.min(_W.next_at)).where(_W.state == WAITING).group_by(_W.webhook)
        async with self._reading.connect() as connection:
            return {name: float(at) for name, at in await connection.execute(query)}

    async def take(self, webhook: str, limit: int, hold_s: float) -> list[Delivery]:
        """Deliveries that are due, the oldest first; for ``hold_s`` nobody else gets them, and afterwards somebody
        does if nothing was said of them."""
        now = self._clock.now()
        mine = (_W.webhook == webhook) & (_W.state == WAITING) & (_W.next_at <= now)
        first = select(_W.id).where(mine).order_by(_W.next_at, _W.id).limit(limit)
        # Asked again while it is changed: another daemon may have been first.
        taking = update(webhook_deliveries).where(_W.id.in_(first), mine).values(next_at=now + hold_s)
        async with self._engine.begin() as connection:
            taken = list((await connection.execute(taking.returning(_W.id))).scalars())
            if not taken:
                return []
            query = (
                select(
                    webhook_deliveries.c.id.label("delivery_id"), _W.rule, _W.tries, _W.attempt_id,
                    *(attempts.c[name] for name in ATTEMPT_FIELDS if name != "state"),
                    contacts.c["columns"].label("columns_now"),
                )
                .select_from(
                    webhook_deliveries.outerjoin(attempts, attempts.c.id == _W.attempt_id).outerjoin(
                        contacts, contacts.c.id == attempts.c.contact_id
                    )
                )
                .where(_W.id.in_(taken))
                .order_by(_W.created_at, _W.id)
            )  # fmt: skip
            rows = [dict(row) for row in (await connection.execute(query)).mappings()]
        return [
            Delivery(
                row["delivery_id"], webhook, row["rule"], row["tries"],
                row if row["id"] is not None else None, row["columns_now"] or {},
            )
            for row in rows
        ]  # fmt: skip

    async def delivered(self, delivery_id: str) -> None:
        """It was taken by whom it was for."""
        async with self._engine.begin() as connection:
            await connection.execute(delete(webhook_deliveries).where(_W.id == delivery_id))

    async def failed(self, delivery_id: str, error: str, retry_at: float | None) -> None:
        """It was not; ``retry_at``: epoch seconds, None: it is given up."""
        values: dict[str, Any] = {"tries": _W.tries + 1, "error": error[:500]}
        values |= {"state": DEAD} if retry_at is None else {"next_at": retry_at}
        async with self._engine.begin() as connection:
            await connection.execute(update(webhook_deliveries).where(_W.id == delivery_id).values(values))

    # --- what operators ask -----------------------------------------------------------------------------

    async def counts(self) -> dict[str, dict[str, int]]:
        """Webhook -> ``waiting`` or ``dead`` -> how many."""
        query = select(_W.webhook, _W.state, func.count()).group_by(_W.webhook, _W.state)
        found: dict[str, dict[str, int]] = {}
        async with self._reading.connect() as connection:
            for webhook, state, count in await connection.execute(query):
                found.setdefault(webhook, {})[state] = count
        return found

    async def rows(self, state: str, limit: int) -> list[Row]:
        """Deliveries in this state, the oldest first."""
        query = select(webhook_deliveries).where(_W.state == state).order_by(_W.created_at, _W.id).limit(limit)
        async with self._reading.connect() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def again(self, webhook: str | None, ids: Collection[str]) -> int:
        """Dead deliveries, of the webhook or these, are sent again, with all their tries. Returns how many."""
        again = update(webhook_deliveries).where(_W.state == DEAD, _chosen(webhook, ids))
        async with self._engine.begin() as connection:
            done = await connection.execute(again.values(state=WAITING, tries=0, next_at=self._clock.now()))
            return done.rowcount

    async def drop(self, webhook: str | None, ids: Collection[str]) -> int:
        """Dead deliveries, of the webhook or these, are taken out. Returns how many."""
        async with self._engine.begin() as connection:
            gone = delete(webhook_deliveries).where(_W.state == DEAD, _chosen(webhook, ids))
            return (await connection.execute(gone)).rowcount


def _chosen(webhook: str | None, ids: Collection[str]) -> Any:
    return _W.webhook == webhook if webhook is not None else _W.id.in_(list(ids))
