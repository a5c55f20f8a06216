"""Which rules fired on an attempt.

Revision ID: 0011
Revises: 0010
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier attempts nothing is known."""
    op.add_column(
        "attempts", sa.Column("rules", sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), nullable=True)
    )


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempts", "rules")
