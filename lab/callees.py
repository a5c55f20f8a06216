"""Who answers: the behaviours, the numbering plan, and the seeded mix.

Everything here is pure: a number's behaviour and its delays follow from the
seed and the number alone, so a test knows the truth before the call is placed.

Numbering plan (fictional numbers, Ofcom's ranges for drama):

* ``+44 1632 960 BBv`` and ``+44 20 7946 0BBv``: behaviour ``BB`` (two digits, the
  order of `Behaviour`), variant ``v`` (voice and delays). The first form is
  *possible* but not *valid* for libphonenumber, the second is both.
* the ranges of `MIX_PREFIXES` followed by three digits: drawn from the mix.
"""

from __future__ import annotations

import enum
import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from lab.clips import CLIPS, Clip


class Behaviour(enum.StrEnum):
    """What a number does when it is called. The order is the numbering plan's."""

    SHORT_HELLO = "short_hello"
    LATE_HELLO = "late_hello"
    BUSINESS = "business"
    SILENT = "silent"
    QUICK_HANGUP = "quick_hangup"
    VOICEMAIL_LONG = "voicemail_long"
    VOICEMAIL_SHORT = "voicemail_short"
    VOICEMAIL_CARRIER = "voicemail_carrier"
    VOICEMAIL_MUSIC = "voicemail_music"
    BUSY = "busy"
    REJECTED = "rejected"
    CONGESTION = "congestion"
    UNALLOCATED = "unallocated"
    SIT = "sit"
    NUMBER_CHANGED = "number_changed"
    RINGS_OUT = "rings_out"
    NO_PROGRESS = "no_progress"
    FAX = "fax"
    PRESSES_KEY = "presses_key"

    @property
    def is_person(self) -> bool:
        """Whether a person answers (also one who hangs up at once or says nothing)."""
        return self in _PERSONS

    @property
    def is_machine(self) -> bool:
        """Whether a voicemail answers (a fax is neither person nor machine)."""
        return self in _MACHINES

    @property
    def answers(self) -> bool:
        """Whether the call is ever answered."""
        return self.is_person or self.is_machine or self is Behaviour.FAX

    @property
    def cause(self) -> int | None:
        """Q.850 cause with which the number refuses the call; None if it never refuses."""
        return _REFUSALS.get(self)


_PERSONS = frozenset(
    {
        Behaviour.SHORT_HELLO,
        Behaviour.LATE_HELLO,
        Behaviour.BUSINESS,
        Behaviour.SILENT,
        Behaviour.QUICK_HANGUP,
        Behaviour.PRESSES_KEY,
    }
)
_MACHINES = frozenset(
    {
        Behaviour.VOICEMAIL_LONG,
        Behaviour.VOICEMAIL_SHORT,
        Behaviour.VOICEMAIL_CARRIER,
        Behaviour.VOICEMAIL_MUSIC,
    }
)
_REFUSALS = {
    Behaviour.BUSY: 17,
    Behaviour.REJECTED: 21,
    Behaviour.CONGESTION: 34,
    Behaviour.UNALLOCATED: 1,
    Behaviour.SIT: 1,
    Behaviour.NUMBER_CHANGED: 22,
}
_SCRIPTS = {
    Behaviour.SHORT_HELLO: "person",
    Behaviour.LATE_HELLO: "person",
    Behaviour.BUSINESS: "person",
    Behaviour.SILENT: "silent",
    Behaviour.QUICK_HANGUP: "quick",
    Behaviour.SIT: "sit",
    Behaviour.RINGS_OUT: "ring",
    Behaviour.NO_PROGRESS: "dead",
    Behaviour.FAX: "fax",
    Behaviour.PRESSES_KEY: "key",
    **dict.fromkeys(_MACHINES, "machine"),
}

MIX_PREFIXES = ("441134960", "441144960", "441154960", "441164960", "441174960", "441184960", "441214960",
                "441314960", "441414960", "441514960", "441614960", "441914980")  # fmt: skip
"""Digits before the last three of the numbers that are drawn from the mix."""

FIXED_PREFIXES = ("441632960", "442079460")
"""Digits before the ``BBv`` of the numbers with a behaviour of their own."""


@dataclass(frozen=True, slots=True)
class Callee:
    """One number's part in the play. Times in seconds.

    Attributes:
        ring_s: from the call's arrival to the answer or refusal (0: no ringing).
        pause_s: from the answer to the first sound (or to the hang-up of a quick one,
            or from the message to the key).
        talk_s: how long a person stays once spoken to, or a machine records.
        patience_s: how long a person waits to be spoken to before hanging up.
        clip: what is said; empty for nothing.
        key: what is pressed, for `Behaviour.PRESSES_KEY`; a `w` between keys is a pause of half a second.
            See `keys_in_turn`.
        line: ``host:port`` of a program that speaks and hears in the callee's place (AudioSocket) as long as it
            likes; the number's last twelve digits are the last of the UUID. Empty: the behaviour's own script.
    """

    behaviour: Behaviour
    ring_s: float = 1.0
    pause_s: float = 0.4
    talk_s: float = 5.0
    patience_s: float = 10.0
    clip: str = ""
    key: str = "5"
    line: str = ""

    def row(self) -> str:
        """The value the carrier's dialplan reads (see carrier/extensions.conf)."""
        script = _SCRIPTS.get(self.behaviour, "refuse")
        if self.line:
            script, extra = "line", self.line
        elif self.behaviour is Behaviour.PRESSES_KEY:
            extra = self.key
        else:
            extra = str(self.behaviour.cause or (19 if not self.behaviour.answers else 16))
        ring = max(1.1, self.ring_s) if self.behaviour is Behaviour.SIT else self.ring_s
        return (
            f"{self.behaviour},{script},{ring:g},{self.pause_s:g},{self.talk_s:g},"
            f"{max(1, round(self.patience_s))},{self.clip},{extra}"
        )


