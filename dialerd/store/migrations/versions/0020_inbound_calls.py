"""People who call back the number that a campaign shows.

Revision ID: 0020
Revises: 0019
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nobody was noted before."""
    op.create_table(
        "inbound_calls",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger()),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("shown", sa.String(), nullable=False),
        sa.Column("attempt_id", sa.String(), nullable=False),
        sa.Column("treatment", sa.String(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("arrived_at", sa.Double(), nullable=False),
        sa.Column("answered_at", sa.Double()),
        sa.Column("connected_at", sa.Double()),
        sa.Column("ended_at", sa.Double()),
        sa.Column("waited_s", sa.Double(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("callback", sa.Boolean(), nullable=False),
        sa.Column("flow", sa.JSON().with_variant(postgresql.JSONB(), "postgresql")),
        sa.Column("flow_result", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_calls")),
    )
    for columns in (["campaign", "arrived_at"], ["contact_id"], ["number"], ["arrived_at"]):
        op.create_index(op.f(f"ix_inbound_calls_{'_'.join(columns)}"), "inbound_calls", columns)


def downgrade() -> None:
    """Forget them."""
    op.drop_table("inbound_calls")
