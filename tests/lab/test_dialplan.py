"""The dialplan's promises: lost calls, the dead man's timer, AMD on a snoop channel."""

from __future__ import annotations

import asyncio
import time

import pytest
from lab_ami import Ami
from lab_ari import Ari, ended

from lab import Behaviour, Callee, Lab, number_for

pytestmark = pytest.mark.integration

SAFE = "9000*1750*1000*5000*200*240*2*512*5000"


def patient(lab: Lab, number: str) -> str:
    lab.assign(number, Callee(Behaviour.SILENT, ring_s=0.2, talk_s=20, patience_s=20))
    return number


async def test_without_an_event_socket_the_person_hears_the_message(lab: Lab, ari: Ari) -> None:
    number, began = patient(lab, "+442079460901"), time.time() * 1000
    await ari.disconnect()
    attempt = await ari.dial(number)
    call = await ended(lab, number, after_ms=began)
    assert call.answered_ms is not None
    assert call.message_ms is not None
    assert call.message_ms - call.answered_ms < 700
    assert call.ended_by == "caller"
    async with Ami(lab) as ami:
        assert abs(int(await ami.db_get("dialerd-lost", attempt)) - call.answered_ms / 1000) < 3
        assert attempt in await ami.db_tree("dialerd-lost")
        await ami.db_delete("dialerd-lost", attempt)
        assert attempt not in await ami.db_tree("dialerd-lost")


async def test_a_socket_that_comes_back_within_the_retry_saves_the_call(lab: Lab, ari: Ari) -> None:
    number = patient(lab, "+442079460902")
    await ari.disconnect()
    attempt = await ari.dial(number)
    await asyncio.sleep(0.35)
    await ari.connect()
    start = await ari.wait_for("StasisStart", attempt, timeout_s=5)
    assert start["args"] == ["call"]
    await ari("DELETE", f"channels/{attempt}")


async def test_the_dead_mans_timer_ends_the_silence(lab: Lab, ari: Ari) -> None:
    number, began = patient(lab, "+442079460903"), time.time() * 1000
    async with Ami(lab) as ami:
        attempt = await ari.dial(number, deadman_s=2)
        start = await ari.wait_for("StasisStart", attempt)
        end = await ari.wait_for("StasisEnd", attempt)
        assert end["at_ms"] - start["at_ms"] == pytest.approx(2000, abs=300)
        call = await ended(lab, number, after_ms=began)
        assert call.message_ms is not None
        assert call.message_ms - start["at_ms"] == pytest.approx(2000, abs=500)
        lost = await ami.event("UserEvent", UserEvent="DialerdLost")
        assert lost["AttemptID"] == attempt
        assert attempt in await ami.db_tree("dialerd-lost")


async def test_the_timer_is_cleared_over_ari(lab: Lab, ari: Ari) -> None:
    number, began = patient(lab, "+442079460904"), time.time() * 1000
    attempt = await ari.dial(number, deadman_s=2)
    await ari.wait_for("StasisStart", attempt)
    await ari("POST", f"channels/{attempt}/variable", variable="TIMEOUT(absolute)", value="0")
    await asyncio.sleep(3)
    assert (await ari("GET", f"channels/{attempt}"))["state"] == "Up"
    await ari("DELETE", f"channels/{attempt}")
    assert (await ended(lab, number, after_ms=began)).heard == ()


async def test_the_timer_also_fires_in_a_bridge(lab: Lab, ari: Ari) -> None:
    number, began = patient(lab, "+442079460905"), time.time() * 1000
    attempt = await ari.dial(number, deadman_s=2)
    await ari.wait_for("StasisStart", attempt)
    bridge = (await ari("POST", "bridges", type="mixing"))["id"]
    await ari("POST", f"bridges/{bridge}/addChannel", channel=attempt)
    await ari.wait_for("StasisEnd", attempt, timeout_s=5)
    assert (await ended(lab, number, after_ms=began)).message_ms is not None
    await ari("DELETE", f"bridges/{bridge}")


@pytest.mark.parametrize(
    ("behaviour", "verdict"),
    [
        (Behaviour.SHORT_HELLO, "HUMAN"),
        (Behaviour.LATE_HELLO, "HUMAN"),
        (Behaviour.VOICEMAIL_LONG, "MACHINE"),
        (Behaviour.VOICEMAIL_CARRIER, "MACHINE"),
    ],
)
async def test_amd_on_a_snoop_channel(lab: Lab, ari: Ari, behaviour: Behaviour, verdict: str) -> None:
    attempt = await ari.dial(number_for(behaviour, 0))
    await ari.wait_for("StasisStart", attempt)
    snoop = f"amd-{attempt[4:]}"
    await ari("POST", f"channels/{attempt}/snoop/{snoop}", spy="in", app=ari.app)
    await ari.wait_for("StasisStart", snoop)
    await ari("POST", f"channels/{snoop}/continue", context="dialerd-amd", extension=f"{ari.app}*{SAFE}", priority=1)
    result = await ari.wait_for("StasisStart", snoop, nth=1)
    assert result["args"][:2] == ["amd", verdict]
    assert result["args"][2]
    await ari("DELETE", f"channels/{snoop}")
    await ari("DELETE", f"channels/{attempt}")
