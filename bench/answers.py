"""Call analysis on recordings that had no part in choosing its parameters, through the daemon and a real Asterisk."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.figures import Figure, Measurement, Target
from bench.running_daemon import RunningDaemon
from bench.world import SEED, World, campaigns_file
from dialerd.core.wilson import Share
from lab.callees import Behaviour, Callee, mix_numbers
from lab.corpus import Half, Recording, draw, make
from lab.pair import Lab
from lab.truth import TruthCall
from lab.waiting import wait_for

PROFILES = ("connect_first", "balanced", "catch_machines")
AGENTS = tuple(str(agent) for agent in range(8001, 8025))
LINES = 20
_NO_PERSON = frozenset({"machine", "fax", "sit"})
_WITH_AGENTS = """\
  {name}:
    mode: progressive
    contact_list: {name}
    max_attempts: 1
    queue: sales
    max_lines: {lines}
    wrap_up: 0s
    call_analysis: {{profile: {name}}}
"""
_AGENTLESS = """\
  {name}:
    mode: agentless
    contact_list: {name}
    max_attempts: 1
    message: {message}
    max_lines: {lines}
    call_analysis: {{profile: {name}}}
    responses: {{person: hang_up, unsure: hang_up, silence: hang_up, machine: message_after_beep}}
"""


@dataclass(frozen=True, slots=True)
class Answer:
    """One call: what was played, what dialerd made of it, and what the carrier saw. Times in seconds since the first
    sample of the recording; None: it did not happen."""

    recording: Recording
    analysis: str | None
    connected_s: float | None
    message_s: float | None

    @property
    def in_time(self) -> bool:
        """With an agent within two seconds of the start of speech."""
        return self.connected_s is not None and self.connected_s - self.recording.speech_at_s <= 2.0


def measure(world: World) -> Measurement:
    """Each profile on the same recordings, one campaign after another."""
    count = 60 if world.quick else 400 if world.full else 200
    recordings = make(draw(Half.HELD_OUT, count), world.folder / "recordings")
    numbers = mix_numbers(count * len(PROFILES))
    of = {name: numbers[i * count : (i + 1) * count] for i, name in enumerate(PROFILES)}
    played = {
        number: _callee(world.folder / "recordings", recording)
        for name in PROFILES
        for number, recording in zip(of[name], recordings, strict=True)
    }
    with Lab(world.folder / "answers-lab", seed=SEED, record=False, overrides=played) as lab:
        lab.add_members("sales", nailed=AGENTS)
        text = campaigns_file(lab, list(PROFILES), _campaigns(lab), lines=LINES, cps=20, ring_timeout_s=30)
        with RunningDaemon(lab, world.folder / "answers", text, of) as daemon:
            wait_for("agents' lines", lambda: _available(daemon) == len(AGENTS), 30, 0.1)
            for name in PROFILES:
                daemon.start_campaign(name)
                daemon.wait_complete(name, 60 + 2 * count)
            unheard = daemon.notices("listening_failed")
            truth = {call.number: call for call in lab.truth().calls}
            answers = {
                name: _answers(dict(zip(of[name], recordings, strict=True)), daemon.attempts(name), truth)
                for name in PROFILES
            }
    return Measurement("answers", "What answered, on recordings held out",
                       (*_figures(answers), Figure("calls whose sound did not reach dialerd", unheard)),
                       _method(count))  # fmt: skip


def _available(daemon: RunningDaemon) -> int:
    return sum(agent["state"] == "available" for agent in daemon.status()["agents"])


def _campaigns(lab: Lab) -> str:
    message = lab.settings.message_sound
    with_agents = "".join(_WITH_AGENTS.format(name=name, lines=LINES) for name in PROFILES[:2])
    return with_agents + _AGENTLESS.format(name=PROFILES[2], lines=LINES, message=message)


def _callee(folder: Path, recording: Recording) -> Callee:
    person = recording.label in ("person", "silence")
    behaviour = Behaviour.SHORT_HELLO if person else Behaviour.VOICEMAIL_LONG
    clip = str(folder / recording.file).removesuffix(".wav")
    return Callee(behaviour, ring_s=0, pause_s=0, talk_s=0.3 if person else 6.0, patience_s=8, clip=clip)


def _answers(
    recordings: Mapping[str, Recording], attempts: Sequence[Mapping[str, Any]], truth: Mapping[str, TruthCall]
) -> list[Answer]:
    found = []
    for attempt in attempts:
        call = truth.get(attempt["number"])
        if attempt["answered_at"] is None or call is None or call.spoke_ms is None:
            continue
        start_s = call.spoke_ms / 1000

        def since(name: str, attempt: Mapping[str, Any] = attempt, start_s: float = start_s) -> float | None:
            return attempt[name] - start_s if attempt[name] is not None else None

        analysis = attempt["analysis"]
        found.append(Answer(recordings[attempt["number"]], analysis, since("connected_at"), since("message_at")))
    if len(found) < 0.98 * len(recordings):
        raise RuntimeError(f"only {len(found)} of {len(recordings)} calls were answered and known to the carrier")
    return found


def _share(hits: Iterable[bool]) -> Share:
    found = list(hits)
    return Share(sum(found), len(found))


def _figures(answers: Mapping[str, Sequence[Answer]]) -> Iterable[Figure]:
    for name, of_profile in answers.items():
        people = [one for one in of_profile if one.recording.label == "person"]
        machines = [one for one in of_profile if one.recording.label == "machine"]
        limit = {"connect_first": 1.0, "balanced": 5.0}.get(name)
        yield _percent(f"{name}: people taken for machines", _share(one.analysis in _NO_PERSON for one in people),
                       Target(limit, at_most=True) if limit is not None else None)  # fmt: skip
        if name == "connect_first":
            speaking = [one for one in people if one.recording.speech_at_s >= 0]
            yield _percent(f"{name}: speaking people with an agent within 2 s of their first sound",
                           _share(one.in_time for one in speaking), Target(98))  # fmt: skip
        yield _percent(f"{name}: machines caught", _share(one.analysis == "machine" for one in machines),
                       Target(70) if name == "balanced" else None)  # fmt: skip
    everywhere = [one for of_profile in answers.values() for one in of_profile]
    tones = [one for one in everywhere if one.recording.label in ("fax", "sit")]
    yield _percent("fax and SIT known, all profiles", _share(one.analysis == one.recording.label for one in tones),
                   Target(98))  # fmt: skip
    silent = [one for one in everywhere if one.recording.label == "silence"]
    yield _percent("silence taken for a machine, all profiles", _share(one.analysis in _NO_PERSON for one in silent),
                   Target(0, at_most=True))  # fmt: skip
    left = [one for one in answers["catch_machines"] if one.message_s is not None and one.recording.beep_end_s > 0]
    if left:
        after = _share((one.message_s or 0.0) >= one.recording.beep_end_s for one in left)
        yield _percent("messages on machines begun after the beep", after)


def _percent(name: str, share: Share, target: Target | None = None) -> Figure:
    low, high = share.interval
    return Figure(name, share.value * 100, "%", target, f"({low * 100:.1f}-{high * 100:.1f}) of {share.count}")


def _method(count: int) -> str:
    return (
        f"{count} recordings of the half of the corpus (`lab/corpus`) on which no parameter was chosen, each called "
        f"once by a campaign of each profile: espeak-ng's voices in seven languages, hellos, names, businesses, "
        "children, noise and street; personal, carrier, short and musical voicemails, most with a beep; faxes, "
        f"special information tones, silence. {LINES} calls at a time over SIP, an agent reserved for each call. The "
        "start of speech is the carrier's, the moment of connection the daemon's. In brackets 95 % intervals "
        "(Wilson). Synthetic speech: absolute rates are not those of the field."
    )
