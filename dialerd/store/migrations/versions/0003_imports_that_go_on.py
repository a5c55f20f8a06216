"""Imports know how far they have come; the index of numbers is compact.

Revision: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name in ("contacts_to", "numbers_to", "updates_to"):
        op.add_column("imports", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
    op.create_table(
        "contact_numbers_new",
        sa.Column("e164", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("e164", "contact_id", name="pk_contact_numbers_new"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO contact_numbers_new (e164, contact_id, contact_list) "
        "SELECT e164, contact_id, contact_list FROM contact_numbers ORDER BY e164, contact_id"
    )
    op.drop_table("contact_numbers")
    op.rename_table("contact_numbers_new", "contact_numbers")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE contact_numbers RENAME CONSTRAINT pk_contact_numbers_new TO pk_contact_numbers")


def downgrade() -> None:
    op.create_index("ix_contact_numbers_contact_id", "contact_numbers", ["contact_id"])
    for name in ("contacts_to", "numbers_to", "updates_to"):
        op.drop_column("imports", name)
