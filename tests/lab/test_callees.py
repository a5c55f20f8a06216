"""Every behaviour, as seen over ARI and as told by the carrier."""

from __future__ import annotations

import asyncio
import time

import pytest
from lab_ari import Ari, ended

from lab import Behaviour, Lab, number_for

pytestmark = pytest.mark.integration

REFUSED = {
    Behaviour.BUSY: (17, 486),
    Behaviour.REJECTED: (21, 403),
    Behaviour.CONGESTION: (34, 503),
    Behaviour.UNALLOCATED: (1, 404),
    Behaviour.SIT: (1, 404),
    Behaviour.NUMBER_CHANGED: (22, 410),
    Behaviour.RINGS_OUT: (19, 480),
    Behaviour.NO_PROGRESS: (19, 480),
}


async def refused(lab: Lab, ari: Ari, behaviour: Behaviour) -> None:
    number, began = number_for(behaviour, 5), time.time() * 1000
    attempt = await ari.dial(number, ring_s=5)
    event = await ari.wait_for("ChannelDestroyed", attempt)
    assert (event["cause"], int(event["tech_cause"])) == REFUSED[behaviour], behaviour
    call = await ended(lab, number, after_ms=began)
    assert call.behaviour is behaviour
    assert call.answered_ms is None
    given_up = behaviour in {Behaviour.RINGS_OUT, Behaviour.NO_PROGRESS}
    assert call.ended_by == ("caller" if given_up else "callee")
    assert (call.rang_ms is None) == (behaviour in {Behaviour.SIT, Behaviour.NO_PROGRESS})
    early_media = any(
        e["type"] == "Dial" and e["peer"]["id"] == attempt and e["dialstatus"] == "PROGRESS" for e in ari.events
    )
    assert early_media == (behaviour is Behaviour.SIT)


async def test_refusals(lab: Lab, ari: Ari) -> None:
    await asyncio.gather(*(refused(lab, ari, behaviour) for behaviour in REFUSED))


async def answered(lab: Lab, ari: Ari, behaviour: Behaviour) -> None:
    number, began = number_for(behaviour, 5), time.time() * 1000
    part = lab.callee(number)
    attempt = await ari.dial(number)
    up = await ari.wait_for("StasisStart", attempt)
    assert up["args"][0] == "call"
    if part.clip or behaviour is Behaviour.FAX:
        await ari.wait_for("ChannelTalkingStarted", attempt)
    if behaviour is Behaviour.QUICK_HANGUP:
        await ari.wait_for("ChannelDestroyed", attempt, timeout_s=3)
    else:
        await asyncio.sleep(1)
        await ari("DELETE", f"channels/{attempt}")
    call = await ended(lab, number, after_ms=began)
    assert call.behaviour is behaviour
    assert call.answered_ms is not None
    assert call.answered_ms == pytest.approx(up["at_ms"], abs=200)
    assert call.answered_ms - call.received_ms == pytest.approx(1000 * part.ring_s, abs=150)
    assert call.ended_by == ("callee" if behaviour is Behaviour.QUICK_HANGUP else "caller")
    assert call.heard == ()


async def test_answers(lab: Lab, ari: Ari) -> None:
    await asyncio.gather(*(answered(lab, ari, behaviour) for behaviour in Behaviour if behaviour.answers))


async def test_person_loses_patience(lab: Lab, ari: Ari) -> None:
    number, began = number_for(Behaviour.SILENT, 6), time.time() * 1000
    await ari.dial(number)
    call = await ended(lab, number, after_ms=began)
    assert call.ended_by == "callee"
    assert call.answered_ms is not None
    assert call.ended_ms is not None
    assert call.ended_ms - call.answered_ms == pytest.approx(1000 * round(lab.callee(number).patience_s), abs=1100)


async def test_a_key_is_pressed_after_the_message(lab: Lab, ari: Ari) -> None:
    number, began = number_for(Behaviour.PRESSES_KEY, 6), time.time() * 1000
    attempt = await ari.dial(number)
    await ari.wait_for("ChannelTalkingFinished", attempt)
    await ari("POST", f"channels/{attempt}/play", media=lab.settings.message_sound)
    key = await ari.wait_for("ChannelDtmfReceived", attempt)
    assert key["digit"] == lab.callee(number).key
    await ari("DELETE", f"channels/{attempt}")
    call = await ended(lab, number, after_ms=began)
    assert call.pressed == key["digit"]
    assert call.message_ms is not None
    assert call.noise_ms is not None
    assert call.agent is None


async def test_a_number_outside_the_plan_is_unallocated(lab: Lab, ari: Ari) -> None:
    began = time.time() * 1000
    attempt = await ari.dial("+15551230199")
    assert (await ari.wait_for("ChannelDestroyed", attempt))["cause"] == 1
    assert (await ended(lab, "+15551230199", after_ms=began)).behaviour is None
