"""Books of campaigns that no longer want them."""

from __future__ import annotations

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.store.schema import order_books, order_changes, order_entries, order_sources


async def drop_book(connection: AsyncConnection, book_id: int) -> None:
    """The book belongs to nobody; :func:`sweep` removes what is in it."""
    await connection.execute(update(order_books).where(order_books.c.id == book_id).values(campaign=None))
    for table in (order_sources, order_changes):
        await connection.execute(delete(table).where(table.c.book_id == book_id))


async def sweep(connection: AsyncConnection, limit: int) -> bool:
    """Remove up to ``limit`` entries of books that belong to nobody. True: nothing is left of them."""
    nobodys = select(order_books.c.id).where(order_books.c.campaign.is_(None)).limit(1)
    book_id = (await connection.execute(nobodys)).scalar()
    if book_id is None:
        return True
    mine = order_entries.c.book_id == book_id
    some = select(order_entries.c.contact_id).where(mine).order_by(order_entries.c.contact_id).limit(limit)
    ids = list((await connection.execute(some)).scalars())
    if ids:
        within = order_entries.c.contact_id.between(ids[0], ids[-1])
        await connection.execute(delete(order_entries).where(mine, within))
    else:
        await connection.execute(delete(order_changes).where(order_changes.c.book_id == book_id))
        await connection.execute(delete(order_books).where(order_books.c.id == book_id))
    return False
