"""Text to speech in the simulated world: takes its time, fails now and then, and for some contacts for good."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from dialerd.core import commands as c
from dialerd.core import events as e

_FAILS = 0.03
_DOWN = 0.02
_HOPELESS = 0.01


class SimulatedVoice:
    """The speech port. ``answer`` hands an event to the daemon that asked, after so many seconds; ``now`` is that
    daemon's clock."""

    def __init__(self, seed: int, now: Callable[[], float], answer: Callable[[float, e.Event], None]) -> None:
        self._rng = Random(seed)
        self._now = now
        self._answer = answer

    def submit(self, command: c.SpeechCommand) -> None:
        """Render, or find what was rendered."""
        if not isinstance(command, c.RenderPrompts):
            return
        rng = self._rng
        wish = command.campaign, command.contact_id, command.serial
        luck, until = rng.random(), self._now() + rng.uniform(1.0, 20.0)
        answer: e.Event = e.PromptsRendered(*wish, {one.key: "sound:/speech/one" for one in command.utterances})
        if luck < _HOPELESS:
            answer = e.PromptsFailed(*wish, "column `first` is no date", None)
        elif luck < _FAILS:
            answer = e.PromptsFailed(*wish, "no answer", until, until if luck < _DOWN else None)
        self._answer(rng.uniform(0.01, 3.0), answer)
