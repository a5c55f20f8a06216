"""Attempts say whether they were dialed in the guaranteed-agent lane.

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; attempts that are there were not."""
    op.add_column("attempts", sa.Column("lane", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempts", "lane")
