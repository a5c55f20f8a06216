"""RESULTS.md and its charts, from the outcomes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import mean

from bench.pacing.chart import bars, lines
from bench.pacing.runs import (
    ADAPTIVE,
    BINOMIAL,
    CLAIRVOYANT,
    COLD_BY_LAW,
    GUARDED,
    PREDICTIVE,
    PROGRESSIVE,
    RATIO,
    WARM,
    WIDE,
    Outcome,
)
from bench.pacing.speed import Speed
from bench.pacing.tuning import CAP, CONFIGURATIONS
from dialerd.sim.forecast.floors import Floor

METHOD = f"""\
## Method

Own discrete-event simulator (`dialerd/sim/forecast/`), pacers behind the contract of `dialerd/core/pacing`. Every
pacer is asked every 0.5 s (the VICIdial-like one every 2.5 s). Shifts of 8 h begin cold: everybody idle, nothing
known. Calls that are out when the shift ends are followed to their end and counted.

- Headline floors: 10, 20, 50, 100 agents; a person answers with 0.2 or 0.35; talk 60 or 180 s, wrap-up a sixth of it
  (lognormal, sigma 0.8 and 0.5). Ring to answer lognormal, median 8 s, sigma 0.5, time-out 30 s. Of the calls without
  a person 35 % are machines (median 16 s, recognised at once), 20 % busy or invalid (1 to 4 s), the rest ring out.
- A person who is not connected within 2 s is abandoned. Rate = abandoned / (abandoned + connected).
- Utilisation = (talk + wrap-up) / logged-in time. Callees and conversations are drawn from the same streams for every
  pacer of a floor and seed.
- Worst running total: from the 200th answer on. Worst rolling windows: looked at each minute.
- Baselines are written from their published descriptions. *Tuned* means in hindsight, per floor, on the very seeds of
  this table: highest utilisation with the pooled rate at most {CAP:.0%}. {CONFIGURATIONS} configurations of the
  VICIdial-like pacer (method, drop limit, maximum level, target, intensity, tally; screened on one seed, above 10
  agents on half a shift, finalists in full). Its maximum level is 3 by default, and where its rate is far below the
  cap that maximum is what holds it back: so it was searched a second time with levels up to 10. The fixed ratio in
  steps of 0.1; the binomial over 26 risks and 3 look-aheads (1 on restless floors and small teams).
- The predictive pacer has one set of constants for all floors, but those constants (memories, ramp, reserve, margin
  at the end) were chosen in about fifteen rounds while looking at these floors, mostly at seeds 1 to 3, among them
  shifts that went above the cap or up to it. So these seeds are not a fresh test of it. Fresh seeds (21 and 22, run
  once with the constants final, on 14 of the floors): none of 28 shifts above the cap, worst 2.93 %, worst running
  total 3.24 %. `--seeds` runs any others.
- Clairvoyant: sees the fate of each call the moment it is placed, and the end of every conversation. It is not held
  to the cap and is above it on some floors: an optimistic bound. Knowing also who would answer before dialing, 100 %
  with no abandons is possible.

## Not modelled

