"""Attempts and outcomes as JSON, for the ledger and the outbox.

Decoding is tolerant so that a daemon can adopt what another version of it left behind: unknown fields are ignored,
missing ones take their defaults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any

import orjson

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.caller import CallerRecord, CallerState
from dialerd.core.contact import ContactNext, ContactState

_FIELDS = tuple(field.name for field in fields(AttemptRecord))
"""Names of an attempt's fields, in the order of its constructor."""
ATTEMPT_FIELDS = tuple(name for name in _FIELDS if name != "mark")
"""Those that are columns of the record. Marks have a table of their own: most come when the call is over."""

_KNOWN = frozenset(_FIELDS)
_REQUIRED = tuple(
    field.name for field in fields(AttemptRecord) if field.default is MISSING and field.default_factory is MISSING
)
_values_of = attrgetter(*_FIELDS)
_columns_of = attrgetter(*ATTEMPT_FIELDS)


class Undecodable(Exception):
    """What was read is not an attempt or an outcome: cut off, or written by something else."""


def copy_of(record: AttemptRecord) -> AttemptRecord:
    """A copy that later changes of ``record`` do not reach."""
    copy = AttemptRecord(*_values_of(record))
    if copy.contact_tries is not None:
        copy.contact_tries = dict(copy.contact_tries)
    if copy.recording is not None:
        copy.recording = {**copy.recording, "pauses": [list(pause) for pause in copy.recording["pauses"]]}
    return copy


def attempt_values(record: AttemptRecord) -> dict[str, Any]:
    """The attempt's fields by name."""
    return dict(zip(ATTEMPT_FIELDS, _columns_of(record), strict=True))


def encode_attempt(record: AttemptRecord) -> bytes:
    """The attempt as JSON."""
    return orjson.dumps(record)


def decode_attempt(data: bytes | str) -> AttemptRecord:
    """The attempt that :func:`encode_attempt` wrote, here or in another version. Raises :class:`Undecodable`."""
    return _attempt_from(_loads(data))


def encode_outcome(outcome: Outcome) -> bytes:
    """The outcome as JSON."""
    return orjson.dumps(outcome)


def decode_outcome(data: bytes | str) -> Outcome:
    """The outcome that :func:`encode_outcome` wrote, here or in another version. Raises :class:`Undecodable`."""
    document = _loads(data)
    record, following = document.get("record"), document.get("contact")
    if not isinstance(record, dict) or not isinstance(following, dict):
        raise Undecodable("an outcome needs an attempt and what becomes of its contact")
    try:
        state = ContactState(following["state"])
    except (KeyError, ValueError) as error:
        raise Undecodable(f"an outcome with a contact state that is not known: {error}") from error
    return Outcome(
        _attempt_from(record),
        ContactNext(
            state=state,
            at=following.get("at"),
            number_index=following.get("number_index", 0),
            reason=following.get("reason", ""),
            columns=following.get("columns") or {},
            move_to=following.get("move_to"),
            append_to=tuple(following.get("append_to") or ()),
        ),
    )


def encode_caller(record: CallerRecord) -> bytes:
    """The inbound call as JSON."""
    return orjson.dumps(record)


def decode_caller(data: bytes | str) -> CallerRecord:
    """The call that :func:`encode_caller` wrote, here or in another version. Raises :class:`Undecodable`."""
    document = _loads(data)
    known = {field.name for field in fields(CallerRecord)}
    try:
        record = CallerRecord(**{name: value for name, value in document.items() if name in known})
        CallerState(record.state)
    except (TypeError, ValueError) as error:
        raise Undecodable(f"no inbound call: {error}") from error
    return record


def encode_pacing(state: Mapping[str, Any]) -> bytes:
    """What a pacer has learned as JSON."""
    return orjson.dumps(state, option=orjson.OPT_SERIALIZE_NUMPY)


def decode_pacing(data: bytes | str) -> dict[str, Any]:
    """What :func:`encode_pacing` wrote. Raises :class:`Undecodable`."""
    return _loads(data)


def _loads(data: bytes | str) -> dict[str, Any]:
    try:
        document = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise Undecodable(f"not JSON: {error}") from error
    if not isinstance(document, dict):
        raise Undecodable("not a JSON object")
    return document


def _attempt_from(document: dict[str, Any]) -> AttemptRecord:
    missing = [name for name in _REQUIRED if name not in document]
    if missing:
        raise Undecodable("an attempt without " + ", ".join(missing))
    if document.keys() <= _KNOWN:
        return AttemptRecord(**document)
    return AttemptRecord(**{name: value for name, value in document.items() if name in _KNOWN})
