"""Do-not-call lists.

Revision: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dnc_lists",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("numbers", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.Double(), nullable=False),
        sa.Column("loader", sa.String(), nullable=True),
        sa.Column("loader_seen_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_dnc_lists")),
    )
    op.create_table(
        "dnc_blocks",
        sa.Column("dnc_list", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("number_group", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("numbers", sa.Integer(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("dnc_list", "generation", "number_group", name=op.f("pk_dnc_blocks")),
    )
    op.create_table(
        "dnc_entries",
        sa.Column("dnc_list", sa.String(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("added_at", sa.Double(), nullable=False),
        sa.Column("removed_at", sa.Double(), nullable=True),
        sa.Column("removed_by", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("dnc_list", "generation", "field", name=op.f("pk_dnc_entries")),
    )
    op.create_index(
        op.f("ix_dnc_entries_dnc_list_generation_seq"), "dnc_entries", ["dnc_list", "generation", "seq"], unique=False
    )
    op.create_index(op.f("ix_dnc_entries_field"), "dnc_entries", ["field"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_dnc_entries_field"), table_name="dnc_entries")
    op.drop_index(op.f("ix_dnc_entries_dnc_list_generation_seq"), table_name="dnc_entries")
    op.drop_table("dnc_entries")
    op.drop_table("dnc_blocks")
    op.drop_table("dnc_lists")
