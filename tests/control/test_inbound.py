"""People who called back, over the API: live, then in the record; what they may see; retention with the contact."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from tests.control.api_client import Client
from tests.control.stage import T0, Stage, contact
from tests.control.staged_daemon import StagedDaemon

CHANNEL = "1795337358.7"
CALLER = "+441632960001"


def arrives(stage: Stage, caller: str = CALLER, channel: str = CHANNEL) -> str:
    """Somebody whom campaign spring has called is greeted; the call's id."""
    stage.up().feed(e.CallArrived(channel, caller, "+441632960000"))
    call_id = stage.last(c.SaveCaller).record.id
    if caller:
        found = e.CallerFound(call_id, caller, "spring", "dlr-1", contact(1))
        stage.feed(found)
    return call_id


async def ask(api: Client, query: str = "") -> dict[str, Any]:
    answer = await api.get(f"/api/v1/inbound{query}")
    assert answer.status == 200, await answer.text()
    found: dict[str, Any] = await answer.json()
    return found


async def test_a_call_is_live_and_then_over(api: Client, daemon: StagedDaemon) -> None:
    stage = daemon.stage
    call_id = arrives(stage)
    found = await ask(api)
    (live,) = found["live"]
    assert (live["id"], live["campaign"], live["contact_key"], live["state"]) == (call_id, "spring", "k1", "treating")
    assert (live["number"], live["flow"], live["node"]) == ("+4416*****01", "inbound", "message")
    assert found["over"] == []
    stage.advance(2).feed(e.ChannelEnded(CHANNEL, 16))
    await daemon.record_outcomes()
    found = await ask(api)
    (over,) = found["over"]
    assert (over["id"], over["outcome"], over["attempt_id"], over["number"]) == (
        call_id, "hung_up", "dlr-1", "+4416*****01",
    )  # fmt: skip
    assert (over["arrived_at"], over["ended_at"]) == (T0, T0 + 2)
    assert found["live"] == []


async def test_what_is_asked_for(api: Client, daemon: StagedDaemon) -> None:
    stage = daemon.stage
    arrives(stage)
    stage.feed(e.ChannelEnded(CHANNEL, 16)).advance(100)
    arrives(stage, caller="", channel="1795337358.8")
    await daemon.record_outcomes()
    both = await ask(api)
    assert (len(both["live"]), len(both["over"])) == (1, 1)
    assert [len(part) for part in (await ask(api, "?live=1")).values()] == [1, 0]
    assert [len(part) for part in (await ask(api, "?live=0")).values()] == [0, 1]
    for query, expected in (
        ("campaign=spring", [0, 1]), ("campaign=reminders", [1, 0]), ("outcome=hung_up", [0, 1]),
        ("outcome=agent", [0, 0]), ("contact=1", [0, 1]), ("contact=2", [0, 0]), ("since=50s", [1, 0]),
        ("until=50s", [0, 1]), ("number=%2B441632960001", [0, 1]), ("number=%2B441632960002", [0, 0]),
        ("limit=1", [1, 0]),
    ):  # fmt: skip
        assert [len(part) for part in (await ask(api, f"?{query}")).values()] == expected, query


@pytest.mark.parametrize("query", ["outcome=lost", "contact=0", "limit=0", "number=12", "since=soon", "nothing=1"])
async def test_a_question_that_cannot_be_answered(api: Client, query: str) -> None:
    assert (await api.get(f"/api/v1/inbound?{query}")).status == 400


async def test_who_called_is_forgotten_with_the_contact(api: Client, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("k1,+441632960001")
    arrives(daemon.stage)
    daemon.stage.feed(e.ChannelEnded(CHANNEL, 16))
    await daemon.record_outcomes()
    assert (await ask(api))["over"][0]["contact_key"] == "k1"
    answer = await api.post("/api/v1/contacts/remove", json={"list": "leads", "ids": [1]})
    assert answer.status == 200, await answer.text()
    (row,) = (await ask(api))["over"]
    assert (row["number"], row["contact_key"], row["flow"], row["outcome"]) == ("", "", None, "hung_up")
