"""Wishes for speech: found, rendered once, or refused with a reason; and what fails of the voices."""

from __future__ import annotations

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import web

from dialerd.config.voices import Engine, VoiceSettings
from dialerd.core.commands import DistrustPrompts, RenderPrompts
from dialerd.core.events import Event, PromptsFailed, PromptsRendered
from dialerd.core.flow.prompts import Form
from dialerd.core.prompt_commands import Utterance
from dialerd.speech.cache import PromptCache
from dialerd.speech.studio import DISK_PAUSE_S, FAILURES, Studio
from tests.speech.voices import plays, scripted, starts, tone

PATIENCE_S = 20.0


class Now:
    def __init__(self) -> None:
        self.at = 5000.0

    def now(self) -> float:
        return self.at


class Desk:
    """A studio that runs, and what it answered."""

    def __init__(self, folder: Path, voice: VoiceSettings, most_bytes: int = 1 << 30, at_once: int = 2) -> None:
        self.folder, self.clock = folder, Now()
        self.voices = {"it": voice}
        self.answers: asyncio.Queue[Event] = asyncio.Queue()
        self.measured: list[tuple[str, str]] = []
        self.in_use: set[str] = set()
        self.studio = Studio(
            PromptCache(folder / "speech", "/shared", most_bytes), lambda: self.voices, self.answers.put_nowait,
            self.clock, at_once=at_once, in_use=lambda: self.in_use,
            measured=lambda voice, outcome, seconds: self.measured.append((voice, outcome)),
        )  # fmt: skip
        self.serial = 0

    def wish(self, *texts: str, voice: str = "it", contact: int = 1) -> None:
        self.serial += 1
        said = tuple(Utterance(f"en: {text}", "en", ((text, None),)) for text in texts)
        self.studio.submit(RenderPrompts("spring", contact, self.serial, voice, said))

    async def answer(self) -> Event:
        async with asyncio.timeout(PATIENCE_S):
            return await self.answers.get()

    async def rendered(self, *texts: str, voice: str = "it") -> PromptsRendered:
        self.wish(*texts, voice=voice)
        answer = await self.answer()
        assert isinstance(answer, PromptsRendered), answer
        return answer

    async def failed(self, *texts: str, voice: str = "it") -> PromptsFailed:
        self.wish(*texts, voice=voice)
        answer = await self.answer()
        assert isinstance(answer, PromptsFailed), answer
        return answer


Open = Callable[..., Desk]


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Open]:
    running: list[asyncio.Task[None]] = []

    def open_desk(voice: VoiceSettings | str | None = None, **how: int) -> Desk:
        if voice is None or isinstance(voice, str):
            voice = scripted(tmp_path, voice or plays(tmp_path))
        desk = Desk(tmp_path, voice, **how)
        running.append(asyncio.create_task(desk.studio.run()))
        return desk

    yield open_desk
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)


async def test_what_was_said_once_starts_no_program(opened: Open, tmp_path: Path) -> None:
    desk = opened()
    first = await desk.rendered("Hello", "Bye")
    assert starts(tmp_path) == 2
    second = await desk.rendered("Bye", "Hello")
    assert starts(tmp_path) == 2
    assert dict(first.media) == dict(second.media)
    assert set(first.media) == {"en: Hello", "en: Bye"}
    assert desk.measured == [("scripted", "rendered")] * 2 + [("scripted", "cached")] * 2
    figures = desk.studio.figures()
    assert (figures.rendered, figures.cached, figures.failed, figures.files) == (2, 2, 0, 2)


async def test_another_daemon_or_a_restart_finds_it(opened: Open, tmp_path: Path) -> None:
    await opened().rendered("Hello")
    again = opened()
    await again.rendered("Hello")
    assert starts(tmp_path) == 1
    assert again.studio.figures().cached == 1


@pytest.mark.parametrize("change", [{"rate": 200}, {"pitch": 70}, {"names": {"en": "other"}}])
async def test_another_way_of_saying_it_is_another_file(opened: Open, change: dict[str, object]) -> None:
    desk = opened()
    first = await desk.rendered("Hello")
    desk.voices["it"] = replace(desk.voices["it"], **change)  # type: ignore[arg-type]
    assert (await desk.rendered("Hello")).media != first.media


