"""What the core is told when AMI refuses, is silent, or breaks off."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from asterisk_inbox import Inbox, until
from mock_ami import MockAmi, block

from dialerd.asterisk.ami_connection import AmiConnection, AmiFailed
from dialerd.asterisk.probe import probe_ami
from dialerd.asterisk.roster import AmiRoster
from dialerd.asterisk.telephony import LostCallsUnavailable
from dialerd.core.commands import PauseMember
from dialerd.core.events import MemberGone, MemberSeen, RosterLost, RosterSynced

PAUSE = PauseMember("8001", "Local/8001@dialerd-agent/n", True, "dialerd:wrap-up")


def member(event: str = "QueueMember", interface: str = "PJSIP/8010", **more: str) -> bytes:
    fields = {"Queue": "sales", "Interface": interface, "MemberName": "Ann", "Status": "1", "Paused": "0"}
    return block(Event=event, **{**fields, **more})


def status(*rows: bytes) -> bytes:
    """The answer to QueueStatus."""
    return b"".join(
        (
            block(Response="Success", ActionID="@ID@", EventList="start"),
            block(Event="QueueParams", ActionID="@ID@", Queue="sales"),
            *rows,
            block(Event="QueueStatusComplete", ActionID="@ID@", EventList="Complete"),
        )
    )


def yes(condition: Callable[[], bool]) -> Callable[[], Awaitable[bool]]:
    async def holds() -> bool:
        return condition()

    return holds


@asynccontextmanager
async def roster_on(ami: MockAmi, inbox: Inbox, **options: float) -> AsyncIterator[AmiRoster]:
    running = AmiRoster(ami.settings(**options), inbox, rng=random.Random(1))
    await running.start()
    try:
        yield running
    finally:
        await running.stop(drain_s=0)


@pytest.mark.parametrize("chunk", [1, 7, 65536])
async def test_events_in_the_middle_of_a_list(ami: MockAmi, inbox: Inbox, chunk: int) -> None:
    ami.chunk = chunk
    ami.script["QueueStatus"] = status(
        member(ActionID="@ID@"), member("QueueMemberPause", Paused="1") + block(Event="FullyBooted"),
        member("QueueMemberAdded", "PJSIP/8011"), member("QueueMemberRemoved"),
    )  # fmt: skip
    async with roster_on(ami, inbox):
        synced = await inbox.expect(RosterSynced)
        assert synced == RosterSynced(frozenset({("sales", "8011")}), frozenset({"sales"}))
        assert [type(event) for event in inbox.events][:2] == [MemberSeen, MemberSeen]
        assert inbox.all(MemberGone) == [MemberGone("sales", "8010")]


async def test_a_wrong_secret(ami: MockAmi, inbox: Inbox) -> None:
    running = AmiRoster(replace(ami.settings(), secret="no"), inbox, rng=random.Random(1))
    await running.start()
    try:
        lost = await inbox.expect(RosterLost)
        assert "does not let user 'dialerd' in: Authentication failed" in lost.reason
        await until(yes(lambda: len(ami.requests("Login")) >= 3))
        assert len(inbox.all(RosterLost)) == 1
    finally:
        await running.stop(drain_s=0)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ({"Login": None}, "no answer to Login"),
        ({"Login": b""}, "closed the AMI connection"),
        ({"QueueStatus": None}, "no answer to QueueStatus"),
        ({"QueueStatus": b""}, "closed the AMI connection"),
        ({"QueueStatus": block(Response="Error", ActionID="@ID@", Message="Permission denied")}, "Permission denied"),
        ({"QueueStatus": block(Response="Success", ActionID="@ID@", EventList="start")}, "no answer to QueueStatus"),
    ],
)
async def test_a_roster_that_cannot_be_had_is_said_once_and_tried_again(
    ami: MockAmi, inbox: Inbox, script: dict[str, bytes | None], words: str
) -> None:
    ami.script.update(script)
    async with roster_on(ami, inbox, action_timeout_s=0.1):
        assert words in (await inbox.expect(RosterLost)).reason
        await until(yes(lambda: len(ami.requests("Login")) >= 3))
        assert not inbox.all(RosterSynced)
        ami.script.clear()
        await inbox.expect(RosterSynced)
        assert len(inbox.all(RosterLost)) == 1


async def test_somebody_else_answers_there(ami: MockAmi, inbox: Inbox) -> None:
    ami.banner = b"SSH-2.0-OpenSSH_9.2\r\n"
    async with roster_on(ami, inbox):
        assert "no Asterisk Call Manager" in (await inbox.expect(RosterLost)).reason


async def test_a_broken_connection_is_mended_and_everything_told_again(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["QueueStatus"] = status(member(ActionID="@ID@"))
    async with roster_on(ami, inbox) as running:
        await inbox.expect(RosterSynced)
        ami.script["QueueStatus"] = status()
        ami.cut()
        await inbox.expect(RosterLost)
        again = await inbox.expect(RosterSynced, nth=1)
        assert again.members == frozenset()
        assert running.synced


async def test_a_server_that_does_not_answer_pings_is_frozen(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["Ping"] = None
    async with roster_on(ami, inbox, ping_interval_s=0.05, action_timeout_s=0.1):
        await inbox.expect(RosterSynced)
        assert "no answer to Ping" in (await inbox.expect(RosterLost)).reason
        await inbox.expect(RosterSynced, nth=1)


async def test_a_resync_finds_what_events_did_not_tell(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["QueueStatus"] = status(member(ActionID="@ID@"))
    async with roster_on(ami, inbox, resync_interval_s=0.05):
        await inbox.expect(RosterSynced)
        await until(yes(lambda: len(ami.requests("QueueStatus")) >= 3))
        assert len(inbox.events) == 2  # nothing new: nothing said
        ami.script["QueueStatus"] = status(block(Event="QueueParams", ActionID="@ID@", Queue="support"))
        await inbox.expect(MemberGone, agent="8010")
        assert (await inbox.expect(RosterSynced, nth=1)).queues == {"sales", "support"}


async def test_a_pause_while_away_is_made_up_for(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["QueuePause"] = b""
    async with roster_on(ami, inbox) as running:
        await inbox.expect(RosterSynced)
        running.submit(PAUSE)
        await inbox.expect(RosterLost)
        running.submit(replace(PAUSE, paused=False, reason="dialerd:done"))
        ami.script.clear()
        await inbox.expect(RosterSynced, nth=1)
        await until(yes(lambda: len(ami.requests("QueuePause")) >= 2))
        asked = ami.requests("QueuePause")[-1]
        assert (asked["Paused"], asked["Reason"], asked["Interface"]) == ("false", "dialerd:done", PAUSE.interface)
        assert "Queue" not in asked  # all queues


async def test_a_persons_pause_in_another_queue_is_left_alone(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["QueueStatus"] = status(
        member(ActionID="@ID@")
        + member(ActionID="@ID@", Queue="support", Paused="1", PausedReason="lunch")
        + member(ActionID="@ID@", Queue="vip")
    )
    ami.script["QueuePause"] = block(Response="Success", ActionID="@ID@", Message="Interface paused successfully")
    async with roster_on(ami, inbox) as running:
        await inbox.expect(RosterSynced)
        running.submit(replace(PAUSE, agent="8010", interface="PJSIP/8010"))
        await until(yes(lambda: len(ami.requests("QueuePause")) == 2))
        assert [asked["Queue"] for asked in ami.requests("QueuePause")] == ["sales", "vip"]


async def test_a_pause_that_is_refused_is_not_repeated(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["QueuePause"] = block(Response="Error", ActionID="@ID@", Message="Interface not found")
    async with roster_on(ami, inbox) as running:
        await inbox.expect(RosterSynced)
        running.submit(PAUSE)
        await until(yes(lambda: running._pauses == {} and len(ami.requests("QueuePause")) == 1))
        ami.cut()
        await inbox.expect(RosterSynced, nth=1)
        assert len(ami.requests("QueuePause")) == 1


async def test_lost_calls(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["DBGetTree"] = (
        block(Response="Success", ActionID="@ID@", EventList="start")
        + block(Event="DBGetTreeResponse", ActionID="@ID@", Key="/dialerd-lost/dlr-1", Val="1763762400")
        + block(Event="DBGetTreeResponse", ActionID="@ID@", Key="/other/dlr-2", Val="1")
        + block(Event="DBGetTreeComplete", ActionID="@ID@", EventList="Complete")
    )
    async with roster_on(ami, inbox) as running:
        assert await running.lost_calls.read() == {"dlr-1"}
        await running.lost_calls.forget(frozenset({"dlr-1"}))
        assert [(asked["Family"], asked["Key"]) for asked in ami.requests("DBDel")] == [("dialerd-lost", "dlr-1")]
        ami.script["DBGetTree"] = block(Response="Error", ActionID="@ID@", Message="Database entry not found")
        assert await running.lost_calls.read() == frozenset()
        ami.script["DBGetTree"] = block(Response="Error", ActionID="@ID@", Message="Permission denied")
        with pytest.raises(LostCallsUnavailable, match="reporting"):
            await running.lost_calls.read()
        ami.script["DBGetTree"] = None
        with pytest.raises(LostCallsUnavailable, match="no answer"):
            await running.lost_calls.read()
        ami.script["DBDel"] = block(Response="Error", ActionID="@ID@", Message="Permission denied")
        await running.lost_calls.forget(frozenset({"dlr-1"}))  # stays there, raises nothing


async def test_lost_calls_cannot_be_read_without_ami(ami: MockAmi, inbox: Inbox) -> None:
    ami.script["Login"] = None
    async with roster_on(ami, inbox, action_timeout_s=0.05) as running:
        with pytest.raises(LostCallsUnavailable, match="not connected"):
            await running.lost_calls.read()
        await running.lost_calls.forget(frozenset({"dlr-1"}))


async def test_many_actions_at_once_get_their_own_answers(ami: MockAmi) -> None:
    connection = await AmiConnection.open(ami.settings(), lambda event: None)
    try:
        ami.script["Ping"] = block(Response="Success", ActionID="@ID@", Echo="@ID@")
        answers = await asyncio.gather(*(connection.action("Ping") for _ in range(50)))
        assert len({answer.response["Echo"] for answer in answers}) == 50
    finally:
        await connection.close()
    with pytest.raises(AmiFailed):
        await connection.action("Ping")


async def test_a_probe_of_a_server_that_falls_silent(ami: MockAmi) -> None:
    ami.script["ListCommands"] = None
    (check,) = await probe_ami(ami.settings(action_timeout_s=0.1))
    assert (check.name, check.ok) == ("ami", False)
    assert "ListCommands" in check.detail
