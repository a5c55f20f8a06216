"""The speech port: what is wished for is found in the cache or rendered, a few at a time."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import aiohttp
import structlog

from dialerd.config.voices import USUAL_VOICE, VoiceSettings
from dialerd.core.breaker import Breaker
from dialerd.core.commands import DistrustPrompts, RenderPrompts, SpeechCommand
from dialerd.core.events import PromptsFailed, PromptsRendered
from dialerd.ports import Clock, Post
from dialerd.speech.cache import PromptCache
from dialerd.speech.engines import VoiceFailed, speech_of
from dialerd.speech.sound import Unusable, telephone_wav
from dialerd.speech.spoken import Unspeakable, words_of

_log = structlog.get_logger(__name__)
FAILURES, PAUSE_S = 5, 30.0
"""So many failures of a voice in a row, and nothing is asked of it for so long."""
DISK_PAUSE_S = 30.0
_FIRST_REST_S, _LONGEST_REST_S = 30.0, 3600.0
"""A text that fails while the voice works otherwise is tried again after so long, then twice as long."""
_MOST_FAILED = 5000
FRESH_EVERY_S = 3600.0
"""Files in use are touched so often."""
_PINNED_S = 300.0
"""Longer than rendering all texts of one contact takes."""
_FORM = "2"
"""Another figure for files that were made in another way."""
_T = TypeVar("_T")

Measured = Callable[[str, str, float], None]
"""Told voice, outcome (``rendered``, ``cached``, ``disk``, or an outcome of :class:`VoiceFailed`) and seconds."""


def digest_of(voice: VoiceSettings, words: str, language: str, rate: int) -> str:
    """Names the file that says these words by this voice."""
    said = "\0".join((_FORM, voice.identity(language), language, str(rate), words))
    return hashlib.sha256(said.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Figures:
    """What the studio did since it was opened, and what is in its cache."""

    rendered: int
    cached: int
    failed: int
    files: int
    size_bytes: int
    waiting: int


class _Refused(Exception):
    """A text could not be rendered."""

    def __init__(self, reason: str, retry_at: float, down_until: float | None = None) -> None:
        super().__init__(reason)
        self.reason, self.retry_at, self.down_until = reason, retry_at, down_until


class Studio:
    """Life: :meth:`run` as a task; before it, wishes wait. Everything on disk is done by one thread, in order."""

    def __init__(
        self,
        cache: PromptCache,
        voices: Callable[[], Mapping[str, VoiceSettings]],
        post: Post,
        clock: Clock,
        *,
        rate: int = 8000,
        at_once: int = 2,
        in_use: Callable[[], Iterable[str]] = tuple,
        measured: Measured = lambda voice, outcome, seconds: None,
    ) -> None:
        """``in_use``: media URIs of contacts that are called, or are about to be; ``at_once``: texts rendered at the
        same time; ``rate``: samples per second."""
        self.cache = cache
        self._voices, self._post, self._clock = voices, post, clock
        self._rate, self._in_use, self._measured = rate, in_use, measured
        self._wishes: asyncio.Queue[SpeechCommand] = asyncio.Queue()
        self._turns = asyncio.Semaphore(at_once)
        self._rendering: dict[str, asyncio.Future[None]] = {}
        self._breakers: dict[str, Breaker] = {}
        self._failed: OrderedDict[str, tuple[int, float]] = OrderedDict()
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="speech")
        self._session: aiohttp.ClientSession | None = None
        self._counts = {"rendered": 0, "cached": 0, "failed": 0}
        self._opened = False
        self._pinned: Counter[str] = Counter()

    def submit(self, command: SpeechCommand) -> None:
        """Render, or look again at what was rendered; see :class:`~dialerd.ports.Speech`."""
        self._wishes.put_nowait(command)

    def figures(self) -> Figures:
        """What was done, and what there is."""
        return Figures(
            **self._counts, files=self.cache.count, size_bytes=self.cache.size_bytes, waiting=len(self._rendering)
        )

    async def run(self) -> None:
        """Serve until cancelled."""
        try:
            async with aiohttp.ClientSession() as self._session, asyncio.TaskGroup() as group:
                group.create_task(self._stay_fresh())
                while True:
                    command = await self._wishes.get()
                    if isinstance(command, DistrustPrompts):
                        group.create_task(self._look_again(command))
                    else:
                        group.create_task(self._serve(command))
        finally:
            self._disk.shutdown(wait=False, cancel_futures=True)

    def in_use(self) -> set[str]:
        """Digests of what callers hear now, or are about to: nobody may remove it."""
        needed = {self.cache.digest_in(media) for media in self._in_use()}
        return needed | set(self._rendering) | self._pinned.keys()

    async def keep_fresh(self) -> None:
        """Let files in use look used, to others who share the folder and go by their age. What is gone already is
        asked for anew when it is missed."""
        needed = self.in_use()
        await self._on_disk(lambda: [self.cache.has(digest) for digest in needed])

    async def _stay_fresh(self) -> None:
        while True:
            await asyncio.sleep(FRESH_EVERY_S)
            await self.keep_fresh()

    async def _serve(self, wish: RenderPrompts) -> None:
        which = wish.campaign, wish.contact_id, wish.serial
        voice = self._voices().get(wish.voice, USUAL_VOICE) if wish.voice else USUAL_VOICE
        try:
            said = await self._on_disk(partial(_words, wish))
            wanted = {key: (words, language) for key, (words, language) in said.items() if words}
            digests = {key: digest_of(voice, *one, self._rate) for key, one in wanted.items()}
            self._pin(digests.values())
            await self._have(voice, {digests[key]: one for key, one in wanted.items()})
        except Unspeakable as error:
            self._counts["failed"] += 1
            self._post(PromptsFailed(*which, str(error), None))
        except _Refused as error:
            self._counts["failed"] += 1
            self._post(PromptsFailed(*which, error.reason, error.retry_at, error.down_until))
        else:
            media = {key: self.cache.media(digests[key]) if key in digests else "" for key in said}
            self._post(PromptsRendered(*which, media))

    def _pin(self, digests: Collection[str]) -> None:
        """Keep these until the core knows that it has them."""
        self._pinned.update(digests)
        asyncio.get_running_loop().call_later(_PINNED_S, self._unpin, list(digests))

    def _unpin(self, digests: Collection[str]) -> None:
        self._pinned.subtract(digests)
        self._pinned = +self._pinned

    async def render(self, voice: VoiceSettings, words: str, language: str) -> str:
        """Have one text ready, for those who ask outside of calls; returns its digest. Raises VoiceFailed, Unusable,
        OSError."""
        digest = digest_of(voice, words, language, self._rate)
        await self._open()
        if not await self._on_disk(partial(self.cache.has, digest)):
            await self._rendered(voice, digest, words, language)
        return digest

    # --- one text ----------------------------------------------------------------------------------------

    async def _have(self, voice: VoiceSettings, wanted: Mapping[str, tuple[str, str]]) -> None:
        """Have a file of each (digest -> words, language). Raises :class:`_Refused`."""
        began = time.perf_counter()
        try:
            await self._open()
            lacking = await self._on_disk(lambda: [digest for digest in wanted if not self.cache.has(digest)])
        except OSError as error:
            raise self._disk_failed(voice, error, began) from None
        hits = len(wanted) - len(lacking)
        self._counts["cached"] += hits
        for _ in range(hits):
            self._measured(voice.name, "cached", (time.perf_counter() - began) / max(1, hits))
        if lacking:
            # All are awaited, so that no task is left behind when one fails.
            done = await asyncio.gather(
                *(self._one(voice, digest, *wanted[digest]) for digest in lacking), return_exceptions=True
            )
            for failure in done:
                if isinstance(failure, BaseException):
                    raise failure

    async def _one(self, voice: VoiceSettings, digest: str, words: str, language: str) -> None:
        """Render once, however many wish for it."""
        under_way = self._rendering.get(digest)
        if under_way is not None:
            return await asyncio.shield(under_way)
        future = self._rendering[digest] = asyncio.get_running_loop().create_future()
        try:
            await self._try(voice, digest, words, language)
        except _Refused as error:
            future.set_exception(error)
            future.exception()  # nobody may be waiting for it
            raise
        except asyncio.CancelledError:
            future.cancel()
            raise
        else:
            future.set_result(None)
        finally:
            del self._rendering[digest]

    async def _try(self, voice: VoiceSettings, digest: str, words: str, language: str) -> None:
        breaker = self._breakers.setdefault(voice.name, Breaker(FAILURES, PAUSE_S))
        tries, rests_until = self._failed.get(digest, (0, 0.0))
        now = self._clock.now()
        if breaker.is_open(now):
            raise _Refused(
                f"voice `{voice.name or 'espeak-ng'}` failed too often", breaker.open_until, breaker.open_until
            )
        if now < rests_until:
            raise _Refused("it failed before", rests_until)
        began = time.perf_counter()
        try:
            async with self._turns:
                await self._rendered(voice, digest, words, language)
        except (VoiceFailed, Unusable) as error:
            outcome = error.outcome if isinstance(error, VoiceFailed) else "garbage"
            self._measured(voice.name, outcome, time.perf_counter() - began)
            _log.warning("speech_failed", voice=voice.name, outcome=outcome, reason=str(error))
            now = self._clock.now()
            retry_at = breaker.failed(now)
            down = breaker.open_until if breaker.is_open(now) else None
            rest_s = min(_FIRST_REST_S * 2.0**tries, _LONGEST_REST_S)
            self._failed[digest] = tries + 1, now + rest_s
            if len(self._failed) > _MOST_FAILED:
                self._failed.popitem(last=False)
            raise _Refused(str(error), max(retry_at, now + rest_s), down) from None
        except OSError as error:
            raise self._disk_failed(voice, error, began) from None
        breaker.worked()
        self._failed.pop(digest, None)
        self._counts["rendered"] += 1
        self._measured(voice.name, "rendered", time.perf_counter() - began)

    async def _rendered(self, voice: VoiceSettings, digest: str, words: str, language: str) -> None:
        content = await speech_of(voice, words, language, self._session)
        await self._on_disk(lambda: self.cache.put(digest, telephone_wav(content, self._rate)))
        if self.cache.is_full:
            in_use = self.in_use() | {digest}
            await self._on_disk(lambda: self.cache.shrink(in_use))

    def _disk_failed(self, voice: VoiceSettings, error: OSError, began: float) -> _Refused:
        self._measured(voice.name, "disk", time.perf_counter() - began)
        _log.error("speech_not_written", reason=error.strerror or str(error))
        until = self._clock.now() + DISK_PAUSE_S
        return _Refused(f"the folder of speech: {error.strerror or error}", until, until)

    async def _open(self) -> None:
        if not self._opened:
            await self._on_disk(self.cache.open)
            self._opened = True

    async def _look_again(self, command: DistrustPrompts) -> None:
        digests = [self.cache.digest_in(media) for media in command.media]
        removed = await self._on_disk(lambda: sum(self.cache.distrust(digest) for digest in digests))
        _log.warning("speech_distrusted", files=len(digests), removed=removed)

    async def _on_disk(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work)


def _words(wish: RenderPrompts) -> dict[str, tuple[str, str]]:
    said = {}
    for one in wish.utterances:
        try:
            said[one.key] = words_of(one), one.language
        except Unspeakable as error:
            raise Unspeakable(f"{error}, in “{one.key[:60]}”") from None
    return said
