"""Imports that were asked of the daemon.

Revision ID: 0016
Revises: 0015
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "import_jobs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("instance", "contact_list")),
        sa.Column("source", sa.Text(), nullable=False),
        *(sa.Column(name, sa.String(), nullable=False) for name in ("who", "folder", "file")),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("cancelling", sa.Boolean(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("begun", "deaths")),
        sa.Column("phase", sa.String(), nullable=False),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("done", "total")),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("rows", "imported", "rejected", "updated", "warnings")
        ),
        sa.Column("problem", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        *(sa.Column(name, sa.Double(), nullable=True) for name in ("started_at", "ended_at")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_import_jobs_state"), "import_jobs", ["state"], unique=False)


def downgrade() -> None:
    """Remove it."""
    op.drop_table("import_jobs")
