"""`skills:` of the campaigns file: what agents can do."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.document import Document
from dialerd.config.scalars import Text, Whole
from dialerd.config.section import Section
from dialerd.core.skills import Skill

_AGENT = Text("an agent's extension, such as `8001`", r"[A-Za-z0-9_.-]{1,40}", 40, loose=True)
_QUEUE = Text("the name of a queue", most=80, loose=True)


class SkillModel(Section):
    """Who has a skill; who is named in either way has it."""

    agents: list[Annotated[str, _AGENT]] = Field(
        default_factory=list, max_length=5000, description="Agents by their extension."
    )
    queues: list[Annotated[str, _QUEUE]] = Field(
        default_factory=list, max_length=100, description="Queues of Asterisk: their members have it, as they come."
    )
    max_penalty: Annotated[int, Whole(0, 1000)] | None = Field(
        default=None, description="Only members of those queues with at most this penalty. Not stated: all."
    )


def skill_of(name: str, model: SkillModel) -> Skill:
    """The core's value."""
    return Skill(name, tuple(sorted(set(model.agents))), tuple(sorted(set(model.queues))), model.max_penalty)


def check_skills(document: Document, skills: dict[str, SkillModel]) -> None:
    """Tell skills that nobody can have."""
    for name, model in skills.items():
        path = ("skills", name)
        stated = any(document.has((*path, kind)) for kind in ("agents", "queues"))
        if not stated:
            document.problem(document.mark(path), path, "nobody can have this skill", "`agents:` or `queues:`", "")
        if model.max_penalty is not None and not model.queues:
            most = ("skills", name, "max_penalty")
            document.problem(document.mark(most), most, "`max_penalty` says nothing without `queues`", "", "")
