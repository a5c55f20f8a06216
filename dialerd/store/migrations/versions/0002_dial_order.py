"""What filters and sort keys look at beside a contact's columns.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; contacts that are there were added with their import."""
    op.add_column("contacts", sa.Column("added_at", sa.Double()))
    op.add_column("contacts", sa.Column("last_attempt_at", sa.Double()))
    op.add_column("contacts", sa.Column("priority", sa.Integer(), nullable=False, server_default="0"))
    op.execute(
        "UPDATE contacts SET added_at = (SELECT started_at FROM imports WHERE imports.id = contacts.import_id), "
        "last_attempt_at = CASE WHEN attempts > 0 THEN "
        "(SELECT max(ended_at) FROM attempts WHERE attempts.contact_id = contacts.id) END"
    )


def downgrade() -> None:
    """Remove them."""
    for name in ("priority", "last_attempt_at", "added_at"):
        op.drop_column("contacts", name)
