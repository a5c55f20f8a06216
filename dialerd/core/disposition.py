"""The system's single verdict on an attempt, and the table that finds it for calls nobody answered."""

from __future__ import annotations

from enum import StrEnum


class Disposition(StrEnum):
    """How an attempt ended. Exactly one per attempt; :data:`MEANING` explains each."""

    ANSWERED_AGENT = "answered_agent"
    ANSWERED_MESSAGE = "answered_message"
    ANSWERED_FLOW = "answered_flow"
    LEFT_FLOW = "left_flow"
    FLOW_FAILED = "flow_failed"
    ABANDONED = "abandoned"
    HUNG_UP_EARLY = "hung_up_early"
    MACHINE = "machine"
    MACHINE_MESSAGE = "machine_message"
    MACHINE_MESSAGE_LEFT = "machine_message_left"
    FAX = "fax"
    SIT = "sit"
    SIT_NO_CIRCUIT = "sit_no_circuit"
    SIT_INTERCEPT = "sit_intercept"
    SIT_VACANT = "sit_vacant"
    SIT_REORDER = "sit_reorder"
    SILENCE = "silence"
    BUSY = "busy"
    REJECTED = "rejected"
    NO_ANSWER = "no_answer"
    INVALID_NUMBER = "invalid_number"
    NUMBER_CHANGED = "number_changed"
    CONGESTION = "congestion"
    TRUNK_FAILURE = "trunk_failure"
    CANCELLED = "cancelled"
    NOT_PLACED = "not_placed"
    PREVIEW_SKIPPED = "preview_skipped"
    OUTCOME_UNKNOWN = "outcome_unknown"
    UNMAPPED = "unmapped"


MEANING = {
    Disposition.ANSWERED_AGENT: "A person (or what may be one) was connected to an agent.",
    Disposition.ANSWERED_MESSAGE: "A person (or what may be one) heard the campaign's message (agentless).",
    Disposition.ANSWERED_FLOW: "A person (or what may be one) went through the campaign's flow to one of its ends.",
    Disposition.LEFT_FLOW: "A person (or what may be one) hung up within the campaign's flow: `flow` says where.",
    Disposition.FLOW_FAILED: "A prompt, a recording or the flow itself failed: `flow_result` says what.",
    Disposition.ABANDONED: "A person answered, and no agent and no campaign message came in time.",
    Disposition.HUNG_UP_EARLY: "Answered, and the called party hung up before the time for connecting was over.",
    Disposition.MACHINE: "An answering machine; the call was ended.",
    Disposition.MACHINE_MESSAGE: "An answering machine heard the campaign's message, or the beginning of it.",
    Disposition.MACHINE_MESSAGE_LEFT: "The message was left on an answering machine, whole, after its greeting.",
    Disposition.FAX: "A fax machine or modem.",
    Disposition.SIT: "Answered with special information tones: an announcement of the network.",
    Disposition.SIT_NO_CIRCUIT: "Answered with the tones for: no circuit (congestion in the network).",
    Disposition.SIT_INTERCEPT: "Answered with the tones for: intercept (number changed or out of service).",
    Disposition.SIT_VACANT: "Answered with the tones for: vacant code (no such number).",
    Disposition.SIT_REORDER: "Answered with the tones for: reorder (the call could not be completed).",
    Disposition.SILENCE: "Answered, nobody spoke, and the campaign hangs up on silence.",
    Disposition.BUSY: "The called party is busy.",
    Disposition.REJECTED: "The called party, or the network for it, refuses the call.",
    Disposition.NO_ANSWER: "It rang, or nothing happened, until the ring time-out.",
    Disposition.INVALID_NUMBER: "The number does not exist or is incomplete.",
    Disposition.NUMBER_CHANGED: "The number has changed.",
    Disposition.CONGESTION: "The carrier or the network had no circuit.",
    Disposition.TRUNK_FAILURE: "The trunk failed: not reachable, refused the call's form, out of order.",
    Disposition.CANCELLED: "dialerd ended the call before an answer: `reason` says why.",
    Disposition.NOT_PLACED: "Claimed and not dialed: `reason` says why. Uses up none of the contact's attempts.",
    Disposition.PREVIEW_SKIPPED: "Shown to an agent, who skipped it or let the time run out: `reason` says which. "
    "Nobody was called; uses up none of the contact's attempts.",
    Disposition.OUTCOME_UNKNOWN: "The call ended while nobody watched; whether it rang is not known.",
    Disposition.UNMAPPED: "A combination of cause and SIP status that the table does not know. Raises a warning.",
}

