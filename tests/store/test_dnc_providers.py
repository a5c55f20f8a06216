"""Providers of do-not-call lists, played by a small server on loopback: good, slow, down, garbage, refusing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from dialerd.config.dnc_lists import ProviderSettings
from dialerd.core.breaker import Breaker
from dialerd.core.commands import AskProvider
from dialerd.core.dnc_events import ProviderAnswered, ProviderFailed
from dialerd.providers.http_dnc import HttpProviders
from tests.store.store_lab import Inbox, SetClock

ONE, OTHER = "+441632960001", "+441632960002"


class FakeProvider:
    """Answers as it is told; remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.headers: list[dict[str, str]] = []
        self.answer: Callable[[Any], Awaitable[web.StreamResponse] | web.StreamResponse] = self.lists(ONE)
        self.release = asyncio.Event()
        self._runner = web.AppRunner(self._app())

    def _app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/{rest:.*}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        asked = (await request.json())["numbers"] if request.method == "POST" else request.query["n"]
        self.asked.append(asked)
        self.headers.append(dict(request.headers))
        answer = self.answer(asked)
        return answer if isinstance(answer, web.StreamResponse) else await answer

    def lists(self, *numbers: str) -> Callable[[Any], web.Response]:
        def answer(asked: Any) -> web.Response:
            if isinstance(asked, str):
                return web.json_response({"listed": asked in numbers})
            return web.json_response({"listed": [number for number in asked if number in numbers]})

        return answer

    async def never(self, asked: Any) -> web.Response:
        await self.release.wait()
        return web.Response()

    async def start(self) -> str:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        self.release.set()
        await self._runner.cleanup()


class Bench:
    """A provider, the adapter that asks it, and what the core hears."""

    def __init__(self, fake: FakeProvider, url: str) -> None:
        self.fake, self.inbox, self.clock = fake, Inbox(), SetClock()
        self.settings = ProviderSettings(f"{url}/check", timeout_s=5.0, failures=3, pause_s=30.0, cache_s=3600.0)
        self.outcomes: list[str] = []
        self.port = HttpProviders(
            lambda name: self.settings, self.inbox.post, self.clock,
            measured=lambda name, outcome, seconds: self.outcomes.append(outcome),
        )  # fmt: skip

    def change(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)

    async def answered(self, *numbers: str) -> ProviderAnswered | ProviderFailed:
        count = len(self.inbox.events)
        self.port.submit(AskProvider("registry", numbers))
        await self.inbox.until(lambda: len(self.inbox.events) > count)
        event = self.inbox.events[count]
        assert isinstance(event, ProviderAnswered | ProviderFailed)
        return event


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    fake = FakeProvider()
    made = Bench(fake, await fake.start())
    task = asyncio.create_task(made.port.run())
    try:
        yield made
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await fake.stop()


async def test_many_numbers_in_one_request(bench: Bench) -> None:
    answer = await bench.answered(ONE, OTHER)
    assert answer == ProviderAnswered("registry", {ONE: True, OTHER: False}, bench.clock.at + 3600.0)
    assert bench.fake.asked == [[ONE, OTHER]]


async def test_number_by_number_where_the_address_has_a_place_for_it(bench: Bench) -> None:
    bench.change(url=bench.settings.url + "?n={e164}")
    answer = await bench.answered(ONE, OTHER)
    assert isinstance(answer, ProviderAnswered)
    assert answer.verdicts == {ONE: True, OTHER: False}
    assert sorted(bench.fake.asked) == [ONE, OTHER]


async def test_an_answer_is_kept_for_its_time(bench: Bench) -> None:
    first = await bench.answered(ONE)
    bench.clock.at += 3599.0
    assert await bench.answered(ONE) == first
    bench.clock.at += 2.0
    await bench.answered(ONE)
    assert bench.fake.asked == [[ONE], [ONE]]


async def test_the_token_comes_from_the_environment(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.change(token_env="REGISTRY_TOKEN")
    missing = await bench.answered(ONE)
    assert isinstance(missing, ProviderFailed)
    assert "REGISTRY_TOKEN" in missing.reason
    assert bench.fake.asked == []
    monkeypatch.setenv("REGISTRY_TOKEN", "let-me-in")
    await bench.answered(ONE)
    assert bench.fake.headers[0]["Authorization"] == "Bearer let-me-in"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<html>", "not JSON"),
        ("{}", "listed"),
        ('{"listed": true}', "listed"),
        ('{"listed": [1]}', "not asked for"),
        (json.dumps({"listed": ["+441632960999"]}), "not asked for"),
        ("x" * 3_000_000, "more than"),
        ("", "not JSON"),
    ],
)
async def test_garbage_is_no_answer(bench: Bench, body: str, said: str) -> None:
    bench.fake.answer = lambda asked: web.Response(text=body)
    answer = await bench.answered(ONE)
    assert isinstance(answer, ProviderFailed)
    assert said in answer.reason
    assert answer.retry_at > bench.clock.at
    assert bench.outcomes == ["garbage"]


@pytest.mark.parametrize("status", [204, 302, 401, 404, 500, 503])
async def test_another_status_is_a_refusal(bench: Bench, status: int) -> None:
    bench.fake.answer = lambda asked: web.Response(status=status, headers={"Location": "/other"})
    answer = await bench.answered(ONE)
    assert isinstance(answer, ProviderFailed)
    assert str(status) in answer.reason
    assert bench.outcomes == ["refused"]


async def test_a_slow_one_is_given_up_and_holds_up_no_other_list(bench: Bench) -> None:
    bench.fake.answer = bench.fake.never
    bench.change(timeout_s=0.2)
    answer = await bench.answered(ONE)
    assert isinstance(answer, ProviderFailed)
    assert "0.2 s" in answer.reason
    assert bench.outcomes == ["timeout"]


async def test_one_that_is_down(bench: Bench) -> None:
    await bench.fake.stop()
    answer = await bench.answered(ONE)
    assert isinstance(answer, ProviderFailed)
    assert bench.outcomes == ["unreachable"]


async def test_after_some_failures_nothing_is_asked_for_a_while(bench: Bench) -> None:
    bench.fake.answer = lambda asked: web.Response(status=500)
    for _ in range(3):
        assert isinstance(await bench.answered(ONE), ProviderFailed)
    held = await bench.answered(ONE)
    assert held == ProviderFailed("registry", (ONE,), "it failed too often", bench.clock.at + 30.0)
    assert len(bench.fake.asked) == 3
    bench.fake.answer = bench.fake.lists()
    bench.clock.at += 30.0
    answer = await bench.answered(ONE)
    assert isinstance(answer, ProviderAnswered)
    assert answer.verdicts == {ONE: False}


async def test_on_failure_allow_lets_the_call_through_and_is_not_kept(bench: Bench) -> None:
    bench.change(allow_on_failure=True)
    bench.fake.answer = lambda asked: web.Response(status=500)
    answer = await bench.answered(ONE)
    assert isinstance(answer, ProviderAnswered)
    assert answer.verdicts == {ONE: False}
    assert answer.until <= bench.clock.at + 30.0
    bench.fake.answer = bench.fake.lists(ONE)
    again = await bench.answered(ONE)
    assert isinstance(again, ProviderAnswered)
    assert again.verdicts == {ONE: True}


def test_a_breaker_whose_clock_went_back_is_closed() -> None:
    breaker = Breaker(1, 30.0)
    assert breaker.failed(1000.0) == 1030.0
    assert breaker.is_open(1029.0)
    assert not breaker.is_open(1030.0)
    assert not breaker.is_open(500.0)
