"""The model of ``AMD()`` against the real one, on recordings of every kind."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
from asterisk_inbox import Inbox
from asterisk_pair import answered, ari_settings, telephony_on

from dialerd.core.amd_model import amd, levels
from dialerd.core.analysis import profile_named
from dialerd.core.commands import HangUp, StartAmd
from dialerd.core.events import AmdFinished, ChannelEnded
from lab import Lab
from lab.callees import Behaviour, Callee
from lab.corpus import Half, Kind, draw, make

KINDS = (Kind.HELLO, Kind.NAME, Kind.BUSINESS, Kind.PERSONAL, Kind.SHORT, Kind.MUSIC, Kind.STREET, Kind.LATE)


async def test_the_model_says_what_asterisk_says(lab: Lab, inbox: Inbox, tmp_path: Path) -> None:
    arguments = profile_named("balanced").amd
    assert arguments is not None
    parts = {part.kind: part for part in draw(Half.HELD_OUT, 100)}
    made = make([parts[kind] for kind in KINDS], tmp_path)
    async with telephony_on(ari_settings(lab), inbox) as telephony:

        async def of(index: int, name: str) -> tuple[str, str]:
            number = f"+4420794609{40 + index:02d}"
            clip = str(tmp_path / name)[:-4]
            lab.assign(number, Callee(Behaviour.VOICEMAIL_LONG, ring_s=0, pause_s=0, talk_s=6, clip=clip))
            attempt = await answered(lab, telephony, inbox, number)
            telephony.submit(StartAmd(attempt, arguments.values()))
            said = await inbox.expect(AmdFinished, attempt_id=attempt)
            telephony.submit(HangUp(attempt))
            await inbox.expect(ChannelEnded, channel_id=attempt)
            return said.status, said.cause.split("-")[0]

        real = await asyncio.gather(*(of(index, one.file) for index, one in enumerate(made)))
    for one, said in zip(made, real, strict=True):
        with wave.open(str(tmp_path / one.file)) as file:
            word = amd(levels(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")), arguments)
        assert (word.status, word.cause) == said, one
    assert {status for status, _ in real} >= {"HUMAN", "MACHINE"}
