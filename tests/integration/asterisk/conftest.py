"""A Telephony on the session's pair, with an app of its own."""

from __future__ import annotations

import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from asterisk_inbox import Inbox

from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.asterisk.telephony import AriTelephony, LostCalls
from dialerd.core.events import TelephonyBack
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


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(params=[True, False], ids=["websocket", "http"])
async def telephony(request: pytest.FixtureRequest, lab: Lab, inbox: Inbox) -> AsyncIterator[AriTelephony]:
    """Once with requests over the WebSocket, once over HTTP."""
    async with telephony_on(ari_settings(lab, rest_over_websocket=request.param), inbox) as running:
        assert running.client.over_websocket is request.param
        yield running
