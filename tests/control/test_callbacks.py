"""Call-backs over the API: scheduled, listed, moved, cancelled."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from dialerd.core.tallies import promised_at, promised_until
from dialerd.store.schema import contacts
from tests.control.api_client import Client
from tests.control.stage import T0
from tests.control.staged_daemon import StagedDaemon


async def add(api: Client, *numbers: str) -> int:
    body = {"list": "leads", "contacts": [{"key": numbers[0], "numbers": [{"number": n} for n in numbers]}]}
    answer = await (await api.post("/api/v1/contacts", json=body)).json()
    return int(answer["results"][0]["id"])


async def waiting(api: Client) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await (await api.get("/api/v1/callbacks")).json())["callbacks"]
    return found


async def test_scheduled_moved_and_cancelled(api: Client, daemon: StagedDaemon) -> None:
    first = await add(api, "+442079460801", "+442079460802")
    second = await add(api, "+442079460803")
    assert (await api.put(f"/api/v1/contacts/{first}/callback?after_s=3600&number=%2B442079460802")).status == 200
    assert (await api.put(f"/api/v1/contacts/{second}/callback?at={T0 + 60}")).status == 200
    rows = await waiting(api)
    assert [(row["id"], row["at"], row["number"][-2:]) for row in rows] == [
        (second, T0 + 60, "03"), (first, T0 + 3600, "02"),
    ]  # fmt: skip
    shown = await (await api.get(f"/api/v1/contacts/{first}")).json()
    assert (shown["state"], shown["reason"], shown["next_number"]) == ("waiting", "callback", 1)
    assert (await api.put(f"/api/v1/contacts/{first}/callback?after_s=10")).status == 200
    assert [row["id"] for row in await waiting(api)] == [first, second]
    within = await (await api.get("/api/v1/callbacks?within_s=30&list=leads")).json()
    assert [row["id"] for row in within["callbacks"]] == [first]
    assert (await api.delete(f"/api/v1/contacts/{first}/callback")).status == 200
    shown = await (await api.get(f"/api/v1/contacts/{first}")).json()
    assert (shown["state"], shown["reason"]) == ("uncallable", "callback_cancelled")
    assert [row["id"] for row in await waiting(api)] == [second]
    audit = [one["what"] for one in (await (await api.get("/api/v1/audit")).json())["audit"]]
    assert audit[:4] == ["callback_cancelled"] + ["callback_scheduled"] * 3
    # Who cancelled may think better of it.
    assert (await api.put(f"/api/v1/contacts/{first}/callback?after_s=10")).status == 200


async def test_a_window(api: Client, daemon: StagedDaemon) -> None:
    """It is told, a new call-back has none of the old one's, and the record keeps it for the gate."""
    contact = await add(api, "+442079460801")
    path = f"/api/v1/contacts/{contact}/callback"
    set_ = await (await api.put(f"{path}?after_s=600&within_s=3600")).json()
    assert (set_["at"], set_["until"]) == (T0 + 600, T0 + 4200)
    assert [(row["at"], row["until"]) for row in await waiting(api)] == [(T0 + 600, T0 + 4200)]
    daemon.stage.now = T0 + 700
    async with daemon.engine.connect() as connection:
        tries = (await connection.execute(select(contacts.c.tries).where(contacts.c.id == contact))).scalar_one()
    assert (promised_at(tries), promised_until(tries)) == (T0 + 600, T0 + 4200)
    audit = (await (await api.get("/api/v1/audit")).json())["audit"][0]
    assert audit["detail"] == {"contact": contact, "at": T0 + 600, "until": T0 + 4200}
    assert (await api.put(f"{path}?after_s=60")).status == 200
    assert [row["until"] for row in await waiting(api)] == [None]
    assert (await api.put(f"{path}?after_s=60&within_s=5")).status == 400


async def test_what_cannot_be_called_back(api: Client, daemon: StagedDaemon) -> None:
    contact = await add(api, "+442079460801")
    path = f"/api/v1/contacts/{contact}/callback"
    for query in ("", "?after_s=1&at=1700000100", "?after_s=-1", "?at=1600000000"):
        assert (await api.put(path + query)).status == 400, query
    assert (await api.put(f"{path}?after_s=1&number=%2B442079460809")).status == 422, "not a number of theirs"
    assert (await api.put("/api/v1/contacts/999/callback?after_s=1")).status == 404
    assert (await api.delete(path)).status == 404
    await api.post(f"/api/v1/contacts/{contact}/uncallable", json={"reason": "moved away"})
    assert (await api.put(f"{path}?after_s=1")).status == 409
    assert await waiting(api) == []
