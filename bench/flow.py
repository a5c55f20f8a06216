"""How soon people hear something: after the decision what they are, and between the prompts of a flow."""

from __future__ import annotations

import asyncio
import itertools
import time
import wave
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import uvloop

from bench.bare import APP, BareClient
from bench.callee_lines import CalleeLines
from bench.figures import Figure, Measurement, Target, percentile
from bench.processes import cpu_s
from bench.prompt_watch import Gap, PromptWatch, gaps
from bench.running_daemon import RunningDaemon
from bench.world import SEED, World, campaigns_file
from lab.callees import Behaviour, Callee, mix_numbers
from lab.pair import Lab
from lab.waiting import wait_for

FIRST_SOUND_MS = 60.0
LATE_MS = 150.0
"""A prompt that starts later than this after what made it due is late. A delay of so much passes unnoticed in most
conversations (ITU-T G.114)."""
LINES, QUICK_LINES = 200, 60
FIRST_LINES = 20
FULL = 0.9
"""The lines count as full from this share of them on."""
_RATE = 8000
_TONES = {"hello": (440.0, 2.0), "ask": (520.0, 3.0), "bye": (350.0, 2.0), "message": (600.0, 1.0)}
"""Prompts that sound from their first sample on: Hz, seconds."""
_HUMS_S = itertools.cycle((0.4, 4.0, 0.0))
"""Seconds of sound from a person, a machine, somebody who says nothing."""
_CAMPAIGNS = """\
  first:
    mode: agentless
    contact_list: first
    flow: short
    message: sound:{folder}/message
    max_lines: {first_lines}
    call_analysis: {{profile: balanced}}
    responses: {{person: flow, unsure: flow, silence: message, machine: message}}
  many:
    mode: agentless
    contact_list: many
    flow: long
    max_lines: {lines}
    call_analysis: {{profile: balanced}}
    responses: {{person: flow, unsure: flow, silence: flow, machine: flow}}
flows:
  short:
    nodes:
      hello: {{play: "sound:{folder}/message", next: end}}
      end: {{hang_up: heard}}
  long:
    nodes:
      hello: {{play: "sound:{folder}/hello", next: ask}}
      ask:
        gather: {{prompt: "sound:{folder}/ask", keys: {{1: bye}}, timeout: 12s}}
      bye: {{play: "sound:{folder}/bye", next: end}}
      end: {{hang_up: confirmed}}
"""


@dataclass(frozen=True, slots=True)
class FirstSound:
    """From the decision what answered, in milliseconds: until the PBX told that it plays, and until the carrier's
    side had a frame of sound."""

    played_ms: float
    heard_ms: float


@dataclass(frozen=True, slots=True)
class Sample:
    """Processor time that the processes had used at a moment (epoch seconds)."""

    at: float
    cpu_s: Mapping[str, float]


