"""Attempts, live and finished."""

from __future__ import annotations

import pytest

from dialerd.core import events as e
from tests.control.api_client import Client
from tests.control.stage import Stage, contact
from tests.control.staged_daemon import StagedDaemon


async def history(stage: Stage, daemon: StagedDaemon) -> list[str]:
    """Two finished attempts (busy, then no answer) recorded a minute apart, and a live one; the ids in this order."""
    stage.up().agent().start("spring", contact(1), contact(2), contact(3))
    busy = stage.grant()
    stage.feed(e.ChannelRinging(busy)).advance(2).end(busy, 17, 486)
    await daemon.record_outcomes()
    silent = stage.advance(60).grant()
    stage.feed(e.ChannelRinging(silent)).end(silent, 19, 480)
    await daemon.record_outcomes()
    return [busy, silent, stage.advance(1).grant()]


async def ids(api: Client, query: str) -> tuple[list[str], list[str]]:
    answer = await api.get(f"/api/v1/attempts{query}")
    assert answer.status == 200, await answer.text()
    body = await answer.json()
    return [a["id"] for a in body["live"]], [a["id"] for a in body["finished"]]


async def test_live_first_then_latest_first(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    busy, silent, live = await history(stage, daemon)
    assert await ids(api, "") == ([live], [silent, busy])
    body = await (await api.get("/api/v1/attempts")).json()
    assert body["finished"][1]["disposition"] == "busy"
    assert body["finished"][1]["number"] == "+4416*****01"
    assert body["finished"][1]["sip_status"] == 486


async def test_filters(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    busy, silent, live = await history(stage, daemon)
    assert await ids(api, "?disposition=busy") == ([], [busy])
    assert await ids(api, "?disposition=machine") == ([], [])
    assert await ids(api, "?number=%2B441632960001") == ([], [busy])
    assert await ids(api, "?number=+441632960001") == ([], [busy]), "a plus that was not encoded"
    assert await ids(api, "?number=%2B441632960003") == ([live], [])
    assert await ids(api, "?campaign=reminders") == ([], [])
    assert await ids(api, "?campaign=spring&live=1") == ([live], [])
    assert await ids(api, "?live=0") == ([], [silent, busy])
    assert await ids(api, "?since=30s") == ([live], [silent])
    assert await ids(api, "?until=30s") == ([], [busy])
    assert await ids(api, f"?since={stage.now - 0.5:.1f}") == ([], []), "epoch seconds"
    assert await ids(api, "?limit=1") == ([live], [])
    assert await ids(api, "?limit=2") == ([live], [silent])
    assert await ids(api, "?live=0&limit=1&offset=1") == ([], [busy])


async def test_one_attempt(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    busy, _, live = await history(stage, daemon)
    body = await (await api.get(f"/api/v1/attempts/{live}")).json()
    assert (body["live"], body["state"], body["number"]) == (True, "originating", "+4416*****03")
    body = await (await api.get(f"/api/v1/attempts/{busy}")).json()
    assert (body["live"], body["disposition"], body["number"]) == (False, "busy", "+4416*****01")
    answer = await api.get("/api/v1/attempts/dlr-0")
    assert answer.status == 404
    assert (await answer.json())["title"] == "no such attempt"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?limit=0", "`limit`"),
        ("?limit=many", "`limit`"),
        ("?limit=1&limit=2", "given 2 times"),
        ("?since=yesterday", "`since` must be a time such as `24h`"),
        ("?number=12345", "`number` must be a number with its country code"),
        ("?disposition=fine", "`disposition`"),
        ("?campain=spring", "did you mean `campaign`?"),
        ("?live=perhaps", "`live`"),
    ],
)
async def test_bad_parameters_are_400_with_a_hint(api: Client, query: str, said: str) -> None:
    answer = await api.get(f"/api/v1/attempts{query}")
    assert answer.status == 400
    assert answer.content_type == "application/problem+json"
    body = await answer.json()
    assert said in f"{body['title']} {body.get('detail', '')}"
    assert body["hint"]


async def test_a_record_that_is_away_is_503(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    async with daemon.engine.begin() as connection:
        await connection.exec_driver_sql("DROP TABLE attempts")
    for path in ("/api/v1/attempts", "/api/v1/attempts/dlr-0", "/api/v1/reports/summary"):
        answer = await api.get(path)
        assert answer.status == 503, path
        assert "database" in (await answer.json())["detail"]