async def test_many_who_wish_for_the_same_text_have_it_rendered_once(opened: Open, tmp_path: Path) -> None:
    desk = opened("time.sleep(0.3)\n" + plays(tmp_path))
    for contact in range(10):
        desk.wish("Hello", contact=contact)
    answers = [await desk.answer() for _ in range(10)]
    assert all(isinstance(answer, PromptsRendered) for answer in answers)
    assert starts(tmp_path) == 1


async def test_no_more_programs_at_the_same_time_than_allowed(opened: Open, tmp_path: Path) -> None:
    log = tmp_path / "log"
    body = f"open({str(log)!r}, 'a').write('+')\ntime.sleep(0.1)\nopen({str(log)!r}, 'a').write('-')\n"
    desk = opened(body + plays(tmp_path), at_once=2)
    desk.wish(*(f"text {serial}" for serial in range(8)))
    assert isinstance(await desk.answer(), PromptsRendered)
    running = most = 0
    for sign in log.read_text():
        running += 1 if sign == "+" else -1
        most = max(most, running)
    assert most == 2


async def test_nothing_to_say_is_no_file(opened: Open, tmp_path: Path) -> None:
    answer = await opened().rendered("  ")
    assert dict(answer.media) == {"en:   ": ""}
    assert starts(tmp_path) == 0


async def test_data_that_cannot_be_spoken_is_not_tried_again(opened: Open) -> None:
    desk = opened()
    said = Utterance("en: {amount:money}", "en", (("a lot", Form.MONEY),))
    desk.studio.submit(RenderPrompts("spring", 1, 1, "it", (said,)))
    answer = await desk.answer()
    assert isinstance(answer, PromptsFailed)
    assert answer.retry_at is None
    assert answer.reason == "a value is not an amount with its currency, such as `12.50 EUR`, in “en: {amount:money}”"


BROKEN = [
    ("sys.stderr.write('out of memory\\n'); sys.exit(3)", "failed: out of memory", "error"),
    ("pass", "no WAV file", "garbage"),
    ("out.write(b'<html>')", "no WAV file", "garbage"),
    ("import wave, io; b = io.BytesIO(); w = wave.open(b, 'wb'); w.setnchannels(1); w.setsampwidth(2); "
     "w.setframerate(8000); w.writeframes(bytes(16000)); w.close(); out.write(b.getvalue())", "silence", "garbage"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "reason", "outcome"), BROKEN, ids=["fails", "empty", "garbage", "silent"])
async def test_a_voice_that_gives_no_speech(opened: Open, body: str, reason: str, outcome: str) -> None:
    desk = opened(body)
    answer = await desk.failed("Hello")
    assert reason in answer.reason
    assert answer.retry_at is not None
    assert answer.retry_at > desk.clock.at
    assert desk.measured == [("scripted", outcome)]
    assert desk.studio.cache.count == 0


async def test_a_slow_voice_is_ended_with_all_that_it_started(opened: Open, tmp_path: Path) -> None:
    child = tmp_path / "child"
    body = (
        "import subprocess\np = subprocess.Popen(['sleep', '1000'])\n"
        f"open({str(child)!r}, 'w').write(str(p.pid))\ntime.sleep(1000)"
    )
    desk = opened(scripted(tmp_path, body, timeout_s=1.5))
    answer = await desk.failed("Hello")
    assert answer.reason == "no speech within 1.5 s"
    deadline = time.monotonic() + PATIENCE_S
    while _lives(child.read_text()):
        assert time.monotonic() < deadline, "its child lives on"
        await asyncio.sleep(0.05)