HEARD = frozenset(
    {Disposition.ANSWERED_MESSAGE, Disposition.ANSWERED_FLOW, Disposition.LEFT_FLOW, Disposition.FLOW_FAILED}
)
"""Without an agent: whoever answered heard what the campaign has to say, or began to. Unless abandoned, such a call
counts as connected in time."""

BY_SIP_STATUS = {
    404: Disposition.INVALID_NUMBER,
    410: Disposition.NUMBER_CHANGED,
    484: Disposition.INVALID_NUMBER,
    604: Disposition.INVALID_NUMBER,
    486: Disposition.BUSY,
    600: Disposition.BUSY,
    403: Disposition.REJECTED,
    603: Disposition.REJECTED,
    607: Disposition.REJECTED,
    608: Disposition.REJECTED,
    408: Disposition.NO_ANSWER,
    480: Disposition.NO_ANSWER,
    487: Disposition.NO_ANSWER,
    488: Disposition.TRUNK_FAILURE,
    500: Disposition.TRUNK_FAILURE,
    502: Disposition.TRUNK_FAILURE,
    503: Disposition.CONGESTION,
    504: Disposition.CONGESTION,
}
"""SIP final responses (RFC 3261 section 21; 607 RFC 8197, 608 RFC 8688)."""

BY_CAUSE = {
    1: Disposition.INVALID_NUMBER,
    2: Disposition.TRUNK_FAILURE,
    3: Disposition.TRUNK_FAILURE,
    17: Disposition.BUSY,
    18: Disposition.NO_ANSWER,
    19: Disposition.NO_ANSWER,
    20: Disposition.NO_ANSWER,
    21: Disposition.REJECTED,
    22: Disposition.NUMBER_CHANGED,
    26: Disposition.NO_ANSWER,
    27: Disposition.TRUNK_FAILURE,
    28: Disposition.INVALID_NUMBER,
    29: Disposition.REJECTED,
    34: Disposition.CONGESTION,
    38: Disposition.TRUNK_FAILURE,
    41: Disposition.CONGESTION,
    42: Disposition.CONGESTION,
    44: Disposition.CONGESTION,
    58: Disposition.TRUNK_FAILURE,
    65: Disposition.TRUNK_FAILURE,
    88: Disposition.TRUNK_FAILURE,
    102: Disposition.NO_ANSWER,
    127: Disposition.TRUNK_FAILURE,
}
"""ITU-T Q.850 cause values as Asterisk reports them (its ``causes.h``)."""

_NORMAL_CLEARING = frozenset({0, 16, 31})


def of_unanswered(
    cause: int | None, sip_status: int | None, rang_s: float, ring_timeout_s: float, we_cancelled: bool
) -> Disposition:
    """The disposition of a call that ended without an answer.

    ``cause`` is the Q.850 cause, ``sip_status`` the final SIP response where the driver told it; ``rang_s`` is
    the time from dialing to the end and ``ring_timeout_s`` our own limit, both in seconds. Our own timer is the
    authority for a ring time-out, since versions of Asterisk differ in the cause they report for it. A SIP
    status outranks the cause because several responses share one cause.
    """
    if we_cancelled:
        return Disposition.CANCELLED
    if sip_status in BY_SIP_STATUS:
        return BY_SIP_STATUS[sip_status]
    if cause in BY_CAUSE:
        return BY_CAUSE[cause]
    if rang_s >= ring_timeout_s - 0.5:
        return Disposition.NO_ANSWER
    if cause is None:
        return Disposition.OUTCOME_UNKNOWN
    if sip_status is None and cause in _NORMAL_CLEARING:
        return Disposition.NO_ANSWER
    if sip_status is not None and 300 <= sip_status < 700:
        return Disposition.REJECTED if sip_status >= 600 else Disposition.TRUNK_FAILURE
    return Disposition.UNMAPPED


NEVER_DIALED = frozenset({Disposition.NOT_PLACED, Disposition.PREVIEW_SKIPPED})
"""Attempts that never reached the network: they use up none of the contact's attempts."""

ANSWERED = frozenset(
    {
        Disposition.ANSWERED_AGENT, Disposition.ANSWERED_MESSAGE, Disposition.ANSWERED_FLOW, Disposition.LEFT_FLOW,
        Disposition.FLOW_FAILED, Disposition.ABANDONED, Disposition.HUNG_UP_EARLY, Disposition.MACHINE,
        Disposition.MACHINE_MESSAGE, Disposition.MACHINE_MESSAGE_LEFT, Disposition.FAX, Disposition.SIT,
        Disposition.SIT_NO_CIRCUIT, Disposition.SIT_INTERCEPT, Disposition.SIT_VACANT, Disposition.SIT_REORDER,
        Disposition.SILENCE,
    }
)  # fmt: skip
"""Dispositions of calls that were picked up."""
