"""Asks providers of do-not-call lists over HTTP."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import quote

import aiohttp
import orjson
import structlog

from dialerd.config.dnc_lists import ProviderSettings
from dialerd.core.breaker import Breaker
from dialerd.core.commands import AskProvider
from dialerd.core.dial_string import national
from dialerd.core.dnc_events import ProviderAnswered, ProviderFailed
from dialerd.ports import AnswerSource, Clock, Post, ProviderAnswers

_log = structlog.get_logger(__name__)
LARGEST_ANSWER = 1 << 20
AT_ONCE = 8
"""Most requests at the same time to one provider that is asked number by number."""

Measured = Callable[[str, str, float], None]
"""Told list, outcome (``answered``, ``timeout``, ``unreachable``, ``refused``, ``garbage``) and seconds."""

Counted = Callable[[str, str, int], None]
"""Told list, where the answers came from (``memory``, ``redis``, ``asked``, ``failed``: nowhere) and how many."""


class NoAnswer(Exception):
    """The provider gave no answer that can be used. ``outcome`` is a fixed word, the text says more."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


@dataclass(slots=True)
class _Desk:
    """What waits for one provider."""

    breaker: Breaker
    waiting: list[str] = field(default_factory=list)
    wanted: asyncio.Event = field(default_factory=asyncio.Event)
    known: dict[str, tuple[bool, float]] = field(default_factory=dict)
    """The cache: number -> verdict, and until when it holds."""


class HttpProviders:
    """The port to all providers. Life: :meth:`run` as a task. Each provider has a worker of its own, so that a slow
    one holds up nobody else's campaigns."""

    def __init__(
        self,
        settings: Callable[[str], ProviderSettings | None],
        post: Post,
        clock: Clock,
        *,
        answers: ProviderAnswers,
        measured: Measured = lambda name, outcome, seconds: None,
        counted: Counted = lambda name, origin, count: None,
        most_known: int = 100_000,
    ) -> None:
        """``settings``: of a list's provider as they are now; None: it has none any more. ``answers``: where they
        are kept beyond this process. ``most_known``: answers kept per list in this process."""
        self._settings, self._post, self._clock = settings, post, clock
        self._answers, self._most_known = answers, most_known
        self._measured, self._counted = measured, counted
        self._desks: dict[str, _Desk] = {}
        self._new: asyncio.Queue[str] = asyncio.Queue()

    def submit(self, command: AskProvider) -> None:
        """Ask, or answer from the cache; see :class:`~dialerd.ports.Provider`."""
        now, name = self._clock.now(), command.dnc_list
        settings = self._settings(name)
        if settings is None:
            self._post(ProviderAnswered(name, dict.fromkeys(command.numbers, False), now + 60.0))
            return
        desk = self._desks.get(name)
        if desk is None:
            desk = self._desks[name] = _Desk(Breaker(settings.failures, settings.pause_s))
            self._new.put_nowait(name)
        known = {n: desk.known[n] for n in command.numbers if n in desk.known and desk.known[n][1] > now}
        if known:
            until = min(end for _, end in known.values())
            self._counted(name, "memory", len(known))
            self._post(ProviderAnswered(name, {number: listed for number, (listed, _) in known.items()}, until))
        desk.waiting += [number for number in command.numbers if number not in known]
        if desk.waiting:
            desk.wanted.set()

    def forget(self, name: str, number: str | None) -> None:
        """The answer about a number, or (None) all of the list, was removed: this process forgets it as well."""
        desk = self._desks.get(name)
        if desk is None:
            return
        if number is None:
            desk.known.clear()
        else:
            desk.known.pop(number, None)

    async def run(self) -> None:
        """Ask until cancelled."""
        limit = aiohttp.ClientTimeout(total=None)
        async with aiohttp.ClientSession(timeout=limit) as session, asyncio.TaskGroup() as group:
            while True:
                name = await self._new.get()
                group.create_task(self._serve(name, session), name=f"provider of {name}")

    async def _serve(self, name: str, session: aiohttp.ClientSession) -> None:
        desk = self._desks[name]
        while True:
            await desk.wanted.wait()
            settings = self._settings(name)
            most = 1 if settings is None else AT_ONCE if settings.one_by_one else settings.batch
            numbers, desk.waiting = desk.waiting[:most], desk.waiting[most:]
            if not desk.waiting:
                desk.wanted.clear()
            if settings is None:
                self._post(ProviderAnswered(name, dict.fromkeys(numbers, False), self._clock.now() + 60.0))
                continue
            numbers = await self._still_unknown(name, desk, settings, numbers)
            if not numbers:
                continue
            if desk.breaker.is_open(self._clock.now()):
                self._no_answer(name, desk, settings, numbers, "it failed too often", desk.breaker.open_until)
            else:
                await self._ask(name, desk, settings, numbers, session)

    async def _still_unknown(
        self, name: str, desk: _Desk, settings: ProviderSettings, numbers: list[str]
    ) -> list[str]:
        """Those of which nobody has an answer that holds; the others are answered."""
        known = await self._answers.known(source_of(name, settings), numbers)
        if known:
            now = self._clock.now()
            # An answer holds no longer than the settings say now, however long it held when it was given.
            ends = {number: now + min(kept.left_s, settings.cache_s) for number, kept in known.items()}
            for number, kept in known.items():
                self._know(desk, number, kept.listed, ends[number])
            self._counted(name, "redis", len(known))
            verdicts = {number: kept.listed for number, kept in known.items()}
            self._post(ProviderAnswered(name, verdicts, min(ends.values())))
        return [number for number in numbers if number not in known]

    def _know(self, desk: _Desk, number: str, listed: bool, until: float) -> None:
        desk.known.pop(number, None)
        desk.known[number] = (listed, until)
        while len(desk.known) > self._most_known:
            del desk.known[next(iter(desk.known))]

    async def _ask(
        self, name: str, desk: _Desk, settings: ProviderSettings, numbers: list[str], session: aiohttp.ClientSession
    ) -> None:
        began = time.perf_counter()
        try:
            verdicts = await asked(session, settings, numbers)
        except NoAnswer as error:
            self._measured(name, error.outcome, time.perf_counter() - began)
            _log.warning("dnc_provider_failed", dnc_list=name, outcome=error.outcome, reason=str(error))
            retry_at = desk.breaker.failed(self._clock.now())
            self._no_answer(name, desk, settings, numbers, str(error), retry_at)
            return
        self._measured(name, "answered", time.perf_counter() - began)
        desk.breaker.worked()
        until = self._clock.now() + settings.cache_s
        for number, listed in verdicts.items():
            self._know(desk, number, listed, until)
        self._counted(name, "asked", len(verdicts))
        self._post(ProviderAnswered(name, verdicts, until))
        await self._answers.keep(source_of(name, settings), verdicts, settings.cache_s)

    def _no_answer(
        self, name: str, desk: _Desk, settings: ProviderSettings, numbers: list[str], reason: str, retry_at: float
    ) -> None:
        self._counted(name, "failed", len(numbers))
        if settings.allow_on_failure:
            # As the operator has decided; not kept, so that the provider is asked again.
            self._post(ProviderAnswered(name, dict.fromkeys(numbers, False), max(retry_at, self._clock.now() + 5.0)))
        else:
            self._post(ProviderFailed(name, tuple(numbers), reason, retry_at))


