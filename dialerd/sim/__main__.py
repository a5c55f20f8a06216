"""``python -m dialerd.sim``: run one shift, or many, and say what happened."""

from __future__ import annotations

import argparse
import sys
import time

from dialerd.core.campaign import Connection, Mode
from dialerd.sim.report import report
from dialerd.sim.shift import Shift
from dialerd.sim.world import World


def main(arguments: list[str] | None = None) -> int:
    """Run the shifts that the arguments describe; 1 when a promise was broken."""
    options = _parser().parse_args(arguments)
    failed: list[Shift] = []
    for seed in range(options.seed, options.seed + options.shifts):
        shift = Shift(
            seed=seed, agents=options.agents, minutes=options.minutes, faults=options.faults,
            contacts=options.contacts, profile=options.profile, inbound_per_hour=options.inbound,
            connection=Connection(options.connection) if options.connection else None,
            agentless=options.agentless, restless=not options.calm, mode=Mode(options.mode),
        )  # fmt: skip
        began = time.perf_counter()
        world = World(shift, print if options.trace else None)
        world.run()
        took_s = time.perf_counter() - began
        if world.truth.findings:
            failed.append(shift)
        if options.shifts == 1 or world.truth.findings:
            print(report(world, took_s))
    if options.shifts > 1:
        print(f"{options.shifts} shifts, {len(failed)} failed")
    return 1 if failed else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m dialerd.sim", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--shifts", type=int, default=1, help="so many shifts, with seeds from --seed on")
    parser.add_argument("--agents", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--faults", action="store_true", help="let things go wrong")
    parser.add_argument("--calm", action="store_true", help="agents stay, lines hold")
    parser.add_argument("--contacts", type=int, help="contacts per campaign (default: plenty)")
    parser.add_argument("--connection", choices=["nailed", "ring"])
    parser.add_argument("--mode", choices=["progressive", "power", "predictive", "preview"], default="progressive")
    parser.add_argument("--profile", choices=["off", "connect_first", "balanced", "catch_machines"])
    parser.add_argument("--agentless", action=argparse.BooleanOptionalAction, default=None)
    parser.add_argument("--inbound", type=float, default=6.0, help="inbound calls per agent and hour")
    parser.add_argument("--trace", action="store_true", help="print every event and command")
    return parser


if __name__ == "__main__":
    sys.exit(main())
