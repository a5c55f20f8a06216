"""Attempts say whether they were dialed in the guaranteed-agent lane.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; attempts that are there were not."""
    op.add_column("attempts", sa.Column("lane", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempts", "lane")
