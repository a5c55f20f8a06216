"""The abandon ledger over HTTP, on the command line's way, and in the metrics."""

from __future__ import annotations

from dataclasses import replace

from dialerd.config.profiles import load_profiles
from dialerd.core.attempt import Outcome
from dialerd.core.contact import ContactNext, ContactState
from dialerd.store.outcome_writer import write_outcomes
from tests.control.api_client import Client
from tests.control.stage import Stage
from tests.control.staged_daemon import StagedDaemon
from tests.store.store_lab import attempt

NEXT = ContactNext(ContactState.CALLABLE, None, 0, "retry")


async def prepare(stage: Stage, daemon: StagedDaemon) -> None:
    profile = load_profiles().profiles["default"]
    campaigns = {**stage.plan.campaigns, "spring": replace(stage.plan.campaigns["spring"], profile=profile)}
    stage.plan = replace(stage.plan, campaigns=campaigns)
    now = daemon.now()
    values = {"campaign": "spring", "claimed_at": now, "dialed_at": now, "answered_at": now, "ended_at": now + 9}
    records = [
        attempt(1, abandoned=True, analysis="person", disposition="abandoned", message_at=now + 2, **values),
        *(attempt(n, connected_at=now + 0.3, disposition="answered_agent", **values) for n in range(2, 11)),
    ]
    async with daemon.engine.begin() as connection:
        await write_outcomes(connection, [Outcome(record, NEXT) for record in records], now)


async def test_rates_with_their_parts(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await prepare(stage, daemon)
    body = await (await api.get("/api/v1/abandon?campaign=spring")).json()
    today = body["ledger"][0]
    assert (today["window"], today["profile"], today["counts"]["reached"]) == ("calendar_day", "default", 9)
    rate = today["rates"][0]
    assert (rate["formula"], rate["numerator"], rate["denominator"], rate["rate"]) == ("us_ratio", 1, 10, 0.1)
    assert (rate["limit"], rate["met"]) == (0.03, False)
    every = await (await api.get("/api/v1/abandon?days=7")).json()
    assert {one["campaign"] for one in every["ledger"]} == set(stage.plan.campaigns)


async def test_the_calls_behind_a_count(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await prepare(stage, daemon)
    body = await (await api.get("/api/v1/abandon/calls?campaign=spring")).json()
    (call,) = body["calls"]
    assert (call["id"], call["disposition"], call["message_at"] - call["answered_at"]) == (
        attempt(1).id,
        "abandoned",
        2,
    )
    assert "*****" in call["number"]
    reached = await (await api.get("/api/v1/abandon/calls?campaign=spring&of=reached&days=2")).json()
    assert len(reached["calls"]) == 9


async def test_questions_that_are_none(api: Client) -> None:
    for query, says in (
        ("?date=soon", "a date such as"),
        ("?days=0", "greater than or equal to 1"),
        ("/calls", "`campaign` is missing"),
        ("/calls?campaign=spring&of=people", "one of `abandoned`"),
    ):
        answer = await api.get(f"/api/v1/abandon{query}")
        assert answer.status == 400
        assert says in (await answer.json())["detail"]


async def test_the_metrics_name_formula_and_window(stage: Stage, daemon: StagedDaemon) -> None:
    await prepare(stage, daemon)
    await daemon.records.ledger.work()
    text = daemon.metrics()[0].decode()
    labels = '{campaign="spring",formula="us_ratio",window="calendar_day"}'
    assert f"dialerd_abandon_rate{labels} 0.1" in text
    assert f"dialerd_abandon_limit{labels} 0.03" in text
