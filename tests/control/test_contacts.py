"""Single contacts over the API: into the record, and the core told at once."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import update

from dialerd.core import events as e
from dialerd.store.schema import contacts
from tests.control.api_client import Client
from tests.control.staged_daemon import StagedDaemon

ANN = {
    "numbers": [{"number": "01632 960001", "type": "mobile"}, "+44 1632 960002"],
    "key": "a",
    "columns": {"n": "Ann"},
}


async def add(api: Client, *rows: dict[str, Any], status: int = 201, **more: Any) -> dict[str, Any]:
    headers = more.pop("headers", {})
    answer = await api.post("/api/v1/contacts", json={"list": "leads", "contacts": rows, **more}, headers=headers)
    assert answer.status == status, await answer.text()
    return await answer.json()


async def numbers_of(daemon: StagedDaemon, e164: str) -> list[int]:
    return [known.contact.id for known in await daemon.records.contacts_with_number(e164)]


async def test_a_batch_each_row_for_itself(api: Client, daemon: StagedDaemon) -> None:
    body = await add(
        api, ANN, {"numbers": ["nonsense"]}, {"numbers": ["01632 960002"], "key": "b"},
        {"numbers": ["01632 960003"], "hot": True, "priority": 7},
    )  # fmt: skip
    assert [(one["result"], one["reason"]) for one in body["results"]] == [
        ("added", ""), ("rejected", "number 1: not a phone number"), ("skipped", "duplicate number"), ("added", ""),
    ]  # fmt: skip
    assert (body["added"], body["updated"], body["skipped"], body["rejected"]) == (2, 0, 1, 1)
    hot = body["results"][3]["id"]
    assert daemon.posted[-1] == e.ContactsChanged("leads", (hot,))
    row = await daemon.contacts.show(1)
    assert [number["e164"] for number in row["numbers"]] == ["+441632960001", "+441632960002"]
    assert (row["state"], row["columns"], row["key"]) == ("callable", {"n": "Ann"}, "a")
    assert (await daemon.contacts.show(hot))["priority"] == 7
    (line,) = await daemon.records.audit(1)
    assert (line["what"], line["detail"]["added"]) == ("contacts_add", 2)


async def test_adding_can_update(api: Client, daemon: StagedDaemon) -> None:
    await add(api, ANN)
    anna = {"numbers": ["01632 960009"], "key": "a", "columns": {"n": "Anna"}}
    body = await add(api, anna, on_duplicate="update", status=200)
    assert body["results"] == [{"index": 0, "result": "updated", "id": 1, "reason": ""}]
    assert await numbers_of(daemon, "+441632960001") == []
    assert await numbers_of(daemon, "+441632960009") == [1]
    assert e.ContactsEdited("leads", (1,)) in daemon.posted


async def test_an_idempotency_key_is_answered_once(api: Client, daemon: StagedDaemon) -> None:
    key = {"Idempotency-Key": "order-4711"}
    first = await add(api, ANN, headers=key)
    assert await add(api, ANN, headers=key) == first
    assert await numbers_of(daemon, "+441632960001") == [1]
    answer = await api.post("/api/v1/contacts", json={"list": "leads", "contacts": [ANN, ANN]}, headers=key)
    assert (answer.status, (await answer.json())["title"]) == (422, "this Idempotency-Key came with another request")
    daemon.stage.now += 25 * 3600
    again = await add(api, ANN, headers=key, status=200)
    assert again["results"][0]["result"] == "skipped", "forgotten after a day, and a duplicate all the same"


async def test_two_at_once_with_one_key_add_one_contact(api: Client, daemon: StagedDaemon) -> None:
    body = {"list": "leads", "contacts": [ANN], "on_duplicate": "keep"}
    key = {"Idempotency-Key": "twice"}
    answers = await asyncio.gather(*(api.post("/api/v1/contacts", json=body, headers=key) for _ in range(4)))
    assert {answer.status for answer in answers} == {201}
    assert len({await answer.text() for answer in answers}) == 1
    assert await numbers_of(daemon, "+441632960001") == [1]


async def test_change_names_only_what_becomes_different(api: Client, daemon: StagedDaemon) -> None:
    await add(api, ANN)
    async with daemon.engine.begin() as connection:
        await connection.execute(update(contacts).values(state="waiting", next_at=9e9, attempts=2))
    answer = await api.patch("/api/v1/contacts/1", json={"columns": {"city": "Hull", "n": None}, "hot": True})
    body = await answer.json()
    assert (body["columns"], body["state"], body["attempts"]) == ({"city": "Hull"}, "callable", 2)
    assert daemon.posted[-2:] == [e.ContactsEdited("leads", (1,)), e.ContactsChanged("leads", (1,))]
    answer = await api.patch("/api/v1/contacts/1", json={"numbers": ["bad"]})
    assert (answer.status, (await answer.json())["detail"]) == (422, "number 1: not a phone number")


async def test_removed_is_gone_and_its_id_is_never_given_again(api: Client, daemon: StagedDaemon) -> None:
    await add(api, ANN)
    assert await (await api.delete("/api/v1/contacts/1")).json() == {"list": "leads", "removed": 1}
    assert daemon.posted[-1] == e.ContactsEdited("leads", (1,), cancel=True, reason="removed")
    assert (await api.get("/api/v1/contacts/1")).status == 404
    assert (await api.delete("/api/v1/contacts/1")).status == 404
    assert await numbers_of(daemon, "+441632960001") == []
    assert (await add(api, ANN))["results"][0]["id"] == 2
    answer = await api.post("/api/v1/contacts/remove", json={"list": "leads", "keys": ["a", "none"], "ids": [99]})
    assert await answer.json() == {"list": "leads", "removed": 1}


async def test_uncallable_and_callable_again(api: Client, daemon: StagedDaemon) -> None:
    await add(api, ANN)
    headers = {"X-Dialerd-User": "anna"}
    answer = await api.post("/api/v1/contacts/1/uncallable", json={"reason": "asked us to stop"}, headers=headers)
    body = await answer.json()
    assert (body["state"], body["reason"], body["uncallable_at"]) == ("uncallable", "asked us to stop", daemon.now())
    assert body["uncallable_by"].startswith("anna via")
    assert daemon.posted[-1] == e.ContactsEdited("leads", (1,), True, (), "uncallable")
    line = (await daemon.records.audit(1))[0]
    assert (line["what"], line["detail"]["reason"]) == ("contact_uncallable", "asked us to stop")
    body = await (await api.post("/api/v1/contacts/1/callable", json={})).json()
    assert (body["state"], body["reason"], body["uncallable_by"]) == ("callable", "", None)


async def test_one_number_can_be_uncallable(api: Client, daemon: StagedDaemon) -> None:
    await add(api, ANN)
    asked = {"reason": "moved", "number": "+441632960001"}
    body = await (await api.post("/api/v1/contacts/1/uncallable", json=asked)).json()
    assert body["state"] == "callable"
    assert [number.get("uncallable", {}).get("reason") for number in body["numbers"]] == ["moved", None]
    assert "960001" not in str(body), "numbers are masked"
    (known,) = await daemon.records.contacts_with_number("+441632960001")
    assert [number.uncallable for number in known.contact.numbers] == ["moved", ""]
    await add(api, {**ANN, "columns": {}}, on_duplicate="update", status=200)
    (known,) = await daemon.records.contacts_with_number("+441632960001")
    assert known.contact.numbers[0].uncallable == "moved", "an update does not free it"
    await api.post("/api/v1/contacts/1/callable", json={"number": "+441632960001"})
    (known,) = await daemon.records.contacts_with_number("+441632960001")
    assert known.contact.numbers[0].uncallable == ""
    answer = await api.post("/api/v1/contacts/1/uncallable", json={"reason": "x", "number": "+441632960099"})
    assert (answer.status, (await answer.json())["detail"]) == (422, "the contact has not this number")


async def test_export_has_every_column_and_the_standing(
    client_with: Callable[[str | None], Awaitable[Client]], api: Client, daemon: StagedDaemon
) -> None:
    await add(api, ANN, {"numbers": ["01632 960003"], "columns": {"city": "Hull", "state": "NY"}})
    async with daemon.engine.begin() as connection:
        values = {"state": "waiting", "next_at": 1_700_000_000.0, "attempts": 1, "last_disposition": "busy"}
        await connection.execute(update(contacts).where(contacts.c.id == 2).values(values))
    assert (await api.get("/api/v1/contacts/export?list=leads")).status == 403, "whole numbers need a token"
    client = await client_with("t0ken")
    headers = {"Authorization": "Bearer t0ken"}
    answer = await client.get("/api/v1/contacts/export?list=leads", headers=headers)
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    first, second = csv.DictReader(io.StringIO(await answer.text(), newline=""))
    assert (first["number_1"], first["number_1_type"], first["number_2"]) == (
        "+441632960001", "mobile", "+441632960002",
    )  # fmt: skip
    assert (first["n"], first["city"], first["state"], first["next_at"]) == ("Ann", "", "callable", "")
    assert (second["attempts"], second["last_disposition"], second["next_at"]) == (
        "1", "busy", "2023-11-14T22:13:20+00:00",
    )  # fmt: skip
    assert (second["column_state"], second["city"]) == ("NY", "Hull")
    only = await client.get("/api/v1/contacts/export?list=leads&state=waiting", headers=headers)
    assert len((await only.text()).splitlines()) == 2
    assert (await client.get("/api/v1/contacts/export?list=leads&state=odd", headers=headers)).status == 422
    assert (await client.get("/api/v1/contacts/export?list=odd", headers=headers)).status == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/api/v1/contacts", "{", 400, "the body is not JSON"),
        ("POST", "/api/v1/contacts", '{"list": "leads", "contacts": []}', 400, "contacts: List should have at least"),
        ("POST", "/api/v1/contacts", '{"list": "leads", "contacts": [{"number": "1"}]}', 400, "contacts.0.numbers"),
        ("POST", "/api/v1/contacts", '{"list": "no", "contacts": [{"numbers": ["1"]}]}', 404, "no contact list"),
        ("GET", "/api/v1/contacts?list=no", "", 404, "no contact list"),
        ("GET", "/api/v1/contacts/99999999999999999999999", "", 404, "no such contact"),
        ("PATCH", "/api/v1/contacts/7", '{"hot": true}', 404, "no such contact"),
        ("POST", "/api/v1/contacts/7/uncallable", '{"reason": "x"}', 404, "no such contact"),
        ("POST", "/api/v1/contacts/7/uncallable", "{}", 400, "reason: Field required"),
        ("POST", "/api/v1/contacts/remove", '{"list": "leads"}', 400, "neither `ids` nor `keys`"),
    ],
)
async def test_mistakes_are_told(api: Client, method: str, path: str, body: str, status: int, said: str) -> None:
    answer = await api.request(method, path, data=body or None)
    assert answer.status == status
    assert said in await answer.text()
