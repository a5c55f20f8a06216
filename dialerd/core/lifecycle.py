"""One lifecycle: an enum of states and one table of the moves between them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Generic, TypeVar

State = TypeVar("State", bound=StrEnum)


class ImpossibleTransition(Exception):
    """A move that the table does not allow: a defect of the program, never of its input."""


class Lifecycle(Generic[State]):
    """The allowed moves of one kind of thing; drawn into the documentation and checked against it."""

    def __init__(self, name: str, moves: Mapping[State, frozenset[State]]) -> None:
        self.name = name
        self.moves = moves

    def check(self, old: State, new: State) -> None:
        """Raise :class:`ImpossibleTransition` unless ``old`` may become ``new``."""
        if new not in self.moves[old]:
            raise ImpossibleTransition(f"{self.name}: {old} -> {new}")

    def mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        for old, successors in self.moves.items():
            lines += [f"    {old} --> {new}" for new in sorted(successors)]
        return "\n".join(lines) + "\n"
