"""The full life of a call through the daemon against a bare ARI loop, on the same Asterisk in turns."""

from __future__ import annotations

import statistics
import time
import urllib.error
import urllib.request
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import uvloop

from bench import bare
from bench.figures import Figure, Measurement, Target
from bench.processes import Meter
from bench.running_daemon import RunningDaemon
from bench.world import ANSWERING, World, campaigns_file
from lab.waiting import wait_for

IN_FLIGHT = 64
"""Calls at one time, in both."""

_CAMPAIGN = """\
  {name}:
    mode: agentless
    contact_list: {name}
    message: {message}
    max_lines: {lines}
    call_analysis: {{profile: "off"}}
    responses: {{person: hang_up, unsure: hang_up, silence: message}}
"""


@dataclass(frozen=True, slots=True)
class Round:
    """So many calls took so long; processor seconds by process."""

    calls: int
    took_s: float
    cpu_s: dict[str, float]
    record_lag_s: float = 0.0
    """From the end of the last call until the last row was in SQL."""

    @property
    def rate(self) -> float:
        """Calls per second."""
        return self.calls / self.took_s

    def cpu_ms(self, name: str) -> float:
        """Processor time of one process per call, in milliseconds."""
        return self.cpu_s[name] / self.calls * 1000


def ratios(daemon: Sequence[Round], bare_rounds: Sequence[Round]) -> list[float]:
    """Each of the daemon's rounds against the bare rounds right before and after it: there is one bare round more
    than the daemon has, so that a machine that gets slower or faster meanwhile favours neither."""
    if len(bare_rounds) != len(daemon) + 1:
        raise ValueError("each of the daemon's rounds stands between two bare ones")
    return [
        one.rate / statistics.mean((bare_rounds[i].rate, bare_rounds[i + 1].rate)) for i, one in enumerate(daemon)
    ]


def measure(world: World) -> Measurement:
    """Rounds of equal length in turns: bare, daemon, bare, …, bare."""
    rounds, calls = (2, 600) if world.quick else (5, 1500)
    lab, names = world.lab, [f"round_{i}" for i in range(rounds + 1)]
    text = campaigns_file(
        lab,
        names,
        "".join(_CAMPAIGN.format(name=n, message=lab.settings.message_sound, lines=IN_FLIGHT) for n in names),
        lines=IN_FLIGHT, cps=500, ring_timeout_s=30,
    )  # fmt: skip
    numbers = ANSWERING[:calls]
    # The first list is for warming up: code that has not run yet, an empty database.
    lists = {name: numbers if i else ANSWERING[:200] for i, name in enumerate(names)}
    through_daemon: list[Round] = []
    bare_rounds: list[Round] = []
    safe_rounds: list[Round] = []
    with RunningDaemon(lab, world.folder / "calls", text, lists) as daemon:
        _daemon_round(world, daemon, names[0], 200)
        _bare_round(world, numbers[:200])
        for name in names[1:]:
            bare_rounds.append(_bare_round(world, numbers))
            through_daemon.append(_daemon_round(world, daemon, name, calls))
            safe_rounds.append(_bare_round(world, numbers, safely=True))
        bare_rounds.append(_bare_round(world, numbers))

    def median_ms(rounds_of: Sequence[Round], name: str) -> float:
        return statistics.median(one.cpu_ms(name) for one in rounds_of)

    figures = (
        Figure("dialerd's share of the bare loop's calls/s", statistics.median(ratios(through_daemon, bare_rounds)),
               target=Target(0.7)),
        Figure("dialerd's share of a bare loop that dials as safely",
               statistics.median(a.rate / b.rate for a, b in zip(through_daemon, safe_rounds, strict=True))),
        Figure("calls/s through dialerd", statistics.median(one.rate for one in through_daemon)),
        Figure("calls/s of the bare loop", statistics.median(one.rate for one in bare_rounds)),
        Figure("calls/s of the bare loop, dialing as safely", statistics.median(one.rate for one in safe_rounds)),
        Figure("last row in SQL after the last call's end", statistics.median(o.record_lag_s for o in through_daemon),
               "s"),
        Figure("CPU of dialerd per call", median_ms(through_daemon, "client"), "ms"),
        Figure("CPU of the bare loop's client per call", median_ms(bare_rounds, "client"), "ms"),
        Figure("CPU of Redis per call", median_ms(through_daemon, "redis"), "ms"),
        Figure("CPU of the PBX per call, dialerd", median_ms(through_daemon, "pbx"), "ms"),
        Figure("CPU of the PBX per call, bare", median_ms(bare_rounds, "pbx"), "ms"),
        Figure("CPU of the PBX per call, bare, dialing as safely", median_ms(safe_rounds, "pbx"), "ms"),
        Figure("CPU of the carrier per call", median_ms(through_daemon + bare_rounds, "carrier"), "ms"),
    )  # fmt: skip
    method = (
        f"{rounds} rounds of {calls} calls through the daemon's process, each between two rounds of the bare loop; "
        f"{IN_FLIGHT} calls at a time in both, over SIP to callees who answer at once and are hung up on at once. "
        "dialerd: claim, originate, answer, hang-up, close, outbox and the row in SQL (SQLite) go on at the same "
        "time; a round lasts from the first claim to the end of the last call, and how long the record lags behind "
        "is told. Bare: one coroutine per call, originate, wait for the answer, hang up, wait for the end, over the "
        "WebSocket; a round lasts from the first request to the last end. The share is the median over rounds of "
        "the daemon's rate against the mean of its two neighbours. The bare loop dials straight into its "
        "application: if it dies, the person hears nothing. `As safely`: the same loop, dialing as dialerd does, "
        "through the dialplan that plays a message if nobody takes the call, and with the trunk's events."
    )
    return Measurement("calls", "A call's full life, against a bare ARI loop", figures, method)


