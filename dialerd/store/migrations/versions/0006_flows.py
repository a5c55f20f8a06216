"""What a call's walk through a flow leaves behind.

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(JSONB, "postgresql")


def upgrade() -> None:
    """Add the columns."""
    op.add_column("attempts", sa.Column("queue", sa.String()))
    op.add_column("attempts", sa.Column("flow", _JSON))
    op.add_column("attempts", sa.Column("flow_result", sa.String()))
    op.add_column("attempts", sa.Column("prompts", _JSON))


def downgrade() -> None:
    """Remove them."""
    for name in ("prompts", "flow_result", "flow", "queue"):
        op.drop_column("attempts", name)
