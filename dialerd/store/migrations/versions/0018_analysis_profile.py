"""The profile by which an answer was analysed, with each attempt.

Revision ID: 0018
Revises: 0017
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of earlier attempts it is not known."""
    column = sa.Column("analysis_profile", sa.String(), nullable=False, server_default="")
    op.add_column("attempts", column)


def downgrade() -> None:
    """Remove it."""
    op.drop_column("attempts", "analysis_profile")
