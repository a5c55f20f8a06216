"""``python -m bench``: measure, compare with the targets, write ``bench/RESULTS.md``. 1 when a target is missed."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from rich.console import Console

from bench import (
    answers,
    bridging,
    calls,
    dnc,
    flow,
    hopper,
    importing,
    memory,
    night,
    simulation,
    speech,
    store,
    why,
)
from bench.figures import Measurement, document, markdown, missed, table, with_sections
from bench.processes import Others
from bench.world import SEED, World, make_lab

MEASUREMENTS: dict[str, Callable[[World], Measurement]] = {
    "calls": calls.measure,
    "bridging": bridging.measure,
    "flow": flow.measure,
    "memory": memory.measure,
    "store": store.measure,
    "dnc": dnc.measure,
    "hopper": hopper.measure,
    "night": night.measure,
    "why": why.measure,
    "speech": speech.measure,
    "simulation": simulation.measure,
    "importing": importing.measure,
    "answers": answers.measure,
}
RESULTS = Path(__file__).parent / "RESULTS.md"


def main(arguments: list[str] | None = None) -> int:
    """Measure what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=list(MEASUREMENTS), help="this one; may be repeated")
    parser.add_argument("--quick", action="store_true", help="shorter, and rougher")
    parser.add_argument("--full", action="store_true", help="at full size where that takes many minutes")
    parser.add_argument(
        "--write", action="store_true", help="with --only: into bench/RESULTS.md, in place of its section"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args(arguments)
    if options.write and (options.only is None or options.quick):
        parser.error("--write goes with --only, and not with --quick")
    told = Console(stderr=True)
    chosen = options.only or list(MEASUREMENTS)
    found: list[Measurement] = []
    others = Others()
    with tempfile.TemporaryDirectory(prefix="dialerd-bench-") as name:
        folder = Path(name)
        with make_lab(folder / "lab") as lab:
            world = World(lab, folder, options.quick, options.full)
            version = lab.version
            for one in chosen:
                told.print(f"measuring: {one} …", style="dim")
                found.append(MEASUREMENTS[one](world))
    facts = (
        f"{os.cpu_count()} processor cores ({platform.machine()}) for everything together: both Asterisks, Redis, "
        "the daemon, and the loop that it is compared with.",
        f"Other programs used {others.share():.0%} of the machine meanwhile: the less, the truer.",
        f"Asterisk {version}, Python {platform.python_version()}, seed {SEED}.",
    )
    if options.json:
        print(json.dumps(document(found, facts), indent=2))
    else:
        console = Console()
        for fact in facts:
            console.print(fact, highlight=False)
        console.print(table(found))
    if not options.quick and options.only is None:
        RESULTS.write_text(markdown(found, facts))
    elif options.write:
        RESULTS.write_text(with_sections(RESULTS.read_text(), found, facts))
    for figure in missed(found):
        told.print(f"target missed: {figure.name}: {figure.measured}", style="bold red")
    return 1 if missed(found) else 0


if __name__ == "__main__":
    sys.exit(main())
