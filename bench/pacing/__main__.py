"""``python -m bench.pacing [--quick] [--jobs N] [--seeds 1,2,3]``: run, print, write RESULTS.md and the charts."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from bench.pacing.floors import headline, restless, teams
from bench.pacing.report import METHOD, Results
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
    Job,
    Outcome,
    run_all,
)
from bench.pacing.speed import measure
from bench.pacing.tuning import SEEDS, load
from dialerd.sim.forecast.floors import Floor

HERE = Path(__file__).parent


def plan(quick: bool, seeds: tuple[int, ...]) -> tuple[list[Floor], list[Floor], list[Job]]:
    """(headline floors, other floors, jobs)."""
    tuned = load()
    main, others = headline(), [*restless(), *teams()]
    if quick:
        # Two hours, small and middle floors; the tuned baselines keep the settings chosen for whole shifts.
        main = [replace(floor, hours=2.0) for floor in main if floor.agents in (10, 50)]
        others = []
    jobs = []
    for floor in (*main, *others):
        settings = tuned.get(floor.name, {})
        pacers = [PROGRESSIVE, PREDICTIVE]
        for pacer, key in ((RATIO, "ratio"), (BINOMIAL, "binomial"), (ADAPTIVE, "adaptive"), (WIDE, "adaptive_wide")):
            if settings.get(key):
                pacers.append(pacer)
        for seed in seeds:
            jobs += [Job(floor, pacer, seed, settings) for pacer in pacers]
        if floor.agents in (10, 20) and floor in main:
            jobs.append(Job(floor, CLAIRVOYANT, seeds[0], settings))
        if floor in main and floor.talk_s[0][1] == 60.0 and not quick:
            if settings.get("ratio"):
                jobs.append(Job(floor, GUARDED, seeds[0], settings))
            if floor.answer[0][1] == 0.2:
                jobs += [Job(floor, pacer, seeds[0], settings) for pacer in (COLD_BY_LAW, WARM)]
    return main, others, jobs


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(prog="python -m bench.pacing", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two-hour shifts, half the floors; nothing is written")
    parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="processes")
    parser.add_argument("--seeds", default=None, help="comma-separated; the tuned baselines were tuned on 1,2,3")
    options = parser.parse_args()
    seeds = tuple(int(seed) for seed in options.seeds.split(",")) if options.seeds else SEEDS
    if options.quick and not options.seeds:
        seeds = seeds[:1]
    floors, others, jobs = plan(options.quick, seeds)
    speeds = [measure(10, 10), measure(50, 80), measure(200, 400), measure(2000, 4000)]
    outcomes: list[Outcome] = []
    for number, outcome in enumerate(run_all(jobs, max(1, options.jobs)), start=1):
        outcomes.append(outcome)
        if sys.stderr.isatty():
            print(f"\r{number}/{len(jobs)} shifts", end="", file=sys.stderr, flush=True)
    results = Results(outcomes)
    parts = [
        "# Pacing: results",
        f"Written by `python -m bench.pacing`. Seeds {', '.join(map(str, seeds))}. Utilisation in percent, "
        "abandon rate of all seeds together in brackets.",
        "## Wanted and reached",
        "\n".join(results.findings(floors, others, speeds)),
        "## Headline floors",
        results.table(floors),
        "![utilisation](utilisation.svg)",
        "## The predictive pacer's worst figures, over all seeds",
        results.safety([*floors, *others]),
    ]
    if others:
        parts[7:7] = ["## Restless floors and small teams", results.table(others)]
        sixties = [f for f in floors if f.talk_s[0][1] == 60.0]
        parts += [
            "![running total](running.svg)",
            "## Ways to begin (one seed)",
            "Cold with nothing held back; cold with one call per agent until 50 people answered, as the default "
            "profile asks; warm with the estimates of the day before (same floor, another seed).",
            results.starts([f for f in sixties if f.answer[0][1] == 0.2]),
            "## The guarded ratio of the power mode (one seed)",
            results.guarded(sixties),
        ]
    parts.append(METHOD)
    if options.quick:
        parts.insert(
            2,
            "Quick: two-hour shifts, with baselines tuned for eight; the verdicts that count are in RESULTS.md.",
        )
    text = "\n\n".join(parts)
    print(text)
    if not options.quick:
        (HERE / "RESULTS.md").write_text(text)
        (HERE / "utilisation.svg").write_text(results.utilisation_chart(floors))
        (HERE / "running.svg").write_text(results.running_chart(floors[0]))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
