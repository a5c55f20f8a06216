"""What it costs to have a contact's prompts ready: rendered by espeak-ng, and found in the cache."""

from __future__ import annotations

import asyncio
import resource
import shutil
import time
from pathlib import Path

import uvloop

from bench.figures import Figure, Measurement, Target, percentile
from bench.processes import collector_as_in_daemon
from bench.world import World
from dialerd.core.commands import RenderPrompts
from dialerd.core.events import Event, PromptsRendered
from dialerd.core.flow.prompts import Form
from dialerd.core.prompt_commands import Utterance
from dialerd.engine import SteadyClock
from dialerd.speech.cache import PromptCache
from dialerd.speech.studio import Studio

CONTACTS, QUICK_CONTACTS = 60, 15
ASKED_AGAIN = 2000


def measure(world: World) -> Measurement:
    """Contacts with a name and an amount each, and two texts that are the same for all."""
    folder = world.folder / "speech"
    try:
        with collector_as_in_daemon():
            return uvloop.run(_measure(folder, QUICK_CONTACTS if world.quick else CONTACTS))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _measure(folder: Path, contacts: int) -> Measurement:
    answers: asyncio.Queue[Event] = asyncio.Queue()
    cache = PromptCache(folder, str(folder), 1 << 30)
    studio = Studio(cache, dict, answers.put_nowait, SteadyClock(), at_once=2)
    task = asyncio.create_task(studio.run())
    try:
        began, began_cpu, children = time.perf_counter(), time.process_time(), _of_children()
        for serial in range(contacts):
            studio.submit(_wish(serial, serial))
        for _ in range(contacts):
            _heard(await answers.get())
        rendered = studio.figures().rendered
        wall_ms = (time.perf_counter() - began) * 1000 / rendered
        cpu_ms = (time.process_time() - began_cpu) * 1000 / rendered
        voice_ms = (_of_children() - children) * 1000 / rendered
        children, took_ms, began_cpu = _of_children(), [], time.process_time()
        for serial in range(ASKED_AGAIN):
            before = time.perf_counter()
            studio.submit(_wish(contacts + serial, serial % contacts))
            _heard(await answers.get())
            took_ms.append((time.perf_counter() - before) * 1000)
        hit_ms = (time.process_time() - began_cpu) * 1000 / ASKED_AGAIN
        started = studio.figures().rendered - rendered
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    figures = (
        Figure("programs started for what was rendered before", float(started), "", Target(0, at_most=True)),
        Figure("found in the cache: a contact with four texts, median", percentile(took_ms, 0.5), "ms"),
        Figure("CPU of such a contact", hit_ms, "ms"),
        Figure("rendered: one text, two at a time", wall_ms, "ms"),
        Figure("CPU of one rendered text: the daemon", cpu_ms, "ms"),
        Figure("CPU of one rendered text: espeak-ng", voice_ms, "ms"),
    )
    method = (
        f"{contacts} contacts with four texts, two of them with columns (a name, an amount), asked for at once; then "
        f"{ASKED_AGAIN} contacts that hear the same. Each text is a file of 8 kHz, written and flushed to the disk."
    )
    return Measurement("speech", "Texts to speech", figures, method)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _wish(serial: int, person: int) -> RenderPrompts:
    texts = (
        Utterance("a", "en", (("Good morning, ", None), (f"customer {person}", Form.TEXT), (".", None))),
        Utterance("b", "en", (("Your bill is ", None), (f"{10 + person}.50 EUR", Form.MONEY), (".", None))),
        Utterance("c", "en", (("Press one to pay by card, two to be called back.", None),)),
        Utterance("d", "en", (("Thank you. Good bye.", None),)),
    )
    return RenderPrompts("bench", serial, serial, "", texts)


def _heard(answer: Event) -> None:
    if not isinstance(answer, PromptsRendered):
        raise RuntimeError(f"not rendered: {answer}")
