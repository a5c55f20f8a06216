"""The table of imports that were asked of the daemon."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, String, Table, Text

from dialerd.store.schema import metadata

_Id = BigInteger().with_variant(Integer, "sqlite")

import_jobs = Table(
    "import_jobs",
    metadata,
    Column("id", _Id, primary_key=True),
    # Whose disk the file is on: another daemon cannot go on with it.
    Column("instance", String, nullable=False),
    Column("contact_list", String, nullable=False),
    Column("source", Text, nullable=False),
    Column("who", String, nullable=False),
    # The folder that the file and its rejects are in, within the folder of uploads.
    Column("folder", String, nullable=False),
    Column("file", String, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("cancelling", Boolean, nullable=False),
    # How often it was begun, and how often a process that worked at it has died.
    Column("begun", Integer, nullable=False),
    Column("deaths", Integer, nullable=False),
    Column("phase", String, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    Column("updated", Integer, nullable=False),
    Column("warnings", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("started_at", Double),
    Column("ended_at", Double),
    Index(None, "state"),
    sqlite_autoincrement=True,
)
