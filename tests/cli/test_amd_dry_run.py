"""`amd dry-run`: a rules file over past answers."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialerd.cli.amd import evidence_of
from dialerd.core.analysis import Evidence
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.contact import ContactNext, ContactState
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from tests.cli.running_api import Dialerd, parsed

NOW = time.time()
LONG_GREETING_IS_A_PERSON = """\
from dialerd.core.treatment import CallAnalysis

def classify(evidence):
    if (evidence.amd_cause or "").startswith("LONGGREETING"):
        return CallAnalysis.PERSON
    return None
"""


def attempt(serial: int, **changes: Any) -> AttemptRecord:
    at = NOW - 3600 + serial
    values: dict[str, Any] = {
        "id": f"dlr-{serial:024x}", "campaign": "spring", "contact_id": serial, "contact_list": "leads",
        "contact_key": f"k{serial}", "number": f"+441632960{serial:03d}", "number_kind": "mobile",
        "trunk": "carrier", "caller_id": "+441632960000", "mode": "progressive", "ring_timeout_s": 30.0,
        "state": "closed", "claimed_at": at - 10, "dialed_at": at - 10, "answered_at": at, "speech_at": at + 0.4,
        "analysed_at": at + 1.5, "amd_status": "MACHINE", "amd_cause": "LONGGREETING-1500-1500",
        "analysis": "machine", "analysis_rule": "amd_machine", "disposition": "machine", "ended_at": at + 2,
    }  # fmt: skip
    return AttemptRecord(**(values | changes))


@pytest.fixture
def history(absent: int, folder: Path) -> None:
    records = [
        attempt(1),
        attempt(2, amd_status="HUMAN", amd_cause="HUMAN-1000-1000", analysis="person", analysis_rule="amd_human",
                disposition="answered_agent"),
        attempt(3, amd_cause="MAXWORDS-3-2"),
        attempt(4, amd_status="MACHINE", amd_cause="LONGGREETING-1-1", analysis="unsure",
                analysis_rule="R3_deadline", disposition="answered_agent"),
        attempt(5, answered_at=None, analysed_at=None, analysis=None, analysis_rule=None, disposition="busy"),
        attempt(6, campaign="autumn"),
        replace(attempt(7), claimed_at=NOW - 90 * 86_400, answered_at=NOW - 90 * 86_400),
    ]  # fmt: skip
    following = ContactNext(ContactState.UNCALLABLE, None, 0, "reached")

    async def write() -> None:
        engine = open_database(f"sqlite+aiosqlite:///{folder / 'dialerd.db'}")
        await migrate_engine(engine)
        async with engine.begin() as connection:
            await write_outcomes(connection, [Outcome(record, following) for record in records], NOW)
        await engine.dispose()

    asyncio.run(write())


def write_rules(folder: Path, text: str = LONG_GREETING_IS_A_PERSON) -> None:
    (folder / "rules.py").write_text(text)


def test_what_would_change_and_what_would_not(history: None, folder: Path, dialerd: Dialerd) -> None:
    write_rules(folder)
    body = parsed(dialerd("amd", "dry-run", "--rules", "rules.py", "--json"))
    assert (body["judged"], body["changed"], body["failures"]) == (5, 2, [])
    first = body["changes"][0]
    assert first == {
        "attempt": "dlr-" + f"{1:024x}", "campaign": "spring", "number": "+4416*****01",
        "at": pytest.approx(NOW - 3599), "amd": "MACHINE-LONGGREETING-1500-1500", "before": "machine",
        "before_rule": "amd_machine", "after": "person", "after_rule": "site", "disposition": "machine",
    }  # fmt: skip
    result = dialerd("amd", "dry-run", "--rules", "rules.py")
    assert result.exit_code == 0
    assert "on 5 answers" in result.stdout
    assert "2 (40.0 %) would be judged otherwise" in result.stdout
    assert "machine → person" in result.stdout
    assert "441632960001" not in result.stdout


def test_one_campaign_and_a_longer_span(history: None, folder: Path, dialerd: Dialerd) -> None:
    write_rules(folder)

    def judged(*options: str) -> tuple[int, int]:
        body = parsed(dialerd("amd", "dry-run", "--rules", "rules.py", "--json", *options))
        return body["judged"], body["changed"]

    assert judged("--campaign", "autumn") == (1, 1)
    assert judged("--since", "120d") == (6, 3)
    assert judged("--since", "10s") == (0, 0)


def test_rules_that_change_nothing(history: None, folder: Path, dialerd: Dialerd) -> None:
    write_rules(folder, "def classify(evidence):\n    return None\n")
    assert "nothing would change" in dialerd("amd", "dry-run", "--rules", "rules.py").stdout


def test_rules_that_fail_are_counted_by_line(history: None, folder: Path, dialerd: Dialerd) -> None:
    write_rules(folder, "def classify(evidence):\n    return 1 / evidence.attempts_before\n")
    result = dialerd("amd", "dry-run", "--rules", "rules.py")
    assert result.exit_code == 1
    assert "failed 5 times at line 2: ZeroDivisionError: division by zero" in result.stdout


@pytest.mark.parametrize(
    ("rules", "code", "said"),
    [("def classify(:\n", 1, "rules.py:1:"), ("x = 1\n", 1, "rules.py:1"), (None, 1, "cannot be read")],
)
def test_rules_that_cannot_be_loaded(
    history: None, folder: Path, dialerd: Dialerd, rules: str | None, code: int, said: str
) -> None:
    if rules is not None:
        write_rules(folder, rules)
    result = dialerd("amd", "dry-run", "--rules", "rules.py")
    assert result.exit_code == code
    assert said in result.stdout
    assert "the rules file cannot be used" in result.stderr


def test_a_bad_time_and_a_record_without_tables(absent: int, folder: Path, dialerd: Dialerd) -> None:
    write_rules(folder)
    assert dialerd("amd", "dry-run", "--rules", "rules.py", "--since", "lately").exit_code == 2
    sqlite3.connect(folder / "dialerd.db").close()
    result = dialerd("amd", "dry-run", "--rules", "rules.py")
    assert result.exit_code == 1
    assert "the record cannot be read: OperationalError: no such table" in result.stderr
    assert dialerd("amd", "dry-run").exit_code == 2


def test_evidence_is_what_was_known_then() -> None:
    from dataclasses import asdict

    late = asdict(attempt(4, analysis_rule="R3_deadline", analysis="unsure", contact_attempts=2))
    found = evidence_of(late, "busy")
    assert found.first_sound_after_s == pytest.approx(0.4)
    expected = Evidence("spring", "+441632960004", None, None, None, found.first_sound_after_s, 2, "busy",
                        number_type="mobile")  # fmt: skip
    assert found == expected
    early = asdict(attempt(1))
    found = evidence_of(early, None)
    assert (found.amd_status, found.amd_cause) == ("MACHINE", "LONGGREETING-1500-1500")
    assert found.verdict_after_s == pytest.approx(1.5)
    assert evidence_of(asdict(attempt(1, speech_at=None)), None).first_sound_after_s is None


def test_the_contacts_attempt_before_is_seen(absent: int, folder: Path, dialerd: Dialerd) -> None:
    following = ContactNext(ContactState.CALLABLE, None, 0, "retry")
    before = attempt(1, contact_id=9, disposition="busy", answered_at=None, analysis=None)
    after = attempt(2, contact_id=9)

    async def write() -> None:
        engine = open_database(f"sqlite+aiosqlite:///{folder / 'dialerd.db'}")
        await migrate_engine(engine)
        async with engine.begin() as connection:
            await write_outcomes(connection, [Outcome(before, following), Outcome(after, following)], NOW)
        await engine.dispose()

    asyncio.run(write())
    write_rules(
        folder, "def classify(evidence):\n    return 'silence' if evidence.last_disposition == 'busy' else None\n"
    )
    body = parsed(dialerd("amd", "dry-run", "--rules", "rules.py", "--json"))
    assert [change["after"] for change in body["changes"]] == ["silence"]
