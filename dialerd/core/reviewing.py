"""Machine verdicts whose sound is kept, so that somebody can listen and say whether it was a machine.

A person who is taken for one is hung up on, and nobody hears of it; of a sample of the calls what was heard until the
verdict (and a little longer, where the call goes on) is kept as a recording of the kind ``review``. Which calls these
are follows from their ids.
"""

from __future__ import annotations

from typing import Any

from dialerd.core.analysis import AMD_GRACE_S, AnalysisProfile
from dialerd.core.commands import KeepHeard
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.recording import REVIEW, RecordingState, is_chosen
from dialerd.core.treatment import CallAnalysis

NAME = "review/{year}/{month}/{day}/{campaign}/{attempt}"
"""How the files are called."""


def kept_s(attempt: LiveAttempt) -> float:
    """So much of what is heard has to be at hand until the verdict is there and its time afterwards is over; 0: this
    call is not in the sample."""
    settings, profile = attempt.settings.review, attempt.analysis
    if not is_chosen(settings.share, attempt.id):
        return 0.0
    return _longest_s(profile) + settings.after_s


def _longest_s(profile: AnalysisProfile) -> float:
    return profile.amd.total_analysis_ms / 1000 + AMD_GRACE_S if profile.amd is not None else 0.0


def keep_for_review(floor: Floor, attempt: LiveAttempt, analysis: CallAnalysis, now: float) -> None:
    """The verdict is there: if it is `machine` and the call is in the sample, what was heard is kept."""
    settings, record = attempt.settings.review, attempt.record
    if analysis is not CallAnalysis.MACHINE or not attempt.listening or record.recording is not None:
        return
    if not kept_s(attempt):
        return
    floor.do(KeepHeard(record.id, settings.after_s))
    record.recording = review(record.answered_at if record.answered_at is not None else now, now, settings.keep_s)


def review(began_at: float, ended_at: float, keep_s: float) -> dict[str, Any]:
    """What the attempt remembers of it."""
    return {
        "kind": REVIEW, "state": RecordingState.OVER.value, "name": NAME, "keep_s": keep_s, "pauses": [],
        "began_at": began_at, "ended_at": ended_at,
    }  # fmt: skip
