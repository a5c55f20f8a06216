"""What came of a simulated shift."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from dialerd.sim.forecast.floors import HOUR, Floor


@dataclass(slots=True)
class Shift:
    """One campaign's shift. ``answer_times``/``answer_lost``: who reached the queue, and whether abandoned."""

    floor: Floor
    seed: int
    dials: int = 0
    connected: int = 0
    abandoned: int = 0
    machines: int = 0
    """Machines that met an agent; they are among ``connected`` where the daemon would count them so."""
    messages: int = 0
    """Calls that heard the message (agentless); those to people are among ``connected``."""
    busy_s: float = 0.0
    """Talk and wrap-up of this campaign's calls, within the shift."""
    talk_s: float = 0.0
    logged_in_s: float = 0.0
    """Of all agents of the queue."""
    waited_s: float = 0.0
    line_s: float = 0.0
    """Lines in use, summed over time."""
    most_lines: int = 0
    answer_times: list[float] = field(default_factory=list)
    answer_lost: list[bool] = field(default_factory=list)

    @property
    def utilisation(self) -> float:
        """(talk + wrap-up) / logged-in time, within the shift."""
        return self.busy_s / self.logged_in_s if self.logged_in_s else 0.0

    @property
    def abandon_rate(self) -> float:
        """A / (A + L) of the whole shift."""
        answers = self.connected + self.abandoned
        return self.abandoned / answers if answers else 0.0

    def worst_running(self, after: int = 200) -> float:
        """Highest running total of the abandon rate from the ``after``-th answer on; 0 with fewer answers."""
        lost = np.cumsum(np.array(self.answer_lost, dtype=float))
        if len(lost) < after:
            return 0.0
        return float((lost[after - 1 :] / np.arange(after, len(lost) + 1)).max())

    def worst_window(self, length_s: float) -> float:
        """Highest abandon rate in any rolling window that lies within the shift, looked at each minute."""
        return self.worst_window_at(length_s)[0]

    def worst_window_at(self, length_s: float) -> tuple[float, float]:
        """(that rate, the second at which that window begins); zeros for a shift shorter than the window."""
        moments = np.array(self.answer_times)
        lost = np.concatenate([[0.0], np.cumsum(np.array(self.answer_lost, dtype=float))])
        starts = np.arange(0.0, self.floor.hours * HOUR - length_s + 1.0, 60.0)
        if not len(starts):
            return 0.0, 0.0
        first, last = np.searchsorted(moments, starts), np.searchsorted(moments, starts + length_s)
        rates = (lost[last] - lost[first]) / np.maximum(last - first, 1)
        worst = int(rates.argmax())
        return float(rates[worst]), float(starts[worst])
