"""What a reload would change: two plans compared, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from dialerd.core.campaign import Plan
from dialerd.core.filtering.conditions import Filter
from dialerd.core.flow import nodes as n
from dialerd.core.flow.prompts import Prompt, Text
from dialerd.core.holiday_calendar import HolidayCalendar
from dialerd.core.weekly_hours import WeeklyHours

_ABSENT = "not set"
Leaf = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One setting that differs. ``field`` is its dotted name (``retry.busy.gap_s``); values are plain, and
    ``not set`` stands for a setting that one of the plans does not have."""

    field: str
    old: Leaf
    new: Leaf


@dataclass(frozen=True, slots=True)
class SectionDiff:
    """What happened to the campaigns, or to the trunks. Names are sorted."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: Mapping[str, tuple[FieldChange, ...]]

    @property
    def empty(self) -> bool:
        """Nothing differs."""
        return not (self.added or self.removed or self.changed)


@dataclass(frozen=True, slots=True)
class PlanDiff:
    """The difference between the plan in force and another one."""

    campaigns: SectionDiff
    trunks: SectionDiff
    sequences: SectionDiff = SectionDiff((), (), {})
    campaign_rules: SectionDiff = SectionDiff((), (), {})
    skills: SectionDiff = SectionDiff((), (), {})

    @property
    def empty(self) -> bool:
        """A reload would change nothing."""
        return all(section.empty for _, section in self._sections())

    def as_dict(self) -> dict[str, Any]:
        """The difference in plain values, for JSON."""
        return {
            "campaigns": _section_dict(self.campaigns), "trunks": _section_dict(self.trunks),
            "sequences": _section_dict(self.sequences), "campaign_rules": _section_dict(self.campaign_rules),
            "skills": _section_dict(self.skills),
        }  # fmt: skip

    def _sections(self) -> tuple[tuple[str, SectionDiff], ...]:
        return (
            ("campaign", self.campaigns), ("trunk", self.trunks), ("sequence", self.sequences),
            ("campaign rule", self.campaign_rules), ("skill", self.skills),
        )  # fmt: skip

    def lines(self) -> list[str]:
        """The difference for people: ``+`` added, ``-`` removed, ``~`` changed, one setting a line."""
        result: list[str] = []
        for word, section in self._sections():
            result += [f"+ {word} {name}" for name in section.added]
            result += [f"- {word} {name}" for name in section.removed]
            for name, changes in section.changed.items():
                result += [f"~ {word} {name}: {c.field}: {_said(c.old)} -> {_said(c.new)}" for c in changes]
        return result


def plan_diff(old: Plan, new: Plan) -> PlanDiff:
    """What going from ``old`` to ``new`` changes."""
    return PlanDiff(
        _section(old.campaigns, new.campaigns), _section(old.trunks, new.trunks),
        _section(old.sequences, new.sequences), _section(old.campaign_rules, new.campaign_rules),
        _section(old.skills, new.skills),
    )  # fmt: skip


def _section(old: Mapping[str, object], new: Mapping[str, object]) -> SectionDiff:
    changed = {name: _changes(old[name], new[name]) for name in sorted(old.keys() & new.keys())}
    return SectionDiff(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted(old.keys() - new.keys())),
        {name: changes for name, changes in changed.items() if changes},
    )


def _changes(old: object, new: object) -> tuple[FieldChange, ...]:
    before, after = dict(_leaves(old, "")), dict(_leaves(new, ""))
    names = list(before) + [name for name in after if name not in before]
    pairs = ((name, before.get(name, _ABSENT), after.get(name, _ABSENT)) for name in names)
    return tuple(FieldChange(name, was, becomes) for name, was, becomes in pairs if was != becomes)


def _leaves(value: object, name: str) -> Iterator[tuple[str, Leaf]]:
    dot = f"{name}." if name else ""
    if isinstance(value, WeeklyHours | HolidayCalendar | Filter):
        yield name, str(value)
    elif isinstance(value, Prompt):
        yield name, value.words or None
    elif isinstance(value, Text):
        yield name, value.source
    elif isinstance(value, n.Node):
        yield f"{name}.does", type(value).__name__
        for field in fields(value):
            yield from _leaves(getattr(value, field.name), dot + field.name)
    elif callable(value):
        yield name, str(value)  # A site rule: its file and digest.
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if not field.compare:
                continue  # worked out from the others
            yield from _leaves(getattr(value, field.name), dot + field.name)
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield from _leaves(value[key], f"{dot}{key}")
    elif isinstance(value, Enum):
        yield name, str(value)
    elif value is None or isinstance(value, str | int | float | bool):
        yield name, value
    elif isinstance(value, tuple) and any(isinstance(one, n.Case) for one in value):
        for index, one in enumerate(value):
            yield from _leaves(one, f"{dot}{index + 1}")
    elif isinstance(value, tuple):
        yield name, ", ".join(map(str, value)) or None
    else:
        yield name, str(value)


def _section_dict(section: SectionDiff) -> dict[str, Any]:
    return {
        "added": list(section.added),
        "removed": list(section.removed),
        "changed": {
            name: [{"field": c.field, "old": c.old, "new": c.new} for c in changes]
            for name, changes in section.changed.items()
        },
    }


def _said(value: Leaf) -> str:
    return "none" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
