"""The disposition of a call that has ended: one verdict from all that is known of it."""

from __future__ import annotations

from dialerd.core import legal_clock
from dialerd.core.attempt import AttemptRecord
from dialerd.core.disposition import Disposition, of_unanswered
from dialerd.core.floor import LiveAttempt
from dialerd.core.treatment import MAY_BE_PERSON, PERSON_VALUES, CallAnalysis, Treatment

_WITH_MESSAGE = frozenset({Treatment.MESSAGE.value, Treatment.MESSAGE_AFTER_BEEP.value})


def disposition_of(attempt: LiveAttempt, now: float) -> Disposition:
    """The verdict on a call whose channel is gone; may find that it was abandoned, or how its flow ended."""
    record = attempt.record
    if record.answered_at is None:
        return of_unanswered(
            record.cause,
            record.sip_status,
            now - (record.dialed_at if record.dialed_at is not None else now),
            record.ring_timeout_s,
            record.cancelled,
        )
    if record.connected_at is not None:
        return Disposition.ANSWERED_AGENT
    if record.abandoned:
        return Disposition.ABANDONED
    if record.flow is not None:
        return _of_flow(record)
    message = record.treatment in _WITH_MESSAGE and attempt.playback_started
    if not message and _was_awaiting(attempt) and legal_clock.is_over(attempt, now):
        # Ended, whoever ended it, after more waiting than the law allows.
        record.abandoned = True
        return Disposition.ABANDONED
    if record.analysis is None:
        if record.cancelled or record.cause is None:
            # Answered, and we hung up or lost sight of it: a person may have heard nothing.
            record.abandoned = True
            return Disposition.ABANDONED
        return Disposition.HUNG_UP_EARLY
    analysis = CallAnalysis(record.analysis)
    person = analysis in MAY_BE_PERSON
    if message:
        if person:
            return Disposition.ANSWERED_MESSAGE
        whole = record.greeting_end and attempt.message_over
        return Disposition.MACHINE_MESSAGE_LEFT if whole else Disposition.MACHINE_MESSAGE
    if not person:
        return _of_machine(record, analysis)
    if record.treatment == "hang_up":
        record.abandoned = analysis is not CallAnalysis.SILENCE
        return Disposition.ABANDONED if record.abandoned else Disposition.SILENCE
    # A person who was still within the threshold when the call ended hung up early.
    return Disposition.HUNG_UP_EARLY


def _was_awaiting(attempt: LiveAttempt) -> bool:
    """Perhaps a person, for whom an agent or a message was meant; no message is meant for who says nothing."""
    record = attempt.record
    analysis = None if record.analysis is None else CallAnalysis(record.analysis)
    if analysis is not None and analysis not in MAY_BE_PERSON:
        return False
    spoke = record.speech_at is not None if analysis is None else analysis is not CallAnalysis.SILENCE
    return spoke or attempt.settings.queue is not None


def _of_machine(record: AttemptRecord, analysis: CallAnalysis) -> Disposition:
    """Special information tones say by their frequencies what is the matter."""
    told = record.tone if analysis is CallAnalysis.SIT and record.tone is not None else analysis.value
    return Disposition(told)


def _of_flow(record: AttemptRecord) -> Disposition:
    """The disposition of a call that walked through a flow and met no agent."""
    flow = record.flow or {}
    if not flow.get("over"):
        # Ended in the middle: by the caller, or after a transfer that the dialplan looked after.
        record.flow_result = "transferred" if flow.get("dialing") else "hung_up"
    if record.analysis is not None and record.analysis not in PERSON_VALUES:
        if record.message_at is not None:
            return Disposition.MACHINE_MESSAGE
        return _of_machine(record, CallAnalysis(record.analysis))
    if flow.get("failed"):
        return Disposition.FLOW_FAILED
    if record.flow_result != "hung_up":
        return Disposition.ANSWERED_FLOW
    return Disposition.LEFT_FLOW if record.message_at is not None else Disposition.HUNG_UP_EARLY
