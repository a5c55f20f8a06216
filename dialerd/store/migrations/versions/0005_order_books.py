"""The dial order of campaigns that filter, sort or mix, and the triggers that say which contacts changed.

A later migration that makes the table of contacts anew on SQLite must make the triggers anew too: a test of the
record's contract fails otherwise.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
KeyText = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

WATCHED = (
    "state, next_at, contact_list, columns, numbers, number_index, attempts, last_disposition, last_attempt_at, "
    "added_at, priority, reason"
)
CHANGES = (
    "INSERT {ignore} INTO order_changes (book_id, contact_id) "
    "SELECT book_id, NEW.id FROM order_sources WHERE contact_list = NEW.contact_list "
    "AND (NEW.state = 'callable' OR NEW.next_at <= due_at)"
)


def upgrade() -> None:
    """Make the tables and the triggers."""
    op.create_table(
        "order_books",
        sa.Column("id", Id, nullable=False),
        sa.Column("campaign", sa.String(), nullable=True),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("ready", sa.Boolean(), nullable=False),
        sa.Column("ahead", sa.Integer(), nullable=False),
        sa.Column("refreshed_at", sa.Double(), nullable=False),
        sa.Column("turns", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_books")),
        sa.UniqueConstraint("campaign"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "order_sources",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("built_id", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.Double(), nullable=False),
        sa.Column("due_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("book_id", "contact_list", name=op.f("pk_order_sources")),
    )
    op.create_index(op.f("ix_order_sources_contact_list"), "order_sources", ["contact_list"], unique=False)
    op.create_table(
        "order_changes",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("times", sa.Integer(), nullable=False, server_default="1"),
        sa.PrimaryKeyConstraint("book_id", "contact_id", name=op.f("pk_order_changes")),
    )
    keys = [(f"n{n}", f"t{n}") for n in range(1, 5)]
    op.create_table(
        "order_entries",
        sa.Column("book_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        *(sa.Column(name, type_) for pair in keys for name, type_ in zip(pair, (sa.Double(), KeyText), strict=True)),
        sa.Column("due", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("book_id", "contact_id", name=op.f("pk_order_entries")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_order_entries_order",
        "order_entries",
        ["book_id", "line", *(name for pair in keys for name in pair), "due", "contact_id"],
        unique=False,
    )
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _sqlite() -> None:
    for name, when in (("insert", "INSERT"), ("update", f"UPDATE OF {WATCHED}")):
        op.execute(
            f"CREATE TRIGGER order_changes_{name} AFTER {when} ON contacts WHEN NEW.state IN ('callable', 'waiting') "
            f"BEGIN {CHANGES.format(ignore='OR IGNORE')}; END"
        )


def _postgresql() -> None:
    # The row is written even where it is there: whoever is just taking it away waits for this change.
    op.execute(
        "CREATE FUNCTION note_order_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{CHANGES.format(ignore='')} ON CONFLICT (book_id, contact_id) "
        "DO UPDATE SET times = order_changes.times + 1; RETURN NULL; END $$"
    )
    for name, when in (("insert", "INSERT"), ("update", f"UPDATE OF {WATCHED}")):
        op.execute(
            f"CREATE TRIGGER order_changes_{name} AFTER {when} ON contacts FOR EACH ROW "
            "WHEN (NEW.state IN ('callable', 'waiting')) EXECUTE FUNCTION note_order_change()"
        )


def downgrade() -> None:
    """Remove them."""
    suffix = " ON contacts" if op.get_bind().dialect.name == "postgresql" else ""
    for name in ("insert", "update"):
        op.execute(f"DROP TRIGGER order_changes_{name}{suffix}")
    if suffix:
        op.execute("DROP FUNCTION note_order_change")
    for table in ("order_entries", "order_changes", "order_sources", "order_books"):
        op.drop_table(table)