def _daemon_round(world: World, daemon: RunningDaemon, name: str, calls: int) -> Round:
    _trunk_events(world, True)
    meter = Meter({"client": daemon.pid, **world.pids()})
    daemon.start_campaign(name)
    daemon.wait_complete(name, 120)
    used = meter.used_s()
    attempts = daemon.attempts(name)
    answered = sum(attempt["answered_at"] is not None for attempt in attempts)
    if len(attempts) != calls or answered != calls:
        raise RuntimeError(f"{name}: {len(attempts)} attempts, {answered} answered, instead of {calls}")
    ended = max(attempt["ended_at"] for attempt in attempts)
    took_s = ended - min(attempt["claimed_at"] for attempt in attempts)
    return Round(calls, took_s, used, max(attempt["recorded_at"] for attempt in attempts) - ended)


def _bare_round(world: World, numbers: Sequence[str], safely: bool = False) -> Round:
    # Else the daemon would have to read about the bare loop's calls, too.
    _trunk_events(world, False)
    endpoints = [f"PJSIP/{number.lstrip('+')}@carrier" for number in numbers]
    meter = Meter(world.pids())

    async def run() -> tuple[float, float]:
        async with bare.BareClient(world.lab.settings) as client:
            began, began_cpu = time.perf_counter(), time.process_time()
            await bare.calls(client, endpoints, IN_FLIGHT, safely)
            return time.perf_counter() - began, time.process_time() - began_cpu

    took_s, client_s = uvloop.run(run())
    return Round(len(endpoints), took_s, {**meter.used_s(), "client": client_s})


def _trunk_events(world: World, wanted: bool) -> None:
    """Whether the daemon's application gets the events of the trunk's calls."""
    settings = world.lab.settings
    query = urlencode({"eventSource": bare.TRUNK_SOURCE})
    url = f"{settings.ari_url}/applications/{settings.ari_app}/subscription?{query}"
    credentials = b64encode(f"{settings.ari_user}:{settings.ari_password}".encode()).decode()
    request = urllib.request.Request(
        url, headers={"Authorization": f"Basic {credentials}"}, method="POST" if wanted else "DELETE"
    )
    try:
        with urllib.request.urlopen(request, timeout=10):
            pass
    except urllib.error.HTTPError as error:
        if wanted or error.code != 422:  # 422: it was not subscribed
            raise
    wait_for("no calls left", lambda: "0 active channels" in world.lab.pbx.cli("core show channels count"), 20, 0.1)
