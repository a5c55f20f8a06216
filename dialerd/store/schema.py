"""Tables of the record. What is here is also in the newest migration; a test compares them."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import JSONB

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    }
)

# SQLite gives a number by itself only to a primary key that is declared INTEGER.
_Id = BigInteger().with_variant(Integer, "sqlite")
_Json = JSON().with_variant(JSONB, "postgresql")

IMPORTING = "importing"
"""State of a contact whose import has not finished: in the table, and in no list yet."""

contact_lists = Table(
    "contact_lists",
    metadata,
    Column("name", String, primary_key=True),
    Column("created_at", Double, nullable=False),
)

imports = Table(
    "imports",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("contact_list", ForeignKey("contact_lists.name"), nullable=False),
    Column("source", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("started_at", Double, nullable=False),
    Column("touched_at", Double, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("imported", Integer, nullable=False),
    Column("rejected", Integer, nullable=False),
    # How far it has come, for the next process to go on: see import_table.ImportRow.
    Column("contacts_to", BigInteger, nullable=False, server_default="0"),
    Column("numbers_to", BigInteger, nullable=False, server_default="0"),
    Column("updates_to", BigInteger, nullable=False, server_default="0"),
)

contacts = Table(
    "contacts",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("contact_list", ForeignKey("contact_lists.name"), nullable=False),
    Column("import_id", _Id),
    Column("import_line", Integer),
    Column("key", Text, nullable=False),
    Column("numbers", _Json, nullable=False),
    Column("columns", _Json, nullable=False),
    Column("state", String, nullable=False),
    # 0 unless the contact waits: a column that is never null lets one index serve every fetch in order.
    Column("next_at", Double, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("number_index", Integer, nullable=False, server_default="0"),
    Column("last_disposition", String),
    Column("tries", _Json, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    # When it came into the list, and when its last attempt that was dialed ended; epoch seconds.
    Column("added_at", Double),
    Column("last_attempt_at", Double),
    Column("priority", Integer, nullable=False, server_default="0"),
    # When and by whom it was made uncallable, where a person did it; the reason is `reason`.
    Column("uncallable_at", Double),
    Column("uncallable_by", String),
    # Who fetched it: a fetch whose reply was lost finds its contacts again.
    Column("fetch", String),
    Column("updated_at", Double, nullable=False),
    Index(None, "contact_list", "state", "next_at", "id"),
    Index(None, "contact_list", "key"),
    Index(None, "import_id"),
)

# Contacts that wait for the same hours: see calling_groups.py.
calling_groups = Table(
    "calling_groups",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("key", Text, nullable=False, unique=True),
)

contact_numbers = Table(
    "contact_numbers",
    metadata,
    Column("e164", String, primary_key=True),
    # No foreign key and no index: both would be updated in random order, two million times for a million contacts.
    # Whoever changes or removes a contact does the same with its numbers; see contact_edits.
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_list", String, nullable=False),
    sqlite_with_rowid=False,
)

answered_once = Table(
    "answered_once",
    metadata,
    Column("key", String, primary_key=True),
    Column("at", Double, nullable=False),
    Column("digest", String, nullable=False),
    Column("answer", _Json, nullable=False),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", String, primary_key=True),
    Column("campaign", String, nullable=False),
    Column("contact_id", BigInteger, nullable=False),
    Column("contact_list", String, nullable=False),
    Column("contact_key", Text, nullable=False),
    Column("number", String, nullable=False),
    Column("number_kind", String, nullable=False),
    Column("trunk", String, nullable=False),
    Column("caller_id", String, nullable=False),
    Column("mode", String, nullable=False),
    Column("ring_timeout_s", Double, nullable=False),
    Column("state", String, nullable=False),
    Column("agent", String),
    Column("claimed_at", Double),
    Column("dialed_at", Double),
    Column("ringing_at", Double),
    Column("answered_at", Double),
    Column("speech_at", Double),
    Column("analysed_at", Double),
    Column("connected_at", Double),
    Column("message_at", Double),
    Column("ended_at", Double),
    Column("cause", Integer),
    Column("sip_status", Integer),
    Column("cause_text", Text, nullable=False),
    Column("hung_up_by", String, nullable=False),
    Column("amd_status", String),
    Column("amd_cause", String),
    Column("analysis", String),
    Column("analysis_rule", String),
    Column("analysis_profile", String, nullable=False, server_default=""),
    Column("tone", String),
    Column("late_hint", String, nullable=False, server_default=""),
    Column("greeting_end", String, nullable=False, server_default=""),
    Column("treatment", String),
    Column("disposition", String),
    Column("abandoned", Boolean, nullable=False),
    Column("cancelled", Boolean, nullable=False),
    Column("adopted", Boolean, nullable=False),
    Column("reason", Text, nullable=False),
    Column("contact_attempts", Integer, nullable=False),
    Column("number_index", Integer, nullable=False),
    Column("number_count", Integer, nullable=False),
    Column("contact_tries", _Json),
    Column("bridge_id", String),
    Column("queue", String),
    Column("flow", _Json),
    Column("flow_result", String),
    Column("prompts", _Json),
    Column("language", String, nullable=False, server_default=""),
    Column("lane", String, nullable=False, server_default=""),
    Column("profile", Text, nullable=False, server_default=""),
    Column("profile_version", Text, nullable=False, server_default=""),
    Column("called_zone", Text, nullable=False, server_default=""),
    Column("called_local", Text, nullable=False, server_default=""),
    Column("gate_verdicts", Text, nullable=False, server_default=""),
    Column("preview", _Json),
    Column("rules", _Json),
    Column("recording", _Json),
    Column("next_state", String, nullable=False),
    Column("next_at", Double),
    Column("next_reason", Text, nullable=False),
    Column("recorded_at", Double, nullable=False),
    Index(None, "campaign", "recorded_at"),
    Index(None, "contact_id"),
    Index(None, "number"),
    Index(None, "recorded_at"),
)

# One row for each conversation that was recorded, or was to be.
recordings = Table(
    "recordings",
    metadata,
    Column("attempt_id", String, primary_key=True),
    Column("campaign", String, nullable=False),
    Column("contact_id", BigInteger, nullable=False),
    Column("number", String, nullable=False),
    # conversation, or review (of a machine verdict).
    Column("kind", String, nullable=False, server_default="conversation"),
    # waiting (in Asterisk), kept, failed, removing, removed: see store.recordings.
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("began_at", Double),
    Column("ended_at", Double, nullable=False),
    # Relative to the folder of recordings; empty: there is none.
    Column("file", Text, nullable=False, server_default=""),
    # Template of the file's name.
    Column("name", Text, nullable=False),
    Column("bytes", BigInteger, nullable=False, server_default="0"),
    Column("duration_s", Double, nullable=False, server_default="0"),
    Column("paused_s", Double, nullable=False, server_default="0"),
    Column("remove_at", Double),
    Column("removed_at", Double),
    Column("removed_by", Text, nullable=False, server_default=""),
    Index(None, "state", "remove_at"),
    Index(None, "contact_id"),
    Index(None, "number"),
    Index(None, "ended_at"),
)

# People who called back the number that a campaign shows; no attempts.
inbound_calls = Table(
    "inbound_calls",
    metadata,
    Column("id", String, primary_key=True),
    Column("campaign", String, nullable=False),
    Column("contact_id", BigInteger),
    Column("contact_list", String, nullable=False),
    Column("contact_key", Text, nullable=False),
    Column("number", String, nullable=False),
    Column("shown", String, nullable=False),
    Column("attempt_id", String, nullable=False),
    Column("treatment", String, nullable=False),
    Column("outcome", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("arrived_at", Double, nullable=False),
    Column("answered_at", Double),
    Column("connected_at", Double),
    Column("ended_at", Double),
    Column("waited_s", Double, nullable=False),
    Column("opted_out", Boolean, nullable=False),
    Column("callback", Boolean, nullable=False),
    Column("flow", _Json),
    Column("flow_result", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("recorded_at", Double, nullable=False),
    Index(None, "campaign", "arrived_at"),
    Index(None, "contact_id"),
    Index(None, "number"),
    Index(None, "arrived_at"),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("name", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("updated_at", Double, nullable=False),
)

# What people said of calls. A row may be there before its attempt is: a call is recorded a little after it has ended.
call_marks = Table(
    "call_marks",
    metadata,
    Column("attempt_id", String, primary_key=True),
    Column("mark", String, nullable=False),
    Column("marked_by", String, nullable=False),
    Column("marked_at", Double, nullable=False),
)

# Webhooks to be told of a call. Whoever sends takes a row for a while by putting off `next_at`; what was delivered is
# deleted, what was given up stays as `dead` until somebody sends it again or takes it out.
webhook_deliveries = Table(
    "webhook_deliveries",
    metadata,
    Column("id", String, primary_key=True),
    Column("webhook", String, nullable=False),
    Column("rule", Text, nullable=False),
    Column("attempt_id", String, nullable=False),
    Column("state", String, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("next_at", Double, nullable=False),
    Column("error", Text, nullable=False),
    Index(None, "webhook", "state", "next_at"),
)

directions = Table(
    "directions",
    metadata,
    Column("kind", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("state", _Json, nullable=False),
    Column("updated_at", Double, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", Double, nullable=False, index=True),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
    Column("detail", _Json, nullable=False),
)

notices = Table(
    "notices",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("at", Double, nullable=False),
    Column("level", String, nullable=False),
    Column("name", String, nullable=False),
    Column("fields", _Json, nullable=False),
)

# Dial order of campaigns that filter, sort or mix: who is ready to be called, in the order of the campaign. It can be
# built from the contacts at any time. A book without a campaign is about to be removed.
order_books = Table(
    "order_books",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("campaign", String, unique=True),
    Column("digest", String, nullable=False),
    Column("ready", Boolean, nullable=False),
    # Contacts found by a first look, before all are in the book, that are still to be called.
    Column("ahead", Integer, nullable=False),
    Column("refreshed_at", Double, nullable=False),
    Column("turns", _Json, nullable=False),
    sqlite_autoincrement=True,
)

order_sources = Table(
    "order_sources",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_list", String, primary_key=True),
    Column("position", Integer, nullable=False),
    # Callable contacts up to this id are in the book; null: all.
    Column("built_id", BigInteger),
    # Waiting contacts that are due up to here are in the book.
    Column("due_at", Double, nullable=False),
    Column("due_id", BigInteger, nullable=False),
    Index(None, "contact_list"),
)

# Contacts that changed since they were put into a book; written by triggers.
order_changes = Table(
    "order_changes",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    Column("times", Integer, nullable=False, server_default="1"),
)

_KeyText = Text().with_variant(Text(collation="C"), "postgresql")
order_entries = Table(
    "order_entries",
    metadata,
    Column("book_id", BigInteger, primary_key=True, autoincrement=False),
    Column("contact_id", BigInteger, primary_key=True, autoincrement=False),
    # Which list and kind of contact; 0: not to be called now, its keys are kept.
    Column("line", Integer, nullable=False),
    *(
        Column(f"{kind}{number}", type_)
        for number in range(1, 5)
        for kind, type_ in (("n", Double()), ("t", _KeyText))
    ),
    Column("due", Double, nullable=False),
    Index(
        "ix_order_entries_order", "book_id", "line", "n1", "t1", "n2", "t2", "n3", "t3", "n4", "t4", "due",
        "contact_id",
    ),
    sqlite_with_rowid=False,
)  # fmt: skip

abandoned_index = Index(
    "ix_attempts_abandon_figures", attempts.c.campaign, attempts.c.answered_at, attempts.c.abandoned
)

__all__ = [
    "IMPORTING", "abandoned_index", "answered_once", "attempts", "audit", "call_marks", "campaigns", "contact_lists",
    "contact_numbers", "contacts", "directions", "imports", "inbound_calls", "metadata", "notices", "order_books",
    "order_changes", "order_entries", "order_sources", "recordings", "webhook_deliveries",
]  # fmt: skip
