"""What the API needs of call-backs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class CallbackService(Protocol):
    """Call-backs. Every method raises :class:`dialerd.control.daemon.Unavailable` when the database does not
    answer; changes are audited in the same transaction, and the core is told."""

    async def find(self, contact_list: str | None, until: float | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """Those that wait, the next first."""

    async def schedule(
        self, contact_id: int, at: float, number: str | None, who: str, until: float | None
    ) -> Mapping[str, Any]:
        """Call a contact at a moment, or at another one than before, and not after ``until``; returns it as it
        stands."""

    async def cancel(self, contact_id: int, who: str) -> None:
        """Do not call it back, nor otherwise."""
