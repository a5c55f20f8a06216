"""First tables.

Revision: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Json = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("campaign", sa.String(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.Column("contact_key", sa.Text(), nullable=False),
        sa.Column("number", sa.String(), nullable=False),
        sa.Column("number_kind", sa.String(), nullable=False),
        sa.Column("trunk", sa.String(), nullable=False),
        sa.Column("caller_id", sa.String(), nullable=False),
        sa.Column("mode", sa.String(), nullable=False),
        sa.Column("ring_timeout_s", sa.Double(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=True),
        sa.Column("claimed_at", sa.Double(), nullable=True),
        sa.Column("dialed_at", sa.Double(), nullable=True),
        sa.Column("ringing_at", sa.Double(), nullable=True),
        sa.Column("answered_at", sa.Double(), nullable=True),
        sa.Column("speech_at", sa.Double(), nullable=True),
        sa.Column("analysed_at", sa.Double(), nullable=True),
        sa.Column("connected_at", sa.Double(), nullable=True),
        sa.Column("message_at", sa.Double(), nullable=True),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.Column("cause", sa.Integer(), nullable=True),
        sa.Column("sip_status", sa.Integer(), nullable=True),
        sa.Column("cause_text", sa.Text(), nullable=False),
        sa.Column("hung_up_by", sa.String(), nullable=False),
        sa.Column("amd_status", sa.String(), nullable=True),
        sa.Column("amd_cause", sa.String(), nullable=True),
        sa.Column("analysis", sa.String(), nullable=True),
        sa.Column("analysis_rule", sa.String(), nullable=True),
        sa.Column("treatment", sa.String(), nullable=True),
        sa.Column("disposition", sa.String(), nullable=True),
        sa.Column("abandoned", sa.Boolean(), nullable=False),
        sa.Column("cancelled", sa.Boolean(), nullable=False),
        sa.Column("adopted", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("contact_attempts", sa.Integer(), nullable=False),
        sa.Column("number_index", sa.Integer(), nullable=False),
        sa.Column("number_count", sa.Integer(), nullable=False),
        sa.Column("contact_tries", Json, nullable=True),
        sa.Column("bridge_id", sa.String(), nullable=True),
        sa.Column("next_state", sa.String(), nullable=False),
        sa.Column("next_at", sa.Double(), nullable=True),
        sa.Column("next_reason", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index("ix_attempts_abandon_figures", "attempts", ["campaign", "answered_at", "abandoned"], unique=False)
    op.create_index(op.f("ix_attempts_campaign_recorded_at"), "attempts", ["campaign", "recorded_at"], unique=False)
    op.create_index(op.f("ix_attempts_contact_id"), "attempts", ["contact_id"], unique=False)
    op.create_index(op.f("ix_attempts_number"), "attempts", ["number"], unique=False)
    op.create_index(op.f("ix_attempts_recorded_at"), "attempts", ["recorded_at"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("who", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_table(
        "campaigns",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_campaigns")),
    )
    op.create_table(
        "contact_lists",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_contact_lists")),
    )
    op.create_table(
        "notices",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", sa.Double(), nullable=False),
        sa.Column("level", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("fields", Json, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", Id, nullable=False),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.Column("import_id", Id, nullable=True),
        sa.Column("import_line", sa.Integer(), nullable=True),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("numbers", Json, nullable=False),
        sa.Column("columns", Json, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("next_at", sa.Double(), server_default="0", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("number_index", sa.Integer(), server_default="0", nullable=False),
        sa.Column("last_disposition", sa.String(), nullable=True),
        sa.Column("tries", Json, nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("fetch", sa.String(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_list"], ["contact_lists.name"], name=op.f("fk_contacts_contact_list_contact_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
    )
    op.create_index(op.f("ix_contacts_contact_list_key"), "contacts", ["contact_list", "key"], unique=False)
    op.create_index(
        op.f("ix_contacts_contact_list_state_next_at_id"),
        "contacts",
        ["contact_list", "state", "next_at", "id"],
        unique=False,
    )
    op.create_index(op.f("ix_contacts_import_id"), "contacts", ["import_id"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", Id, nullable=False),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("started_at", sa.Double(), nullable=False),
        sa.Column("touched_at", sa.Double(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("imported", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_list"], ["contact_lists.name"], name=op.f("fk_imports_contact_list_contact_lists")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "contact_numbers",
        sa.Column("e164", sa.String(), nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("contact_list", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_id"],
            ["contacts.id"],
            name=op.f("fk_contact_numbers_contact_id_contacts"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("e164", "contact_id", name=op.f("pk_contact_numbers")),
    )
    op.create_index(op.f("ix_contact_numbers_contact_id"), "contact_numbers", ["contact_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_contact_numbers_contact_id"), table_name="contact_numbers")
    op.drop_table("contact_numbers")
    op.drop_table("imports")
    op.drop_index(op.f("ix_contacts_import_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_contact_list_state_next_at_id"), table_name="contacts")
    op.drop_index(op.f("ix_contacts_contact_list_key"), table_name="contacts")
    op.drop_table("contacts")
    op.drop_table("notices")
    op.drop_table("contact_lists")
    op.drop_table("campaigns")
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")
    op.drop_index(op.f("ix_attempts_recorded_at"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_number"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_contact_id"), table_name="attempts")
    op.drop_index(op.f("ix_attempts_campaign_recorded_at"), table_name="attempts")
    op.drop_index("ix_attempts_abandon_figures", table_name="attempts")
    op.drop_table("attempts")