def default_shares() -> dict[Behaviour, float]:
    """A daytime consumer list, roughly: four in ten are answered by a person."""
    b = Behaviour
    return {
        b.SHORT_HELLO: 28, b.LATE_HELLO: 6, b.BUSINESS: 5, b.SILENT: 2, b.QUICK_HANGUP: 3, b.PRESSES_KEY: 1,
        b.VOICEMAIL_LONG: 7, b.VOICEMAIL_SHORT: 6, b.VOICEMAIL_CARRIER: 5, b.VOICEMAIL_MUSIC: 2, b.FAX: 2,
        b.BUSY: 8, b.REJECTED: 3, b.CONGESTION: 2, b.UNALLOCATED: 4, b.SIT: 2, b.NUMBER_CHANGED: 1,
        b.RINGS_OUT: 12, b.NO_PROGRESS: 1,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mix:
    """Parameters of the simulated population; ranges are (least, most) seconds.

    Shares are weights, not percentages; a behaviour that is left out never occurs
    in the mix. The numbers of the fixed plan use the same ranges.
    """

    shares: dict[Behaviour, float] = field(default_factory=default_shares)
    ring_s: tuple[float, float] = (1.0, 4.0)
    talk_s: tuple[float, float] = (3.0, 10.0)
    patience_s: tuple[float, float] = (6.0, 12.0)
    record_s: tuple[float, float] = (10.0, 20.0)

    def callee(self, seed: int, number: str) -> Callee:
        """The part `number` plays under `seed`. Deterministic; see the module's plan.

        Raises:
            ValueError: the number belongs to no range of the plan.
        """
        digits = number.lstrip("+")
        rng = random.Random(hashlib.sha256(f"{seed}:{digits}".encode()).digest())
        fixed = fixed_behaviour(digits)
        if fixed is not None:
            return self._draw(fixed, rng)
        if digits[:-3] not in MIX_PREFIXES:
            raise ValueError(f"{number} is not in the lab's numbering plan")
        (behaviour,) = rng.choices(list(self.shares), weights=list(self.shares.values()))
        return self._draw(behaviour, rng)

    def _draw(self, behaviour: Behaviour, rng: random.Random) -> Callee:
        between = {
            Behaviour.LATE_HELLO: (1.2, 2.5),
            Behaviour.QUICK_HANGUP: (0.2, 0.9),
            Behaviour.PRESSES_KEY: (1.0, 3.0),
        }
        ring = rng.uniform(*self.ring_s)
        pause = rng.uniform(*between.get(behaviour, (0.2, 0.7)))
        talk = rng.uniform(*(self.record_s if not behaviour.is_person else self.talk_s))
        patience = rng.uniform(*self.patience_s)
        clip = rng.choice(_clips_of(behaviour))
        return Callee(
            behaviour, round(ring, 2), round(pause, 2), round(talk, 2), round(patience, 2),
            clip.name if clip else "", rng.choice("1259"),
        )  # fmt: skip


def keys_in_turn(*turns: tuple[float, str]) -> str:
    """Keys for `Callee.key`: each turn is a pause in seconds (to half a second) and the keys pressed after it. The
    first pause comes on top of `pause_s`, from the first sound of the message."""
    return "".join("w" * round(pause_s / 0.5) + keys for pause_s, keys in turns)


def _clips_of(behaviour: Behaviour) -> list[Clip] | list[None]:
    kind = {Behaviour.LATE_HELLO: "short_hello", Behaviour.PRESSES_KEY: "short_hello"}.get(behaviour, str(behaviour))
    return [clip for clip in CLIPS if clip.kind == kind] or [None]


def fixed_behaviour(digits: str) -> Behaviour | None:
    """The behaviour a fixed-plan number (without ``+``) stands for; None for any other."""
    for prefix in FIXED_PREFIXES:
        if digits.startswith(prefix) and len(digits) == len(prefix) + 3:
            index = int(digits[len(prefix) : -1])
            return list(Behaviour)[index] if index < len(Behaviour) else None
    return None


def number_for(behaviour: Behaviour, variant: int = 0, *, prefix: str = FIXED_PREFIXES[0]) -> str:
    """The E.164 number that always behaves so; `variant` is 0 to 9."""
    if not 0 <= variant <= 9:
        raise ValueError("variant is one digit")
    return f"+{prefix}{list(Behaviour).index(behaviour):02d}{variant}"


def mix_numbers(count: int, *, start: int = 0) -> list[str]:
    """`count` different E.164 numbers of the mix, at most 12,000 in all.

    Raises:
        ValueError: there are not so many.
    """
    total = 1000 * len(MIX_PREFIXES)
    if start + count > total:
        raise ValueError(f"the mix has {total} numbers")
    # Spread over the areas, so that a short list has all of them.
    return [
        f"+{MIX_PREFIXES[i % len(MIX_PREFIXES)]}{i // len(MIX_PREFIXES):03d}" for i in range(start, start + count)
    ]


def all_numbers() -> Iterator[str]:
    """Every number of the plan, as digits."""
    for prefix in FIXED_PREFIXES:
        for index in range(len(Behaviour) * 10):
            yield f"{prefix}{index:03d}"
    for prefix in MIX_PREFIXES:
        for index in range(1000):
            yield f"{prefix}{index:03d}"
