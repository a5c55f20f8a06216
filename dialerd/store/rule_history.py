"""Past attempts of a campaign with what its rules looked at, as far as that is still known. Only reads."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.attempt import AttemptRecord
from dialerd.core.contact import Contact, Number
from dialerd.store.call_marks import WITH_MARKS
from dialerd.store.codec import ATTEMPT_FIELDS
from dialerd.store.database import READING
from dialerd.store.schema import attempts, call_marks, contacts

_A = attempts.c
_PAGE = 1000


@dataclass(frozen=True, slots=True)
class PastCall:
    """A finished attempt, and its contact as it was before it: with the number in question and no other, and with
    today's columns where the attempt does not keep them."""

    record: AttemptRecord
    contact: Contact


async def past_calls(engine: AsyncEngine, campaign: str, since: float) -> AsyncIterator[PastCall]:
    """The campaign's attempts recorded since (epoch seconds), oldest first, page by page. Errors of the database are
    raised as they are."""
    before = attempts.alias("before")
    of_before = (
        select(before.c.disposition, before.c.ended_at)
        .where(before.c.contact_id == _A.contact_id, before.c.claimed_at < _A.claimed_at)
        .order_by(before.c.claimed_at.desc())
        .limit(1)
        .correlate(attempts)
    )
    last_disposition = of_before.with_only_columns(before.c.disposition).scalar_subquery().label("last_disposition")
    last_ended = of_before.with_only_columns(before.c.ended_at).scalar_subquery().label("last_ended")
    chosen = select(
        *(_A[name] for name in ATTEMPT_FIELDS), _A.recorded_at, last_disposition, last_ended,
        contacts.c["columns"].label("columns_now"), contacts.c.added_at,
        call_marks.c.mark,
    ).select_from(WITH_MARKS.outerjoin(contacts, contacts.c.id == _A.contact_id))  # fmt: skip
    at, last_id = since, ""
    async with engine.execution_options(**READING).connect() as connection:
        while True:
            rest = (_A.recorded_at > at) | ((_A.recorded_at == at) & (_A.id > last_id))
            query = chosen.where(_A.campaign == campaign, _A.recorded_at >= at, rest)
            query = query.order_by(_A.recorded_at, _A.id).limit(_PAGE)
            page = [dict(row) for row in (await connection.execute(query)).mappings()]
            for row in page:
                record = AttemptRecord(**{name: row[name] for name in ATTEMPT_FIELDS})
                record.mark = {"mark": row["mark"]} if row["mark"] is not None else None
                kept = (record.rules or {}).get("columns", {})
                contact = Contact(
                    record.contact_id, record.contact_list, record.contact_key,
                    (Number(record.number, record.number_kind),), {**(row["columns_now"] or {}), **kept},
                    record.contact_attempts, 0, row["last_disposition"], row["last_ended"], row["added_at"],
                    record.contact_tries,
                )  # fmt: skip
                yield PastCall(record, contact)
            if len(page) < _PAGE:
                return
            at, last_id = page[-1]["recorded_at"], page[-1]["id"]
