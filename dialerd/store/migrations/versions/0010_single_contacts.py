"""Who made a contact uncallable and when; requests that are answered once.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.add_column("contacts", sa.Column("uncallable_at", sa.Double(), nullable=True))
    op.add_column("contacts", sa.Column("uncallable_by", sa.String(), nullable=True))
    op.create_table(
        "answered_once",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("answer", Json, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_answered_once"),
    )


def downgrade() -> None:
    op.drop_table("answered_once")
    for name in ("uncallable_by", "uncallable_at"):
        op.drop_column("contacts", name)
