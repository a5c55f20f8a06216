"""What dialerd holds in Redis, read from outside."""

from __future__ import annotations

import redis

from lab import Lab

PASSING = ("dnc", "lease", "lease-history", "cps", "closed", "agent-lines", "pacing", "calls", "calls-known")
"""Kinds of keys that are no hold on anything: do-not-call lists, the lease, what was lately or was learned, the
agents' open lines, the logs of past calls."""


def held(lab: Lab) -> dict[str, list[str]]:
    """Everything that is held for a live attempt, and outcomes not yet in the record: key -> members. Empty when
    nothing is live and nothing has leaked."""
    found: dict[str, list[str]] = {}
    with redis.Redis.from_url(lab.redis_url, decode_responses=True, socket_timeout=5) as client:
        for key in client.scan_iter("*"):
            kind = key.split(":")[1]
            if kind in PASSING:
                continue
            sort = client.type(key)
            if sort == "hash":
                found[key] = sorted(f"{k}={v}" for k, v in client.hgetall(key).items())
            elif sort == "set":
                found[key] = sorted(client.smembers(key))
            elif sort == "stream":
                found[key] = [entry for entry, _ in client.xrange(key)]
            else:
                found[key] = [str(sort)]
    return {key: members for key, members in found.items() if members}


def lines(lab: Lab, shard: str = "main") -> dict[str, str]:
    """Agent -> channel of the nailed-up line."""
    with redis.Redis.from_url(lab.redis_url, decode_responses=True, socket_timeout=5) as client:
        return dict(client.hgetall(f"{{dialerd}}:agent-lines:{shard}"))


def flush(lab: Lab) -> None:
    """Everything gone."""
    with redis.Redis.from_url(lab.redis_url, socket_timeout=5) as client:
        client.flushall()