Redials and list quality, answer rates that differ per number, skills, agents' own speeds, carriers' call set-up delay
and rejections, CPS and line limits, callees who hang up while they wait, inbound load, agents who do not answer,
network faults. Agents are equal and take the longest waiting person first. In the floors without AMD, machines are
recognised without error and without delay.
"""


def _percent(value: float, digits: int = 1) -> str:
    return f"{100.0 * value:.{digits}f}"


class Results:
    """Outcomes by floor and pacer."""

    def __init__(self, outcomes: Iterable[Outcome]) -> None:
        self._cells: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
        for outcome in outcomes:
            self._cells[outcome.floor, outcome.pacer].append(outcome)

    def cell(self, floor: str, pacer: str) -> list[Outcome]:
        """Shifts of one floor and pacer, by seed."""
        return self._cells.get((floor, pacer), [])

    def utilisation(self, floor: str, pacer: str) -> float | None:
        """Mean over the seeds."""
        cell = self.cell(floor, pacer)
        return mean(o.utilisation for o in cell) if cell else None

    def _written(self, floor: str, pacer: str) -> str:
        cell = self.cell(floor, pacer)
        if not cell:
            return "-"
        rate = sum(o.abandoned for o in cell) / max(1, sum(o.answers for o in cell))
        return f"{_percent(mean(o.utilisation for o in cell))} ({_percent(rate, 2)})"

    def table(self, floors: list[Floor]) -> str:
        """Utilisation (abandon rate) of every pacer."""
        pacers = (PROGRESSIVE, ADAPTIVE, WIDE, RATIO, BINOMIAL, PREDICTIVE, CLAIRVOYANT)
        head = "| floor | " + " | ".join(pacers) + " |\n|---|" + "---|" * len(pacers)
        rows = [f"| {f.name} | " + " | ".join(self._written(f.name, p) for p in pacers) + " |" for f in floors]
        return "\n".join([head, *rows])

    def safety(self, floors: list[Floor]) -> str:
        """The predictive pacer's worst figures."""
        rows = [
            "| floor | answers | worst shift | worst running total | worst hour | worst 4 h | mean wait s |",
            "|---|---|---|---|---|---|---|",
        ]
        for floor in floors:
            cell = self.cell(floor.name, PREDICTIVE)
            rows.append(
                f"| {floor.name} | {mean(o.answers for o in cell):.0f}"
                f" | {_percent(max(o.abandon_rate for o in cell), 2)}"
                f" | {_percent(max(o.worst_running for o in cell), 2)}"
                f" | {_percent(max(o.worst_hour for o in cell), 2)}"
                f" | {_percent(max(o.worst_4_hours for o in cell), 2)} | {mean(o.mean_wait_s for o in cell):.2f} |"
            )
        return "\n".join(rows)

    def findings(self, headline: list[Floor], others: list[Floor], speeds: list[Speed]) -> list[str]:
        """What was wanted, and whether it was reached: misses are named."""
        every = [*headline, *others]
        shifts = [o for f in every for o in self.cell(f.name, PREDICTIVE)]
        above = [o for o in shifts if o.abandon_rate > CAP]
        result = [
            _verdict(
                not above,
                f"no shift above {CAP:.2%}: worst of {len(shifts)} is {max(o.abandon_rate for o in shifts):.2%}",
                [f"{o.floor}, seed {o.seed}: {o.abandon_rate:.2%}" for o in above],
            )
        ]
        for baseline in (ADAPTIVE, WIDE, RATIO, BINOMIAL):
            gains = {}
            for floor in every:
                ours, theirs = self.utilisation(floor.name, PREDICTIVE), self.utilisation(floor.name, baseline)
                if ours is not None and theirs is not None:
                    gains[floor.name] = 100.0 * (ours - theirs)
            if not gains:
                continue
            # Means of three seeds differ by about half a point by chance.
            below = [
                f"{name}: {gain:+.2f}{'' if gain <= 0.0 else ', a tie'}" for name, gain in gains.items() if gain < 0.5
            ]
            lead = mean(gains[f.name] for f in headline if f.name in gains)
            result.append(
                _verdict(
                    not below,
                    f"utilisation above the {baseline} pacer on every floor by more than chance: "
                    f"{lead:+.1f} points on average over the headline floors, least {min(gains.values()):+.1f}",
                    below,
                )
            )
            if baseline in (ADAPTIVE, WIDE):
                result.append(
                    _verdict(lead >= 5.0, f"5 points or more above the {baseline} pacer on average: {lead:+.1f}", [])
                )
        leads = []
        for floor in headline:
            ours = self.utilisation(floor.name, PREDICTIVE)
            both = [u for p in (ADAPTIVE, WIDE) if (u := self.utilisation(floor.name, p)) is not None]
            if ours is not None and both:
                leads.append(100.0 * (ours - max(both)))
        if leads:
            words = f"the better of both VICIdial-like searches on each floor: {mean(leads):+.1f} points on average"
            result.append(
                _verdict(mean(leads) >= 5.0, f"5 points or more above {words}, least {min(leads):+.1f}", [])
            )
        high = [o for o in shifts if o.worst_running > 0.035]
        result.append(
            _verdict(
                not high,
                f"running total after 200 answers at most 3.5 % at a cold start: worst "
                f"{max(o.worst_running for o in shifts):.2%}, {len(high)} of {len(shifts)} shifts above",
                [f"{o.floor}, seed {o.seed}: {o.worst_running:.2%}" for o in high],
            )
        )
        for speed in speeds:
            wanted = {200: 400.0, 2000: 2000.0}.get(speed.agents)
            words = (
                f"one decision with {speed.agents} agents and up to {speed.ringing} ringing calls: median "
                f"{speed.median_us:.0f} us, 99th percentile {speed.slowest_percent_us:.0f} us "
                f"({speed.calls:.1f} calls placed per decision)"
            )
            result.append(f"- {words}" if wanted is None else _verdict(speed.median_us <= wanted, words, []))
        cpu = [o.cpu_s for f in headline if f.agents == 50 for o in self.cell(f.name, PREDICTIVE)]
        if cpu:
            result.append(
                _verdict(max(cpu) <= 10.0, f"8 h with 50 agents, pacing included: {max(cpu):.1f} s of processor", [])
            )
        return result

    def starts(self, floors: list[Floor]) -> str:
        """Ways to begin a shift."""
        rows = ["| floor | cold | progressive until 50 answers | warm |", "|---|---|---|---|"]
        for floor in floors:
            cells = []
            for pacer in (PREDICTIVE, COLD_BY_LAW, WARM):
                cell = self.cell(floor.name, pacer)
                cells.append(
                    f"{_percent(mean(o.utilisation for o in cell))}, "
                    f"running {_percent(max(o.worst_running for o in cell), 2)}"
                    if cell
                    else "-"
                )
            rows.append(f"| {floor.name} | " + " | ".join(cells) + " |")
        return "\n".join(rows)

    def guarded(self, floors: list[Floor]) -> str:
        """The product's power mode at the tuned ratio."""
        rows = ["| floor | bare ratio | with the abandon guard |", "|---|---|---|"]
        rows += [f"| {f.name} | {self._written(f.name, RATIO)} | {self._written(f.name, GUARDED)} |" for f in floors]
        return "\n".join(rows)

    def utilisation_chart(self, floors: list[Floor]) -> str:
        """Bars of the pacers on the headline floors."""
        names = [floor.name for floor in floors]
        series = {
            pacer: [100.0 * (self.utilisation(name, pacer) or 0.0) for name in names]
            for pacer in (PROGRESSIVE, ADAPTIVE, RATIO, BINOMIAL, PREDICTIVE)
        }
        return bars("Agent utilisation at no more than 3 % abandoned", names, series, 40.0, 100.0)

    def running_chart(self, floor: Floor) -> str:
        """Running totals of the abandon rate over one shift."""
        curves = {}
        for pacer in (PREDICTIVE, ADAPTIVE, RATIO):
            cell = self.cell(floor.name, pacer)
            if cell:
                curves[pacer] = cell[0].curve
        return lines(f"Abandon rate so far: {floor.name}", curves, 100.0 * CAP, 6.0)


def _verdict(reached: bool, words: str, misses: list[str]) -> str:
    line = f"- {'reached' if reached else '**missed**'}: {words}"
    return line + "".join(f"\n  - {miss}" for miss in misses)
