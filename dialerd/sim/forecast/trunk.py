"""A trunk that campaigns share: its lines and its calls per second."""

from __future__ import annotations


class Trunk:
    """Lines in use, and the calls that its rate allows at the moment."""

    def __init__(self, max_lines: int, cps: float, every_s: float) -> None:
        """``every_s``: calls are placed so often at most; what the rate allows meanwhile is placed at once."""
        self.max_lines = max_lines
        self.lines = 0
        self.most_lines = 0
        self._cps = cps
        # Just below one more than a round's worth: fractions are carried on, nothing else is banked.
        self._most = max(1.0, cps * every_s) + 0.999
        self._allowed = max(1.0, cps * every_s)
        self._at = 0.0

    def dialable(self, now: float) -> int:
        """Calls that may be placed now."""
        self._allowed = min(self._most, self._allowed + self._cps * (now - self._at))
        self._at = now
        return max(0, min(self.max_lines - self.lines, int(self._allowed + 1e-9)))

    def take(self) -> None:
        """A call goes out."""
        self.lines += 1
        self.most_lines = max(self.most_lines, self.lines)
        self._allowed -= 1.0

    def free(self) -> None:
        """A call is over."""
        self.lines -= 1
