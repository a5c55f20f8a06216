"""Tones on the real pair: what Asterisk sends us, and what we hear in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from asterisk_inbox import Inbox
from asterisk_pair import answered, gone

from dialerd.asterisk.telephony import AriTelephony
from dialerd.core import ids
from dialerd.core.commands import HangUp, StartListening, StopListening
from dialerd.core.events import ChannelEnded, ListeningFailed, ToneHeard
from lab import Lab
from lab.callees import Behaviour, Callee
from lab.corpus import Half, Kind, draw, make

WANTED = {Kind.FAX: "fax_ced", Kind.CALLING_FAX: "fax_cng", Kind.SIT: "sit", Kind.SHORT: "beep"}


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> dict[Kind, Path]:
    """One recording of each kind that has a tone."""
    parts = {part.kind: part for part in draw(Half.HELD_OUT, 100) if part.kind is not Kind.SHORT or part.beep_hz}
    folder = tmp_path_factory.mktemp("recordings")
    return {kind: folder / made.file for kind, made in
            zip(WANTED, make([parts[kind] for kind in WANTED], folder), strict=True)}  # fmt: skip


def plays(lab: Lab, number: str, recording: Path) -> None:
    lab.assign(number, Callee(Behaviour.VOICEMAIL_LONG, ring_s=0, pause_s=0, talk_s=5, clip=str(recording)[:-4]))


@pytest.mark.parametrize("kind", WANTED)
async def test_tones_are_heard(
    lab: Lab, telephony: AriTelephony, inbox: Inbox, recordings: dict[Kind, Path], kind: Kind
) -> None:
    number = f"+4420794609{list(WANTED).index(kind) + 20:02d}"
    plays(lab, number, recordings[kind])
    attempt = await answered(lab, telephony, inbox, number)
    telephony.submit(StartListening(attempt))
    heard = await inbox.expect(ToneHeard, attempt_id=attempt)
    assert heard.tone.startswith(WANTED[kind])
    telephony.submit(StopListening(attempt))
    await gone(telephony, ids.sibling(attempt, ids.EAR))
    telephony.submit(HangUp(attempt))
    await inbox.expect(ChannelEnded, channel_id=attempt)


async def test_nothing_is_left_when_the_call_ends_first(lab: Lab, telephony: AriTelephony, inbox: Inbox) -> None:
    number = "+442079460924"
    lab.assign(number, Callee(Behaviour.SILENT, ring_s=0, talk_s=1, patience_s=20))
    attempt = await answered(lab, telephony, inbox, number)
    telephony.submit(StartListening(attempt))
    telephony.submit(HangUp(attempt))
    await inbox.expect(ChannelEnded, channel_id=attempt)
    await gone(telephony, attempt, ids.sibling(attempt, ids.EAR))
    assert not inbox.all(ToneHeard) + inbox.all(ListeningFailed, reason="not connected")
