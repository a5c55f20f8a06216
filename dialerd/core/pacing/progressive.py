"""One call per idle agent, replaced at once when it fails."""

from __future__ import annotations

from dialerd.core.pacing.contract import Fact, PacingInfo, Snapshot, room


def progressive(idle_agents: int) -> int:
    """Calls to place now: each idle agent gets one, and is reserved for it before it is placed."""
    return idle_agents


class Progressive:
    """Progressive pacing behind the contract: never more calls in progress than idle agents."""

    def __init__(self) -> None:
        self._info = PacingInfo()
        self._reason = "0 calls: no decision yet"

    def start(self, info: PacingInfo) -> None:
        """Take the rules; only lines matter here."""
        self._info = info

    def observe(self, fact: Fact) -> None:
        """Nothing to learn."""

    def decide(self, snapshot: Snapshot) -> int:
        """Idle agents without a call of their own."""
        wanted = progressive(max(0, snapshot.idle - snapshot.arriving_soon)) - snapshot.outstanding
        calls = max(0, min(wanted, room(self._info, snapshot)))
        self._reason = (
            f"{calls} calls: {snapshot.idle} idle agents, {snapshot.outstanding} calls in progress for them"
        )
        return calls

    def explain(self) -> str:
        """The figures of the last decision."""
        return self._reason
