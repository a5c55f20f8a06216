"""What the API needs to change, show and export single contacts. The composition implements it over the record."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


class BadContact(Exception):
    """What is asked of a contact cannot be done; the text says why. ``hint``: what to do instead."""

    def __init__(self, text: str, hint: str = "") -> None:
        super().__init__(text)
        self.hint = hint


class UnknownContact(Exception):
    """There is no contact of this id."""


class KeyUsedOtherwise(Exception):
    """The idempotency key came before with another request."""


@dataclass(frozen=True, slots=True)
class WrittenNumber:
    """A number as somebody wrote it."""

    number: str
    type: str = "phone"


@dataclass(frozen=True, slots=True)
class NewContact:
    """A contact to be added. ``hot``: to be called before all others."""

    numbers: tuple[WrittenNumber, ...]
    key: str = ""
    columns: Mapping[str, str] = field(default_factory=dict)
    priority: int = 0
    hot: bool = False


@dataclass(frozen=True, slots=True)
class ContactChange:
    """What becomes of a contact; None: stays as it is. ``columns`` are added to those that are there, a value None
    takes one out; ``hot``: it is to be called now, whatever it waited for."""

    numbers: tuple[WrittenNumber, ...] | None = None
    key: str | None = None
    columns: Mapping[str, str | None] | None = None
    priority: int | None = None
    hot: bool = False


@dataclass(frozen=True, slots=True)
class Fed:
    """What became of one contact of a batch. ``result``: ``added``, ``updated``, ``skipped`` or ``rejected``."""

    index: int
    result: str
    id: int | None = None
    reason: str = ""


class ContactService(Protocol):
    """Changes are in the record when a method returns, and the core is told. ``who`` is for the audit, which is
    written in the same transaction. Every method raises :class:`~dialerd.control.daemon.Unavailable` when the
    database does not answer, and :class:`~dialerd.control.daemon.UnknownContactList` for a list that no campaign
    file names."""

    async def add(
        self, contact_list: str, contacts: Sequence[NewContact], who: str, *, on_duplicate: str | None, once: str,
        digest: str,
    ) -> list[Fed]:  # fmt: skip
        """Add contacts, each for itself. ``on_duplicate``: ``skip``, ``update`` or ``keep``, None: as the list has
        it. ``once``: an idempotency key, empty: none; the same with another ``digest`` raises
        :class:`KeyUsedOtherwise`."""

    async def find(self, contact_list: str, key: str | None, limit: int, after_id: int) -> list[Mapping[str, Any]]:
        """Contacts of a list by id, perhaps only those with a key."""

    async def show(self, contact_id: int) -> Mapping[str, Any]:
        """One contact with all that is known of it. Raises :class:`UnknownContact`."""

    async def change(self, contact_id: int, change: ContactChange, who: str) -> Mapping[str, Any]:
        """Change one contact; returns it. Raises :class:`UnknownContact`, :class:`BadContact`."""

    async def remove(self, contact_list: str, contact_ids: Sequence[int], keys: Sequence[str], who: str) -> int:
        """Take contacts out of a list, and end their calls that nobody has answered; returns how many."""

    async def make_uncallable(self, contact_id: int, number: str | None, reason: str, who: str) -> Mapping[str, Any]:
        """The contact, or one of its numbers, is not dialed again; calls that nobody has answered end. Returns the
        contact. Raises :class:`UnknownContact`, :class:`BadContact`."""

    async def make_callable(self, contact_id: int, number: str | None, who: str) -> Mapping[str, Any]:
        """The contact, or one of its numbers, may be dialed again. Raises as :meth:`make_uncallable`."""

    def export(self, contact_list: str, state: str | None) -> AsyncIterator[bytes]:
        """The list as CSV, in pieces."""
