"""``python -m lab.pacing_run``: a shift that dials ahead on the real pair, beside the simulator's forecast of it.

Prints utilisation and abandon rate, and what the carrier heard: whether exactly those are counted as abandoned who
met no agent, and whether everybody met an agent or the message within two seconds of their first word.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dialerd.core.pacing.contract import Pacer, PacingInfo
from dialerd.core.pacing.predictive import Predictive
from dialerd.core.pacing.progressive import Progressive
from dialerd.core.pacing.ratio import Ratio
from dialerd.sim.forecast.floors import HOUR, Floor
from dialerd.sim.forecast.single import simulate
from lab.callees import Behaviour, Mix
from lab.demo.api import Api
from lab.demo.scene import SALES, Scene, write_scene
from lab.pair import Lab
from lab.waiting import wait_for
from lab.waits import HEARING_MS, LIMIT_MS, Waits, waits

ANSWERING = 0.3
RING_S, TALK_S, WRAP_S = (2.0, 8.0), (20.0, 40.0), 5.0
_SEEDS = range(1, 6)
_STEP_S = 30.0

_CAMPAIGN = """\
# Written by lab.pacing_run.
version: 1
trunks:
  carrier: {{dial: "PJSIP/{{digits}}@carrier", max_lines: 200, cps: 10}}
contact_lists:
  customers: {{region: GB, phones: [{{column: phone, type: mobile}}]}}
campaigns:
  {name}:
    mode: {mode}
    contact_list: customers
    queue: sales
    trunk: carrier
    caller_id: +441632960000
    ring_timeout: 15s
    compliance:
      profiles: [uk-ofcom-2010]
      looser:
        abandon_target: a measurement of pacing
        progressive_until: a measurement of pacing
    max_lines: 150
    max_attempts: 1
    wrap_up: {wrap_s:g}s
    abandon_message: {abandon}
    call_analysis: {{profile: off}}
    pacing: {{abandon_target: {target:g}%, abandon_cap: 3%, progressive_until: {until}}}
