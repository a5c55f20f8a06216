"""What a day's attempts say of its callees, conversations and agents; and what they do not say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from dialerd.core.campaign import Mode
from dialerd.core.treatment import PERSON_VALUES
from dialerd.sim.forecast.floors import HOUR, Curve, Recorded

Row = Mapping[str, Any]
"""One attempt by column name, as :mod:`dialerd.store.day_attempts` reads it."""

BREAK_S = 1800.0
"""An agent without a call for so long was away."""
_FEW = 20.0
"""So many calls of the whole day's rate are added to each hour's: an hour of few calls says little."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What the day came to, as recorded. Shares are fractions."""

    dials: int
    connected: int
    abandoned: int
    messages: int

    @property
    def abandon_rate(self) -> float:
        """A / (A + L)."""
        answers = self.abandoned + self.connected
        return self.abandoned / answers if answers else 0.0


@dataclass(frozen=True, slots=True)
class Callees:
    """One campaign's callees. Times in seconds, curves over seconds since the start."""

    counted: Counted
    answer: Curve
    machine_share: float
    """Of the calls that no person answered."""
    recorded: Recorded
    message_s: float | None


def is_person(row: Row) -> bool:
    """Counted as answered by a person: so it was treated, whatever it was."""
    if row["connected_at"] is not None or row["abandoned"]:
        return True
    return row["answered_at"] is not None and (row["analysis"] is None or row["analysis"] in PERSON_VALUES)


def callees(rows: Sequence[Row], start: float) -> Callees:
    """What one campaign's calls (not none) say. ``start``: epoch seconds at which the curve begins."""
    persons = [row for row in rows if is_person(row)]
    machines = [row for row in rows if row["answered_at"] is not None and not is_person(row)]
    failed = [row for row in rows if row["answered_at"] is None and not is_person(row)]
    messages = [row for row in rows if row["message_at"] is not None and not row["abandoned"]]
    others = len(machines) + len(failed)
    met = [row for row in rows if row["connected_at"] is not None and not row["abandoned"]]
    played = _times(messages, "message_at", "ended_at")
    return Callees(
        Counted(len(rows), len(met), sum(bool(row["abandoned"]) for row in rows), len(messages)),
        _answer_curve(rows, start),
        len(machines) / others if others else 0.0,
        Recorded(
            answer_s=_times(persons, "dialed_at", "answered_at"),
            machine_s=_times(machines, "dialed_at", "answered_at"),
            failed_s=_times(failed, "dialed_at", "ended_at"),
            talk_s=_times([row for row in rows if row["agent"] is not None], "connected_at", "ended_at"),
            analysis_s=_times([r for r in persons if r["analysis"] is not None], "answered_at", "analysed_at"),
        ),
        median(played) if played else None,
    )


def _times(rows: Iterable[Row], begin: str, end: str) -> tuple[float, ...]:
    found = [row[end] - row[begin] for row in rows if row[begin] is not None and row[end] is not None]
    return tuple(sorted(max(0.05, value) for value in found))


def _answer_curve(rows: Sequence[Row], start: float) -> Curve:
    """Share of answers by hour, in the middle of each."""
    overall = sum(map(is_person, rows)) / len(rows)
    by_hour: dict[int, list[bool]] = {}
    for row in rows:
        by_hour.setdefault(int((row["dialed_at"] - start) // HOUR), []).append(is_person(row))
    return tuple(
        ((hour + 0.5) * HOUR, (sum(found) + _FEW * overall) / (len(found) + _FEW))
        for hour, found in sorted(by_hour.items())
    )


@dataclass(frozen=True, slots=True)
class AtWork:
    """A queue's agents over the day, as their calls show them. Seconds since the start."""

    at_start: int
    moves: tuple[tuple[float, int], ...]
    logged_in_s: float
    busy_s: float
    """Conversations and wrap-ups."""

    @property
    def utilisation(self) -> float:
        """Busy over logged in."""
        return self.busy_s / self.logged_in_s if self.logged_in_s else 0.0


def at_work(rows: Sequence[Row], wrap_up_s: Mapping[str, float], start: float, end: float) -> AtWork:
    """Who took calls from ``start`` to ``end`` (epoch seconds), by the rows of all campaigns of one queue.
    ``wrap_up_s``: by campaign."""
    by_agent: dict[str, list[tuple[float, float, float]]] = {}
    for row in rows:
        if row["agent"] is None or row["connected_at"] is None or row["ended_at"] is None:
            continue
        # Where an agent is set aside, that begins with the dial.
        began = row["dialed_at"] if Mode(row["mode"]).reserves else row["connected_at"]
        over = min(end, row["ended_at"] + wrap_up_s[row["campaign"]])
        by_agent.setdefault(row["agent"], []).append((began, over, row["connected_at"]))
    spells: list[tuple[float, float]] = []
    busy_s = 0.0
    for calls in by_agent.values():
        calls.sort()
        # The next call ends a wrap-up, however long it was to be.
        ends = [*(began for began, _, _ in calls[1:]), end]
        busy_s += sum(
            max(0.0, min(over, after) - connected) for (_, over, connected), after in zip(calls, ends, strict=True)
        )
        first, last = calls[0][0], calls[0][1]
        for began, over, _ in calls[1:]:
            if began - last > BREAK_S:
                spells.append((first, last))
                first = began
            last = max(last, over)
        spells.append((first, last))
    moves: list[tuple[float, int]] = []
    for first, last in spells:
        moves.append((max(0.0, first - start), 1))
        if last < end - 60.0:
            moves.append((max(0.0, last - start), -1))
    moves.sort()
    # Whoever has a call within the first minutes was there from the start.
    early = [move for move in moves if move[0] <= _OPENING_S and move[1] > 0]
    logged_in_s = sum(last - first for first, last in spells)
    rest = [move for move in moves if not (move[0] <= _OPENING_S and move[1] > 0)]
    return AtWork(len(early), tuple(rest), logged_in_s, busy_s)


_OPENING_S = 600.0
