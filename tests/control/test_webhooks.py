"""Webhooks over HTTP: what waits, what was given up, and what can be done about it."""

from __future__ import annotations

from sqlalchemy import insert

from dialerd.store.schema import webhook_deliveries
from tests.control.api_client import Client
from tests.control.staged_daemon import StagedDaemon


async def given_up(daemon: StagedDaemon, *webhooks: str) -> None:
    """Dead deliveries of these webhooks, and one that waits."""
    rows = [
        {"id": f"a.{n}", "webhook": name, "rule": "house.vip", "attempt_id": "a", "state": "dead", "tries": 8,
         "created_at": float(n), "next_at": 0.0, "error": "HTTP status 500"}
        for n, name in enumerate(webhooks)
    ]  # fmt: skip
    rows.append({**rows[0], "id": "b.0", "webhook": "crm", "state": "waiting", "error": ""})
    async with daemon.engine.begin() as connection:
        await connection.execute(insert(webhook_deliveries), rows)


async def test_what_was_given_up_is_sent_again_or_taken_out(api: Client, daemon: StagedDaemon) -> None:
    await given_up(daemon, "crm", "crm", "gone")
    body = await (await api.get("/api/v1/webhooks")).json()
    assert body["webhooks"] == [
        {"webhook": "crm", "configured": True, "url": "http://127.0.0.1:1/calls", "waiting": 1, "dead": 2},
        {"webhook": "gone", "configured": False, "url": None, "waiting": 0, "dead": 1},
    ]
    dead = (await (await api.get("/api/v1/webhooks/deliveries")).json())["deliveries"]
    assert [(one["id"], one["error"]) for one in dead] == [(f"a.{n}", "HTTP status 500") for n in range(3)]
    again = await api.post("/api/v1/webhooks/again?id=a.1", headers={"X-Dialerd-User": "anna"})
    assert await again.json() == {"again": 1}
    assert await (await api.post("/api/v1/webhooks/again?id=b.0")).json() == {"again": 0}, "it is not dead"
    assert await (await api.post("/api/v1/webhooks/drop?webhook=gone")).json() == {"dropped": 1}
    waiting = (await (await api.get("/api/v1/webhooks/deliveries?dead=0")).json())["deliveries"]
    assert {(one["id"], one["tries"]) for one in waiting} == {("a.1", 0), ("b.0", 8)}
    audit = (await (await api.get("/api/v1/audit")).json())["audit"]
    assert [line["what"] for line in audit] == ["webhooks_drop", "webhooks_again", "webhooks_again"]


async def test_one_or_all_of_a_webhook_must_be_named(api: Client) -> None:
    for query in ("", "?id=a&webhook=crm"):
        answer = await api.post(f"/api/v1/webhooks/again{query}")
        assert answer.status == 400
        assert "exactly one" in (await answer.json())["title"]
