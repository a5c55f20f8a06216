"""Names of the keys in Redis.

All carry one hash tag, ``{dialerd}``: number locks, lines, CPS and agents must hold across shards and instances,
and a script may only touch keys of one slot of a Redis Cluster. The price is that one node of a cluster carries
all of dialerd, which a single script per call leaves far from busy.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialerd.core.attempt import AttemptRecord
from dialerd.core.attempts_control import Scope, subjects


@dataclass(frozen=True, slots=True)
class Keys:
    """Keys of one shard, and those that all shards of ``namespace`` share."""

    shard: str
    namespace: str = "dialerd"

    def _of_all(self, name: str) -> str:
        return f"{{{self.namespace}}}:{name}"

    def _of_shard(self, name: str) -> str:
        return f"{{{self.namespace}}}:{name}:{self.shard}"

    @property
    def numbers(self) -> str:
        """Hash: E.164 -> the attempt that holds the number."""
        return self._of_all("numbers")

    @property
    def agents(self) -> str:
        """Hash: agent -> the attempt it is reserved for."""
        return self._of_all("agents")

    @property
    def reserved(self) -> str:
        """Hash: attempt -> its agent; the other direction of :attr:`agents`, so that closing leaks none."""
        return self._of_all("reserved")

    def trunk_lines(self, trunk: str) -> str:
        """Set of attempts that hold a line of the trunk. A set, not a counter: it cannot drift."""
        return self._of_all(f"trunk-lines:{trunk}")

    def campaign_lines(self, campaign: str) -> str:
        """Set of attempts that hold a line of the campaign."""
        return self._of_all(f"campaign-lines:{campaign}")

    def cps(self, trunk: str) -> str:
        """List of the times (microseconds, newest first) of the trunk's latest claims."""
        return self._of_all(f"cps:{trunk}")

    @property
    def calls_known(self) -> str:
        """Hash: scope -> how far back its logs of calls reach, seconds; negative while they are being rebuilt."""
        return self._of_all("calls-known")

    def calls(self, scope: Scope, subject: str) -> str:
        """String: the log of calls of a number, contact or person, 5 bytes each."""
        return self._of_all(f"calls:{scope}:{subject}")

    def call_logs(self, record: AttemptRecord) -> tuple[str, str, str, str]:
        """:attr:`calls_known`, and the logs in which the attempt stands, by scope."""
        of = subjects(record)
        return (
            self.calls_known,
            self.calls(Scope.NUMBER, of[Scope.NUMBER]),
            self.calls(Scope.CONTACT, of[Scope.CONTACT]),
            self.calls(Scope.PERSON, of[Scope.PERSON]),
        )

    @property
    def dnc(self) -> str:
        """Hash: do-not-call list -> marker; also what the names of all keys of these lists begin with."""
        return self._of_all("dnc")

    @property
    def lease(self) -> str:
        """String with a time to live: ``token:run:instance`` of the holder."""
        return self._of_shard("lease")

    @property
    def lease_history(self) -> str:
        """Hash: the last token and who had it. Its absence on return tells that Redis lost its data."""
        return self._of_shard("lease-history")

    @property
    def ledger(self) -> str:
        """Hash: attempt id -> entry as JSON."""
        return self._of_shard("ledger")

    @property
    def closed(self) -> str:
        """Sorted set: ids of attempts closed lately, by time in seconds."""
        return self._of_shard("closed")

    @property
    def agent_lines(self) -> str:
        """Hash: agent -> channel id of the nailed-up line."""
        return self._of_shard("agent-lines")

    @property
    def callers(self) -> str:
        """Hash: inbound call -> entry as JSON."""
        return self._of_shard("callers")

    @property
    def pacing(self) -> str:
        """Hash: campaign -> what its pacer has learned, as JSON."""
        return self._of_shard("pacing")

    @property
    def outbox(self) -> str:
        """Stream of outcomes that are not in the record yet."""
        return self._of_shard("outbox")

    @property
    def unreadable(self) -> str:
        """Stream of outcomes that the record would not take, with the reason; for people."""
        return self._of_shard("outbox-unreadable")
