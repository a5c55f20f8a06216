"""Tables of the do-not-call lists."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Double, Index, Integer, LargeBinary, String, Table, Text

from dialerd.store.schema import metadata

dnc_lists = Table(
    "dnc_lists",
    metadata,
    Column("name", String, primary_key=True),
    # Which of the loads below is in force; 0: nothing was loaded yet.
    Column("generation", Integer, nullable=False),
    # Counts the changes of single entries. Taken under this row's lock, so that they commit in this order.
    Column("seq", BigInteger, nullable=False),
    Column("numbers", BigInteger, nullable=False),
    Column("changed_at", Double, nullable=False),
    # Who is loading now, and when that was last heard of; null: nobody.
    Column("loader", String),
    Column("loader_seen_at", Double),
)

dnc_blocks = Table(
    "dnc_blocks",
    metadata,
    Column("dnc_list", String, primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("number_group", BigInteger, primary_key=True, autoincrement=False),
    Column("numbers", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)

dnc_entries = Table(
    "dnc_entries",
    metadata,
    Column("dnc_list", String, primary_key=True),
    # 0: added one by one, and kept when a file replaces the list; else the load that it came with.
    Column("generation", Integer, primary_key=True),
    Column("field", String, primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("expires_at", Double),
    Column("reason", Text, nullable=False),
    Column("who", String, nullable=False),
    Column("added_at", Double, nullable=False),
    Column("removed_at", Double),
    Column("removed_by", String),
    Index(None, "dnc_list", "generation", "seq"),
    Index(None, "field"),
)

__all__ = ["dnc_blocks", "dnc_entries", "dnc_lists"]
