"""What listens to a call beside the call itself: answering-machine detection, and the ear for tones."""

from __future__ import annotations

from dialerd.core.commands import StartListening, StopAmd, StopListening
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.reviewing import kept_s


def stop_amd(floor: Floor, attempt: LiveAttempt) -> None:
    """Its verdict is no longer wanted."""
    if attempt.amd_running:
        attempt.amd_running = False
        floor.do(StopAmd(attempt.id))


def start_listening(floor: Floor, attempt: LiveAttempt) -> None:
    """What is heard is of interest from now on."""
    if not attempt.listening:
        attempt.listening = True
        floor.do(StartListening(attempt.id, kept_s(attempt)))


def stop_listening(floor: Floor, attempt: LiveAttempt) -> None:
    """Nothing more is expected to be heard."""
    if attempt.listening:
        attempt.listening = False
        floor.do(StopListening(attempt.id))
