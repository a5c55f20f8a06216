"""Calling groups: contacts that wait for the same hours.

Revision ID: 0022
Revises: 0021
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody is in one yet."""
    op.create_table(
        "calling_groups",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_calling_groups")),
        sa.UniqueConstraint("key"),
    )


def downgrade() -> None:
    """Who is in a group is due."""
    op.drop_table("calling_groups")
