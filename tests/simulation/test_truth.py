"""The world's book finds broken promises: each check fails when it should."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.contact import ContactNext, ContactState
from dialerd.sim.callees import Callee
from dialerd.sim.shift import Shift, plan_for
from dialerd.sim.truth import Truth


@pytest.fixture
def truth() -> Truth:
    book = Truth(plan_for(Shift(1, profile="connect_first", agentless=False), Random(1)))
    book.campaigns_on["spring"] = True
    return book


def record(serial: int = 1, **changes: object) -> AttemptRecord:
    values = {
        "id": f"dlr-{serial:024x}", "campaign": "spring", "contact_id": serial, "contact_list": "leads",
        "contact_key": "k", "number": f"+4416329600{serial:02d}", "number_kind": "mobile", "trunk": "carrier",
        "caller_id": "", "mode": "progressive", "ring_timeout_s": 20.0,
    }  # fmt: skip
    return AttemptRecord(**(values | changes))  # type: ignore[arg-type]


def callee(serial: int = 1, **changes: object) -> Callee:
    values = {
        "number": f"+4416329600{serial:02d}", "kind": "person", "ring_s": 5.0, "speech_after_s": 0.5,
        "greeting_s": 1.0, "patience_s": 9.0, "talk_s": 60.0, "hangs_up_first": True, "amd_status": "HUMAN",
        "amd_cause": "", "amd_s": 1.5,
    }  # fmt: skip
    made = Callee(**{name: value for name, value in (values | changes).items() if name in values})  # type: ignore[arg-type]
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def dial(truth: Truth, serial: int = 1, **changes: object) -> Callee:
    attempt, person = record(serial), callee(serial, **changes)
    truth.asked_to_dial(attempt, attempt.id, 1000.0 + truth.now)
    truth.dialed(attempt.id, person, truth.now)
    return person


def close(truth: Truth, disposition: str, serial: int = 1, **changes: object) -> None:
    truth.closed(
        Outcome(record(serial, disposition=disposition, **changes), ContactNext(ContactState.WAITING, 2000.0, 0, ""))
    )


def promises(truth: Truth) -> list[str]:
    return [finding.promise for finding in truth.findings]


def test_a_good_call_breaks_nothing(truth: Truth) -> None:
    person = dial(truth, answered_at=5.0, speech_at=5.5, greeting_end_at=6.5)
    truth.connected(person, "8001", 7.0)
    truth.ended(record().id)
    person.ended_at = 70.0
    close(truth, "answered_agent", agent="8001")
    assert promises(truth) == []


def test_dialing_without_ledger(truth: Truth) -> None:
    truth.asked_to_dial(None, "dlr-1", 0.0)
    assert promises(truth) == ["ledger_first"]


def test_dialing_twice(truth: Truth) -> None:
    dial(truth)
    truth.ended(record().id)
    truth.asked_to_dial(record(), record().id, 0.0)
    assert promises(truth) == ["never_dialed_twice"]


def test_two_calls_to_one_number(truth: Truth) -> None:
    dial(truth, 1)
    dial(truth, 2, number="+441632960001")
    assert promises(truth) == ["one_live_attempt_per_number"]


def test_dialing_while_stopped_or_shutting_down(truth: Truth) -> None:
    truth.campaigns_on["spring"] = False
    truth.shutting_down = True
    truth.asked_to_dial(record(), record().id, 0.0)
    assert promises(truth) == ["stopping_never_originates", "gates"]


def test_too_many_lines(truth: Truth) -> None:
    for serial in range(1, 9):
        truth.now = serial * 2.0
        dial(truth, serial)
    assert promises(truth) == ["lines"]


def test_too_many_calls_per_second(truth: Truth) -> None:
    for serial in range(1, 12):
        dial(truth, serial)
        truth.ended(record(serial).id)
    assert promises(truth) == ["calls_per_second"] * 2


def test_redialed_too_early(truth: Truth) -> None:
    dial(truth)
    truth.ended(record().id)
    close(truth, "busy")
    later = record(2, contact_id=1)
    truth.asked_to_dial(later, later.id, 1999.0)
    assert promises(truth) == ["gates"]


def test_too_many_attempts(truth: Truth) -> None:
    for serial in range(1, 5):
        attempt = record(serial, contact_id=1)
        truth.asked_to_dial(attempt, attempt.id, 5000.0)
        truth.dialed(attempt.id, callee(serial), 0.0)
    assert promises(truth) == ["gates"]


def test_a_line_freed_in_mid_call(truth: Truth) -> None:
    dial(truth)
    close(truth, "no_answer")
    assert promises(truth) == ["line_freed_in_mid_call"]


@pytest.mark.parametrize(
    ("disposition", "what"),
    [
        ("answered_agent", {}),
        ("machine", {}),
        ("not_placed", {}),
        ("answered_agent", {"answered_at": 5.0, "speech_at": 5.5}),
    ],
)
def test_a_disposition_that_is_not_true(truth: Truth, disposition: str, what: dict[str, Any]) -> None:
    dial(truth, ended_at=6.0, **what)
    truth.ended(record().id)
    close(truth, disposition)
    assert promises(truth) == ["dispositions"]


def test_the_wrong_agent(truth: Truth) -> None:
    person = dial(truth, answered_at=5.0, speech_at=5.5)
    truth.connected(person, "8001", 6.0)
    truth.ended(record().id)
    close(truth, "answered_agent", agent="8002")
    assert promises(truth) == ["dispositions"]


@pytest.mark.parametrize(
    ("waited", "abandoned", "broken"), [(9.0, False, True), (9.0, True, False), (1.0, False, False)]
)
def test_waiting_too_long_must_be_counted(truth: Truth, waited: float, abandoned: bool, broken: bool) -> None:
    heard_at = 6.0 + waited
    dial(truth, answered_at=5.0, speech_at=6.0, answer_told=True, message_at=heard_at, ended_at=heard_at + 5.0)
    truth.ended(record().id)
    close(truth, "abandoned" if abandoned else "hung_up_early", abandoned=abandoned)
    assert promises(truth) == ["connected_in_time_or_counted"] * broken


def test_a_silent_call_is_found_even_when_it_was_counted(truth: Truth) -> None:
    dial(truth, answered_at=5.0, speech_at=6.0, answer_told=True, ended_at=15.0)
    truth.ended(record().id)
    close(truth, "abandoned", abandoned=True)
    assert promises(truth) == ["no_silent_call"]
