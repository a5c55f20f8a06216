"""What the measurements share: the lab, whose numbers do what, and how much is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from lab.callees import Behaviour, Callee, mix_numbers
from lab.pair import Lab

SEED = 1
ANSWERING = tuple(mix_numbers(6000))
"""Numbers that are answered at once by somebody who says nothing and, once spoken to, talks for TALK_S."""
RINGING = tuple(mix_numbers(3000, start=6000))
"""Numbers that ring until the caller gives up."""
TALK_S = 1.0

_ANSWERS = Callee(Behaviour.SILENT, ring_s=0, pause_s=0, talk_s=TALK_S, patience_s=60)
_RINGS = Callee(Behaviour.RINGS_OUT)


@dataclass(frozen=True, slots=True)
class World:
    """A running lab, a folder for what the measurements write, and how much is asked for."""

    lab: Lab
    folder: Path
    quick: bool
    full: bool = False
    """Sizes at which a measurement takes many minutes."""

    def pids(self) -> dict[str, int]:
        """The processes around the daemon."""
        return {"redis": self.lab.redis.pid, "pbx": self.lab.pbx.pid, "carrier": self.lab.carrier.pid}


def make_lab(folder: Path) -> Lab:
    """The lab of all measurements; callees are not recorded, which costs more than the calls themselves."""
    overrides = {**dict.fromkeys(ANSWERING, _ANSWERS), **dict.fromkeys(RINGING, _RINGS)}
    return Lab(folder, seed=SEED, record=False, overrides=overrides)


def campaigns_file(lab: Lab, lists: list[str], campaigns: str, *, lines: int, cps: int, ring_timeout_s: int) -> str:
    """The campaigns file with one trunk to the carrier; ``campaigns`` is the text below ``campaigns:``."""
    of_lists = "".join(f"  {name}: {{region: GB, phones: [{{column: phone}}]}}\n" for name in lists)
    return (
        "version: 1\n"
        f"trunks:\n  carrier: {{dial: 'PJSIP/{{digits}}@carrier', max_lines: {lines}, cps: {cps}}}\n"
        f"contact_lists:\n{of_lists}"
        "defaults:\n  trunk: carrier\n  caller_id: +441632960000\n  max_attempts: 1\n"
        # Every round calls the same numbers, and hangs up on whoever answers.
        "  attempt_limits: {after_abandoned: null, after_machine: null}\n"
        "  compliance: {looser: {abandoned_redial: a bench on its own lab, machine_redial: a bench on its own lab}}\n"
        f"  ring_timeout: {ring_timeout_s}s\n"
        f"  abandon_message: {lab.settings.abandon_sound}\n"
        f"campaigns:\n{campaigns}"
    )
