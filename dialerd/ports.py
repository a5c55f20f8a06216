"""What the engine needs from the world. Every adapter takes commands without waiting and posts events later.

Contract of ``submit``: it never blocks and never raises for anything the outside world does; commands of one port
that concern the same thing (attempt, channel, bridge, agent) take effect in the order in which they were given;
what cannot be done is answered by the event that the command's docstring names. Before ``start`` an adapter posts
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from dialerd.core.commands import (
    DesktopCommand,
    ProviderCommand,
    RecordCommand,
    RosterCommand,
    SpeechCommand,
    StoreCommand,
    TelephonyCommand,
    WatcherCommand,
)
from dialerd.core.events import Event

Post = Callable[[Event], None]
"""Puts an event into the engine's inbox; safe to call from the event loop's thread at any time."""


class Telephony(Protocol):
    """Calls, channels and bridges: Asterisk through ARI."""

    def submit(self, command: TelephonyCommand) -> None:
        """Carry out one command; see the module's contract."""


class Roster(Protocol):
    """Queue members: Asterisk through AMI."""

    def submit(self, command: RosterCommand) -> None:
        """Carry out one command; see the module's contract."""


class HotStore(Protocol):
    """Claims, the ledger and the outbox: Redis."""

    def submit(self, command: StoreCommand) -> None:
        """Carry out one command; see the module's contract. Commands given while the store is lost are kept and
        carried out, in order, when it is back."""


class Record(Protocol):
    """Contacts, finished attempts, audit: SQL."""

    def submit(self, command: RecordCommand) -> None:
        """Carry out one command; see the module's contract."""


class Provider(Protocol):
    """Services that know numbers of do-not-call lists."""

    def submit(self, command: ProviderCommand) -> None:
        """Carry out one command; see the module's contract."""


class Speech(Protocol):
    """Text to speech: files that Asterisk can play."""

    def submit(self, command: SpeechCommand) -> None:
        """Carry out one command; see the module's contract."""


class Desktop(Protocol):
    """Where agents see what is offered to them."""

    def submit(self, command: DesktopCommand) -> None:
        """Carry out one command; see the module's contract."""


class Watcher(Protocol):
    """People who watch: log, metrics, event viewer."""

    def submit(self, command: WatcherCommand) -> None:
        """Take note of one thing."""


class Clock(Protocol):
    """Where the daemon's time comes from."""

    def now(self) -> float:
        """Epoch seconds. May step; see :class:`dialerd.engine.SteadyClock` for one that does not go back."""


@dataclass(frozen=True, slots=True)
class AnswerSource:
    """Whose answers they are. ``provider`` stands for its address: another address is another provider."""

    dnc_list: str
    provider: str


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """``listed``: what was said of the number. It holds for ``left_s`` seconds more."""

    listed: bool
    left_s: float


@dataclass(frozen=True, slots=True)
class ForgottenAnswer:
    """Answers were removed by a person: of one number, or (None) of the whole list. ``id``: its place among these."""

    id: str
    dnc_list: str
    number: str | None


class ProviderAnswers(Protocol):
    """Answers that outlive this process and are known to others.

    :meth:`known` and :meth:`keep` never raise: where the store does not answer nothing is known, the provider is
    asked, which is slower and never wrong. The others raise :class:`~dialerd.store.redis_link.LinkBroken`."""

    async def known(self, source: AnswerSource, numbers: Sequence[str]) -> dict[str, KeptAnswer]:
        """Of which of these numbers an answer holds."""

    async def keep(self, source: AnswerSource, verdicts: Mapping[str, bool], for_s: float) -> None:
        """They hold for so many seconds; an older answer is replaced."""

    async def look(self, source: AnswerSource, number: str) -> KeptAnswer | None:
        """The answer that holds; None: there is none."""

    async def forget(self, source: AnswerSource, number: str | None) -> int:
        """Remove the answer about a number, or (None) all of the list, whichever provider gave them. Returns how
        many there were; everybody hears of it by :meth:`forgotten`, even where there were none."""

    async def forgotten(self, after: str) -> list[ForgottenAnswer]:
        """What was removed behind this id (empty: all that is noted), the oldest first."""
