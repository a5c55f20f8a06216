"""After every return to Redis the ledger there is made equal to what was confirmed before the loss."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from dialerd.core.attempts_control import claimed_call
from dialerd.store.call_log_format import packed
from dialerd.store.codec import Undecodable, decode_attempt, decode_outcome
from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import Call, LinkBroken, RedisLink
from dialerd.store.redis_mirror import Mirror
from dialerd.store.redis_queue import agent_line_call, close_call
from dialerd.store.redis_scripts import DROP, RESTORE

_log = structlog.get_logger(__name__)
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Restored:
    """What had to be mended: all zero after a mere interruption."""

    entries: int
    """Live attempts that were missing in the ledger."""
    dropped: int
    """Closed attempts that had come back."""
    outcomes: int
    """Outcomes that were missing."""
    conflicts: int
    """Numbers or agents that another shard took meanwhile."""


async def restore(link: RedisLink, keys: Keys, lease: str, mirror: Mirror, undecided: set[str]) -> Restored:
    """Write again what Redis lost and remove what came back. ``undecided`` attempts are left alone: their commands
    are about to be sent again and settle it. Raises :class:`LinkBroken`."""
    there = {_text(name) for name in await link.read("HKEYS", keys.ledger)}
    gone = [attempt_id for attempt_id in mirror.live if attempt_id not in there and attempt_id not in undecided]
    dropped = await _drop(link, keys, lease, sorted(there - mirror.live.keys() - undecided))
    # All are written, present or not: a lock or line may be lost where the entry is not.
    calls = [_restore_call(keys, mirror, attempt_id) for attempt_id in mirror.live if attempt_id not in undecided]
    replies = await _run(link, lease, calls)
    conflicts = 0
    for call, reply in zip(calls, replies, strict=True):
        if reply != "restored":
            conflicts += 1
            _log.error("store_restore_conflict", attempt=call.arguments[0], held_by_other=reply[9:])
    await _restore_lines(link, keys, lease, mirror)
    outcomes = await _restore_outcomes(link, keys, lease, mirror)
    return Restored(len(gone), dropped, outcomes, conflicts)


async def _drop(link: RedisLink, keys: Keys, lease: str, attempt_ids: list[str]) -> int:
    calls = []
    for start in range(0, len(attempt_ids), _CHUNK):
        chunk = attempt_ids[start : start + _CHUNK]
        for attempt_id, entry in zip(chunk, await link.read("HMGET", keys.ledger, *chunk), strict=True):
            if entry is None:
                continue
            try:
                record = decode_attempt(entry)
            except Undecodable as error:
                _log.error("ledger_entry_unreadable", attempt=attempt_id, error=str(error))
                continue
            holds = (keys.trunk_lines(record.trunk), keys.campaign_lines(record.campaign))
            calls.append(
                Call(
                    DROP,
                    (keys.lease, keys.ledger, keys.numbers, keys.agents, keys.reserved, *holds),
                    (attempt_id, record.number),
                )
            )
    await _run(link, lease, calls)
    return len(calls)


def _restore_call(keys: Keys, mirror: Mirror, attempt_id: str) -> Call:
    entry = mirror.live[attempt_id]
    record = decode_attempt(entry.entry)
    holds = (keys.trunk_lines(entry.trunk), keys.campaign_lines(entry.campaign))
    return Call(
        RESTORE,
        (keys.lease, keys.ledger, keys.numbers, keys.agents, keys.reserved, *holds, *keys.call_logs(record)),
        (attempt_id, entry.number, entry.agent, entry.entry, packed(claimed_call(record))),
    )


async def _restore_lines(link: RedisLink, keys: Keys, lease: str, mirror: Mirror) -> None:
    there = {_text(name) for name in await link.read("HKEYS", keys.agent_lines)}
    calls = [agent_line_call(keys, agent, None) for agent in sorted(there - mirror.agent_lines.keys())]
    calls += [agent_line_call(keys, agent, channel_id) for agent, channel_id in mirror.agent_lines.items()]
    await _run(link, lease, calls)


async def _restore_outcomes(link: RedisLink, keys: Keys, lease: str, mirror: Mirror) -> int:
    ids = list(mirror.outcomes)
    calls = []
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        for attempt_id, score in zip(chunk, await link.read("ZMSCORE", keys.closed, *chunk), strict=True):
            entry = mirror.outcomes.get(attempt_id)
            if score is None and entry is not None:
                calls.append(close_call(keys, decode_outcome(entry.outcome).record, entry.outcome))
    await _run(link, lease, calls)
    return len(calls)


async def _run(link: RedisLink, lease: str, calls: list[Call]) -> list[str]:
    replies: list[str] = []
    for start in range(0, len(calls), _CHUNK):
        replies += [_text(reply) for reply in await link.run(calls[start : start + _CHUNK], lease)]
    if "lease_lost" in replies:
        raise LinkBroken("lease lost while the ledger was restored")
    return replies


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value
