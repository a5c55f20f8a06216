"""The agents' phones on the carrier's side: profiles, and the tones that name them.

A phone sounds a pair of tones of its own while it is connected. Both lie away
from DTMF, fax and SIT frequencies, so no detector on the PBX takes notice.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

FIRST, LAST = 8000, 8099
"""The agents' extensions: a hundred of them, as many as there are pairs of tones."""

TENS_HZ = tuple(range(310, 660, 35))
UNITS_HZ = tuple(range(2300, 3250, 95))


class Profile(enum.StrEnum):
    """What an agent's phone does when the PBX calls it."""

    AT_ONCE = "at_once"
    SLOW = "slow"
    NO_ANSWER = "no_answer"
    HANGS_UP_FIRST = "hangs_up_first"
    NAILED = "nailed"


@dataclass(frozen=True, slots=True)
class Phone:
    """One phone. `answer_s`: ringing before it answers; `stay_s`: until it hangs up."""

    profile: Profile = Profile.AT_ONCE
    answer_s: float = 0.0
    stay_s: float = 86_400.0

    @classmethod
    def of(cls, profile: Profile) -> Phone:
        """A phone with the usual times of `profile`."""
        usual = {
            Profile.AT_ONCE: cls(profile),
            Profile.SLOW: cls(profile, answer_s=3.0),
            Profile.NO_ANSWER: cls(profile, answer_s=60.0),
            Profile.HANGS_UP_FIRST: cls(profile, stay_s=4.0),
            Profile.NAILED: cls(profile),
        }
        return usual[profile]

    def row(self, agent: str) -> str:
        """The value the carrier's dialplan reads (see carrier/extensions.conf)."""
        tens, units = tones(agent)
        return f"{self.profile},{self.answer_s:g},{self.stay_s:g},{tens}+{units}"


def tones(agent: str) -> tuple[int, int]:
    """The two frequencies, in Hz, of an agent's extension.

    Raises:
        ValueError: not one of the lab's extensions.
    """
    if not FIRST <= int(agent) <= LAST:
        raise ValueError(f"agents are {FIRST} to {LAST}, not {agent}")
    return TENS_HZ[int(agent[-2])], UNITS_HZ[int(agent[-1])]
