"""A floor file: the agents, callees and conversations that `dialerd simulate` takes for granted.

One idea: what the campaigns file does not know. Everything has a default; what a campaign states (ring time-out,
wrap-up, lines) is taken from the campaigns file unless it is written here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from dialerd.config.document import Document, read
from dialerd.config.pacing_scalars import Percent
from dialerd.config.problems import NOWHERE, Problem, did_you_mean, dotted, has_errors, in_file_order
from dialerd.config.problems import Path as YamlPath
from dialerd.config.scalars import Duration, Rate, Scalar, Text, Whole
from dialerd.config.section import CAMPAIGN_NAME, Section, written
from dialerd.config.settle import settle
from dialerd.config.text_file import read_text

MOST_AGENTS = 2_000


DEFAULT_HOURS_S = 8 * 3600.0
DEFAULT_AGENTS = 20
DEFAULT_MACHINES = 0.25
DEFAULT_BUSY = 0.20


@dataclass(frozen=True, slots=True)
class ClockTime(Scalar):
    """A time of day, in seconds since midnight inside."""

    def parse(self, text: str) -> float:
        found = re.fullmatch(r"([0-9]{1,2}):([0-9]{2})", text)
        if found is None or int(found[1]) > 23 or int(found[2]) > 59:
            raise self.refuse(f"`{text}` is not a time of day")
        return int(found[1]) * 3600.0 + int(found[2]) * 60.0

    def expected(self) -> str:
        return "hours and minutes from 00:00 to 23:59, such as `09:30`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^([01]?[0-9]|2[0-3]):[0-5][0-9]$", "examples": ["09:00"]}


@dataclass(frozen=True, slots=True)
class SignedWhole(Whole):
    """A whole number with its sign: ``+5``, ``-3``."""

    def parse(self, text: str) -> int:
        number = super(SignedWhole, self).parse(text.removeprefix("+"))
        if number == 0:
            raise self.refuse("`0` changes nothing")
        return number

    def expected(self) -> str:
        return f"a number with its sign, from {self.least} to +{self.most}, such as `+5` or `-3`"

    def schema(self) -> dict[str, Any]:
        return {"type": ["integer", "string"], "pattern": r"^[+-]?[0-9]+$"}


class MoveModel(Section):
    """Agents come or go."""

    at: Annotated[float, ClockTime()] = Field(description="Time of day, in the campaign's time zone.")
    agents: Annotated[int, SignedWhole(-MOST_AGENTS, MOST_AGENTS)] = Field(
        description="`+5`: five log in; `-5`: five leave as soon as their call is over."
    )


class QueueModel(Section):
    """One queue's agents."""

    agents: Annotated[int, Whole(0, MOST_AGENTS)] | None = Field(
        default=None, description="Agents at the start; not stated: as for all queues."
    )
    moves: list[MoveModel] | None = Field(
        default=None, description="Who comes and goes during the shift; not stated: as for all queues."
    )


class AnalysisModel(Section):
    """How fast and how well call analysis works, in place of what was measured for the campaign's profile."""

    first_sound: Annotated[float, Duration(0, 10)] | None = Field(
        default=None, description="From the answer to the first sound."
    )
    greeting: Annotated[float, Duration(0, 30)] | None = Field(
        default=None, description="How long a person's greeting takes."
    )
    persons_lost: Annotated[float, Percent(0, 100)] | None = Field(
        default=None, description="Persons who are taken for machines."
    )
    machines_passed: Annotated[float, Percent(0, 100)] | None = Field(
        default=None, description="Machines that are taken for persons."
    )


class CalleesModel(Section):
    """Who is called, and how conversations go."""

    answer_rate: Annotated[float, Percent(0, 100)] | None = Field(
        default=None, description="Calls that a person answers before the ring time-out, of all calls. 25%."
    )
    answer_rates: dict[Annotated[str, Text("a time of day", r"([01]?[0-9]|2[0-3]):[0-5][0-9]", 5)],
                       Annotated[float, Percent(0, 100)]] | None = Field(
        default=None, description="The same over the day: time of day, and share; in between it changes evenly."
    )  # fmt: skip
    machines: Annotated[float, Percent(0, 100)] | None = Field(
        default=None, description="Calls that a machine answers, of those that no person answers. 25%."
    )
    busy: Annotated[float, Percent(0, 100)] | None = Field(
        default=None, description="Busy or invalid numbers, of the calls that no person answers. 20%."
    )
    ring: Annotated[float, Duration(0.5, 60)] | None = Field(
        default=None, description="Time to a person's answer; half of them are faster. 8s."
    )
    talk: Annotated[float, Duration(1, 7200)] | None = Field(
        default=None, description="Mean length of a conversation. 3m."
    )
    talk_spread: Annotated[float, Rate(0, 2)] | None = Field(
        default=None, description="Standard deviation of the logarithm of conversations: 0 all alike, 0.8 as usual."
    )
    wrap_up: Annotated[float, Duration(0, 3600)] | None = Field(
        default=None, description="Time for notes after a call. Not stated: the campaign's `wrap_up`."
    )
    machine_talk: Annotated[float, Duration(0, 120)] | None = Field(
        default=None, description="Until an agent hangs up on a machine that call analysis let pass. 5s."
    )
    message: Annotated[float, Duration(1, 600)] | None = Field(
        default=None, description="Length of the message of campaigns without agents. 20s."
    )
    analysis: AnalysisModel | None = Field(
        default=None, description="Call analysis, in place of what was measured for the profile."
    )