def _lives(pid: str) -> bool:
    try:
        return Path("/proc", pid, "stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False


async def test_a_program_that_is_not_there(opened: Open) -> None:
    desk = opened(VoiceSettings("gone", Engine.COMMAND, command=("no-such-voice", "{file}")))
    assert (await desk.failed("Hello")).reason == "there is no program `no-such-voice` here"


async def test_a_program_that_writes_a_file(opened: Open, tmp_path: Path) -> None:
    voice = scripted(tmp_path, "import shutil; shutil.copy(sys.argv[2], sys.argv[1])")
    (tmp_path / "made.wav").write_bytes(tone())
    desk = opened(replace(voice, command=(*voice.command, "{file}", str(tmp_path / "made.wav"))))
    await desk.rendered("Hello")
    forgetful = replace(voice, name="forgetful", command=(*scripted(tmp_path, "pass", name="f").command, "{file}"))
    desk.voices["it"] = forgetful
    assert (await desk.failed("Hello")).reason == "it wrote no file"


async def test_failures_in_a_row_leave_the_voice_alone_for_a_while(opened: Open, tmp_path: Path) -> None:
    desk = opened("sys.exit(1)")
    for serial in range(FAILURES - 1):
        assert (await desk.failed(f"text {serial}")).down_until is None
    answer = await desk.failed("the last")
    assert answer.down_until is not None
    assert starts(tmp_path) == FAILURES
    assert "failed too often" in (await desk.failed("one more")).reason
    assert starts(tmp_path) == FAILURES
    desk.clock.at = answer.down_until + 1.0
    desk.voices["it"] = scripted(tmp_path, plays(tmp_path))
    await desk.rendered("one more")


async def test_a_text_that_fails_rests_longer_each_time(opened: Open, tmp_path: Path) -> None:
    good = plays(tmp_path)
    desk = opened(f"if 'poison' in text: sys.exit(1)\n{good}")
    rests = []
    for _ in range(3):
        answer = await desk.failed("poison")
        assert answer.retry_at is not None
        rests.append(answer.retry_at - desk.clock.at)
        assert (await desk.failed("poison")).reason == "it failed before"
        await desk.rendered(f"fine {desk.serial}")
        desk.clock.at = answer.retry_at + 1.0
    assert rests == [30.0, 60.0, 120.0]


async def test_a_full_disk_is_told_and_tried_again_later(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = opened()

    def full(digest: str, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(desk.studio.cache, "put", full)
        answer = await desk.failed("Hello")
    assert answer.reason == "the folder of speech: No space left on device"
    assert answer.down_until == desk.clock.at + DISK_PAUSE_S
    assert ("scripted", "disk") in desk.measured
    await desk.rendered("Hello")


async def test_a_folder_that_cannot_be_made_is_told(opened: Open, tmp_path: Path) -> None:
    (tmp_path / "speech").write_text("not a folder")
    desk = opened()
    assert "the folder of speech" in (await desk.failed("Hello")).reason
    (tmp_path / "speech").unlink()
    await desk.rendered("Hello")


async def test_what_asterisk_could_not_play_is_rendered_anew_if_it_is_spoilt(opened: Open, tmp_path: Path) -> None:
    desk = opened()
    media = (await desk.rendered("Hello", "Bye")).media
    cache = desk.studio.cache
    spoilt = cache.path(cache.digest_in(media["en: Hello"]))
    spoilt.write_bytes(b"\0" * spoilt.stat().st_size)
    desk.studio.submit(DistrustPrompts(tuple(media.values())))
    await desk.rendered("Hello", "Bye")
    deadline = time.monotonic() + PATIENCE_S
    while starts(tmp_path) != 3:
        assert time.monotonic() < deadline
        await desk.rendered("Hello", "Bye")
    assert spoilt.read_bytes()[:4] == b"RIFF"


async def test_the_cache_stays_within_its_bounds_and_keeps_what_is_in_use(opened: Open) -> None:
    desk = opened(most_bytes=30_000)
    first = await desk.rendered("keep this")
    desk.in_use = set(first.media.values())
    desk.studio._pinned.clear()
    for serial in range(8):
        await desk.rendered(f"text {serial}")
        desk.studio._pinned.clear()
    cache = desk.studio.cache
    assert cache.size_bytes <= 30_000 + 10_000
    assert cache.has(cache.digest_in(first.media["en: keep this"]))
    assert not cache.is_full


class TestService:
    """The voice behind HTTP."""

    @pytest.fixture
    async def service(self) -> AsyncIterator[tuple[str, dict[str, object]]]:
        state: dict[str, object] = {"answer": tone(), "status": 200, "asked": []}

        async def speak(request: web.Request) -> web.Response:
            asked = state["asked"]
            assert isinstance(asked, list)
            asked.append((await request.json(), request.headers.get("Authorization")))
            if state["status"] == "slow":
                await asyncio.sleep(PATIENCE_S)
            return web.Response(status=int(str(state["status"])), body=state["answer"])

        app = web.Application()
        app.router.add_post("/speak", speak)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/speak", state
        await runner.cleanup()

    async def test_text_out_wav_in(
        self, opened: Open, service: tuple[str, dict[str, object]], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        url, state = service
        monkeypatch.setenv("SPEECH_TOKEN", "s3cret")
        voice = VoiceSettings("cloud", Engine.HTTP, {"en": "anna"}, url=url, token_env="SPEECH_TOKEN")
        await opened(voice).rendered("Hello")
        body = {"text": "Hello", "language": "en", "voice": "anna", "rate": 165}
        assert state["asked"] == [(body, "Bearer s3cret")]

    async def test_what_it_refuses(self, opened: Open, service: tuple[str, dict[str, object]]) -> None:
        url, state = service
        desk = opened(VoiceSettings("cloud", Engine.HTTP, url=url))
        state["status"] = 500
        assert (await desk.failed("a")).reason == "HTTP status 500"
        state.update(status=200, answer=b"{}")
        assert "no WAV" in (await desk.failed("b")).reason
        desk.voices["it"] = replace(desk.voices["it"], token_env="NO_SUCH_TOKEN")
        assert (await desk.failed("c")).reason == "the environment has no NO_SUCH_TOKEN"

    async def test_a_slow_or_absent_one(self, opened: Open, service: tuple[str, dict[str, object]]) -> None:
        url, state = service
        state["status"] = "slow"
        desk = opened(VoiceSettings("cloud", Engine.HTTP, url=url, timeout_s=0.5))
        assert (await desk.failed("a")).reason == "no speech within 0.5 s"
        desk.voices["it"] = VoiceSettings("gone", Engine.HTTP, url="http://127.0.0.1:9/speak")
        assert (await desk.failed("b")).reason == "ClientConnectorError"


@pytest.mark.parametrize("language", ["en", "de", "fr_FR", "es"])
async def test_espeak_speaks(opened: Open, language: str) -> None:
    assert shutil.which("espeak-ng"), "make setup installs it"
    desk = opened(VoiceSettings())
    said = Utterance("k", language, (("14:30", Form.TIME),))
    desk.studio.submit(RenderPrompts("spring", 1, 1, "", (said,)))
    answer = await desk.answer()
    assert isinstance(answer, PromptsRendered), answer
    cache = desk.studio.cache
    assert cache.path(cache.digest_in(answer.media["k"])).stat().st_size > 4000


async def test_what_is_in_use_looks_used_and_is_named(opened: Open) -> None:
    desk = opened()
    answer = await desk.rendered("needed", "not needed")
    needed, other = (uri.rpartition("/")[2] for _, uri in sorted(answer.media.items()))
    files = {path.stem: path for path in (desk.folder / "speech").glob("??/*.wav")}
    long_ago = time.time() - 40 * 86_400
    for path in files.values():
        os.utime(path, (long_ago, long_ago))
    # As after a restart: nothing is known of when it was used.
    successor = Desk(desk.folder, desk.voices["it"])
    successor.studio.cache.open()
    successor.in_use = {f"sound:/shared/{needed[:2]}/{needed}"}
    assert successor.studio.in_use() == {needed}
    await successor.studio.keep_fresh()
    assert files[needed].stat().st_mtime > time.time() - 86_400
    assert files[other].stat().st_mtime < time.time() - 39 * 86_400
