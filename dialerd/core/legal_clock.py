"""The legal two seconds: when they begin for an answered call, and when they are over."""

from __future__ import annotations

from dialerd.core.analysis import Clock
from dialerd.core.floor import LiveAttempt


def clock_start(attempt: LiveAttempt) -> float | None:
    """The moment from which a person may wait no longer than the threshold, epoch seconds; None: it has not come.

    ``answer``: the answer itself. ``speech_start``: the first sound, or the answer as long as none was heard
    (Ofcom). ``greeting_end``: the end of the greeting, or of the analysis where no end was told (16 CFR
    310.4(b)(4)): who is still greeting, or says nothing, is not waiting yet.
    """
    record, clock = attempt.record, attempt.settings.clock
    if clock is Clock.ANSWER:
        return record.answered_at
    if clock is Clock.GREETING_END:
        return attempt.greeting_end_at if attempt.greeting_end_at is not None else record.analysed_at
    return record.speech_at if record.speech_at is not None else record.answered_at


def is_over(attempt: LiveAttempt, now: float) -> bool:
    """Whoever answered has waited longer than the threshold by ``now``."""
    start = clock_start(attempt)
    return start is not None and now > start + attempt.settings.abandon_threshold_s