"""


@dataclass(frozen=True, slots=True)
class Result:
    """Shares are fractions; ``answers`` are people who met an agent or were abandoned."""

    utilisation: float
    abandoned: int
    answers: int

    @property
    def rate(self) -> float:
        """A / (A + L)."""
        return self.abandoned / self.answers if self.answers else 0.0


def mix() -> Mix:
    """Three in ten answer and are people; the others are busy or ring out."""
    rest = 100.0 * (1.0 - ANSWERING)
    shares = {Behaviour.SHORT_HELLO: 100.0 * ANSWERING, Behaviour.BUSY: 0.4 * rest, Behaviour.RINGS_OUT: 0.6 * rest}
    return Mix(shares=shares, ring_s=RING_S, talk_s=TALK_S, patience_s=(8.0, 12.0))


def main(arguments: list[str] | None = None) -> int:
    """Run the shift; 1 when the carrier heard something else than the record says."""
    options = _parser().parse_args(arguments)
    seconds = 60.0 * options.minutes
    agents = [str(8001 + number) for number in range(options.agents)]
    people = min(12_000, int(options.agents * seconds / (28.0 + WRAP_S) / ANSWERING * 1.3) + 50)
    folder = Path(tempfile.mkdtemp(prefix="pacing-run-"))
    try:
        with Lab(folder / "lab", seed=options.seed, mix=mix()) as lab:
            scene = write_scene(folder, lab, people, 0)
            (folder / "campaigns.yaml").write_text(
                _CAMPAIGN.format(
                    name=SALES, mode=options.mode, wrap_s=WRAP_S, abandon=lab.settings.abandon_sound,
                    target=options.target, until=options.progressive_until,
                )
            )  # fmt: skip
            _dialerd(scene, "check")
            _dialerd(scene, "contacts", "import", "customers", str(folder / "customers.csv"))
            lab.add_members("sales", nailed=agents)
            began, ended = _shift(scene, len(agents), seconds)
            wait_for("the carrier's log", lambda: all(call.ended_ms for call in lab.truth().calls), 30.0)
            return _report(scene, waits(lab.truth()), options, began, ended)
    finally:
        if options.keep:
            print(f"kept: {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)


def _shift(scene: Scene, agents: int, seconds: float) -> tuple[float, float]:
    """Let it run; epoch seconds of its begin and end."""
    with (scene.folder / "daemon.log").open("w") as log:
        environ = {**os.environ, **scene.environ}
        daemon = subprocess.Popen([sys.executable, "-m", "dialerd", "run"], env=environ, stdout=log, stderr=log)
        try:
            api = Api(scene)
            wait_for("daemon ready", api.ready, 60.0)
            wait_for(
                "agents' lines",
                lambda: sum(a["state"] == "available" for a in api.status()["agents"]) == agents, 60.0,
            )  # fmt: skip
            _dialerd(scene, "campaigns", "start", SALES)
            began = time.time()
            while (left_s := began + seconds - time.time()) > 0:
                time.sleep(min(_STEP_S, left_s))
                _say(api.status(), time.time() - began)
            ended = time.time()
            _dialerd(scene, "campaigns", "stop", SALES)
            wait_for("the last conversations", lambda: api.status()["campaigns"][0]["live"] == 0, 120.0)
            return began, ended
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)


def _say(status: dict[str, Any], elapsed_s: float) -> None:
    campaign = status["campaigns"][0]
    pacing = campaign["pacing"]
    said = pacing["explanation"] if pacing is not None else campaign["state"]
    print(f"{elapsed_s:5.0f} s  placed {campaign['placed']:4d}  talking {campaign['connected_now']:2d}  {said}")


def _report(scene: Scene, heard: Waits, options: argparse.Namespace, began: float, ended: float) -> int:
    with sqlite3.connect(scene.database) as record:
        record.row_factory = sqlite3.Row
        attempts = [dict(row) for row in record.execute("select * from attempts")]
    real = measured(attempts, options.agents, began, ended)
    shifts = [simulated(options, seed) for seed in _SEEDS]
    print(f"\n{options.mode}, {options.agents} agents, {options.minutes:g} minutes, seed {options.seed}")
    print(f"  {'':10s} utilisation   abandoned   of answers   rate")
    print(
        f"  {'real pair':10s} {real.utilisation:10.1%} {real.abandoned:11d} {real.answers:12d} {real.rate:6.2%}\n"
        f"  {'simulator':10s} {statistics.mean(s.utilisation for s in shifts):10.1%} "
        f"{statistics.mean(s.abandoned for s in shifts):11.1f} {statistics.mean(s.answers for s in shifts):12.1f} "
        f"{statistics.mean(s.rate for s in shifts):6.2%}   mean of {len(shifts)} seeds, utilisation "
        f"{min(s.utilisation for s in shifts):.1%} to {max(s.utilisation for s in shifts):.1%}"
    )
    counted = {one["number"] for one in attempts if one["abandoned"]}
    exact = counted == heard.with_message and not heard.with_nothing
    in_time = heard.longest_ms <= LIMIT_MS + HEARING_MS
    print(
        f"  the carrier heard {len(heard.with_agent)} with an agent, {len(heard.with_message)} with the message, "
        f"{len(heard.with_nothing)} with nothing: {'as recorded' if exact else 'NOT as recorded'}\n"
        f"  longest wait from the first word: {heard.longest_ms / 1000:.2f} s"
    )
    told = {"mode": options.mode, "exact": exact, "longest_wait_ms": heard.longest_ms, "rate": real.rate}
    print(json.dumps(told | {"utilisation": real.utilisation, "answers": real.answers}))
    return 0 if exact and in_time else 1


def measured(attempts: list[dict[str, Any]], agents: int, began: float, ended: float) -> Result:
    """What the record says of the shift; what lies outside of it does not count."""
    busy_s = 0.0
    for one in attempts:
        if one["connected_at"] is not None:
            until = min(ended, one["ended_at"] + WRAP_S)
            busy_s += max(0.0, until - max(began, one["connected_at"]))
    lost = sum(bool(one["abandoned"]) for one in attempts)
    live = sum(one["connected_at"] is not None and not one["abandoned"] for one in attempts)
    return Result(busy_s / (agents * (ended - began)), lost, lost + live)


def simulated(options: argparse.Namespace, seed: int) -> Result:
    """The benchmark's simulator on the same floor, for the same time."""
    hours = options.minutes / 60.0
    floor = Floor(
        "lab", options.agents, ((0.0, ANSWERING),), ((0.0, sum(TALK_S) / 2),), WRAP_S, hours=hours,
        talk_sigma=0.2, wrap_sigma=0.01, ring_median_s=4.7, ring_sigma=0.4, ring_timeout_s=15.0,
        machine_share=0.0, busy_share=0.4,
    )  # fmt: skip
    pacer: Pacer = {"predictive": Predictive, "progressive": Progressive}.get(options.mode, lambda: Ratio(1.5))()
    info = PacingInfo(
        abandon_cap=0.03, abandon_target=options.target / 100.0, ring_timeout_s=15.0,
        window_ends_at=max(hours, 8.0) * HOUR, max_lines=150, progressive_until_answers=options.progressive_until,
    )  # fmt: skip
    shift = simulate(floor, pacer, seed, info=info)
    return Result(shift.utilisation, shift.abandoned, shift.connected + shift.abandoned)


def _dialerd(scene: Scene, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dialerd", *arguments], env={**os.environ, **scene.environ}, check=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.pacing_run", description=__doc__)
    parser.add_argument("--minutes", type=float, default=15.0)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--mode", choices=["predictive", "power", "progressive"], default="predictive")
    parser.add_argument("--target", type=float, default=2.0, help="abandoned calls aimed at, percent")
    parser.add_argument("--progressive-until", type=int, default=50, help="answers before calls go ahead")
    parser.add_argument("--seed", type=int, default=1, help="decides who answers how")
    parser.add_argument("--keep", action="store_true", help="keep the folder with log and record")
    return parser


if __name__ == "__main__":
    sys.exit(main())
