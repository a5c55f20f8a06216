"""Contact files over the API: at once, later, watched, cancelled; and what is wrong with them."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dialerd.core import events as e
from dialerd.store.contact_import import workshop_of
from dialerd.store.import_stage import Stage as Workbench
from tests.control.api_client import Client
from tests.control.staged_daemon import StagedDaemon
from tests.store.store_lab import eventually

CSV = "ref,phone,name\na,01632 960001,Ann\nb,not a number,Bob\nc,01632 960003,Cy\n"
UPLOAD = "/api/v1/contacts/import?list=leads&source=spring.csv"
IMPORTS = "/api/v1/contacts/imports"


def uploads(daemon: StagedDaemon) -> list[Path]:
    return [path for path in (workshop_of(daemon.engine) / "uploads").rglob("*") if path.is_file()]


@contextmanager
def list_in_use(daemon: StagedDaemon) -> Iterator[None]:
    """As if the command line imported into the list."""
    bench = Workbench(workshop_of(daemon.engine), "leads", "another file")
    try:
        yield
    finally:
        bench.close(remove=True)


async def over(api: Client, number: int) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def ended() -> bool:
        found.update(await (await api.get(f"{IMPORTS}/{number}")).json())
        return found["state"] in ("done", "failed", "cancelled")

    await eventually(ended, "the import's end")
    return found


async def test_whoever_does_not_wait_gets_a_number_to_ask_for(api: Client, daemon: StagedDaemon) -> None:
    answer = await api.post(UPLOAD + "&wait=0", data=CSV.encode())
    body = await answer.json()
    assert (answer.status, answer.headers["Location"]) == (202, f"{IMPORTS}/{body['id']}")
    assert body["state"] in ("waiting", "running"), "the room may begin before the answer is written"
    assert (body["source"], body["size_bytes"]) == ("spring.csv", len(CSV))
    done = await over(api, body["id"])
    assert (done["state"], done["rows"], done["imported"], done["rejected"]) == ("done", 3, 2, 1)
    assert done["rejects"] == [{"line": 3, "reason": done["rejects"][0]["reason"]}]
    assert done["created_at"] <= done["started_at"] <= done["ended_at"]
    # Whoever asks may be told the end before the room has tidied up.
    await eventually(lambda: e.ContactsChanged("leads", any_of_them=True) in daemon.posted, "the campaigns are told")
    assert [path.name for path in uploads(daemon)] == ["spring.csv.rejects.csv"], "the file itself is gone"


async def test_imports_are_listed_newest_first(api: Client) -> None:
    first = await (await api.post(UPLOAD, data=CSV.encode())).json()
    second = await (await api.post("/api/v1/contacts/import?list=leads", data=b"ref,phone\nz,01632 960009\n")).json()
    rows = (await (await api.get(IMPORTS)).json())["imports"]
    assert [(row["id"], row["source"], row["state"]) for row in rows] == [
        (second["id"], "upload", "done"), (first["id"], "spring.csv", "done"),
    ]  # fmt: skip
    assert len((await (await api.get(f"{IMPORTS}?limit=1")).json())["imports"]) == 1
    assert (await (await api.get(f"{IMPORTS}?list=others")).json())["imports"] == []


async def test_rejects_hold_whole_numbers_and_need_the_token(
    client_with: Callable[[str | None], Awaitable[Client]], daemon: StagedDaemon
) -> None:
    api = await client_with("secret")
    headers = {"Authorization": "Bearer secret"}
    sent = await api.post(UPLOAD, data=b"ref,phone\na,+441632960001 x12\n", headers=headers)
    number = (await sent.json())["id"]
    answer = await api.get(f"{IMPORTS}/{number}/rejects", headers=headers)
    text = await answer.text()
    assert (answer.status, answer.content_type) == (200, "text/csv")
    assert text.splitlines()[0] == "line,reason,raw"
    assert "+441632960001 x12" in text
    assert "saw_unmasked_numbers" in [row["what"] for row in await daemon.records.audit(10)]
    good = await api.post(UPLOAD, data=b"ref,phone\na,01632 960001\n", headers=headers)
    none = await api.get(f"{IMPORTS}/{(await good.json())['id']}/rejects", headers=headers)
    assert (none.status, (await none.json())["title"]) == (404, "this import has no rejects")
    open_api = await client_with(None)
    assert (await open_api.get(f"{IMPORTS}/{number}/rejects")).status == 403


async def test_an_import_waits_for_another_into_the_list_and_is_cancelled(api: Client, daemon: StagedDaemon) -> None:
    with list_in_use(daemon):
        answer = await api.post(UPLOAD + "&wait=0", data=CSV.encode())
        number = (await answer.json())["id"]

        async def told() -> bool:
            return "another import into leads" in (await (await api.get(f"{IMPORTS}/{number}")).json())["problem"]

        await eventually(told, "it says what it waits for")
        asked = await api.post(f"{IMPORTS}/{number}/cancel")
        cancelled = await asked.json()
    assert (asked.status, cancelled["state"], cancelled["imported"]) == (200, "cancelled", 0)
    await eventually(lambda: uploads(daemon) == [], "the file is gone")
    assert await daemon.records.contacts_with_number("+441632960001") == []
    again = await api.post(f"{IMPORTS}/{number}/cancel")
    assert (again.status, (await again.json())["title"]) == (409, "this import is over")
    assert (await api.post(f"{IMPORTS}/999/cancel")).status == 404
    assert (await api.get(f"{IMPORTS}/999")).status == 404


async def test_a_file_may_only_be_so_large(api: Client, daemon: StagedDaemon) -> None:
    content = b"ref,phone\n" + b"x" * (5 << 20)

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(content), 1 << 16):
            yield content[start : start + (1 << 16)]

    for body in (io.BytesIO(content), in_pieces()):
        answer = await api.post(UPLOAD, data=body)
        problem = await answer.json()
        assert (answer.status, problem["title"], problem["detail"]) == (413, "the file is too large", "at most 4 MiB")
    assert uploads(daemon) == []
    assert (await (await api.get(IMPORTS)).json())["imports"] == []


async def test_a_disk_that_takes_no_file_is_told(api: Client, daemon: StagedDaemon) -> None:
    workshop_of(daemon.engine).mkdir(exist_ok=True)
    place = workshop_of(daemon.engine) / "uploads"
    if place.exists():
        place.rmdir()
    place.write_text("in the way")
    answer = await api.post(UPLOAD, data=CSV.encode())
    problem = await answer.json()
    assert (answer.status, problem["title"], problem["detail"]) == (507, "no room for the file", "Not a directory")


async def test_a_file_with_one_endless_line_is_refused_or_rejected_by_line(api: Client) -> None:
    header = await api.post(UPLOAD, data=io.BytesIO(b"x" * (3 << 20)))
    assert header.status == 400
    rows = b"ref,phone\na,01632 960001\nb," + b"7" * (2 << 20) + b"\nc,01632 960003\n"
    line = await api.post(UPLOAD, data=io.BytesIO(rows))
    body = await line.json()
    assert (body["rows"], body["imported"], body["rejects"][0]["line"]) == (3, 2, 3)


async def test_metrics_count_imports_and_rows(api: Client, daemon: StagedDaemon) -> None:
    await api.post(UPLOAD, data=CSV.encode())
    for line in (
        'dialerd_imports_total{contact_list="leads",result="done"} 1.0',
        'dialerd_import_rows_total{contact_list="leads",result="new"} 2.0',
        'dialerd_import_rows_total{contact_list="leads",result="rejected"} 1.0',
        'dialerd_imports_under_way{state="running"} 0.0',
        'dialerd_import_last_seconds{contact_list="leads"}',
        'dialerd_import_last_ended_timestamp_seconds{contact_list="leads",result="done"}',
    ):

        async def shown(line: str = line) -> bool:
            return line in await (await api.get("/metrics")).text()

        # Whoever asks may be told the end before the room has tidied up.
        await eventually(shown, line)


@pytest.mark.parametrize("query", ["&wait=-1", "&wait=soon", "&wait=301", "&wiat=1"])
async def test_a_wait_is_some_seconds(api: Client, query: str) -> None:
    assert (await api.post(UPLOAD + query, data=CSV.encode())).status == 400
