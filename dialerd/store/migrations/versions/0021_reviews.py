"""What a recording is there for: a conversation, or a machine verdict that somebody is to check.

Revision ID: 0021
Revises: 0020
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; all earlier ones are conversations."""
    column = sa.Column("kind", sa.String(), nullable=False, server_default="conversation")
    op.add_column("recordings", column)


def downgrade() -> None:
    """Remove it."""
    op.drop_column("recordings", "kind")
