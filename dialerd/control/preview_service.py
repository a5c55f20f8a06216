"""What the API needs to know of offers to agents."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from dialerd.core.preview import Decided
from dialerd.core.preview_view import OfferView


class PreviewService(Protocol):
    """Offers to agents, as the core has them at this moment."""

    def open(self) -> Sequence[OfferView]:
        """Every open offer, the oldest first."""

    def decided(self, attempt_id: str) -> Decided | None:
        """What one of the latest offers came to; None: it is open, or not known."""
