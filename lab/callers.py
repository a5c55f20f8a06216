"""People who call the PBX, as the carrier plays them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """What somebody does who has called in and was answered. Times in seconds.

    Attributes:
        pause_s: from the first sound until the keys.
        keys: pressed then (``w``: half a second).
        talk_s: until they hang up, from the keys on.
        patience_s: longest wait for a first sound, whole seconds.
    """

    pause_s: float = 0.5
    keys: str = ""
    talk_s: float = 3.0
    patience_s: int = 20

    def row(self) -> str:
        """The value the carrier's dialplan reads (see carrier/extensions.conf)."""
        return f"{self.pause_s:g},{self.keys},{self.talk_s:g},{self.patience_s}"