def measure(world: World) -> Measurement:
    """Two campaigns on a lab of their own, one after the other."""
    first, many, full = (90, 180, QUICK_LINES) if world.quick else (600, 1200, LINES)
    folder = world.folder / "prompts"
    _write_prompts(folder)
    numbers = mix_numbers(2 * first + many)
    lists = {"first": numbers[:first], "bare": numbers[first : 2 * first], "many": numbers[2 * first :]}
    hums_s = {number.lstrip("+"): length_s for number, length_s in zip(lists["first"], _HUMS_S, strict=False)}
    with CalleeLines(hums_s, stay_s=0.3) as lines, _lab(world, lists, lines.address) as lab:
        campaigns = _CAMPAIGNS.format(folder=folder, first_lines=FIRST_LINES, lines=full)
        text = campaigns_file(lab, ["first", "many"], campaigns, lines=full, cps=20, ring_timeout_s=30)
        with RunningDaemon(
            lab, world.folder / "flow", text, {name: lists[name] for name in ("first", "many")}
        ) as daemon:
            daemon.start_campaign("first")
            asked_ms = uvloop.run(_bare_while(lab, daemon, lists["bare"], f"sound:{folder}/message"))
            daemon.wait_complete("first", 60 + first)
            bare_ms = [lines.heard_ms[one] - at_ms for one, at_ms in asked_ms.items() if one in lines.heard_ms]
            heard = first_sounds(daemon.attempts("first"), lines.heard_ms)
            if (count := sum(map(len, heard.values()))) < 0.95 * first:
                raise RuntimeError(f"only {count} of {first} people heard something")
            samples: list[Sample] = []
            pids = {"dialerd": daemon.pid, "pbx": lab.pbx.pid, "carrier": lab.carrier.pid, "redis": lab.redis.pid}
            with PromptWatch(lab.settings) as watch:
                daemon.start_campaign("many")

                def over() -> bool:
                    samples.append(Sample(time.time(), {name: cpu_s(pid) for name, pid in pids.items()}))
                    return bool(daemon.campaign("many")["state"] == "complete")

                wait_for("all went through the flow", over, 60 + many, 1.0)
                found = gaps(watch.seen, f"sound:{folder}/ask")
            attempts = daemon.attempts("many")
    through = sum(one["flow_result"] == "confirmed" for one in attempts)
    if through < 0.95 * many or len(found) < 0.2 * through:
        raise RuntimeError(f"{through} of {many} went through the flow, {len(found)} prompts followed others")
    cpu = shares_of_a_core(attempts, samples, FULL * full)
    return Measurement(
        "flow", "What people hear, and how soon", _figures(heard, bare_ms, found, cpu), _method(full, len(bare_ms))
    )


