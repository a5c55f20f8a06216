"""What a daemon of another version left behind can be read."""

from __future__ import annotations

import orjson
import pytest

from dialerd.core.attempt import Outcome
from dialerd.core.contact import ContactNext, ContactState
from dialerd.store.codec import (
    Undecodable,
    copy_of,
    decode_attempt,
    decode_outcome,
    encode_attempt,
    encode_outcome,
)
from tests.store.store_lab import attempt


def test_an_attempt_survives() -> None:
    record = attempt(1, agent="8001", dialed_at=1_700_000_000.123456, contact_tries={"busy": 2}, caller_id="Zoë")
    assert decode_attempt(encode_attempt(record)) == record


def test_an_outcome_survives() -> None:
    outcome = Outcome(attempt(1), ContactNext(ContactState.WAITING, 12.5, 1, "retry:busy"))
    assert decode_outcome(encode_outcome(outcome)) == outcome


def test_fields_of_a_newer_version_are_ignored_and_missing_ones_have_defaults() -> None:
    document = orjson.loads(encode_attempt(attempt(1, agent="8001")))
    document["from_the_future"] = {"x": 1}
    del document["bridge_id"]
    del document["abandoned"]
    assert decode_attempt(orjson.dumps(document)) == attempt(1, agent="8001")
    wrapped = {"record": document, "contact": {"state": "callable", "mood": "good"}, "extra": []}
    assert decode_outcome(orjson.dumps(wrapped)).contact == ContactNext(ContactState.CALLABLE, None, 0, "")


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"7", b"{}", b'{"id":"dlr-1"}', b"\xff\xfe", orjson.dumps({"record": {}})]
)
def test_what_is_no_attempt_is_said_to_be_none(data: bytes) -> None:
    with pytest.raises(Undecodable):
        decode_attempt(data)
    with pytest.raises(Undecodable):
        decode_outcome(data)


def test_an_unknown_contact_state_is_said_to_be_so() -> None:
    outcome = orjson.loads(encode_outcome(Outcome(attempt(1), ContactNext(ContactState.CALLABLE, None, 0, ""))))
    outcome["contact"]["state"] = "levitating"
    with pytest.raises(Undecodable, match="levitating"):
        decode_outcome(orjson.dumps(outcome))


def test_a_copy_is_apart() -> None:
    record = attempt(1, contact_tries={"busy": 1})
    copy = copy_of(record)
    assert copy == record
    assert record.contact_tries is not None
    record.contact_tries["busy"] = 2
    record.state = "ringing"
    assert (copy.contact_tries, copy.state) == ({"busy": 1}, "claiming")
