"""Attempts that an agent was shown before they were called.

Revision ID: 0019
Revises: 0018
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Earlier attempts were dialed without."""
    json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
    op.add_column("attempts", sa.Column("preview", json, nullable=True))


def downgrade() -> None:
    """Forget who was shown what."""
    op.drop_column("attempts", "preview")
