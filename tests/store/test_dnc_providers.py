"""Providers of do-not-call lists, played by a small server on loopback: good, slow, down, garbage, refusing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from dialerd.config.dnc_lists import ProviderSettings
from dialerd.core.breaker import Breaker
from dialerd.core.commands import AskProvider
from dialerd.core.dnc_events import ProviderAnswered, ProviderFailed
from dialerd.ports import ProviderAnswers
from dialerd.providers.http_dnc import HttpProviders, source_of
from dialerd.store.memory_provider_answers import MemoryAnswers
from dialerd.store.provider_answers import RedisAnswers
from lab.redis import Redis
from tests.store.store_lab import Inbox, SetClock, eventually

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
        self.origins: Counter[str] = Counter()
        self.answers: ProviderAnswers = MemoryAnswers(self.clock)
        self.port = self.another(self.answers)

    def another(self, answers: ProviderAnswers) -> HttpProviders:
        """The adapter of another instance, or of the next run; the clock and the inbox are the same."""
        return HttpProviders(
            lambda name: self.settings, self.inbox.post, self.clock, answers=answers,
            measured=lambda name, outcome, seconds: self.outcomes.append(outcome),
            counted=lambda name, origin, count: self.origins.update({origin: count}),
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


@asynccontextmanager
async def at_work(port: HttpProviders) -> AsyncIterator[HttpProviders]:
    task = asyncio.create_task(port.run())
    try:
        yield port
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    fake = FakeProvider()
    made = Bench(fake, await fake.start())
    try:
        async with at_work(made.port):
            yield made
    finally:
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


async def test_answers_outlive_the_process_and_are_known_to_other_instances(
    bench: Bench, redis_server: Redis
) -> None:
    """Another instance, and the next run, ask nobody while an answer holds; another address is another provider."""
    stores = [RedisAnswers(redis_server.url) for _ in range(2)]
    try:
        async with at_work(bench.another(stores[0])) as first, at_work(bench.another(stores[1])) as second:
            bench.port = first
            await bench.answered(ONE, OTHER)
            source = source_of("registry", bench.settings)

            async def kept() -> bool:
                return len(await stores[1].known(source, [ONE, OTHER])) == 2

            await eventually(kept, "both answers are kept")
            bench.port = second
            said = await bench.answered(ONE, OTHER)
            assert isinstance(said, ProviderAnswered)
            assert said.verdicts == {ONE: True, OTHER: False}
            # Redis counts real seconds down, of which some pass here.
            assert bench.clock.at + 3000 < said.until <= bench.clock.at + 3600
            assert bench.fake.asked == [[ONE, OTHER]]
            assert bench.origins == {"asked": 2, "redis": 2}
            second.forget("registry", None)
            bench.change(url=bench.settings.url + "?other")
            await bench.answered(ONE)
            assert bench.fake.asked == [[ONE, OTHER], [ONE]]
    finally:
        for store in stores:
            await store.aclose()


async def test_while_redis_is_away_the_provider_is_asked(bench: Bench) -> None:
    failures: list[str] = []
    away = RedisAnswers("redis://127.0.0.1:1/0", timeout_s=0.2, failed=failures.append)
    async with at_work(bench.another(away)) as bench.port:
        said = await bench.answered(ONE)
        assert isinstance(said, ProviderAnswered)
        assert said.verdicts == {ONE: True}
        await eventually(lambda: failures == ["read", "keep"], "both failures are told")
        bench.fake.answer = lambda asked: web.Response(status=500)
        assert isinstance(await bench.answered(OTHER), ProviderFailed), "nobody says it is free: it is not called"
        assert await bench.answered(ONE) == said, "what was said holds in this process"
    await away.aclose()


async def test_a_kept_answer_serves_while_the_provider_is_down(bench: Bench) -> None:
    await bench.answers.keep(source_of("registry", bench.settings), {ONE: True}, 600.0)
    bench.fake.answer = lambda asked: web.Response(status=500)
    for _ in range(bench.settings.failures):
        assert isinstance(await bench.answered(OTHER), ProviderFailed)
    assert await bench.answered(ONE) == ProviderAnswered("registry", {ONE: True}, bench.clock.at + 600.0)
    assert bench.origins == {"failed": bench.settings.failures, "redis": 1}


async def test_an_answer_holds_no_longer_than_the_settings_say_now(bench: Bench) -> None:
    await bench.answers.keep(source_of("registry", bench.settings), {ONE: False}, 86400.0)
    assert await bench.answered(ONE) == ProviderAnswered("registry", {ONE: False}, bench.clock.at + 3600.0)


async def test_what_is_known_and_what_is_not_are_told_apart(bench: Bench) -> None:
    await bench.answers.keep(source_of("registry", bench.settings), {ONE: True}, 600.0)
    await bench.answered(ONE, OTHER)
    _, asked = await bench.inbox.wait_for(ProviderAnswered, 2)
    assert asked.verdicts == {OTHER: False}
    assert bench.fake.asked == [[OTHER]]


async def test_what_was_forgotten_is_asked_again(bench: Bench) -> None:
    await bench.answered(ONE, OTHER)
    await bench.answers.forget(source_of("registry", bench.settings), ONE)
    bench.port.forget("registry", ONE)
    bench.fake.answer = bench.fake.lists()
    again = await bench.answered(ONE)
    assert isinstance(again, ProviderAnswered)
    assert again.verdicts == {ONE: False}
    await bench.answered(OTHER)
    assert bench.fake.asked == [[ONE, OTHER], [ONE]]
    bench.port.forget("another list", None)
