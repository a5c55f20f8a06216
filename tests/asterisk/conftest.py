from __future__ import annotations

import random
from collections.abc import AsyncIterator

import pytest
from asterisk_inbox import Inbox
from mock_ami import MockAmi, mock_ami
from mock_ari import MockAri, mock_ari

from dialerd.asterisk.telephony import AriTelephony
from dialerd.core.events import TelephonyBack


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture
async def ari() -> AsyncIterator[MockAri]:
    async with mock_ari() as running:
        yield running


@pytest.fixture
async def ami() -> AsyncIterator[MockAmi]:
    async with mock_ami() as running:
        yield running


@pytest.fixture(params=[True, False], ids=["websocket", "http"])
async def telephony(request: pytest.FixtureRequest, ari: MockAri, inbox: Inbox) -> AsyncIterator[AriTelephony]:
    """Connected to the mock; once for each way of sending requests."""
    ari.rest_over_websocket = request.param
    settings = ari.settings(rest_over_websocket=request.param)
    running = AriTelephony(settings, inbox, rng=random.Random(1), trunks=["endpoint:PJSIP/carrier"])
    await running.start()
    await inbox.expect(TelephonyBack)
    yield running
    await running.stop(drain_s=0)