class FloorFile(CalleesModel):
    """A floor for `dialerd simulate`: what the campaigns file does not know."""

    model_config = ConfigDict(json_schema_extra={"required": ["version"]})

    version: Annotated[int, Whole(1, 1)] = Field(default=1, description="Version of this format: 1.")
    agents: Annotated[int, Whole(0, MOST_AGENTS)] | None = Field(
        default=None, description="Agents of each queue at the start. 20."
    )
    hours: Annotated[float, Duration(60, 86_400)] | None = Field(
        default=None, description="Length of the shift: `8h`."
    )
    start: Annotated[float, ClockTime()] = Field(
        default=written("09:00"), description="When it begins, in the campaign's time zone."
    )
    moves: list[MoveModel] = Field(
        default_factory=list, description="Agents who come and go during the shift, of each queue."
    )
    queues: dict[Annotated[str, Text("the name of a queue", r"\S+", 80, loose=True)], QueueModel] = Field(
        default_factory=dict, description="What is different for a queue."
    )
    campaigns: dict[Annotated[str, CAMPAIGN_NAME], CalleesModel] = Field(
        default_factory=dict, description="What is different for a campaign."
    )


Options = Mapping[str, tuple[Any, str]]
"""Settings of the whole floor from elsewhere: name -> (text, where it was written)."""


@dataclass(frozen=True, slots=True)
class FloorResult:
    """What a floor file says. ``floor`` is None exactly when a problem is an error."""

    floor: FloorFile | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What the campaigns file has, for names in the floor file."""

    campaigns: frozenset[str] = frozenset()
    queues: frozenset[str] = frozenset()


def check_floor(
    text: str | None,
    filename: str,
    known: Known,
    options: Options | None = None,
    agents: Mapping[str, str] | None = None,
) -> FloorResult:
    """Check a floor file (None: there is none) with options over it. ``agents``: by queue, as ``--agents`` gives
    them. Never raises for what is written."""
    if text is not None:
        document = read(text, filename)
    else:
        document = Document(filename, {}, values={(): NOWHERE})
    floor = None
    if not document.unreadable:
        if isinstance(document.data, dict):
            for name, (value, origin) in (options or {}).items():
                document.data[name] = value
                document.origins[(name,)] = origin
                if name == "answer_rate":
                    document.data.pop("answer_rates", None)
            for queue, number in (agents or {}).items():
                queues = document.data.setdefault("queues", {})
                section = queues.setdefault(queue, {}) if isinstance(queues, dict) else None
                if isinstance(section, dict):
                    section["agents"] = number
                    document.origins[("queues", queue, "agents")] = document.origins[("queues", queue)] = "--agents"
        floor = settle(document, FloorFile)
    if floor is not None:
        _names(document, ("queues",), floor.queues, known.queues, "queue")
        _names(document, ("campaigns",), floor.campaigns, known.campaigns, "campaign")
        _shares(document, (), floor, None)
        _moves(document, floor)
        for name, campaign in floor.campaigns.items():
            _shares(document, ("campaigns", name), campaign, floor)
    usable = None if has_errors(document.problems) else floor
    return FloorResult(usable, in_file_order(document.problems))


def load_floor(
    path: Path | None, known: Known, options: Options | None = None, agents: Mapping[str, str] | None = None
) -> FloorResult:
    """Read and check a floor file; without one, options and defaults are all there is."""
    if path is None:
        return check_floor(None, "floor.yaml", known, options, agents)
    text = read_text(path)
    if isinstance(text, Problem):
        return FloorResult(None, (text,))
    return check_floor(text, str(path), known, options, agents)


def _names(document: Document, path: YamlPath, written_: dict[str, Any], known: frozenset[str], what: str) -> None:
    for name in written_:
        if name not in known:
            place = (*path, name)
            document.problem(
                document.mark(place, of_key=True), place, f"`{name}` is no {what} of the campaigns file", "",
                did_you_mean(name, known),
            )  # fmt: skip


def _moves(document: Document, floor: FloorFile) -> None:
    """Everybody who comes or goes must do so within the shift."""
    length_s = floor.hours if floor.hours is not None else DEFAULT_HOURS_S
    lists: list[tuple[YamlPath, list[MoveModel]]] = [((), floor.moves)]
    lists += [(("queues", name), queue.moves or []) for name, queue in floor.queues.items()]
    for path, moves in lists:
        for index, move in enumerate(moves):
            if (move.at - floor.start) % 86_400.0 >= length_s:
                place = (*path, "moves", index, "at")
                document.problem(
                    document.mark(place), place, "this is not within the shift",
                    "a time from `start` on, and before `hours` are over", "",
                )  # fmt: skip


def _shares(document: Document, path: YamlPath, callees: CalleesModel, base: CalleesModel | None) -> None:
    machines = callees.machines if callees.machines is not None else base.machines if base is not None else None
    busy = callees.busy if callees.busy is not None else base.busy if base is not None else None
    total = (DEFAULT_MACHINES if machines is None else machines) + (DEFAULT_BUSY if busy is None else busy)
    if total > 1.0 + 1e-9 and (callees.machines is not None or callees.busy is not None):
        place = (*path, "busy" if callees.busy is not None else "machines")
        document.problem(
            document.mark(place), place, f"machines and busy add up to {total:.0%}", "at most 100% together",
            "both are shares of the calls that no person answers",
        )  # fmt: skip
    if callees.answer_rate is not None and callees.answer_rates is not None:
        place = (*path, "answer_rates")
        document.problem(
            document.mark(place, of_key=True), place, "`answer_rate` and `answer_rates` are both stated", "",
            "keep one of the two",
        )  # fmt: skip
    place = (*path, "answer_rates")
    told = any(problem.path.startswith(dotted(place)) for problem in document.problems)
    if callees.answer_rates is not None and not callees.answer_rates and not told:
        document.problem(document.mark(place), place, "no times", '`"09:00": 20%` and so on', "")
