"""Marks over HTTP."""

from __future__ import annotations

from dialerd.core import events as e
from dialerd.core.amd_truth import Mark
from dialerd.core.commands import EnterBridge, MarkCall
from dialerd.store.call_marks import keep
from tests.contract.test_marks import reviewed
from tests.control.api_client import Client
from tests.control.stage import Stage, contact
from tests.control.staged_daemon import StagedDaemon


def connected(stage: Stage) -> str:
    """Agent 8001 speaks with somebody; the attempt."""
    stage.up().agent().start("spring", contact(1), contact(2))
    attempt = stage.grant()
    stage.ring_and_answer(attempt, 5)
    stage.feed(e.BridgeEntered(attempt, stage.last(EnterBridge).bridge_id)).advance(5)
    return attempt


async def keep_marks(daemon: StagedDaemon) -> None:
    """What the core has wanted kept goes into the record."""
    async with daemon.engine.begin() as connection:
        for command in daemon.stage.commands:
            if isinstance(command, MarkCall):
                await keep(connection, command)


async def test_an_agents_call_is_marked_and_shown(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = connected(stage)
    answer = await api.post("/api/v1/agents/8001/mark?mark=machine", headers={"X-Dialerd-User": "anna"})
    assert (answer.status, await answer.json()) == (202, {"agent": "8001", "mark": "machine"})
    assert daemon.posted == [e.CallMarked(Mark.MACHINE, "anna via 127.0.0.1", agent="8001")]
    live = await (await api.get(f"/api/v1/attempts/{attempt}")).json()
    assert (live["live"], live["mark"]) == (True, "machine")
    stage.end(attempt)
    await daemon.record_outcomes()
    done = await (await api.get(f"/api/v1/attempts/{attempt}")).json()
    assert (done["mark"], done["marked_by"]) == ("machine", "anna via 127.0.0.1")
    assert (await api.post(f"/api/v1/attempts/{attempt}/mark?mark=person")).status == 202
    await keep_marks(daemon)
    again = await (await api.get(f"/api/v1/attempts/{attempt}")).json()
    assert again["mark"] == "person"
    audit = (await (await api.get("/api/v1/audit")).json())["audit"]
    assert [line["what"] for line in audit] == ["call_marked", "call_marked"]


async def test_what_cannot_be_marked(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.up().agent().start("spring", contact(1))
    ringing = stage.grant()
    for path, status in (
        ("agents/8001/mark?mark=robot", 400), ("agents/8009/mark?mark=machine", 404),
        (f"attempts/{ringing}/mark?mark=machine", 409), ("attempts/dlr-1/mark?mark=machine", 404),
    ):  # fmt: skip
        assert (await api.post(f"/api/v1/{path}")).status == status, path
    assert daemon.posted == []


async def test_the_report(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = connected(stage)
    stage.dialer.floor.attempts[attempt].record.amd_status = "HUMAN"
    stage.feed(e.CallMarked(Mark.MACHINE, "8001", agent="8001")).end(attempt)
    await daemon.record_outcomes()
    (truth,) = (await (await api.get("/api/v1/reports/marks")).json())["truth"]
    assert (truth["counts"]["campaign"], truth["counts"]["trunk"]) == ("spring", "carrier")
    assert truth["false_negative"]["share"] == 1.0
    assert truth["false_negative"]["low"] < 0.3
    assert truth["false_positive"]["share"] is None
    assert (await api.get("/api/v1/reports/marks?since=1h&until=2h")).status == 400


async def test_the_report_of_verdicts(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = connected(stage)
    record = stage.dialer.floor.attempts[attempt].record
    record.amd_status, record.amd_cause, record.analysis_rule = "HUMAN", "HUMAN-1000-1000", "amd_human"
    stage.feed(e.CallMarked(Mark.MACHINE, "8001", agent="8001")).end(attempt)
    await daemon.record_outcomes()
    found = await (await api.get("/api/v1/amd/report?campaign=spring&trunk=carrier")).json()
    assert (found["calls"], found["marked"], found["until"]) == (1, 1, None)
    (line,) = found["by_rule"]
    assert (line["name"], line["verdict"], line["marked_machines"]) == ("off/amd_human", "person", 1)
    assert (line["wrong"]["found"], line["wrong"]["of"], line["wrong"]["high"]) == (1, 1, 1.0)
    assert [line["name"] for line in found["by_cause"]] == ["HUMAN"]
    assert found["false_positive"] == []
    assert (await (await api.get("/api/v1/amd/report?trunk=other")).json())["calls"] == 0
    assert (await api.get("/api/v1/amd/report?since=1h&until=2h")).status == 400


async def test_the_estimate_is_a_metric(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = connected(stage)
    record = stage.dialer.floor.attempts[attempt].record
    record.amd_status, record.analysis_rule = "MACHINE", "sample:amd_machine"
    stage.feed(e.CallMarked(Mark.PERSON, "8001", agent="8001")).end(attempt)
    await daemon.record_outcomes()
    await daemon.records.verdicts.work()
    told = await (await api.get("/metrics")).text()
    assert 'dialerd_amd_reviewed{campaign="spring"} 1.0' in told
    assert 'dialerd_amd_false_positive{bound="estimate",campaign="spring"} 1.0' in told
    assert 'dialerd_amd_false_positive{bound="low",campaign="spring"} 0.2' in told
    stage.now += 31 * 86_400
    await daemon.records.verdicts.work()
    assert "dialerd_amd_reviewed{" not in await (await api.get("/metrics")).text()


async def test_machine_verdicts_to_be_checked(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = await reviewed(daemon.engine, 1, "kept", None)
    (row,) = (await (await api.get("/api/v1/amd/reviews?marked=0&trunk=carrier")).json())["reviews"]
    assert (row["attempt_id"], row["rule"], row["mark"]) == (attempt, "amd_machine", None)
    assert "*" in row["number"], "masked"
    assert (await api.post(f"/api/v1/attempts/{attempt}/mark?mark=person")).status == 202
    await keep_marks(daemon)
    assert (await (await api.get("/api/v1/amd/reviews?marked=0")).json())["reviews"] == []
    (row,) = (await (await api.get("/api/v1/amd/reviews?marked=1")).json())["reviews"]
    assert row["mark"] == "person"
    (share,) = [line["persons"] for line in (await (await api.get("/api/v1/amd/report?since=1970-01-01")).json())[
        "false_positive"] if line["trunk"] is None]  # fmt: skip
    assert (share["found"], share["of"]) == (1, 1)
    assert (await api.get("/api/v1/amd/reviews?marked=perhaps")).status == 400
    (talk,) = (await (await api.get("/api/v1/recordings?kind=review")).json())["recordings"]
    assert talk["attempt_id"] == attempt
    assert (await (await api.get("/api/v1/recordings?kind=conversation")).json())["recordings"] == []
