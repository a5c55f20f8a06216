"""A callee who is a program, on the real pair: it is heard, and it hears the prompt that is played to it."""

from __future__ import annotations

import asyncio
import time

import pytest

from bench.bare import APP, BareClient
from bench.callee_lines import CalleeLines
from bench.prompt_watch import Kind, PromptWatch
from lab import Behaviour, Callee, Lab
from tests.harness.waiting import until

pytestmark = pytest.mark.integration
NUMBER = "+442079460987"


async def test_the_first_sound_of_a_prompt_is_noted_and_its_playback_seen(lab: Lab) -> None:
    digits = NUMBER.lstrip("+")
    with CalleeLines({digits: 0.2}, stay_s=0.2) as lines, PromptWatch(lab.settings) as watch:
        lab.assign(NUMBER, Callee(Behaviour.SHORT_HELLO, ring_s=0, line=lines.address))
        async with BareClient(lab.settings) as client, asyncio.timeout(60):
            channel = client.channel_id()
            answered, ended = client.expect("StasisStart", channel), client.expect("ChannelDestroyed", channel)
            endpoint = f"PJSIP/{digits}@carrier"
            await client.request("POST", f"channels/{channel}", endpoint=endpoint, app=APP, timeout="30")
            await answered
            assert digits not in lines.heard_ms
            asked_ms = time.time() * 1000
            await client.request("POST", f"channels/{channel}/play", media=lab.settings.message_sound)
            await ended  # the callee hangs up
        until("the playback was seen", lambda: any(one.channel == channel for one in watch.seen))
    assert lines.heard_ms[digits] >= asked_ms
    started = next(one for one in watch.seen if one.channel == channel)
    assert started.kind is Kind.STARTED
    assert started.media == lab.settings.message_sound
