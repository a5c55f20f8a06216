"""``python -m lab``: set up, bring a pair up, print a call list, or clear away leftovers."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from lab import leftovers, provision
from lab.callees import Behaviour, Mix, mix_numbers, number_for
from lab.installation import LabError
from lab.pair import Lab


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="install what is missing; safe to repeat")
    up = commands.add_parser("up", help="run PBX, carrier and Redis until Ctrl-C")
    up.add_argument("--seed", type=int, default=1)
    up.add_argument("--agents", type=int, default=8, help="nailed-up members 8001.. of queue sales")
    up.add_argument("--ring-agents", type=int, default=0, help="members 8051.. that are called each time")
    up.add_argument("--directory", type=Path, help="keep this run's files here")
    up.add_argument("--env", type=Path, default=Path("lab.env"), help="where the settings go (*.json for JSON)")
    up.add_argument("--no-record", action="store_true", help="do not record what callees hear")
    numbers = commands.add_parser("numbers", help="print numbers and what they do")
    numbers.add_argument("--mix", type=int, default=0, metavar="N", help="N numbers of the seeded mix instead")
    numbers.add_argument("--seed", type=int, default=1)
    commands.add_parser("reap", help="end servers whose lab was killed")
    options = parser.parse_args(arguments)
    try:
        return _run(options)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1


def _run(options: argparse.Namespace) -> int:
    if options.command == "setup":
        found = provision.setup()
        print(f"Asterisk {found.version}: {' '.join(found.command)}")
    elif options.command == "up":
        _up(options)
    elif options.command == "numbers":
        listed = mix_numbers(options.mix) if options.mix else [number_for(behaviour) for behaviour in Behaviour]
        for number in listed:
            print(number, Mix().callee(options.seed, number))
    else:
        print(f"ended {len(leftovers.reap(provision.cache() / 'running'))} processes")
    return 0


def _up(options: argparse.Namespace) -> None:
    # A signal raises in the main thread, so that the lab is stopped by its own `with`.
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    try:
        with Lab(options.directory, seed=options.seed, record=not options.no_record) as lab:
            lab.add_members(
                "sales",
                nailed=[str(8001 + i) for i in range(options.agents)],
                ring=[str(8051 + i) for i in range(options.ring_agents)],
            )
            lab.write_env(options.env)
            for name, value in lab.settings.env().items():
                print(f"{name}={value}")
            print(f"# Asterisk {lab.version}, files in {lab.directory}, settings in {options.env}; Ctrl-C stops")
            sys.stdout.flush()
            signal.pause()
    except SystemExit:
        options.env.unlink(missing_ok=True)
        raise


def _stop(number: int, frame: object) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
