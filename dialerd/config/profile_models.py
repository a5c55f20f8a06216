"""The shape of a compliance profile's file."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from pydantic import ConfigDict, Field

from dialerd.config.callable_models import CallableSetModel, CalledPlace
from dialerd.config.pacing_scalars import Percent, TimeZone
from dialerd.config.scalars import Choice, Duration, Switch, Text, Whole
from dialerd.config.section import Section, written
from dialerd.core.abandon_ledger import FORMULA_NAMES
from dialerd.core.analysis import Clock
from dialerd.core.attempts_control import Scope
from dialerd.core.compliance import AbandonWindow

PROFILE_NAME = Text("a name of at most 40 small letters, digits, `_` and `-`", r"[a-z0-9_-]{1,40}", 40, loose=True)
VERSION = Text("a version, such as `1` or `2026-11-22`", r"[A-Za-z0-9._-]{1,20}", 20, loose=True)
_YEAR = 366 * 86_400.0
Value = TypeVar("Value")


class Rule(Section, Generic[Value]):
    """One figure, and where it comes from."""

    value: Value = Field(description="What the rule demands.")
    source: Annotated[str, Text("where the figure comes from", most=300)] = Field(
        description="Law, regulation or statement, with its section."
    )
    verified: Annotated[bool, Switch()] = Field(
        default=written("true"), description="`false`: to be checked before anybody relies on it."
    )


class AttemptCapModel(Section):
    """A cap on attempts."""

    calls: Annotated[int, Whole(1, 1000)] = Field(description="So many attempts are allowed ...")
    within: Annotated[float, Duration(60, _YEAR)] = Field(description="... in any time of this length.")
    per: Annotated[Scope, Choice(Scope)] = Field(
        default=written("contact"),
        description="Whose calls are counted: of the `number`, of the `contact` with all its numbers, or of the "
        "`person`: everybody with the same key, in whichever list.",
    )


_Span = Rule[Annotated[float, Duration(0, 10 * _YEAR)]]
_Share = Rule[Annotated[float, Percent(0, 100)]]
_Yes = Rule[Annotated[bool, Switch()]]


class RulesModel(Section):
    """The figures of a profile. What is not stated is not regulated by it."""

    abandon_threshold: _Span | None = Field(
        default=None, description="A person must be with an agent, or hear the message, within this time."
    )
    clock: Rule[Annotated[Clock, Choice(Clock)]] | None = Field(
        default=None,
        description="Where that time begins: `answer`, `speech_start`, or `greeting_end` (the completed greeting).",
    )
    least_ring: _Span | None = Field(default=None, description="A call must ring for at least so long.")
    callable_hours: Rule[CallableSetModel] | None = Field(
        default=None, description="Hours at which people may be called, in the form of a set of `callable_times:`."
    )
    abandon_target: _Share | None = Field(default=None, description="Share of abandoned calls that is aimed at.")
    abandon_cap: _Share | None = Field(default=None, description="Share of abandoned calls that is never exceeded.")
    abandon_windows: Rule[list[Annotated[AbandonWindow, Choice(AbandonWindow)]]] | None = Field(
        default=None, description="Over which time the share is measured; each of them binds."
    )
    formulas: Rule[list[Annotated[str, Choice(FORMULA_NAMES)]]] | None = Field(
        default=None, description="How the share is computed, by the names of `dialerd abandon`."
    )
    safe_harbour: _Yes | None = Field(
        default=None, description="`false`: every abandoned call counts, however low the share."
    )
    progressive_until: Rule[Annotated[int, Whole(0, 10_000)]] | None = Field(
        default=None, description="So many people must have answered today before calls are placed ahead of agents."
    )
    abandoned_redial: _Span | None = Field(
        default=None, description="So long an abandoned number is called only with a guaranteed agent."
    )
    machine_redial: _Span | None = Field(
        default=None, description="So long a number where a machine answered is called only with a guaranteed agent."
    )
    after_conversation: _Span | None = Field(
        default=None, description="So long nobody is called with whom somebody has spoken."
    )
    after_refusal: _Span | None = Field(default=None, description="So long nobody is called who has refused.")
    attempt_caps: Rule[list[AttemptCapModel]] | None = Field(
        default=None, description="At most so many attempts in any time of a given length."
    )
    unsure_to_agent: _Yes | None = Field(
        default=None, description="An answer that may be a person's goes to an agent."
    )
    automated_needs_consent: _Yes | None = Field(
        default=None, description="Calls without agents need the called person's consent."
    )
    recording_needs_consent: _Yes | None = Field(
        default=None,
        description="Nobody may be recorded who has not consented; nor is the sound of an answer kept.",
    )
    records_kept: _Span | None = Field(default=None, description="So long records of calls are to be kept.")


class ProfileFile(Section):
    """A compliance profile: what a law or regulator demands, figure by figure, each with its source."""

    model_config = ConfigDict(json_schema_extra={"required": ["profile", "version", "title"]})

    profile: Annotated[str, PROFILE_NAME] = Field(description="Name of the profile; the file's name without `.yaml`.")
    version: Annotated[str, VERSION] = Field(description="Version of these figures; every attempt keeps it.")
    title: Annotated[str, Text("a title", most=200)] = Field(description="What the profile is about.")
    extends: Annotated[str, PROFILE_NAME] | None = Field(
        default=None, description="Another profile whose rules hold where this one states none of its own."
    )
    regions: list[Annotated[str, CalledPlace()]] = Field(
        default_factory=list,
        description="Countries and states whose numbers the callable hours bind, and those of which nobody knows; "
        "not stated: all.",
    )
    fallback_zone: Annotated[str, TimeZone()] | None = Field(
        default=None, description="Time zone of numbers that do not say where they are."
    )
    notes: list[Annotated[str, Text("a note", most=500)]] = Field(
        default_factory=list, description="What no setting can enforce, for people to read."
    )
    rules: RulesModel = Field(default_factory=RulesModel, description="The figures.")
