"""The language in which a call was spoken.

Revision ID: 0013
Revises: 0012
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column."""
    op.add_column("attempts", sa.Column("language", sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempts", "language")
