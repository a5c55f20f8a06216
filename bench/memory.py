"""The daemon's memory, idle and with a thousand live calls."""

from __future__ import annotations

from bench.figures import Figure, Measurement, Target
from bench.processes import Meter, rss_mib
from bench.running_daemon import RunningDaemon
from bench.world import RINGING, World, campaigns_file
from lab.waiting import wait_for

CALLS = 1000
_CAMPAIGN = """\
  ringing:
    mode: agentless
    contact_list: ringing
    message: {message}
    max_lines: {lines}
"""


def measure(world: World) -> Measurement:
    """Real calls that ring for long, until so many are live at the same time."""
    campaign = _CAMPAIGN.format(message=world.lab.settings.message_sound, lines=CALLS)
    text = campaigns_file(world.lab, ["ringing"], campaign, lines=CALLS, cps=100, ring_timeout_s=120)
    with RunningDaemon(world.lab, world.folder / "memory", text, {"ringing": RINGING}) as daemon:
        idle_mib = rss_mib(daemon.pid)
        meter = Meter({"daemon": daemon.pid})
        daemon.start_campaign("ringing")
        wait_for(f"{CALLS} calls ring", lambda: daemon.campaign("ringing")["ringing"] >= CALLS, 90, 0.5)
        placing_s = meter.used_s()["daemon"]
        loaded_mib = rss_mib(daemon.pid)
    wait_for("no calls left", lambda: "0 active channels" in world.lab.pbx.cli("core show channels count"), 40, 0.1)
    figures = (
        Figure(f"resident memory with {CALLS} live calls", loaded_mib, "MiB", Target(200, at_most=True)),
        Figure("idle, ready to dial", idle_mib, "MiB"),
        Figure("CPU to place and follow each until it rings", placing_s / CALLS * 1000, "ms"),
    )
    method = (
        f"VmRSS of the daemon's process while {CALLS} real SIP calls ring, with {len(RINGING)} contacts in the list "
        "of which the hopper holds what it likes; idle is after start, connected to everything."
    )
    return Measurement("memory", "Memory", figures, method)
