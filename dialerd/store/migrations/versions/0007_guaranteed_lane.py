"""Attempts say whether they were dialed in the guaranteed-agent lane.

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; attempts that are there were not."""
    op.add_column("attempts", sa.Column("lane", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempts", "lane")
