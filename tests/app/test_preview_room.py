"""Offers are counted, and desktops told of them, at once or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from prometheus_client import CollectorRegistry

from dialerd.app.preview_room import PreviewRoom
from dialerd.core.attempt import AttemptRecord
from dialerd.core.contact import Contact, Number
from dialerd.core.floor import Floor
from dialerd.core.ids import SerialNumbers
from dialerd.core.offers import Offers
from dialerd.core.preview import Decided, Decision
from dialerd.core.preview_commands import AnnounceDecision, AnnounceOffer
from dialerd.core.webhook import NumberShown, WebhookSettings
from tests.store.store_lab import attempt

ANN = Contact(1, "leads", "k1", (Number("+441632960001"),), {"ref": "7", "secret": "x"}, 1, last_disposition="busy")


def shown(serial: int = 1, seconds: float = 60.0) -> AttemptRecord:
    preview = {"rule": "house.sure", "offered_at": 1_700_000_000.0, "until": 1_700_000_000.0 + seconds}
    return attempt(serial, number="+441632960001", agent="8001", preview=preview)


class Address:
    """Takes what it is told, and answers as it is told to."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []
        self.statuses: list[int] = []
        self.waits: asyncio.Event | None = None

    async def take(self, request: web.Request) -> web.Response:
        body = await request.json()
        self.told.append((request.headers["Idempotency-Key"], body))
        if self.waits is not None:
            await self.waits.wait()
        return web.Response(status=self.statuses.pop(0) if self.statuses else 204)


class Desk:
    """A preview room with one webhook."""

    def __init__(self, url: str) -> None:
        self.settings: dict[str, WebhookSettings] = {
            "desktop": WebhookSettings("desktop", url, number=NumberShown.MASKED, columns=("ref",))
        }
        self.registry = CollectorRegistry()
        self.notices: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self.room = PreviewRoom(
            Offers(Floor(SerialNumbers(1, 1))), lambda: self.settings, self.registry,
            tell=lambda level, name, **fields: self.notices.append(name),
            sent=lambda webhook, outcome, seconds: self.sent.append((webhook, outcome)),
        )  # fmt: skip

    def counted(self, name: str, **labels: str) -> float:
        return self.registry.get_sample_value(name, {"campaign": "spring", **labels}) or 0.0


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.005)


@pytest.fixture
async def address() -> Address:
    return Address()


