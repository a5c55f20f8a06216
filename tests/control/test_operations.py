"""Imports, reload, notices, audit, reports."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace

import pytest

from dialerd.config.problems import Problem, Severity
from dialerd.core import events as e
from dialerd.core.campaign import Plan
from dialerd.core.commands import EnterBridge, Tell
from tests.control.api_client import Client
from tests.control.stage import Stage, contact, spring
from tests.control.staged_daemon import StagedDaemon

CSV = "ref,phone,name\na,01632 960001,Ann\nb,not a number,Bob\nc,01632 960003,Cy\n"


async def test_an_upload_becomes_contacts_and_the_core_is_told(api: Client, daemon: StagedDaemon) -> None:
    answer = await api.post("/api/v1/contacts/import?list=leads&source=spring.csv", data=CSV.encode())
    assert answer.status == 201, await answer.text()
    body = await answer.json()
    assert (body["contact_list"], body["rows"], body["imported"], body["rejected"]) == ("leads", 3, 2, 1)
    assert body["rejects"][0]["line"] == 3
    assert e.ContactsChanged("leads", any_of_them=True) in daemon.posted
    assert len(await daemon.records.contacts_with_number("+441632960003")) == 1
    (row,) = await daemon.records.audit(10)
    assert (row["what"], row["detail"]) == ("contacts_import", {"list": "leads", "source": "spring.csv"})


async def test_an_upload_larger_than_any_ordinary_body_is_taken(api: Client) -> None:
    rows = "".join(f"k{i},+44163296{i:04d},{'x' * 600}\n" for i in range(2000))
    assert len(rows) > 1 << 20
    answer = await api.post("/api/v1/contacts/import?list=leads", data=io.BytesIO(f"ref,phone,pad\n{rows}".encode()))
    assert answer.status == 201
    assert (await answer.json())["rows"] == 2000


async def test_an_upload_that_breaks_off_imports_nothing(api: Client, daemon: StagedDaemon) -> None:
    _, writer = await asyncio.open_connection(api.host, api.port)
    writer.write(
        b"POST /api/v1/contacts/import?list=leads HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n"
    )
    writer.write(CSV.encode())
    await writer.drain()
    async with asyncio.timeout(10):
        while not await daemon.records.audit(1):  # noqa: ASYNC110 - until the request has reached the handler
            await asyncio.sleep(0.01)
    writer.close()
    await writer.wait_closed()
    assert (await api.get("/healthz")).status == 200
    assert await daemon.records.contacts_with_number("+441632960001") == []
    assert e.ContactsChanged("leads", any_of_them=True) not in daemon.posted


@pytest.mark.parametrize(
    ("query", "body", "status", "said"),
    [
        ("?list=nope", CSV, 404, "no contact list 'nope'"),
        ("", CSV, 400, "`list` is missing"),
        ("?list=leads", "", 400, "no body"),
        ("?list=leads", "\x00\x01\x02", 400, "not a text file"),
        ("?list=leads", "name\nAnn\n", 400, "phone"),
    ],
)
async def test_uploads_that_cannot_be_used(
    api: Client, daemon: StagedDaemon, query: str, body: str, status: int, said: str
) -> None:
    answer = await api.post(f"/api/v1/contacts/import{query}", data=body.encode() or None)
    assert answer.status == status
    assert said in await answer.text()
    assert daemon.posted == []


async def test_a_form_is_no_csv(api: Client) -> None:
    answer = await api.post("/api/v1/contacts/import?list=leads", json={"a": 1})
    assert answer.status == 415
    assert "text/csv" in (await answer.json())["hint"]


async def test_contacts_changed_wakes_the_campaign(api: Client, daemon: StagedDaemon) -> None:
    answer = await api.post("/api/v1/contacts/changed?list=leads")
    assert answer.status == 202
    assert daemon.posted == [e.ContactsChanged("leads", any_of_them=True)]


def changed_plan(stage: Stage) -> Plan:
    campaigns = dict(stage.plan.campaigns)
    campaigns["spring"] = replace(campaigns["spring"], max_lines=25)
    campaigns["autumn"] = spring(name="autumn")
    return Plan(campaigns, stage.plan.trunks)


async def test_reload_says_what_changed_and_changes_it(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    daemon.next_plan = changed_plan(stage)
    body = await (await api.post("/api/v1/reload?check=1")).json()
    assert body["applied"] is False
    assert body["diff"]["lines"] == ["+ campaign autumn", "~ campaign spring: max_lines: 10 -> 25"]
    assert daemon.posted == []
    assert await daemon.records.audit(10) == [], "looking is not audited"
    body = await (await api.post("/api/v1/reload")).json()
    assert body["applied"] is True
    assert body["diff"]["changes"]["campaigns"]["added"] == ["autumn"]
    assert "autumn" in {c.name for c in stage.view().campaigns}
    assert [row["what"] for row in await daemon.records.audit(10)] == ["reload"]
    daemon.next_plan = None
    body = await (await api.post("/api/v1/reload")).json()
    assert body["diff"]["empty"] is True


async def test_a_reload_with_mistakes_names_them_all(api: Client, daemon: StagedDaemon) -> None:
    daemon.problems = (
        Problem("campaigns.yaml", 3, 5, "campaigns.spring.mode", "no such mode", "one of …", "did you mean `power`?"),
        Problem("campaigns.yaml", 9, 1, "", "odd", severity=Severity.WARNING),
    )
    answer = await api.post("/api/v1/reload")
    assert answer.status == 422
    body = await answer.json()
    assert body["problems"][0]["line"] == 3
    assert body["problems"][0]["text"].startswith("campaigns.yaml:3:5: error: campaigns.spring.mode: no such mode")
    assert body["problems"][1]["severity"] == "warning"


async def test_notices_newest_first_with_cause_and_remedy(api: Client, daemon: StagedDaemon) -> None:
    daemon.teller.submit(Tell("info", "store_back", {}))
    daemon.teller.submit(Tell("error", "trunk_refuses_everything", {"trunk": "carrier", "last": "congestion"}))
    body = await (await api.get("/api/v1/notices")).json()
    assert [n["name"] for n in body["notices"]] == ["trunk_refuses_everything", "store_back"]
    assert body["notices"][0]["fields"]["trunk"] == "carrier"
    assert body["notices"][0]["remedy"]
    body = await (await api.get("/api/v1/notices?level=error&limit=5")).json()
    assert len(body["notices"]) == 1
    assert (await api.get("/api/v1/notices?level=fatal")).status == 400
    assert (await api.get("/api/v1/notices?limit=0")).status == 400


async def test_the_summary_counts_what_the_record_has(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.up().agent().start("spring", *(contact(i) for i in range(1, 6)))
    for delay_s in (0.1, 0.2, 0.9):
        attempt = stage.grant()
        stage.ring_and_answer(attempt)
        bridge = stage.last(EnterBridge).bridge_id
        stage.advance(delay_s).feed(e.BridgeEntered(attempt, bridge)).advance(30).end(attempt).advance(60)
    busy = stage.grant()
    stage.feed(e.ChannelRinging(busy)).advance(1).end(busy, 17, 486).advance(60)
    lost = stage.grant()
    stage.feed(e.ChannelRinging(lost), e.ChannelAnswered(lost), e.MemberGone("sales", "8001")).advance(3).end(lost)
    await daemon.record_outcomes()
    body = await (await api.get("/api/v1/reports/summary")).json()
    (figures,) = body["campaigns"]
    assert figures["campaign"] == "spring"
    assert figures["dispositions"] == {"abandoned": 1, "answered_agent": 3, "busy": 1}
    assert (figures["dials"], figures["answered"], figures["persons"]) == (5, 4, 4)
    assert (figures["abandoned"], figures["live"]) == (1, 3)
    assert figures["answer_to_agent_median_s"] == pytest.approx(0.2)
    assert figures["answer_to_agent_p95_s"] == pytest.approx(0.9)
    rates = {rate["formula"]: rate["rate"] for rate in figures["abandon_rates"]}
    assert rates == {"A/(A+L)": 0.25, "A/persons": 0.25, "A/dials": 0.2}
    assert "16 CFR" in figures["abandon_rates"][0]["source"]


async def test_the_summary_of_a_span_and_a_campaign(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.up().agent().start("spring", contact(1))
    busy = stage.grant()
    stage.feed(e.ChannelRinging(busy)).end(busy, 17, 486)
    await daemon.record_outcomes()
    stage.advance(3600)
    for query, count in (
        ("", 1), ("?since=30m", 0), ("?since=2h&until=30m", 1), ("?campaign=spring", 1), ("?campaign=reminders", 0),
    ):  # fmt: skip
        body = await (await api.get(f"/api/v1/reports/summary{query}")).json()
        assert len(body["campaigns"]) == count, query
    assert (await api.get("/api/v1/reports/summary?campaign=nope")).status == 404
    answer = await api.get("/api/v1/reports/summary?since=1h&until=2h")
    assert answer.status == 400
    assert "`until` is not after `since`" in await answer.text()


async def test_nothing_recorded_is_no_rate(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.up().agent().start("spring", contact(1))
    busy = stage.grant()
    stage.feed(e.ChannelRinging(busy)).end(busy, 17, 486)
    await daemon.record_outcomes()
    (figures,) = (await (await api.get("/api/v1/reports/summary")).json())["campaigns"]
    assert [rate["rate"] for rate in figures["abandon_rates"]] == [None, None, 0.0]
    assert figures["answer_to_agent_median_s"] is None
