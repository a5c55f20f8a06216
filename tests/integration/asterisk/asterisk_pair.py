"""Telephony on the lab's pair: settings, life, and the first steps of a call."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from asterisk_inbox import Inbox, new_id, until

from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.asterisk.telephony import AriTelephony, LostCalls
from dialerd.core import ids
from dialerd.core.commands import OriginateCall
from dialerd.core.events import ChannelAnswered, TelephonyBack
from lab import Lab

TRUNK = "endpoint:PJSIP/carrier"


def ari_settings(lab: Lab, **options: Any) -> AriSettings:
    """Settings for the lab's PBX, with an app of one's own unless one is given."""
    options.setdefault("app", f"test-{secrets.token_hex(4)}")
    return AriSettings(lab.ari_url, lab.ari_user, lab.ari_password, **options)


def ami_settings(lab: Lab, **options: Any) -> AmiSettings:
    """Settings for the lab's PBX."""
    return AmiSettings(lab.ami_host, lab.ami_port, lab.ami_user, lab.ami_secret, **options)


@asynccontextmanager
async def telephony_on(
    settings: AriSettings, inbox: Inbox, lost_calls: LostCalls | None = None
) -> AsyncIterator[AriTelephony]:
    """A started Telephony whose picture has come; stopped at the end."""
    telephony = AriTelephony(settings, inbox, rng=random.Random(1), trunks=[TRUNK], lost_calls=lost_calls)
    before = len(inbox.all(TelephonyBack))
    await telephony.start()
    try:
        await inbox.expect(TelephonyBack, nth=before)
        yield telephony
    finally:
        await telephony.stop()


def originate(lab: Lab, number: str, *, ring_s: float = 8, dead_man_s: float = 60) -> OriginateCall:
    """The command that dials a number of the lab's."""
    return OriginateCall(
        new_id(ids.ATTEMPT),
        f"PJSIP/{number.lstrip('+')}@carrier",
        "+441632960999",
        ring_s,
        (lab.settings.abandon_sound,),
        dead_man_s,
        {"DIALERD_CAMPAIGN": "test"},
    )


async def answered(lab: Lab, telephony: AriTelephony, inbox: Inbox, number: str, dead_man_s: float = 60) -> str:
    """A call that was answered; its attempt id."""
    command = originate(lab, number, dead_man_s=dead_man_s)
    telephony.submit(command)
    await inbox.expect(ChannelAnswered, channel_id=command.attempt_id)
    return command.attempt_id


async def channel_ids(telephony: AriTelephony) -> set[str]:
    """All channels of the PBX."""
    listed = await telephony.client.channels.list()
    assert listed.ok
    return {channel["id"] for channel in listed.body}  # type: ignore[union-attr]


async def gone(telephony: AriTelephony, *channels: str) -> None:
    """Wait until none of these channels exists."""

    async def none_left() -> bool:
        return not await channel_ids(telephony) & set(channels)

    await until(none_left)