@pytest.fixture
async def desk(address: Address, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    monkeypatch.setattr("dialerd.providers.offer_hooks.AGAIN_S", 0.01)
    app = web.Application()
    app.router.add_post("/offers", address.take)
    async with TestServer(app) as server:
        made = Desk(str(server.make_url("/offers")))
        running = asyncio.create_task(made.room.hooks.run())
        yield made
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running


def over(record: AttemptRecord, decision: Decision = Decision.SKIPPED) -> AnnounceDecision:
    return AnnounceDecision(record, Decided(decision, decision is Decision.ACCEPTED, ""), 12.5, "desktop")


async def test_the_desktop_is_told_of_the_offer_and_of_its_end(desk: Desk, address: Address) -> None:
    record = shown()
    desk.room.submit(AnnounceOffer(record, ANN, "desktop"))
    await until(lambda: address.told)
    desk.room.submit(over(record))
    await until(lambda: len(desk.sent) == 2)
    (key, first), (_, second) = address.told
    assert key == f"{record.id}.preview_offered" == first["delivery"]
    assert (first["event"], first["agent"], first["contact"], first["rule"]) == (
        "preview_offered", "8001", "k1", "house.sure",
    )  # fmt: skip
    assert first["columns"] == {"ref": "7"}, "no others are told"
    assert "+441632960001" not in str(first)
    assert (first["offered_at"], first["until"]) == ("2023-11-14T22:13:20.000+00:00", "2023-11-14T22:14:20.000+00:00")
    assert (first["attempts"], first["last_disposition"], first["skips"]) == (1, "busy", 0)
    assert (second["event"], second["decision"], second["dialed"], second["after_s"]) == (
        "preview_closed", "skipped", False, 12.5,
    )  # fmt: skip
    assert desk.sent == [("desktop", "delivered")] * 2


async def test_what_fails_is_told_again_while_it_is_worth_it(desk: Desk, address: Address) -> None:
    address.statuses = [500, 503]
    desk.room.submit(AnnounceOffer(shown(), ANN, "desktop"))
    await until(lambda: "webhook_works_again" in desk.notices)
    assert len(address.told) == 3
    assert desk.notices == ["webhook_failing", "webhook_works_again"]


async def test_an_offer_that_is_over_is_not_told_any_more(desk: Desk, address: Address) -> None:
    address.statuses = [500] * 1000
    record = shown()
    desk.room.submit(AnnounceOffer(record, ANN, "desktop"))
    await until(lambda: len(address.told) >= 2)
    address.statuses = []
    desk.room.submit(over(record, Decision.WITHDRAWN))
    await until(lambda: address.told[-1][1]["event"] == "preview_closed")
    count = len(address.told)
    desk.room.submit(AnnounceOffer(shown(2), ANN, "desktop"))
    await until(lambda: len(address.told) > count)
    assert address.told[count][1]["attempt"] == shown(2).id


async def test_an_offer_that_ran_out_meanwhile_is_given_up(desk: Desk, address: Address) -> None:
    address.statuses = [500] * 1000
    desk.room.submit(AnnounceOffer(shown(1, seconds=0.03), ANN, "desktop"))
    await until(lambda: not desk.room.hooks._latest)
    assert desk.sent


async def test_one_slow_address_holds_up_no_other_offer(desk: Desk, address: Address) -> None:
    address.waits = asyncio.Event()
    desk.room.submit(AnnounceOffer(shown(1), ANN, "desktop"))
    desk.room.submit(AnnounceOffer(shown(2), ANN, "desktop"))
    await until(lambda: len(address.told) == 2)
    address.waits.set()
    await until(lambda: len(desk.sent) == 2)


async def test_without_a_webhook_nobody_is_told(desk: Desk, address: Address) -> None:
    desk.room.submit(AnnounceOffer(shown(1), ANN, None))
    desk.room.submit(AnnounceOffer(shown(2), ANN, "not_configured"))
    desk.room.submit(AnnounceOffer(shown(3), ANN, "desktop"))
    await until(lambda: address.told)
    assert [body["attempt"] for _, body in address.told] == [shown(3).id]


async def test_a_webhook_that_a_reload_took_away_is_given_up(desk: Desk, address: Address) -> None:
    address.statuses = [500] * 1000
    desk.room.submit(AnnounceOffer(shown(1), ANN, "desktop"))
    await until(lambda: address.told)
    desk.settings.clear()
    await until(lambda: not desk.room.hooks._latest)
    assert desk.sent[-1] == ("desktop", "not_configured")


async def test_offers_are_counted(desk: Desk) -> None:
    one, two = shown(1), shown(2)
    desk.room.submit(AnnounceOffer(one, ANN, None))
    desk.room.submit(AnnounceOffer(two, ANN, None))
    assert desk.counted("dialerd_preview_offers_open") == 2
    desk.room.submit(over(one, Decision.ACCEPTED))
    desk.room.submit(over(two, Decision.WITHDRAWN))
    desk.room.submit(over(shown(3), Decision.WITHDRAWN))  # of an earlier run
    assert desk.counted("dialerd_preview_offers_open") == 0
    assert desk.counted("dialerd_preview_offers_total", decision="accepted") == 1
    assert desk.counted("dialerd_preview_offers_total", decision="withdrawn") == 2
    assert desk.counted("dialerd_preview_offers_total", decision="skipped") == 0
    assert desk.counted("dialerd_preview_decision_seconds_count") == 1
    assert desk.counted("dialerd_preview_decision_seconds_sum") == 12.5
