"""What the engine needs from the world. Every adapter takes commands without waiting and posts events later.

Contract of ``submit``: it never blocks and never raises for anything the outside world does; commands of one port
that concern the same thing (attempt, channel, bridge, agent) take effect in the order in which they were given;
what cannot be done is answered by the event that the command's docstring names. Before ``start`` an adapter posts
nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from dialerd.core.commands import (
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


class Watcher(Protocol):
    """People who watch: log, metrics, event viewer."""

    def submit(self, command: WatcherCommand) -> None:
        """Take note of one thing."""


class Clock(Protocol):
    """Where the daemon's time comes from."""

    def now(self) -> float:
        """Epoch seconds. May step; see :class:`dialerd.engine.SteadyClock` for one that does not go back."""
