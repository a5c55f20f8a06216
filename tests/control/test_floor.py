"""Status, campaigns, agents; start and stop."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core import events as e
from dialerd.core.commands import EnterBridge
from dialerd.core.skills import Skill
from tests.control.api_client import Client
from tests.control.stage import Stage, contact
from tests.control.staged_daemon import StagedDaemon


async def test_status_is_the_view_with_numbers_masked(api: Client, stage: Stage) -> None:
    stage.up().agent().start("spring", contact(1))
    attempt = stage.grant()
    body = await (await api.get("/api/v1/status")).json()
    assert body["instance"] == "test"
    assert body["telephony"] is None
    assert [c["name"] for c in body["campaigns"]] == ["reminders", "spring"]
    spring = body["campaigns"][1]
    assert (spring["state"], spring["live"], spring["ringing"], spring["placed"]) == ("on", 1, 1, 1)
    assert spring["not_dialing"]
    assert body["attempts"] == [
        {
            "id": attempt, "campaign": "spring", "contact_key": "k1", "number": "+4416*****01",
            "state": "originating", "agent": "8001", "claimed_at": stage.now, "answered_at": None,
            "connected_at": None, "flow": None, "flow_node": None, "mark": None, "recording": None,
        }
    ]  # fmt: skip
    assert body["trunks"][0]["lines"] == 1
    assert "441632960001" not in await (await api.get("/api/v1/status")).text()


async def test_campaigns_tell_their_abandon_rate_with_its_formula(api: Client, stage: Stage) -> None:
    stage.up().agent().start("spring", contact(1), contact(2))
    body = await (await api.get("/api/v1/campaigns/spring")).json()
    assert body["abandon_rate"]["rate"] is None
    assert body["abandon_rate"]["formula"] == "A/(A+L)"
    first = stage.grant()
    stage.ring_and_answer(first)
    stage.feed(e.BridgeEntered(first, stage.last(EnterBridge).bridge_id))
    stage.advance(30).end(first).advance(60)
    second = stage.grant()
    stage.feed(e.ChannelRinging(second), e.ChannelAnswered(second), e.MemberGone("sales", "8001")).advance(3)
    stage.end(second)
    body = await (await api.get("/api/v1/campaigns")).json()
    spring = next(c for c in body["campaigns"] if c["name"] == "spring")
    assert (spring["abandoned"], spring["reached"]) == (1, 1)
    assert spring["abandon_rate"]["rate"] == 0.5


async def test_start_and_stop_reach_the_core_and_the_audit(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.up()
    answer = await api.post("/api/v1/campaigns/spring/start", headers={"X-Dialerd-User": "anna"})
    assert answer.status == 202
    assert await answer.json() == {"campaign": "spring", "asked": "start", "state_before": "off", "invalid": None}
    assert (await (await api.get("/api/v1/campaigns/spring")).json())["state"] == "on"
    answer = await api.post("/api/v1/campaigns/spring/stop")
    assert await answer.json() == {"campaign": "spring", "asked": "stop", "state_before": "on", "live": 0}
    assert (await (await api.get("/api/v1/campaigns/spring")).json())["state"] == "off"
    body = await (await api.get("/api/v1/audit")).json()
    assert [(row["what"], row["detail"]["campaign"]) for row in body["audit"]] == [
        ("campaign_stop", "spring"), ("campaign_start", "spring"),
    ]  # fmt: skip
    assert body["audit"][1]["who"] == "anna via 127.0.0.1"
    assert body["audit"][1]["at"] == stage.now


async def test_an_unknown_campaign_is_404_with_the_nearest_name(api: Client, daemon: StagedDaemon) -> None:
    for method, path in (("GET", "sprng"), ("POST", "sprng/start"), ("POST", "sprng/stop")):
        answer = await api.request(method, f"/api/v1/campaigns/{path}")
        assert answer.status == 404
        body = await answer.json()
        assert body["title"] == "no campaign 'sprng'"
        assert body["hint"] == "Did you mean `spring`?"
    answer = await api.get("/api/v1/campaigns/zzz")
    assert (await answer.json())["hint"] == "Campaigns there are: `reminders`, `spring`."
    assert daemon.posted == []


async def test_a_campaign_that_cannot_work_is_looked_at_when_it_is_started(
    api: Client, stage: Stage, daemon: StagedDaemon
) -> None:
    stage.up()
    for found, before, after in (("no such sound", "off", "invalid"), (None, "invalid", "on")):
        daemon.found = found
        answer = await api.post("/api/v1/campaigns/spring/start")
        assert answer.status == 202
        body = await answer.json()
        assert (body["state_before"], body["invalid"]) == (before, found)
        body = await (await api.get("/api/v1/campaigns/spring")).json()
        assert (body["state"], body["reason"]) == (after, found or "")


async def test_nothing_starts_while_the_daemon_ends(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.up().feed(e.ShutdownAsked())
    assert (await api.post("/api/v1/campaigns/spring/start")).status == 409
    assert daemon.posted == []


async def test_what_cannot_be_audited_is_not_done(api: Client, daemon: StagedDaemon) -> None:
    async with daemon.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE audit")
    answer = await api.post("/api/v1/campaigns/spring/start")
    assert answer.status == 503
    assert answer.content_type == "application/problem+json"
    assert "no such table" in (await answer.json())["detail"]
    assert daemon.posted == []


async def test_agents(api: Client, stage: Stage) -> None:
    stage.up().agent("8001")
    stage.feed(e.MemberSeen("sales", "8002", "PJSIP/8002", "Bea", False, 0, True, "lunch", False))
    body = await (await api.get("/api/v1/agents")).json()
    assert body["at"] == stage.now
    assert [(a["agent"], a["state"], a["reason"], a["connection"]) for a in body["agents"]] == [
        ("8001", "available", "", "nailed"), ("8002", "paused", "lunch", "ring"),
    ]  # fmt: skip


async def test_wrong_paths_and_methods_are_problem_objects(api: Client) -> None:
    answer = await api.get("/api/v1/nowhere")
    assert (answer.status, answer.content_type) == (404, "application/problem+json")
    answer = await api.get("/api/v1/campaigns/spring/start")
    assert (answer.status, answer.content_type) == (405, "application/problem+json")
    assert answer.headers["Allow"] == "POST"
    answer = await api.get("/api/v1/campaigns?colour=red")
    assert answer.status == 400
    assert "`colour` is not a parameter" in (await answer.json())["detail"]


async def test_agents_have_the_skills_that_the_plan_says(api: Client, stage: Stage) -> None:
    stage.up().agent("8001").agent("8002")
    skills = {"french": Skill("french", ("8002",)), "english": Skill("english", queues=("sales",))}
    stage.feed(e.PlanChanged(replace(stage.plan, skills=skills)))
    body = await (await api.get("/api/v1/agents")).json()
    assert [agent["skills"] for agent in body["agents"]] == [["english"], ["english", "french"]]
