"""Offers to agents over HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from dialerd.core import events as e
from dialerd.core.analysis import profile_named
from dialerd.core.campaign import Mode
from dialerd.core.commands import ConfirmClaim, OriginateCall
from dialerd.core.preview import PreviewSettings
from tests.control.api_client import Client
from tests.control.stage import T0, Stage, contact, spring
from tests.control.staged_daemon import StagedDaemon

ANN = contact(1, columns={"name": "Ann", "other": "+441632960555"}, tries={"preview_skipped": 2}, attempts=1)


@pytest.fixture
def stage() -> Stage:
    return Stage(spring(mode=Mode.PREVIEW, analysis=profile_named("off")))


def offered(stage: Stage) -> str:
    """A contact is shown to agent 8001; the attempt."""
    stage.up().agent().start("spring", ANN)
    attempt = stage.claim().record.id
    stage.feed(e.ClaimGranted(attempt))
    return attempt


def confirming(daemon: StagedDaemon) -> None:
    """The store confirms whatever is accepted."""

    def look() -> None:
        stage = daemon.stage
        if stage.commands and isinstance(stage.commands[-1], ConfirmClaim):
            stage.feed(e.ClaimConfirmed(stage.commands[-1].record.id))

    daemon.after_post = look


def dialed(stage: Stage) -> list[str]:
    return [command.attempt_id for command in stage.commands if isinstance(command, OriginateCall)]


async def test_open_offers_with_the_contacts_data(api: Client, stage: Stage) -> None:
    attempt = offered(stage)
    stage.advance(5)
    body = await (await api.get("/api/v1/previews")).json()
    (offer,) = body["previews"]
    assert body["at"] == T0 + 5
    assert (offer["attempt"], offer["agent"], offer["campaign"]) == (attempt, "8001", "spring")
    assert (offer["state"], offer["offered_at"], offer["until"]) == ("offered", T0, T0 + 60)
    assert (offer["on_timeout"], offer["may_skip"], offer["rule"]) == ("skip", True, "")
    assert (offer["contact_key"], offer["attempts"], offer["skips"]) == ("k1", 1, 2)
    assert offer["columns"]["name"] == "Ann"
    assert ANN.numbers[0].e164 not in str(body), "whole numbers need a token"
    assert "+441632960555" not in str(body)
    for path, count in (("agent=8001", 1), ("agent=8002", 0), ("campaign=spring", 1), ("campaign=autumn", 0)):
        assert len((await (await api.get(f"/api/v1/previews?{path}")).json())["previews"]) == count, path


async def test_whole_numbers_with_a_token(
    client_with: Callable[[str | None], Awaitable[Client]], stage: Stage
) -> None:
    offered(stage)
    client = await client_with("secret")
    assert (await client.get("/api/v1/previews")).status == 401
    answer = await client.get("/api/v1/previews?unmasked=1", headers={"Authorization": "Bearer secret"})
    assert (await answer.json())["previews"][0]["number"] == ANN.numbers[0].e164


async def test_accepting_dials_once_and_is_audited(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = offered(stage)
    confirming(daemon)
    said = {"attempt": attempt, "decision": "accepted", "dialed": True, "reason": ""}
    for _ in range(2):
        answer = await api.post(f"/api/v1/previews/{attempt}/accept?agent=8001", headers={"X-Dialerd-User": "anna"})
        assert (answer.status, await answer.json()) == (200, said)
    assert dialed(stage) == [attempt]
    assert daemon.posted == [e.PreviewAccepted(attempt, "anna via 127.0.0.1")]
    assert stage.dialer.floor.attempts[attempt].record.preview["by"] == "anna via 127.0.0.1"  # type: ignore[index]
    (line,) = (await (await api.get("/api/v1/audit")).json())["audit"]
    assert (line["what"], line["detail"]) == ("preview_accept", {"attempt": attempt, "agent": "8001"})
    answer = await api.post(f"/api/v1/previews/{attempt}/skip")
    assert answer.status == 409
    assert "the call was dialed" in await answer.text()


async def test_skipping_rings_nobody(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = offered(stage)
    for _ in range(2):
        answer = await api.post(f"/api/v1/previews/{attempt}/skip")
        assert (answer.status, (await answer.json())["decision"]) == (200, "skipped")
    answer = await api.post(f"/api/v1/previews/{attempt}/accept")
    assert answer.status == 409
    assert "the offer is skipped" in await answer.text()
    assert dialed(stage) == []
    assert [type(event) for event in daemon.posted] == [e.PreviewSkipped]
    assert (await (await api.get("/api/v1/previews")).json())["previews"] == []


async def test_an_accepted_one_that_may_not_be_dialed_says_why(
    api: Client, stage: Stage, daemon: StagedDaemon
) -> None:
    attempt = offered(stage)
    daemon.after_post = lambda: stage.feed(e.ClaimNotConfirmed(attempt, "dnc:opt_outs"))
    answer = await api.post(f"/api/v1/previews/{attempt}/accept")
    assert answer.status == 409
    assert "withdrawn: dnc:opt_outs" in await answer.text()
    assert dialed(stage) == []


async def test_while_the_store_is_silent_the_answer_is_that_it_was_accepted(
    api: Client, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialerd.control.previews._LOOKS", 2)
    monkeypatch.setattr("dialerd.control.previews.DECIDED_WITHIN_S", 0.001)
    attempt = offered(stage)
    answer = await api.post(f"/api/v1/previews/{attempt}/accept")
    assert (answer.status, (await answer.json())["dialed"]) == (202, False)
    (offer,) = (await (await api.get("/api/v1/previews")).json())["previews"]
    assert offer["state"] == "accepted"
    answer = await api.post(f"/api/v1/previews/{attempt}/skip")
    assert answer.status == 409
    stage.feed(e.ClaimConfirmed(attempt))
    assert (await api.post(f"/api/v1/previews/{attempt}/accept")).status == 200
    assert dialed(stage) == [attempt]


async def test_what_cannot_be_decided(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = offered(stage)
    for path, status in (
        (f"previews/{attempt}/accept?agent=8002", 409), ("previews/dlr-1/accept", 404), ("previews/dlr-1/skip", 404),
        (f"previews/{attempt}/accept?agnet=8001", 400),
    ):  # fmt: skip
        assert (await api.post(f"/api/v1/{path}")).status == status, path
    assert daemon.posted == []
    assert dialed(stage) == []


async def test_a_campaign_may_forbid_skipping(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    stage.feed(e.PlanChanged(Stage(spring(mode=Mode.PREVIEW, preview=PreviewSettings(may_skip=False))).plan))
    attempt = offered(stage)
    answer = await api.post(f"/api/v1/previews/{attempt}/skip")
    assert answer.status == 409
    assert "may not be skipped" in await answer.text()
    assert daemon.posted == []


async def test_two_who_decide_at_once_get_one_answer_each(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    attempt = offered(stage)
    confirming(daemon)
    answers = await asyncio.gather(
        api.post(f"/api/v1/previews/{attempt}/accept"), api.post(f"/api/v1/previews/{attempt}/skip")
    )
    assert sorted(answer.status for answer in answers) == [200, 409]
    assert len(dialed(stage)) == (answers[0].status == 200)
