"""Outcomes that the record would not take, over the API."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.api_client import Client
from tests.control.staged_daemon import StagedDaemon

ROW: dict[str, Any] = {
    "id": "1700000000000-0", "at": 1_700_000_000.0, "reason": "refused: too long", "attempt": "dlr-1",
    "campaign": "spring", "contact": 7, "number": "+441632960001", "disposition": "busy",
}  # fmt: skip


class Aside:
    """What the store has."""

    def __init__(self) -> None:
        self.left = [ROW]

    async def count(self) -> int:
        return len(self.left)

    async def rows(self, limit: int) -> list[dict[str, Any]]:
        return self.left[:limit]

    async def put_back(self, ids: list[str] | None) -> int:
        gone = [row for row in self.left if ids is None or row["id"] in ids]
        self.left = [row for row in self.left if row not in gone]
        return len(gone)


async def test_they_are_listed_masked_and_put_back(
    api: Client, daemon: StagedDaemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon.aside, "_store", Aside())
    (shown,) = (await (await api.get("/api/v1/outcomes/set-aside")).json())["outcomes"]
    assert (shown["reason"], shown["contact"]) == (ROW["reason"], 7)
    assert shown["number"] != ROW["number"]
    assert (await api.post("/api/v1/outcomes/put-back?id=1-1")).status == 404
    done = await api.post("/api/v1/outcomes/put-back")
    assert (done.status, await done.json()) == (202, {"put_back": 1})
    assert await (await api.get("/api/v1/outcomes/set-aside")).json() == {"outcomes": []}
    assert "dialerd_outcomes_set_aside 0.0" in daemon.metrics()[0].decode()
    audited = [row["what"] for row in await daemon.records.audit(10)]
    assert audited == ["outcomes_put_back", "outcomes_put_back"]


async def test_without_redis_it_says_so(api: Client) -> None:
    assert (await api.get("/api/v1/outcomes/set-aside")).status == 503
    assert (await api.post("/api/v1/outcomes/put-back")).status == 503
