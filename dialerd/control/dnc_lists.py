"""What the API needs for do-not-call lists. The composition implements this protocol."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from dialerd.core.dnc import DncEntry, DncFinding, DncKind


@dataclass(frozen=True, slots=True)
class Reject:
    """A row of a file that was not taken. ``line`` counts from 1."""

    line: int
    reason: str


class UnknownDncList(Exception):
    """Neither the configuration nor the record has a list of this name."""


class NoOptOutList(Exception):
    """The campaign is not there, or states no `opt_out_list`; the text says which."""


class BadDncEntry(Exception):
    """What was written is no entry; ``parameter`` says which part of it, the text why."""

    def __init__(self, parameter: str, text: str) -> None:
        super().__init__(text)
        self.parameter = parameter


class DncBusy(Exception):
    """Somebody is loading the list already; the text says who."""


@dataclass(frozen=True, slots=True)
class DncListInfo:
    """One list, for people. ``entries``: by kind; ``loaded`` are the numbers that files brought."""

    name: str
    description: str
    configured: bool
    provider: bool
    ready: bool
    loading: str
    entries: dict[str, int]
    campaigns: tuple[str, ...]
    opt_outs_of: tuple[str, ...]
    changed_at: float | None


@dataclass(frozen=True, slots=True)
class DncAdded:
    """An entry is kept. ``in_force``: claims of all instances heed it now, else before the next call is placed.
    ``recorded``: the record has it, else it will be told when it answers."""

    in_force: bool
    recorded: bool


@dataclass(frozen=True, slots=True)
class DncLoadReport:
    """How a load went: ``rows = taken + rejected``."""

    dnc_list: str
    mode: str
    rows: int
    taken: int
    single: int
    duplicates: int
    rejected: int
    numbers: int
    in_force: bool
    rejects: tuple[Reject, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    """What a list's provider said of a number; it holds until then (epoch seconds)."""

    dnc_list: str
    number: str
    listed: bool
    until: float


class NoProvider(Exception):
    """The list has no provider, or no list has one; the text says which."""


class ProviderAnswerDesk(Protocol):
    """What providers said. Every method raises :class:`NoProvider` and
    :class:`~dialerd.control.daemon.Unavailable` when Redis does not answer. ``name``: a list, or None for all that
    have a provider."""

    async def held(self, number: str, name: str | None) -> list[ProviderAnswer]:
        """Answers about a number that hold."""

    async def forget(self, number: str | None, name: str | None) -> dict[str, int]:
        """Remove the answer about a number, or (None) all; whom it kept from being called is asked about again. List
        -> how many answers there were."""


class DncDesk(Protocol):
    """Every method raises :class:`~dialerd.control.daemon.Unavailable` when the database does not answer."""

    @property
    def answers(self) -> ProviderAnswerDesk:
        """What providers said."""

    async def lists(self) -> list[DncListInfo]:
        """All lists, by name."""

    def list_of(self, campaign: str) -> str:
        """The campaign's opt-out list. Raises :class:`NoOptOutList`."""

    async def add(self, name: str, entry: DncEntry, reason: str, who: str) -> DncAdded:
        """Put an entry on a list, with a line of audit. Raises :class:`UnknownDncList`; Unavailable only where
        neither Redis nor the database answers."""

    async def remove(self, name: str, entry: DncEntry, reason: str, who: str) -> bool:
        """Take an entry off a list; False: it was not there. Raises :class:`UnknownDncList`."""

    async def look_up(self, number: str, contact_key: str, name: str | None) -> list[DncFinding]:
        """Every entry in force that concerns them."""

    async def load(
        self, name: str, source: str, mode: str, column: str | None, who: str, content: AsyncIterator[bytes]
    ) -> DncLoadReport:
        """Load an uploaded file, all or nothing. Raises :class:`UnknownDncList`, :class:`DncBusy`, UnusableFile."""

    def export(self, name: str) -> AsyncIterator[bytes]:
        """The list as CSV, piece by piece."""

    def entry(self, kind: DncKind, written: str, expires: str, name: str | None) -> DncEntry:
        """An entry as people write it; ``name``: the list, whose country is that of numbers without a country code.
        Raises :class:`BadDncEntry` and :class:`UnknownDncList`."""
