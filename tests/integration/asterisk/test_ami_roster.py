"""The roster on the real PBX: members come, change and go, connections break."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest
from asterisk_inbox import Inbox
from asterisk_pair import ami_settings

from dialerd.asterisk.roster import AmiRoster
from dialerd.core.amd_truth import Mark
from dialerd.core.commands import PauseMember
from dialerd.core.events import CallMarked, MemberGone, MemberSeen, RosterLost, RosterSynced
from lab import Lab
from lab.pytest_plugin import LabFactory

pytestmark = pytest.mark.integration

OF_LISTS = ("QueueMember", "QueueParams")
NAILED = "Local/8041@dialerd-agent/n"


@pytest.fixture
async def roster(lab: Lab, inbox: Inbox) -> AsyncIterator[AmiRoster]:
    for interface in ("PJSIP/8040", NAILED):
        lab.pbx.cli(f"queue remove member {interface} from support")
    running = AmiRoster(ami_settings(lab), inbox, rng=random.Random(3))
    await running.start()
    await inbox.expect(RosterSynced)
    yield running
    await running.stop()


async def test_members_come_change_and_go(lab: Lab, roster: AmiRoster, inbox: Inbox) -> None:
    assert {"sales", "support"} <= inbox.all(RosterSynced)[0].queues
    lab.add_members("support", nailed=["8041"], ring=["8040"])
    nailed = await inbox.expect(MemberSeen, agent="8041")
    assert (nailed.queue, nailed.interface, nailed.nailed, nailed.name) == ("support", NAILED, True, "Agent 8041")
    ring = await inbox.expect(MemberSeen, agent="8040")
    assert (ring.interface, ring.nailed, ring.paused, ring.penalty) == ("PJSIP/8040", False, False, 0)

    lab.pbx.cli("queue set penalty 3 on PJSIP/8040 in support")
    await inbox.expect(MemberSeen, agent="8040", penalty=3)
    lab.pbx.cli("queue pause member PJSIP/8040 queue support reason lunch")
    await inbox.expect(MemberSeen, agent="8040", paused=True, pause_reason="lunch")
    lab.pbx.cli("queue unpause member PJSIP/8040 queue support")
    await inbox.expect(MemberSeen, agent="8040", paused=False, pause_reason="", penalty=3)
    lab.pbx.cli("queue remove member PJSIP/8040 from support")
    await inbox.expect(MemberGone, queue="support", agent="8040")


@pytest.mark.parametrize(("extension", "mark"), [("machine*8041", Mark.MACHINE), ("person*8041", Mark.PERSON)])
async def test_an_agent_says_what_a_call_was_by_the_dialplan(
    lab: Lab, roster: AmiRoster, inbox: Inbox, extension: str, mark: Mark
) -> None:
    auth = aiohttp.encode_basic_auth(lab.ari_user, lab.ari_password)
    async with aiohttp.ClientSession(headers={"Authorization": auth}) as session:
        # As if the agent's phone dialed the code: the far half of a Local channel runs the dialplan.
        call = {"endpoint": f"Local/{extension}@dialerd-mark/n", "extension": "s", "context": "dialerd-lost"}
        async with session.post(f"{lab.ari_url}/channels", params=call) as response:
            assert response.status == 200, await response.text()
    found = await inbox.expect(CallMarked, agent="8041")
    assert (found.mark, found.who, found.attempt_id) == (mark, "8041 by dialplan", None)


async def test_pausing_through_the_port(lab: Lab, roster: AmiRoster, inbox: Inbox) -> None:
    lab.add_members("support", nailed=["8041"])
    lab.add_members("sales", nailed=["8041"])
    await inbox.expect(MemberSeen, agent="8041", queue="sales")
    roster.submit(PauseMember("8041", NAILED, True, "dialerd:wrap-up"))
    for queue in ("sales", "support"):
        await inbox.expect(MemberSeen, agent="8041", queue=queue, paused=True, pause_reason="dialerd:wrap-up")
    roster.submit(PauseMember("8041", NAILED, False, "dialerd:wrap-up"))
    for queue in ("sales", "support"):
        await inbox.expect(MemberSeen, agent="8041", queue=queue, paused=False, nth=1)
    lab.pbx.cli(f"queue remove member {NAILED} from sales")
    await inbox.expect(MemberGone, queue="sales", agent="8041")
    assert not inbox.all(MemberGone, queue="support")


async def test_device_states_are_seen(lab: Lab, roster: AmiRoster, inbox: Inbox) -> None:
    lab.add_members("support", nailed=["8041"])
    await inbox.expect(MemberSeen, agent="8041")
    states = (("INUSE", True, True), ("UNAVAILABLE", False, False), ("NOT_INUSE", False, True))
    for state, in_call, reachable in states:
        await set_state(lab, "8041", state)
        await inbox.expect(MemberSeen, agent="8041", in_call=in_call, reachable=reachable)


async def set_state(lab: Lab, agent: str, state: str) -> None:
    auth = aiohttp.encode_basic_auth(lab.ari_user, lab.ari_password)
    async with aiohttp.ClientSession(headers={"Authorization": auth}) as session:
        url = f"{lab.ari_url}/deviceStates/Stasis:agent-{agent}"
        async with session.put(url, params={"deviceState": state}) as response:
            assert response.status == 204


async def test_asterisk_restarts_and_the_last_pause_is_done(private_lab: LabFactory, inbox: Inbox) -> None:
    lab = private_lab()
    lab.add_members("sales", nailed=["8041"], ring=["8042"])
    roster = AmiRoster(ami_settings(lab), inbox, rng=random.Random(4))
    await roster.start()
    try:
        synced = await inbox.expect(RosterSynced)
        assert synced.members == {("sales", "8041"), ("sales", "8042")}
        # Not kill(): AstDB, where members are kept, is written once a second.
        await asyncio.to_thread(lab.pbx.stop)
        await inbox.expect(RosterLost)
        roster.submit(PauseMember("8041", NAILED, False, "dialerd:x"))
        roster.submit(PauseMember("8041", NAILED, True, "dialerd:wrap-up"))
        lab.pbx.restart()
        again = await inbox.expect(RosterSynced, nth=1, timeout_s=60)
        assert again.members == synced.members  # persistentmembers
        assert len(inbox.all(RosterLost)) == 1
        await inbox.expect(MemberSeen, agent="8041", paused=True, pause_reason="dialerd:wrap-up")
    finally:
        await roster.stop()


async def test_a_frozen_asterisk_is_noticed(private_lab: LabFactory, inbox: Inbox) -> None:
    lab = private_lab()
    settings = ami_settings(lab, ping_interval_s=0.5, action_timeout_s=1.0)
    roster = AmiRoster(settings, inbox, rng=random.Random(5))
    await roster.start()
    try:
        await inbox.expect(RosterSynced)
        lab.pbx.freeze()
        try:
            lost = await inbox.expect(RosterLost, timeout_s=20)
        finally:
            lab.pbx.thaw()
        assert "Ping" in lost.reason
        await inbox.expect(RosterSynced, nth=1, timeout_s=30)
    finally:
        await roster.stop()


async def test_what_events_did_not_tell_the_next_look_finds(
    lab: Lab, inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = AmiRoster(ami_settings(lab, resync_interval_s=0.3), inbox, rng=random.Random(6))
    await running.start()
    try:
        await inbox.expect(RosterSynced)
        # Deaf to live events: only the rows of full lists come through.
        hear = running._roster.take
        monkeypatch.setattr(
            running._roster, "take", lambda message: hear(message) if message.get("Event") in OF_LISTS else None
        )
        lab.add_members("support", ring=["8043"])
        await inbox.expect(MemberSeen, agent="8043")
        lab.pbx.cli("queue remove member PJSIP/8043 from support")
        await inbox.expect(MemberGone, agent="8043")
    finally:
        await running.stop()


async def test_a_wrong_secret_says_so(lab: Lab, inbox: Inbox) -> None:
    running = AmiRoster(replace(ami_settings(lab), secret="wrong"), inbox, rng=random.Random(7))
    await running.start()
    try:
        lost = await inbox.expect(RosterLost)
        assert "does not let user 'dialerd' in" in lost.reason
        assert "wrong" not in lost.reason
    finally:
        await running.stop()
