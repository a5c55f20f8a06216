"""Webhooks against a small server on loopback: told, slow, refusing, away, and a queue that outlives everybody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from dialerd.core.contact import ContactState
from dialerd.core.webhook import NumberShown, WebhookSettings
from dialerd.providers.webhooks import WebhookSender
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.record_health import DATABASE_ERRORS
from dialerd.store.webhook_queue import WebhookQueue
from lab.ports import free_ports
from tests.store.store_lab import SetClock, attempt, closing


async def until(met: Callable[[], object], seen: Callable[[], object]) -> None:
    """Wait for a condition; fail with what was seen instead."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + 10.0
    while not met():
        assert loop.time() < deadline, seen()
        await asyncio.sleep(0.005)


class Hook:
    """Somebody's server. ``status`` is what it answers; while ``slow`` it does not."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.status = 200
        self.slow = False
        self.release = asyncio.Event()
        self.runner = web.AppRunner(self._app(), shutdown_timeout=0.1)

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_post("/calls", self._take)
        return app

    async def _take(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        self.headers.append(dict(request.headers))
        if self.slow:
            await self.release.wait()
        return web.Response(status=self.status, text="thanks")

    async def start(self) -> str:
        await self.runner.setup()
        await web.TCPSite(self.runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self.runner.addresses[0][1]}/calls"


class Bench:
    """Queue and sender over a fresh SQLite."""

    def __init__(self, folder: Path, hook: Hook, url: str) -> None:
        self.engine = open_database(f"sqlite:///{folder / 'record.db'}")
        self.hook, self.clock = hook, SetClock()
        self.settings = {"crm": WebhookSettings("crm", url, tries=3, first_gap_s=30.0, longest_gap_s=50.0)}
        self.queue = WebhookQueue(self.engine, self.clock)
        self.notices: list[tuple[str, dict[str, str]]] = []
        self.outcomes: list[tuple[str, str]] = []
        self.counts: dict[str, Any] = {}
        self.sender = WebhookSender(
            self.queue, self.clock, lambda name: self.settings.get(name), DATABASE_ERRORS,
            tell=lambda level, name, **fields: self.notices.append((name, fields)),
            sent=lambda webhook, outcome, seconds: self.outcomes.append((webhook, outcome)),
            counted=self.counts.update, poll_s=0.02, jitter=lambda low, high: 1.0,
        )  # fmt: skip

    async def call(self, serial: int = 1, *hooks: str, **more: Any) -> str:
        """A call that ended, of which these webhooks are to be told."""
        record = attempt(serial, contact_id=1)
        for name, value in more.items():
            setattr(record, name, value)
        record.rules = {"webhooks": [[hook, "house.vip"] for hook in hooks or ("crm",)]}
        async with self.engine.begin() as connection:
            done = closing(record, "answered_agent", ContactState.UNCALLABLE).outcome
            await write_outcomes(connection, [done], self.clock.now())
        self.sender.wake()
        return record.id

    async def tried(self, *outcomes: str) -> None:
        """Wait until the tries have gone so."""
        await until(lambda: [outcome for _, outcome in self.outcomes] == list(outcomes), lambda: self.outcomes)
        # What is said of a try is said before it is written down.
        await until(lambda: not self.sender._busy, lambda: self.sender._busy)


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    hook = Hook()
    made = Bench(tmp_path, hook, await hook.start())
    await migrate_engine(made.engine)
    task = asyncio.create_task(made.sender.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        hook.release.set()
        await hook.runner.cleanup()
        await made.engine.dispose()


async def test_a_call_is_told_once_and_as_documented(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CRM_TOKEN", "let-me-in")
    monkeypatch.setenv("CRM_TENANT", "north")
    bench.settings["crm"] = replace(
        bench.settings["crm"], token_env="CRM_TOKEN", headers_env={"X-Tenant": "CRM_TENANT"}
    )
    called = await bench.call(
        number="+441632960001", answered_at=1000.0, connected_at=1000.25, ended_at=1010.0, agent="8001"
    )
    await bench.tried("delivered")
    (told,), (headers,) = bench.hook.told, bench.hook.headers
    assert headers["Authorization"] == "Bearer let-me-in"
    assert headers["X-Tenant"] == "north"
    assert headers["Idempotency-Key"] == told["delivery"] == f"{called}.0"
    assert (told["version"], told["event"], told["rule"], told["attempt"]) == (1, "call_ended", "house.vip", called)
    assert (told["agent"], told["disposition"], told["talk_time_s"]) == ("8001", "answered_agent", 9.75)
    assert told["answered_at"] == "1970-01-01T00:16:40.000+00:00"
    assert "960001" not in str(told), "whole numbers only where they are asked for"
    assert await bench.queue.counts() == {}


@pytest.mark.parametrize(
    ("shown", "number"), [(NumberShown.FULL, "+441632960001"), (NumberShown.NONE, None)]
)  # fmt: skip
async def test_numbers_are_told_as_configured(bench: Bench, shown: NumberShown, number: str | None) -> None:
    bench.settings["crm"] = replace(bench.settings["crm"], number=shown)
    await bench.call(number="+441632960001")
    await bench.tried("delivered")
    assert bench.hook.told[0].get("number") == number


async def test_what_is_refused_is_tried_again_with_longer_gaps_and_given_up(bench: Bench) -> None:
    bench.hook.status = 503
    delivery = f"{await bench.call()}.0"
    await bench.tried("refused")
    assert await bench.queue.due() == {"crm": bench.clock.at + 30.0}
    bench.clock.at += 30.0
    await bench.tried("refused", "refused")
    assert await bench.queue.due() == {"crm": bench.clock.at + 50.0}, "twice as long, up to the longest"
    bench.clock.at += 50.0
    await bench.tried("refused", "refused", "refused", "dead")
    (dead,) = await bench.queue.rows("dead", 10)
    assert (dead["id"], dead["tries"], dead["error"]) == (delivery, 3, "HTTP status 503")
    assert [name for name, _ in bench.notices] == ["webhook_failing", "webhook_given_up"], "told once, not each time"
    bench.hook.status = 204
    assert await bench.queue.again("crm", []) == 1
    await bench.tried("refused", "refused", "refused", "dead", "delivered")
    assert bench.notices[-1][0] == "webhook_works_again"
    assert await bench.queue.counts() == {}


async def test_a_slow_webhook_holds_up_no_other(bench: Bench) -> None:
    bench.settings["fast"] = replace(bench.settings["crm"], name="fast")
    bench.settings["crm"] = replace(bench.settings["crm"], timeout_s=60.0)
    bench.hook.slow = True
    await bench.call(1, "crm")
    await until(lambda: bench.hook.told, lambda: bench.outcomes)
    bench.hook.slow = False
    await bench.call(2, "fast")
    await until(lambda: ("fast", "delivered") in bench.outcomes, lambda: bench.outcomes)
    assert bench.outcomes == [("fast", "delivered")], "the other one is still waited for"


async def test_no_answer_in_time(bench: Bench) -> None:
    bench.settings["crm"] = replace(bench.settings["crm"], timeout_s=0.05)
    bench.hook.slow = True
    await bench.call()
    await bench.tried("timeout")
    assert (await bench.queue.rows("waiting", 1))[0]["error"] == "no answer within 0.05 s"


async def test_nobody_there_and_no_secret(bench: Bench) -> None:
    closed = f"http://127.0.0.1:{free_ports(1, 0)[0][0]}/"
    bench.settings["crm"] = replace(bench.settings["crm"], url=closed)
    await bench.call(1)
    await bench.tried("unreachable")
    bench.settings["crm"] = replace(bench.settings["crm"], token_env="NOT_THERE")
    await bench.call(2)
    await bench.tried("unreachable", "refused")
    assert bench.notices[0][1]["reason"] == "ClientConnectorError"
    assert {row["error"] for row in await bench.queue.rows("waiting", 9)} == {
        "ClientConnectorError", "the environment has no NOT_THERE",
    }  # fmt: skip


async def test_one_that_is_configured_no_more_is_kept_as_dead(bench: Bench) -> None:
    await bench.call(1, "old")
    await bench.tried("not_configured", "dead")
    assert (await bench.queue.rows("dead", 1))[0]["webhook"] == "old"
    assert await bench.queue.drop("old", []) == 1


async def test_what_a_dead_sender_took_is_told_by_the_next(bench: Bench) -> None:
    bench.sender._busy.add("crm")
    await bench.call()
    assert len(await bench.queue.take("crm", 5, 35.0)) == 1, "by a process that dies before it says more"
    assert await bench.queue.take("crm", 5, 35.0) == [], "nobody else has it meanwhile"
    bench.sender._busy.discard("crm")
    bench.clock.at += 35.0
    await bench.tried("delivered")


async def test_how_many_wait_is_counted(bench: Bench) -> None:
    bench.hook.status = 500
    await bench.call()
    await bench.tried("refused")
    bench.clock.at += 15.0
    await until(lambda: bench.counts == {"crm": {"waiting": 1}}, lambda: bench.counts)
