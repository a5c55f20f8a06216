"""The logs of calls that rolling caps count, as they are in Redis: 5 bytes per call, the second and its marks."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from math import ceil

from dialerd.core.attempts_control import AttemptCap, LoggedCall, Scope

LOG_INCOMPLETE = "call_log_incomplete"
"""Refusal of a claim whose caps cannot be judged until its logs were made again."""

_CALL = struct.Struct(">IB")
_SCOPES = tuple(Scope)


def packed(call: LoggedCall | None) -> bytes:
    """One call as it is in a log; None: nothing."""
    return _CALL.pack(*call) if call is not None else b""


def unpacked(log: bytes) -> list[LoggedCall]:
    """The calls of a log."""
    return [(at, marks) for at, marks in _CALL.iter_unpack(log)]


def packed_caps(caps: Iterable[AttemptCap]) -> str:
    """Caps as the claim's script reads them."""
    return "".join(
        f"{_SCOPES.index(cap.scope) + 1},{cap.counts.mask},{cap.calls},{ceil(cap.window_s)},{cap.label};"
        for cap in caps
    )
