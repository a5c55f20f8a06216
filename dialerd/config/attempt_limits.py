"""Settings of attempt control: `attempt_limits:`, of a campaign and of all campaigns together."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from pydantic import Field

from dialerd.config.problems import Path
from dialerd.config.scalars import Choice, Duration, Whole, spoken
from dialerd.config.section import SNAKE_NAME, Section, written
from dialerd.core.attempts_control import AttemptCap, AttemptLimits, Counted, Scope
from dialerd.core.compliance import Profile

MOST_CAP_S = 400 * 86400.0
_GAP, _AFTER_CONVERSATION = "gap", "after_conversation"
_TAKEN = (_GAP, _AFTER_CONVERSATION, "after_abandoned", "after_machine")


class CapModel(Section):
    """At most so many calls in any span of that length."""

    per: Annotated[Scope, Choice(Scope)] = Field(
        description="Whose calls are counted: of the `number`, of the `contact` with all its numbers, or of the "
        "`person`: everybody with the same key, in whichever list."
    )
    calls: Annotated[int, Whole(1, 1000)] = Field(description="So many calls are allowed.")
    within: Annotated[float, Duration(60, MOST_CAP_S)] = Field(
        description="In any span of this length: `24h`, `7d`, `30d`."
    )
    name: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="What it is called where it stands in the way: `cap:name`."
    )


class SharedLimitsModel(Section):
    """How often anybody may be called, by all campaigns together."""

    caps: list[CapModel] = Field(
        default_factory=list,
        description="Rolling caps. Calls of all campaigns count. A campaign may add its own.",
    )
    gap: Annotated[float, Duration(60, MOST_CAP_S)] | None = Field(
        default=None, description="Least time between any two calls to a number, whichever campaigns they are of."
    )
    after_conversation: Annotated[float, Duration(60, MOST_CAP_S)] | None = Field(
        default=None,
        description="So long a person (by the key of the contact) is not called after a conversation with an agent.",
    )


class LimitsModel(SharedLimitsModel):
    """How often this campaign calls anybody. Its caps come on top of those of all campaigns."""

    per_contact: Annotated[int, Whole(1, 1000)] | None = Field(
        default=None, description="So often a contact is dialed at most; see `reset`."
    )
    per_number: Annotated[int, Whole(1, 1000)] | None = Field(
        default=None, description="So often each number of a contact is dialed at most; see `reset`."
    )
    reset: Annotated[str, Choice(("never", "daily"))] = Field(
        default="never",
        description="`daily`: `per_contact` and `per_number` hold for each day of the called party's clock; "
        "`never`: for as long as the contact is in the list.",
    )
    after_abandoned: Annotated[float, Duration(60, MOST_CAP_S)] | None = Field(
        default=written("72h"),
        description="So long a number is not called after a call of any campaign that was abandoned, unless an agent "
        "is reserved beforehand (Ofcom). `null`: no such rule.",
    )
    after_machine: Annotated[float, Duration(60, MOST_CAP_S)] | None = Field(
        default=written("24h"),
        description="The same after call analysis took a call for a machine's. `null`: no such rule.",
    )


def caps_of(model: SharedLimitsModel) -> tuple[AttemptCap, ...]:
    """The caps that a section states."""
    caps = [AttemptCap(cap.per, cap.calls, cap.within, name=cap.name or "") for cap in model.caps]
    if model.gap is not None:
        caps.append(AttemptCap(Scope.NUMBER, 1, model.gap, name=_GAP))
    if model.after_conversation is not None:
        caps.append(
            AttemptCap(Scope.PERSON, 1, model.after_conversation, Counted.CONVERSATIONS, name=_AFTER_CONVERSATION)
        )
    if isinstance(model, LimitsModel):
        for name, counts in (("after_abandoned", Counted.ABANDONED), ("after_machine", Counted.MACHINES)):
            window_s = getattr(model, name)
            if window_s is not None:
                caps.append(AttemptCap(Scope.NUMBER, 1, window_s, counts, unless_guaranteed=True, name=name))
    return tuple(caps)


def caps_of_profile(profile: Profile) -> tuple[AttemptCap, ...]:
    """The caps that a compliance profile asks for."""
    caps = list(profile.attempt_caps)
    if profile.after_conversation_s is not None:
        name = f"{_AFTER_CONVERSATION}_by_law"
        caps.append(AttemptCap(Scope.PERSON, 1, profile.after_conversation_s, Counted.CONVERSATIONS, name=name))
    return tuple(caps)


def limits_of(model: LimitsModel) -> AttemptLimits:
    """The limits by contact and number."""
    return AttemptLimits(model.per_contact, model.per_number, model.reset == "daily")


def united(*sources: tuple[AttemptCap, ...]) -> tuple[AttemptCap, ...]:
    """All caps, each once; of those that differ only in their name, the first."""
    found: dict[tuple[object, ...], AttemptCap] = {}
    for cap in (cap for source in sources for cap in source):
        found.setdefault((cap.scope, cap.calls, cap.window_s, cap.counts, cap.unless_guaranteed), cap)
    return tuple(found.values())


def check_limits(model: SharedLimitsModel, has_key: bool, tell: Callable[[Path, str, str], None]) -> None:
    """Tell what is wrong in a section; paths are within it. ``has_key``: the contact list has a key of its own."""
    names: dict[str, int] = {}
    for index, cap in enumerate(model.caps):
        here: Path = ("caps", index)
        if cap.name is not None and cap.name in (*names, *_TAKEN):
            tell((*here, "name"), f"another cap is called `{cap.name}`", "choose another name")
        names.setdefault(cap.name or "", index)
        for other in model.caps[:index]:
            if other.per is cap.per and other.calls >= cap.calls and other.within <= cap.within:
                tell(
                    (*here,),
                    f"makes `{other.calls} within {spoken(other.within)}` useless: it allows fewer calls in longer",
                    "remove one of the two",
                )
        if cap.per is Scope.PERSON and not has_key:
            tell((*here, "per"), *_NO_KEY)
    if (
        isinstance(model, LimitsModel)
        and model.reset == "daily"
        and (model.per_contact, model.per_number) == (None, None)
    ):
        tell(("reset",), "there is nothing to begin anew each day", "state `per_contact:` or `per_number:`")
    if model.after_conversation is not None and not has_key:
        tell((_AFTER_CONVERSATION,), *_NO_KEY)


_NO_KEY = (
    "the contact list has no `key:`: who the same person is cannot be known",
    "state `key:` of the contact list, or count `per: contact`",
)
