"""Tones, late hints and the end of greetings, with each attempt.

Revision ID: 0014
Revises: 0013
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; of earlier attempts nothing is known."""
    op.add_column("attempts", sa.Column("tone", sa.String(), nullable=True))
    for name in ("late_hint", "greeting_end"):
        op.add_column("attempts", sa.Column(name, sa.String(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove them."""
    for name in ("greeting_end", "late_hint", "tone"):
        op.drop_column("attempts", name)
