"""From the decision that a person answered to the agent in the line, against a bare ``addChannel``."""

from __future__ import annotations

import asyncio
import time

import uvloop

from bench.bare import APP, BareClient
from bench.figures import Figure, Measurement, Target, percentile
from bench.running_daemon import RunningDaemon
from bench.world import ANSWERING, TALK_S, World, campaigns_file
from lab.waiting import wait_for

AGENTS = tuple(str(8001 + i) for i in range(16))
BARE_AGENT = "8090"
_CAMPAIGN = """\
  sales:
    mode: progressive
    contact_list: sales
    queue: sales
    max_lines: 40
    wrap_up: 0s
    agents: {connection: nailed}
    call_analysis: {profile: "off"}
"""


def measure(world: World) -> Measurement:
    """A campaign with nailed-up agents, and beside it bare bridgings on the same Asterisk at the same time."""
    contacts = 150 if world.quick else 500
    text = campaigns_file(world.lab, ["sales"], _CAMPAIGN, lines=60, cps=100, ring_timeout_s=30)
    world.lab.add_members("sales", nailed=AGENTS)
    try:
        with RunningDaemon(world.lab, world.folder / "bridging", text, {"sales": ANSWERING[:contacts]}) as daemon:
            wait_for("agents' lines", lambda: _available(daemon) == len(AGENTS), 30, 0.1)
            daemon.start_campaign("sales")
            bare_ms = uvloop.run(_bare_while(world, daemon, ANSWERING[contacts : 2 * contacts]))
            daemon.wait_complete("sales", 120)
            attempts = daemon.attempts("sales")
    finally:
        for agent in AGENTS:
            world.lab.pbx.cli(f"queue remove member Local/{agent}@dialerd-agent/n from sales")
    connected = [one for one in attempts if one["connected_at"] is not None]
    if len(connected) < 0.95 * contacts:
        raise RuntimeError(f"only {len(connected)} of {contacts} calls reached an agent")
    took_s = max(one["ended_at"] for one in connected) - min(one["dialed_at"] for one in connected)
    dialerd_ms = [(one["connected_at"] - one["analysed_at"]) * 1000 for one in connected]
    p99, bare_p99 = percentile(dialerd_ms, 0.99), percentile(bare_ms, 0.99)
    figures = (
        Figure("p99 above the bare addChannel's p99", p99 - bare_p99, "ms", Target(25, at_most=True)),
        Figure("dialerd, median", percentile(dialerd_ms, 0.5), "ms"),
        Figure("dialerd, p99", p99, "ms"),
        Figure("bare addChannel, median", percentile(bare_ms, 0.5), "ms"),
        Figure("bare addChannel, p99", bare_p99, "ms"),
        Figure("connected calls/s meanwhile", len(connected) / took_s),
    )
    method = (
        f"{len(AGENTS)} nailed-up agents, {len(connected)} persons connected; talks of {TALK_S:g} s, no wrap-up, "
        "analysis off. dialerd: from the moment the core decides that a person answered to the moment it knows that "
        "the person is in the agent's bridge, both from the record. Bare, in the same minute on the same Asterisk: "
        f"from sending `addChannel` to `ChannelEnteredBridge`, {len(bare_ms)} times."
    )
    return Measurement("bridging", "From decision to agent", figures, method)


def _available(daemon: RunningDaemon) -> int:
    return sum(agent["state"] == "available" for agent in daemon.status()["agents"])


async def _bare_while(world: World, daemon: RunningDaemon, numbers: tuple[str, ...]) -> list[float]:
    """Bare bridgings, one after another, for as long as the campaign has calls to make; in milliseconds."""
    took_ms: list[float] = []
    async with BareClient(world.lab.settings) as client, asyncio.timeout(150):
        line, bridge = client.channel_id(), client.channel_id()
        await client.request("POST", f"bridges/{bridge}", type="mixing")
        up = client.expect("StasisStart", line)
        await client.request("POST", f"channels/{line}", endpoint=f"PJSIP/{BARE_AGENT}", app=APP, timeout="30")
        await up
        await client.request("POST", f"bridges/{bridge}/addChannel", channel=line)
        for number in numbers:
            took_ms.append(await _bridge_once(client, number, bridge))
            if len(took_ms) % 10 == 0:
                state = await asyncio.to_thread(daemon.campaign, "sales")
                if state["state"] == "complete":
                    break
        await client.request("DELETE", f"channels/{line}")
        await client.request("DELETE", f"bridges/{bridge}")
    return took_ms


async def _bridge_once(client: BareClient, number: str, bridge: str) -> float:
    channel = client.channel_id()
    answered, ended = client.expect("StasisStart", channel), client.expect("ChannelDestroyed", channel)
    entered = client.expect("ChannelEnteredBridge", channel)
    endpoint = f"PJSIP/{number.lstrip('+')}@carrier"
    await client.request("POST", f"channels/{channel}", endpoint=endpoint, app=APP, timeout="30")
    await answered
    sent = time.perf_counter()
    await client.request("POST", f"bridges/{bridge}/addChannel", channel=channel)
    took_ms = (await entered - sent) * 1000
    await client.request("DELETE", f"channels/{channel}")
    await ended
    return took_ms
