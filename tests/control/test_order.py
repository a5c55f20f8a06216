"""Who comes next in a campaign, and how many there are, over HTTP; and in the metrics."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core.campaign import Plan
from dialerd.core.events import PlanChanged
from dialerd.core.filtering.conditions import Column
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.ordering.settings import DialOrder, SortKey
from tests.control.api_client import Client
from tests.control.stage import Stage
from tests.control.staged_daemon import StagedDaemon

ORDER = DialOrder(filter=parse_filter('name != "Bob"'), sort=(SortKey(Column("name"), descending=True),))


async def prepare(stage: Stage, daemon: StagedDaemon) -> None:
    plan = stage.plan
    campaigns = {**plan.campaigns, "spring": replace(plan.campaigns["spring"], order=ORDER)}
    stage.plan = replace(plan, campaigns=campaigns)
    stage.feed(PlanChanged(stage.plan))
    await daemon.contacts_of("a,01632 960001", "b,01632 960002", "c,01632 960003")


async def test_who_comes_next(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await prepare(stage, daemon)
    answer = await api.get("/api/v1/campaigns/spring/next?limit=2")
    body = await answer.json()
    assert answer.status == 200, body
    assert [(one["place"], one["key"], one["number"]) for one in body["contacts"]] == [
        (1, "a", "+4416*****01"), (2, "b", "+4416*****02"),
    ]  # fmt: skip
    assert body["contacts"][0]["keys"] == {"name as text desc": None}


async def test_counts(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await prepare(stage, daemon)
    body = await (await api.get("/api/v1/campaigns/spring/counts")).json()
    assert (body["contacts"], body["matching"], body["fresh"], body["parked"]) == (3, 3, 3, 0)
    assert (body["filter"], body["lists"]) == ('name != "Bob"', ["leads"])


async def test_what_cannot_be_answered_is_told(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    assert (await api.get("/api/v1/campaigns/sprig/next")).status == 404
    assert (await api.get("/api/v1/campaigns/spring/next?limit=0")).status == 400
    async with daemon.engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE contacts RENAME TO hidden")
    assert (await api.get("/api/v1/campaigns/spring/next")).status == 503
    assert (await api.get("/api/v1/campaigns/spring/counts")).status == 503


async def test_the_keepers_figures_are_metrics(stage: Stage, daemon: StagedDaemon) -> None:
    await prepare(stage, daemon)
    await daemon.orders.keeper.work()
    text = daemon.metrics()[0].decode()
    assert 'dialerd_campaign_contacts{campaign="spring",kind="matching"} 3.0' in text
    assert 'dialerd_campaign_contacts{campaign="reminders",kind="fresh"} 0.0' in text
    stage.plan = Plan({}, stage.plan.trunks)
    await daemon.orders.keeper.work()
    assert "dialerd_campaign_contacts{" not in daemon.metrics()[0].decode()


async def test_what_parked_contacts_wait_for(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001", "b,01632 960002", "c,01632 960003", "d,01632 960004")
    later = stage.now + 900.0
    async with daemon.engine.begin() as connection:
        for key, reason, at in (
            ("a", "cap:daily", later), ("b", "cap:weekly", later + 5), ("c", "a site's own word", later + 9),
        ):  # fmt: skip
            await connection.exec_driver_sql(
                "UPDATE contacts SET state = 'waiting', next_at = ?, reason = ? WHERE key = ?", (at, reason, key)
            )
    await daemon.orders.keeper.work()
    body = await (await api.get("/api/v1/campaigns/spring")).json()
    assert {one["reason"]: (one["contacts"], one["soonest_at"]) for one in body["parked"]} == {
        "cap:daily": (1, later), "cap:weekly": (1, later + 5), "a site's own word": (1, later + 9),
    }  # fmt: skip
    assert (await (await api.get("/api/v1/status")).json())["campaigns"][0]["parked"] == []
    text = daemon.metrics()[0].decode()
    assert 'dialerd_campaign_contacts_parked{campaign="spring",reason="cap"} 2.0' in text
    assert 'dialerd_campaign_contacts_parked{campaign="spring",reason="other"} 1.0' in text