def source_of(name: str, settings: ProviderSettings) -> AnswerSource:
    """Whose answers they are."""
    return AnswerSource(name, sha256(settings.url.encode()).hexdigest()[:12])


async def asked(
    session: aiohttp.ClientSession, settings: ProviderSettings, numbers: Sequence[str]
) -> dict[str, bool]:
    """What the provider says of each number. Raises :class:`NoAnswer`; then nothing of what it said counts."""
    headers = {"Accept": "application/json"}
    if settings.token_env is not None:
        token = os.environ.get(settings.token_env)
        if not token:
            raise NoAnswer("refused", f"the environment has no {settings.token_env}")
        headers["Authorization"] = f"Bearer {token}"
    try:
        async with asyncio.timeout(settings.timeout_s):
            if not settings.one_by_one:
                body = await _request(session, "POST", settings.url, headers, {"numbers": list(numbers)})
                return _of_many(body, numbers)
            async with asyncio.TaskGroup() as group:
                tasks = {
                    number: group.create_task(_request(session, "GET", _url(settings.url, number), headers, None))
                    for number in numbers
                }
            return {number: _of_one(task.result()) for number, task in tasks.items()}
    except ExceptionGroup as failures:
        first = failures.exceptions[0]
        if isinstance(first, NoAnswer):
            raise first from None
        if isinstance(first, aiohttp.ClientError):
            raise NoAnswer("unreachable", type(first).__name__) from None
        raise
    except TimeoutError:
        raise NoAnswer("timeout", f"no answer within {settings.timeout_s:g} s") from None
    except aiohttp.ClientError as error:
        raise NoAnswer("unreachable", type(error).__name__) from error


def _url(template: str, number: str) -> str:
    forms = {"e164": quote(number, safe=""), "digits": number[1:], "national": national(number)}
    for form, written in forms.items():
        template = template.replace(f"{{{form}}}", written)
    return template


async def _request(
    session: aiohttp.ClientSession, method: str, url: str, headers: Mapping[str, str], body: object
) -> object:
    data = orjson.dumps(body) if body is not None else None
    sent = {**headers, "Content-Type": "application/json"} if data is not None else headers
    async with session.request(method, url, data=data, headers=sent, allow_redirects=False) as response:
        if response.status != 200:
            raise NoAnswer("refused", f"HTTP status {response.status}")
        content = await response.content.read(LARGEST_ANSWER + 1)
        while not response.content.at_eof() and len(content) <= LARGEST_ANSWER:
            content += await response.content.read(LARGEST_ANSWER)
        if len(content) > LARGEST_ANSWER:
            raise NoAnswer("garbage", f"more than {LARGEST_ANSWER} bytes")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        raise NoAnswer("garbage", "the answer is not JSON") from None


def _of_one(body: object) -> bool:
    listed = body.get("listed") if isinstance(body, dict) else None
    if not isinstance(listed, bool):
        raise NoAnswer("garbage", 'the answer has no "listed": true or false')
    return listed


def _of_many(body: object, numbers: Sequence[str]) -> dict[str, bool]:
    listed = body.get("listed") if isinstance(body, dict) else None
    if not isinstance(listed, list):
        raise NoAnswer("garbage", 'the answer has no "listed": [...]')
    if not all(isinstance(number, str) for number in listed) or not set(listed) <= set(numbers):
        # An answer to another question says nothing about this one.
        raise NoAnswer("garbage", "the answer names numbers that were not asked for")
    return {number: number in listed for number in numbers}
