"""``make demo``: dials a seeded list on a real pair through dialerd, and checks the record against the truth."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.live import Live

from lab.demo.api import Api
from lab.demo.audit import audit
from lab.demo.scene import AGENTS, NOTICE, SALES, Scene, mix, write_scene
from lab.demo.screen import live, picture, report
from lab.installation import LabError
from lab.pair import Lab
from lab.waiting import wait_for

_QUIET_STEP_S = 10.0
_PICTURE_S = 60.0
"""When the README's picture is taken."""


def main(arguments: list[str] | None = None) -> int:
    """Run the demo; returns the exit code: 0 only if every call is accounted for and no disposition differs."""
    parser = argparse.ArgumentParser(prog="python -m lab.demo", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="decides who answers how")
    parser.add_argument("--customers", type=int, default=130, help="contacts of the campaign with agents")
    parser.add_argument("--subscribers", type=int, default=80, help="contacts of the agentless campaign")
    parser.add_argument("--folder", type=Path, default=Path("demo"), help="where everything is written")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds after which it is given up")
    options = parser.parse_args(arguments)
    console = Console()
    folder = options.folder.resolve()
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with Lab(folder / "lab", seed=options.seed, mix=mix()) as lab:
            return _play(console, lab, folder, options)
    except (LabError, TimeoutError, subprocess.CalledProcessError) as error:
        console.print(f"[red]demo: {error}")
        return 1


def _play(console: Console, lab: Lab, folder: Path, options: argparse.Namespace) -> int:
    console.print(f"Two Asterisks ({lab.version}) and a Redis are up: one is your PBX, the other plays the world.")
    console.print(
        f"{SALES} is progressive: one call for each of {len(AGENTS)} idle agents, replaced until a person answers. "
        f"{NOTICE} is agentless: it plays a message, to machines after the beep."
    )
    scene = write_scene(folder, lab, options.customers, options.subscribers)
    _dialerd(scene, "check")
    for name in scene.lists:
        _dialerd(scene, "contacts", "import", name, str(folder / f"{name}.csv"))
    lab.add_members("sales", nailed=AGENTS)
    with (folder / "daemon.log").open("w") as log:
        daemon = subprocess.Popen(
            [sys.executable, "-m", "dialerd", "run"], env={**os.environ, **scene.environ}, stdout=log, stderr=log
        )
        try:
            elapsed_s = _dial(console, scene, daemon, options.limit)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
    # The carrier writes its last lines when its channels have ended.
    wait_for("the carrier's log", lambda: all(c.ended_ms for c in lab.truth().calls), 20)
    attempts = _attempts(scene)
    found = audit(attempts, lab.truth())
    contacts = sum(len(numbers) for numbers in scene.lists.values())
    report(console, attempts, found, elapsed_s, contacts, lab.version)
    told = {
        "seed": options.seed, "asterisk": lab.version, "contacts": contacts, "attempts": len(attempts),
        "elapsed_s": round(elapsed_s, 1), "ok": found.ok, **asdict(found),
    }  # fmt: skip
    (folder / "report.json").write_text(json.dumps(told, indent=2) + "\n")
    console.print(f"The whole comparison is in {_short(folder / 'report.json')}, the daemon's log beside it.")
    return 0 if found.ok else 1


def _dialerd(scene: Scene, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", "dialerd", *arguments], env={**os.environ, **scene.environ}, check=True)


def _dial(console: Console, scene: Scene, daemon: subprocess.Popen[bytes], limit_s: float) -> float:
    api = Api(scene)

    def up() -> bool:
        if daemon.poll() is not None:
            raise LabError(f"the daemon ended with {daemon.returncode}; see {_short(scene.folder / 'daemon.log')}")
        return api.ready()

    wait_for("daemon ready", up, 30)
    wait_for("agents' lines", lambda: all(a["state"] == "available" for a in api.status()["agents"]), 30)
    for campaign in (SALES, NOTICE):
        _dialerd(scene, "campaigns", "start", campaign)
    contacts = {name: len(numbers) for name, numbers in scene.lists.items()}
    began = time.monotonic()
    told_at = began
    with Live(console=console, refresh_per_second=4, transient=False) as screen:
        while True:
            status = api.status()
            elapsed_s = time.monotonic() - began
            if console.is_terminal:
                screen.update(live(status, elapsed_s, contacts))
            elif time.monotonic() - told_at >= _QUIET_STEP_S:
                told_at = time.monotonic()
                console.print(live(status, elapsed_s, contacts))
            if elapsed_s >= _PICTURE_S and not (scene.folder / "screen.svg").exists():
                (scene.folder / "screen.svg").write_text(picture(status, elapsed_s, contacts))
            if all(one["state"] == "complete" for one in status["campaigns"]):
                return elapsed_s
            if elapsed_s > limit_s:
                raise TimeoutError(f"the campaigns were not complete after {limit_s:.0f} s")
            time.sleep(0.25)


def _attempts(scene: Scene) -> list[dict[str, Any]]:
    with sqlite3.connect(scene.database) as record:
        record.row_factory = sqlite3.Row
        return [dict(row) for row in record.execute("select * from attempts order by claimed_at")]


def _short(path: Path) -> str:
    return os.path.relpath(path)


if __name__ == "__main__":
    sys.exit(main())
