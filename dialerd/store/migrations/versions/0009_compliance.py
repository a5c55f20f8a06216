"""Under which rules an attempt was placed, and what the called party's clock showed.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

COLUMNS = ("profile", "profile_version", "called_zone", "called_local", "gate_verdicts")


def upgrade() -> None:
    """Add the columns; of earlier attempts nothing is known."""
    for name in COLUMNS:
        op.add_column("attempts", sa.Column(name, sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    """Remove them."""
    for name in reversed(COLUMNS):
        op.drop_column("attempts", name)
