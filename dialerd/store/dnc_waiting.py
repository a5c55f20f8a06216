"""Entries of do-not-call lists that claims heed already and that the record has yet to be told of.

They are in a stream in Redis, put there in one step with the entry in the lists' copy. Whichever instance finds the
record answering writes them into it, and only then takes them out: writing one twice changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog

from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.masking import masked_value
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.journal import Journal

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class WaitingEntry:
    """One entry with who added it, when (epoch seconds) and why. ``id``: its place in the stream."""

    dnc_list: str
    entry: DncEntry
    reason: str
    who: str
    at: float
    id: str = ""


def encode(waiting: WaitingEntry) -> bytes:
    """As the stream has it."""
    entry = waiting.entry
    return orjson.dumps(
        {
            "list": waiting.dnc_list, "kind": entry.kind.value, "value": entry.value, "expires": entry.expires_at,
            "reason": waiting.reason, "who": waiting.who, "at": waiting.at,
        }
    )  # fmt: skip


def decode(stream_id: str, note: bytes) -> WaitingEntry | None:
    """None, with a line in the log: nobody can read it."""
    try:
        said: dict[str, Any] = orjson.loads(note)
        entry = DncEntry(DncKind(said["kind"]), said["value"], said["expires"])
        return WaitingEntry(said["list"], entry, said["reason"], said["who"], said["at"], stream_id)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        _log.error("dnc_waiting_unreadable", id=stream_id, error=f"{type(error).__name__}: {error}")
        return None


async def replay(
    record: SqlDnc, journal: Journal, waiting: Sequence[WaitingEntry], done: Callable[[str], None]
) -> None:
    """Write them into the record, each with its line of audit; ``done`` is told the id of each. Errors of the
    database are raised as they are; what was written until then is done."""
    for one in waiting:
        await record.ensure([one.dnc_list])
        await record.add(one.dnc_list, [one.entry], one.reason, one.who)
        detail = {
            "list": one.dnc_list,
            one.entry.kind.value: one.entry.value,
            "reason": one.reason,
            "asked_at": one.at,
        }
        await journal.add_audit(one.who, "dnc_add", masked_value(detail))
        done(one.id)