def _write_prompts(folder: Path) -> None:
    folder.mkdir(parents=True)
    for name, (hz, length_s) in _TONES.items():
        samples = 8000 * np.sin(2 * np.pi * hz * np.arange(int(length_s * _RATE)) / _RATE)
        with wave.open(str(folder / f"{name}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(_RATE)
            file.writeframes(samples.astype("<i2").tobytes())


def _lab(world: World, lists: Mapping[str, Sequence[str]], address: str) -> Lab:
    """With people of two lists on lines of ours, and others who press 1 in the question or a while after it."""
    random = Random(SEED)
    ours = Callee(Behaviour.SHORT_HELLO, ring_s=0, line=address)
    pressing = {
        number: Callee(
            Behaviour.PRESSES_KEY, ring_s=0, pause_s=round(random.uniform(2.5, 12.0), 2), talk_s=20, patience_s=20,
            clip="hello-1", key="1",
        )
        for number in lists["many"]
    }  # fmt: skip
    overrides = {**dict.fromkeys((*lists["first"], *lists["bare"]), ours), **pressing}
    return Lab(world.folder / "flow-lab", seed=SEED, record=False, overrides=overrides)


async def _bare_while(lab: Lab, daemon: RunningDaemon, numbers: Sequence[str], media: str) -> dict[str, float]:
    """As little as can be between the wish and the sound, one call after another on the same Asterisks, for as long
    as the campaign has calls to make: digits -> the moment at which the prompt was asked for, epoch milliseconds."""
    asked_ms: dict[str, float] = {}
    async with BareClient(lab.settings) as client, asyncio.timeout(60 + len(numbers)):
        for count, number in enumerate(numbers, 1):
            channel, digits = client.channel_id(), number.lstrip("+")
            answered, ended = client.expect("StasisStart", channel), client.expect("ChannelDestroyed", channel)
            endpoint = f"PJSIP/{digits}@carrier"
            await client.request("POST", f"channels/{channel}", endpoint=endpoint, app=APP, timeout="30")
            await answered
            asked_ms[digits] = time.time() * 1000
            await client.request("POST", f"channels/{channel}/play", media=media)
            await ended
            if count % 10 == 0 and (await asyncio.to_thread(daemon.campaign, "first"))["state"] == "complete":
                break
    return asked_ms


def first_sounds(attempts: Sequence[Mapping[str, Any]], heard_ms: Mapping[str, float]) -> dict[str, list[FirstSound]]:
    """By what call analysis said, for every call in which something was heard; ``heard_ms``: digits -> moment."""
    heard: dict[str, list[FirstSound]] = {}
    for one in attempts:
        first_ms = heard_ms.get(one["number"].lstrip("+"))
        if one["analysed_at"] is not None and one["message_at"] is not None and first_ms is not None:
            decided_ms = one["analysed_at"] * 1000
            sound = FirstSound(one["message_at"] * 1000 - decided_ms, first_ms - decided_ms)
            heard.setdefault(one["analysis"], []).append(sound)
    return heard


def lines_at(attempts: Sequence[Mapping[str, Any]], at: float) -> int:
    """Lines in use at a moment (epoch seconds)."""
    return sum(one["claimed_at"] <= at < one["ended_at"] for one in attempts)


def shares_of_a_core(
    attempts: Sequence[Mapping[str, Any]], samples: Sequence[Sample], lines: float
) -> dict[str, float]:
    """Processor time by name, 0 to the number of cores, between the first and the last sample at which at least so
    many lines were in use. Raises :class:`ValueError` when there are no two of them."""
    full = [one for one in samples if lines_at(attempts, one.at) >= lines]
    if len(full) < 2:
        raise ValueError(f"there were never {lines:g} lines in use for long")
    began, ended = full[0], full[-1]
    return {name: (ended.cpu_s[name] - used) / (ended.at - began.at) for name, used in began.cpu_s.items()}


def _figures(
    heard: Mapping[str, Sequence[FirstSound]],
    bare_ms: Sequence[float],
    found: Sequence[Gap],
    cpu: Mapping[str, float],
) -> tuple[Figure, ...]:
    everybody = [sound for sounds in heard.values() for sound in sounds]
    first_ms = [one.heard_ms for one in everybody]
    played_ms = [one.played_ms for one in everybody]
    by_answer = (
        Figure(f"decided `{analysis}`: first audio, p99", percentile([one.heard_ms for one in sounds], 0.99), "ms",
               note=f"of {len(sounds)}")
        for analysis, sounds in sorted(heard.items())
    )  # fmt: skip
    return (
        Figure("decision to first audio at the carrier, p99", percentile(first_ms, 0.99), "ms",
               Target(FIRST_SOUND_MS, at_most=True), f"of {len(first_ms)}"),
        Figure("bare `play` to first audio at the carrier, p99", percentile(bare_ms, 0.99), "ms"),
        Figure("bare `play` to first audio at the carrier, median", percentile(bare_ms, 0.5), "ms"),
        Figure("decision to first audio at the carrier, median", percentile(first_ms, 0.5), "ms"),
        Figure("decision to the PBX's word that it plays, p99", percentile(played_ms, 0.99), "ms"),
        *by_answer,
        Figure(f"flow: prompts later than {LATE_MS:g} ms", float(sum(gap.ms > LATE_MS for gap in found)), "",
               Target(0, at_most=True), f"of {len(found)}"),
        *(
            Figure(f"flow: next prompt after {what}, {name}", percentile(of_kind, share), "ms")
            for kind, what in (("end", "the end of one"), ("key", "a key"))
            if (of_kind := [gap.ms for gap in found if gap.after == kind])
            for name, share in (("median", 0.5), ("p99", 0.99), ("latest", 1.0))
        ),
        *(Figure(f"flow: CPU of {name}, full lines", share * 100, "% of a core") for name, share in cpu.items()),
    )  # fmt: skip


def _method(lines: int, bare: int) -> str:
    return (
        "First audio: agentless calls in turns to people (led into a flow), machines (who hear a message) and silent "
        f"ones (a flow), {FIRST_LINES} at a time, call analysis by AMD. From the moment the core decides what "
        "answered, as the record has it, until a program at the carrier's side of the call (AudioSocket) has got "
        "the first frame of 20 ms of sound; the prompt sounds from its first sample on. Beside it the moment at "
        "which the daemon heard from the PBX that the prompt plays, and bare calls in the same minute on the same "
        f"Asterisks, from sending `play` to an answered channel, {bare} times, one after another. "
        "Flow: play, gather, play on "
        f"{lines} lines at once, with call analysis, everybody pressing a key in or after the question. A prompt is "
        "due when the one before it ended, or when the key came; from there until it started, both by the PBX's own "
        "timestamps, seen by a second application. Processor time is that of the time in which at least "
        f"{FULL:.0%} of the lines were in use."
    )
