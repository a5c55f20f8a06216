"""Makes up contact files of any length: ``python -m bench.contact_file people.csv --rows 1000000 --bad 0.01``.

Everything comes from the seed. There are too few numbers kept for fiction for so many rows, so these are made up: the
file is not for dialing.
"""

from __future__ import annotations

import argparse
import random
from dataclasses import dataclass
from pathlib import Path

COLUMNS = ("customer_id", "first_name", "last_name", "mobile", "phone_home", "city", "postcode", "balance")
_FIRST = ("Ann", "Bob", "Cy", "Dora", "Ed", "Fay", "Gus", "Hal", "Ida", "Jo", "Kit", "Lea", "Max", "Noor", "Zoë")
_LAST = ("Smith", "Jones", "Müller", "O'Hara", "Brown", "Khan", "Silva", "Novak", "Rossi", "Okafor", "Lee")
_CITIES = ("Leeds", "York", "Hull", "Bath", "Cardiff", "Derby", "Poole", "Truro", "Wells", "Ely")
BAD_KINDS = ("short", "letters", "extension", "columns", "none", "premium", "duplicate", "quote")


@dataclass(frozen=True, slots=True)
class ContactFile:
    """What was written. ``bad``: line -> kind of mistake, of rows that cannot be imported."""

    path: Path
    rows: int
    bad: dict[int, str]


def write(path: Path, rows: int, bad_share: float = 0.0, seed: int = 1) -> ContactFile:
    """Write a file of so many rows; the share of them that is bad has every kind of mistake in turn."""
    rng = random.Random(seed)
    # Every row has two numbers of its own: a walk through all numbers in an order that looks like none.
    step, at = 7_368_787, rng.randrange(100_000_000)
    bad: dict[int, str] = {}
    first: tuple[str, str] | None = None
    with path.open("w", encoding="utf-8", newline="") as file:
        file.write(",".join(COLUMNS) + "\n")
        for row in range(1, rows + 1):
            at = (at + step) % 100_000_000
            mobile, home = f"07{400_000_000 + at * 5 % 500_000_000:09d}", f"+44 20{at:08d}"
            key = f"C{at:08d}"
            fields = [
                key, rng.choice(_FIRST), rng.choice(_LAST), mobile, home, rng.choice(_CITIES),
                f"{rng.choice('BDLMS')}{rng.randrange(1, 30)} {rng.randrange(1, 9)}AB",
                f"{rng.randrange(100_000) / 100:.2f}",
            ]  # fmt: skip
            if first is not None and rng.random() < bad_share:
                kind = BAD_KINDS[len(bad) % len(BAD_KINDS)]
                bad[row + 1] = kind
                fields = _spoilt(fields, kind, first)
            elif first is None:
                first = (mobile, home)
            file.write(",".join(fields) + "\n")
    return ContactFile(path, rows, bad)


def _spoilt(fields: list[str], kind: str, first: tuple[str, str]) -> list[str]:
    numbers = {
        "short": ("123", "07700"),
        "letters": ("0800 FLOWERS", "call me"),
        "extension": (f"{fields[3]} ext 12", ""),
        "none": ("", ""),
        "premium": ("0909 8790000", ""),
        "duplicate": first,
    }.get(kind)
    if numbers is not None:
        return [*fields[:3], *numbers, *fields[5:]]
    if kind == "columns":
        return fields[:6]
    return [*fields[:5], '"' + fields[5], *fields[6:]]


def main() -> None:
    """Write a file, and beside it which lines are bad."""
    parser = argparse.ArgumentParser(prog="python -m bench.contact_file", description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--bad", type=float, default=0.0, help="share of rows that cannot be imported")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    made = write(options.file, options.rows, options.bad, options.seed)
    answers = options.file.with_name(options.file.name + ".bad-lines")
    answers.write_text("".join(f"{line} {kind}\n" for line, kind in made.bad.items()))
    print(f"{made.rows} rows, {len(made.bad)} of them bad, in {made.path}; the bad lines in {answers}")


if __name__ == "__main__":
    main()
