"""Voices: programs and services that turn words into WAV."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import aiohttp

from dialerd.config.voices import Engine, VoiceSettings

LARGEST = 64 << 20
"""Bytes of one answer."""
_NICE = ("nice", "-n", "10")


class VoiceFailed(Exception):
    """No speech came. ``outcome`` is a fixed word (``missing``, ``timeout``, ``unreachable``, ``refused``, ``error``,
    ``garbage``), the text says more."""

    def __init__(self, outcome: str, text: str) -> None:
        super().__init__(text)
        self.outcome = outcome


async def speech_of(
    voice: VoiceSettings, words: str, language: str, session: aiohttp.ClientSession | None = None
) -> bytes:
    """WAV of these words as the voice gives it. Raises :class:`VoiceFailed`; after the voice's time-out nothing of it
    is left running."""
    try:
        async with asyncio.timeout(voice.timeout_s):
            if voice.engine is Engine.HTTP:
                return await _asked(voice, words, language, session)
            return await _run(voice, words, language)
    except TimeoutError:
        raise VoiceFailed("timeout", f"no speech within {voice.timeout_s:g} s") from None


# --- programs ------------------------------------------------------------------------------------------------


async def _run(voice: VoiceSettings, words: str, language: str) -> bytes:
    if voice.engine is Engine.ESPEAK:
        return await _process(voice.espeak(language), words)
    places = {"language": language, "name": voice.name_for(language), "rate": str(voice.rate), "file": ""}
    if not any("{file}" in part for part in voice.command):
        return await _process(_filled(voice.command, places), words)
    with tempfile.TemporaryDirectory(prefix="dialerd-speech-") as folder:
        file = Path(folder, "speech.wav")
        await _process(_filled(voice.command, {**places, "file": str(file)}), words)
        try:
            content = await asyncio.to_thread(_read, file)
        except OSError:
            raise VoiceFailed("garbage", "it wrote no file") from None
        return _bounded(content)


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(LARGEST + 1)


def _bounded(content: bytes) -> bytes:
    if len(content) > LARGEST:
        raise VoiceFailed("garbage", f"it gave more than {LARGEST >> 20} MB")
    return content


def _filled(command: tuple[str, ...], places: Mapping[str, str]) -> tuple[str, ...]:
    filled = []
    for part in command:
        for name, value in places.items():
            part = part.replace("{" + name + "}", value)
        filled.append(part)
    return tuple(filled)


async def _process(command: tuple[str, ...], words: str) -> bytes:
    """What the program writes on its standard output, with the words on its standard input."""
    program = shutil.which(command[0])
    if program is None:
        raise VoiceFailed("missing", f"there is no program `{Path(command[0]).name}` here")
    nice = _NICE if shutil.which(_NICE[0]) else ()
    pipe = asyncio.subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *nice, program, *command[1:], stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
        )
    except OSError as error:
        raise VoiceFailed("missing", f"`{Path(program).name}` cannot be started: {error.strerror}") from None
    try:
        said, complaint = await process.communicate(words.encode())
    finally:
        if process.returncode is None:
            # Cancelled, or out of time: it and what it started.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode != 0:
        last = complaint.decode(errors="replace").strip().splitlines()[-1:] or [f"status {process.returncode}"]
        raise VoiceFailed("error", f"`{Path(program).name}` failed: {last[0][:120]}")
    return _bounded(said)


# --- services --------------------------------------------------------------------------------------------------


async def _asked(voice: VoiceSettings, words: str, language: str, session: aiohttp.ClientSession | None) -> bytes:
    if session is None:
        async with aiohttp.ClientSession() as own:
            return await _asked(voice, words, language, own)
    headers = {"Accept": "audio/wav"}
    if voice.token_env is not None:
        token = os.environ.get(voice.token_env)
        if not token:
            raise VoiceFailed("refused", f"the environment has no {voice.token_env}")
        headers["Authorization"] = f"Bearer {token}"
    body = {"text": words, "language": language, "voice": voice.name_for(language), "rate": voice.rate}
    assert voice.url is not None
    try:
        async with session.post(voice.url, json=body, headers=headers, allow_redirects=False) as response:
            if response.status != 200:
                raise VoiceFailed("refused", f"HTTP status {response.status}")
            content = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                content += chunk
                if len(content) > LARGEST:
                    raise VoiceFailed("garbage", f"it gave more than {LARGEST >> 20} MB")
            return bytes(content)
    except aiohttp.ClientError as error:
        raise VoiceFailed("unreachable", type(error).__name__) from None
