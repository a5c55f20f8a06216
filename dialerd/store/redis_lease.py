"""An instance's right to run a shard: a key with a time to live, and a token that fences off whoever had it."""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.store.redis_keys import Keys
from dialerd.store.redis_link import Call, RedisLink
from dialerd.store.redis_scripts import ACQUIRE, RELEASE, RENEW


class Superseded(Exception):
    """Another instance, or a newer run of this one, had the lease after us: it has adopted our calls, and what
    this run believes is no longer true. The process must end; restarted, it waits as a standby."""


@dataclass(frozen=True, slots=True)
class Held:
    """The lease is another's. ``wait_s``: when it lapses unless renewed."""

    instance: str
    wait_s: float


class Lease:
    """Takes, keeps and gives back the lease of one shard for one run of one instance.

    ``run`` must differ between any two processes and must not contain a colon."""

    def __init__(self, keys: Keys, instance: str, run: str, *, ttl_s: float) -> None:
        self._keys = keys
        self._instance = instance
        self._run = run
        self._ttl_ms = round(ttl_s * 1000)
        self._held_before = False
        self.value = ""
        """What fenced scripts compare; empty before the first :meth:`acquire`."""
        self.token = 0
        """The fencing token; grows with every acquisition."""

    async def acquire(self, link: RedisLink) -> Held | None:
        """Try once; None: it is ours, with a new token. At the first time the lease of an instance of the same name
        is taken over at once. Later on, raises :class:`Superseded` if anyone else had it in between."""
        starting = 0 if self._held_before else 1
        call = Call(
            ACQUIRE,
            (self._keys.lease, self._keys.lease_history),
            (self._instance, self._run, self._ttl_ms, self.token, starting),
        )
        verdict, name, figure = (await link.run([call]))[0]
        text = name.decode()
        if verdict == b"superseded":
            raise Superseded(f"lease lost: {text} had it")
        if verdict == b"held":
            if self._held_before:
                raise Superseded(f"lease lost: {text} has it")
            return Held(text, max(0.0, figure / 1000))
        self.value, self.token = text, int(figure)
        self._held_before = True
        return None

    def renewal(self) -> Call:
        """The call that keeps the lease; to be sent with :attr:`value` as fence."""
        return Call(RENEW, (self._keys.lease,), (self._ttl_ms,))

    async def release(self, link: RedisLink) -> None:
        """Give it back, so that the next one need not wait for it to lapse."""
        await link.run([Call(RELEASE, (self._keys.lease,), ())], self.value)
