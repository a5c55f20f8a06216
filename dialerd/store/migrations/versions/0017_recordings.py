"""Recordings of conversations.

Revision ID: 0017
Revises: 0016
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier attempts were not recorded."""
    op.add_column(
        "attempts", sa.Column("recording", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
    )
    op.create_table(
        "recordings",
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("began_at", sa.Double()),
        sa.Column("ended_at", sa.Double(), nullable=False),
        sa.Column("file", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("duration_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("paused_s", sa.Double(), server_default="0", nullable=False),
        sa.Column("remove_at", sa.Double()),
        sa.Column("removed_at", sa.Double()),
        sa.Column("removed_by", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_recordings")),
    )
    for columns in (["state", "remove_at"], ["contact_id"], ["number"], ["ended_at"]):
        op.create_index(op.f(f"ix_recordings_{'_'.join(columns)}"), "recordings", columns)


def downgrade() -> None:
    """Remove them; the files stay."""
    op.drop_table("recordings")
    op.drop_column("attempts", "recording")
