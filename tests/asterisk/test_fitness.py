"""A server that is not fit for calls is not used, and a connection that ends by a defect is not kept quiet about."""

from __future__ import annotations

import random

import pytest
from asterisk_inbox import Inbox
from mock_ami import MockAmi
from mock_ari import Answer, MockAri

from dialerd.asterisk.roster import AmiRoster
from dialerd.asterisk.telephony import AriTelephony
from dialerd.core.events import TelephonyBack, TelephonyLost


class Examination:
    """Says what it was told to say, and counts how often it was asked."""

    def __init__(self, *says: str) -> None:
        self.says = list(says)
        self.asked = 0

    async def __call__(self) -> str:
        self.asked += 1
        return self.says.pop(0) if self.says else ""


def info(started: str, reloaded: str = "never") -> Answer:
    status = {"startup_time": started, "last_reload_time": reloaded}
    return Answer(200, {"system": {"version": "22.10.1"}, "status": status})


def connected_to(ari: MockAri, inbox: Inbox, examine: Examination) -> AriTelephony:
    return AriTelephony(
        ari.settings(), inbox, rng=random.Random(1), trunks=["endpoint:PJSIP/carrier"], examine=examine
    )


async def test_an_unfit_server_is_not_connected_to_until_it_is_mended(ari: MockAri, inbox: Inbox) -> None:
    examine = Examination("modules: missing: app_amd.so", "modules: missing: app_amd.so")
    running = connected_to(ari, inbox, examine)
    await running.start()
    try:
        lost = await inbox.expect(TelephonyLost)
        assert lost.reason == "Asterisk is not fit for calls: modules: missing: app_amd.so"
        assert not ari.sockets
        await inbox.expect(TelephonyBack)
        assert examine.asked == 3
    finally:
        await running.stop(drain_s=0)


@pytest.mark.parametrize(
    ("later", "asked"), [(info("1"), 1), (info("2"), 2), (info("1", "3"), 2)], ids=["same", "restarted", "reloaded"]
)
async def test_a_server_is_examined_once_in_its_life(ari: MockAri, inbox: Inbox, later: Answer, asked: int) -> None:
    examine = Examination()
    ari.answer("GET asterisk/info", info("1"), later)
    running = connected_to(ari, inbox, examine)
    await running.start()
    try:
        await inbox.expect(TelephonyBack)
        await ari.cut()
        await inbox.expect(TelephonyBack, nth=1)
        assert examine.asked == asked
    finally:
        await running.stop(drain_s=0)


async def test_a_defect_that_ends_the_connection_is_raised(ari: MockAri, inbox: Inbox) -> None:
    async def defect() -> str:
        raise KeyError("what nobody expected")

    running = AriTelephony(ari.settings(), inbox, rng=random.Random(1), trunks=[], examine=defect)
    await running.start()
    with pytest.raises(KeyError, match="nobody expected"):
        await running.ended()
    await running.stop(drain_s=0)


async def test_the_end_by_stop_is_no_defect(ari: MockAri, ami: MockAmi, inbox: Inbox) -> None:
    telephony = AriTelephony(ari.settings(), inbox, rng=random.Random(1), trunks=[])
    roster = AmiRoster(ami.settings(), inbox, rng=random.Random(1))
    for adapter in (telephony, roster):
        await adapter.start()
        await adapter.stop(drain_s=0)
        await adapter.ended()


async def test_a_defect_that_ends_the_roster_is_raised(ami: MockAmi) -> None:
    def refuses(event: object) -> None:
        raise KeyError("what nobody expected")

    roster = AmiRoster(ami.settings(), refuses, rng=random.Random(1))
    await roster.start()
    with pytest.raises(KeyError, match="nobody expected"):
        await roster.ended()
    await roster.stop(drain_s=0)
