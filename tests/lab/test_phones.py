"""The agents' phones: profiles, bridging as heard by the callee, queue calls."""

from __future__ import annotations

import asyncio
import secrets
import time

import pytest
from lab_ari import Ari, ended, until

from lab import Behaviour, Callee, Lab, Phone, Profile, TruthPhone

pytestmark = pytest.mark.integration


async def ring(ari: Ari, agent: str) -> str:
    """Call an agent's phone as dialerd does; returns the line's channel id."""
    line = f"agt-{secrets.token_hex(12)}"
    await ari(
        "POST", "channels", endpoint=f"PJSIP/{agent}", app=ari.app, appArgs="agent-line", channelId=line, timeout=5,
        body={"variables": {"PJSIP_HEADER(add,Call-Info)": "<sip:127.0.0.1>;answer-after=0"}},
    )  # fmt: skip
    return line


def last(lab: Lab, agent: str) -> TruthPhone:
    return [phone for phone in lab.truth().phones if phone.agent == agent][-1]


async def test_a_callee_hears_the_agent_it_is_bridged_to(lab: Lab, ari: Ari) -> None:
    number, began = "+442079460911", time.time() * 1000
    lab.assign(number, Callee(Behaviour.SHORT_HELLO, ring_s=0.2, talk_s=2, patience_s=10, clip="hello-1"))
    lines = {agent: await ring(ari, agent) for agent in ("8003", "8047")}
    for line in lines.values():
        await ari.wait_for("StasisStart", line)
    attempt = await ari.dial(number)
    await ari.wait_for("ChannelTalkingFinished", attempt)
    bridge = f"brg-{secrets.token_hex(12)}"
    await ari("POST", f"bridges/{bridge}", type="mixing")
    await ari("POST", f"bridges/{bridge}/addChannel", channel=f"{lines['8047']},{attempt}")
    bridged_ms = time.time() * 1000
    call = await ended(lab, number, after_ms=began)
    assert call.agent == "8047"
    assert call.bridge is not None
    assert call.bridge.from_ms == pytest.approx(bridged_ms, abs=250)
    assert {stretch.agent for stretch in call.heard} == {"8047"}
    assert call.noise_ms == pytest.approx(bridged_ms, abs=500)
    assert call.ended_by == "callee"
    assert call.ended_ms is not None
    assert call.noise_ms is not None
    assert call.ended_ms - call.noise_ms == pytest.approx(2000, abs=250)
    for line in lines.values():
        assert (await ari("GET", f"channels/{line}"))["state"] == "Up"
        await ari("DELETE", f"channels/{line}")
    await ari("DELETE", f"bridges/{bridge}")


async def test_profiles(lab: Lab, ari: Ari) -> None:
    lab.set_phone("8021", Phone(Profile.SLOW, answer_s=2))
    lab.set_phone("8022", Profile.NO_ANSWER)
    lab.set_phone("8023", Phone(Profile.HANGS_UP_FIRST, stay_s=1))
    at_once, slow, silent, first = [await ring(ari, agent) for agent in ("8020", "8021", "8022", "8023")]
    up = {line: (await ari.wait_for("StasisStart", line))["at_ms"] for line in (at_once, slow, first)}
    assert up[slow] - up[at_once] == pytest.approx(2000, abs=300)
    gone = await ari.wait_for("ChannelDestroyed", first)
    assert gone["at_ms"] - up[first] == pytest.approx(1000, abs=300)
    assert (await ari.wait_for("ChannelDestroyed", silent))["cause"] == 19
    await until(lambda: last(lab, "8022").ended_ms)
    assert last(lab, "8022").answered_ms is None
    assert last(lab, "8023").ended_by == "callee"
    assert "answer-after=0" in last(lab, "8020").call_info
    for line in (at_once, slow):
        await ari("DELETE", f"channels/{line}")


async def test_a_queue_call_for_a_nailed_agent_reaches_the_app(lab: Lab) -> None:
    ari = await Ari(lab, lab.ari_app).connect()
    try:
        lab.add_members("sales", nailed=["8031"])
        await ari("PUT", "deviceStates/Stasis:agent-8031", deviceState="NOT_INUSE")
        lab.call_in("1000")
        starts = await until(lambda: [e for e in ari.events if e["type"] == "StasisStart"] or None)
        assert starts[0]["args"] == ["agent", "8031"]
        await ari("DELETE", f"channels/{starts[0]['channel']['id']}")
    finally:
        lab.pbx.cli("queue remove member Local/8031@dialerd-agent/n from sales")
        lab.pbx.cli("channel request hangup all")
        await ari.close()


async def test_without_the_app_the_queue_goes_on_to_the_next_member(lab: Lab) -> None:
    lab.add_members("support", nailed=["8032"])
    try:
        lab.pbx.cli("channel originate Local/8032@dialerd-agent/n application Wait 1")
        await asyncio.sleep(0.5)
        assert "0 active channels" in lab.pbx.cli("core show channels")
    finally:
        lab.pbx.cli("queue remove member Local/8032@dialerd-agent/n from support")
