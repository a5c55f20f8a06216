"""A Telephony on the session's pair, with an app of its own."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "asterisk"))

from asterisk_inbox import Inbox
from asterisk_pair import ari_settings, telephony_on

from dialerd.asterisk.telephony import AriTelephony
from lab import Lab


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(params=[True, False], ids=["websocket", "http"])
async def telephony(request: pytest.FixtureRequest, lab: Lab, inbox: Inbox) -> AsyncIterator[AriTelephony]:
    """Once with requests over the WebSocket, once over HTTP."""
    async with telephony_on(ari_settings(lab, rest_over_websocket=request.param), inbox) as running:
        assert running.client.over_websocket is request.param
        yield running
