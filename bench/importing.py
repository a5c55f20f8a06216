"""Importing a contact file: the command itself, as an operator would give it, with every mistake a file can have."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from bench.contact_file import write
from bench.figures import Figure, Measurement, Target
from bench.processes import parse_rss_mib
from bench.world import World

ROWS = 1_000_000
QUICK_ROWS = 100_000
BAD_SHARE = 0.01
LONGEST_S = 90.0
_LOOK_EVERY_S = 0.05

_SETTINGS = """\
instance: bench
ari: {password: not-used}
ami: {secret: not-used}
redis: {url: "redis://127.0.0.1:1/0"}
api: {port: 1}
"""
_CAMPAIGNS = """\
version: 1
contact_lists:
  people:
    key: customer_id
    region: GB
    phones: [{column: mobile, type: mobile}, {column: phone_home, type: home}]
campaigns: {}
"""


def measure(world: World) -> Measurement:
    """Import a made-up file and hold the result against what was made up."""
    rows = QUICK_ROWS if world.quick else ROWS
    folder = world.folder / "importing"
    folder.mkdir()
    (folder / "dialerd.yaml").write_text(_SETTINGS)
    (folder / "campaigns.yaml").write_text(_CAMPAIGNS)
    made = write(folder / "people.csv", rows, BAD_SHARE)
    command = [sys.executable, "-m", "dialerd", "contacts", "import", "people", "people.csv", "--json"]
    began, cpu_began = time.perf_counter(), os.times()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE)
    peak_mib = _peak_mib(process)
    took_s, cpu = time.perf_counter() - began, os.times()
    assert process.stdout is not None
    answer = json.loads(process.stdout.read())
    process.stdout.close()
    bad = len(made.bad)
    if (answer["rows"], answer["imported"], answer["rejected"]) != (rows, rows - bad, bad):
        raise RuntimeError(f"{bad} of {rows} rows are bad, and the import says {answer}")
    with (folder / "people.csv.rejects.csv").open(encoding="utf-8") as file:
        next(file)
        lines = [int(line.partition(",")[0]) for line in file]
    if lines != sorted(made.bad):
        raise RuntimeError("the rejects file does not name the bad lines, each once")
    used_s = cpu.children_user - cpu_began.children_user + cpu.children_system - cpu_began.children_system
    figures = (
        Figure("rows imported per second", rows / took_s, "", Target(ROWS / LONGEST_S)),
        Figure("CPU of all its processes per row", used_s / rows * 1e6, "us"),
        Figure("peak memory of all its processes together", peak_mib, "MiB", Target(400, at_most=True)),
    )
    method = (
        f"`dialerd contacts import` of {rows} rows with 8 columns and 2 numbers each, {bad} of them bad, into an "
        "empty SQLite: read, normalised, deduplicated, written with its indexes, published. The counts and every "
        "line of the rejects file are held against what was made up."
    )
    return Measurement("importing", "Import", figures, method)


def _peak_mib(process: subprocess.Popen[bytes]) -> float:
    """The most memory that the process and its children had at one moment, until it ends."""
    peak = 0.0
    while process.poll() is None:
        peak = max(peak, sum(_rss_mib(pid) for pid in (process.pid, *_children(process.pid))))
        time.sleep(_LOOK_EVERY_S)
    return peak


def _children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in task.read_text().split()]
        except OSError:
            continue  # the thread has ended
    return found


def _rss_mib(pid: int) -> float:
    try:
        return parse_rss_mib(Path(f"/proc/{pid}/status").read_text())
    except (OSError, ValueError):
        return 0.0  # it has ended
