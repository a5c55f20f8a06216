"""Notices: every name in the code is explained; log, ring, sink and masking."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dialerd.core.campaign import CampaignState
from dialerd.core.commands import InvariantViolated, Tell
from dialerd.telemetry.metrics import INVARIANTS, Metrics
from dialerd.telemetry.notice_table import INVARIANT, NOTICES, UNKNOWN, advice_for
from dialerd.telemetry.notices import RING_SIZE, Notice, Notices

DIALERD = Path(__file__).parents[2] / "dialerd"


class Clock:
    at = 1_700_000_000.0

    def now(self) -> float:
        return self.at


def calls_of(*functions: str) -> Iterator[tuple[Path, list[ast.expr]]]:
    for path in DIALERD.rglob("*.py"):
        if path.parent.name == "config":
            continue  # there, `tell` is something else
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(node.func, "attr", getattr(node.func, "id", "")) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in functions:
                yield path, node.args


def pattern_of(name: ast.expr) -> str | None:
    """A regular expression for a name in the code; None: it is a variable."""
    if isinstance(name, ast.Constant):
        return re.escape(str(name.value))
    if isinstance(name, ast.JoinedStr):
        parts = [re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"\w+" for p in name.values]
        return "".join(parts)
    return None


def test_every_notice_in_the_code_is_explained() -> None:
    patterns = {
        (str(path.relative_to(DIALERD)), pattern)
        for path, args in calls_of("tell", "Tell")
        if len(args) >= 2 and (pattern := pattern_of(args[1])) is not None
    }
    assert len(patterns) >= 20, "the search finds the notices"
    unexplained = {p for p in patterns if not any(re.fullmatch(p[1], name) for name in NOTICES)}
    assert not unexplained


def test_every_campaign_state_and_connection_is_explained() -> None:
    assert {f"campaign_{state}" for state in CampaignState} <= NOTICES.keys()
    assert {f"{part}_{what}" for part in ("store", "record", "roster") for what in ("lost", "back")} <= NOTICES.keys()


def test_every_promise_in_the_code_has_its_series() -> None:
    named = {
        args[0].value
        for _, args in calls_of("violated", "InvariantViolated")
        if args and isinstance(args[0], ast.Constant)
    }
    assert len(named) >= 4
    assert named <= INVARIANTS


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_explanations_are_sentences(name: str) -> None:
    advice = NOTICES[name]
    assert advice.cause.endswith(".")
    assert not advice.remedy or advice.remedy.endswith((".", "?"))


def test_an_unknown_name_is_told_as_such() -> None:
    assert advice_for("never heard of") is UNKNOWN


def test_a_notice_reaches_log_ring_and_sink_masked() -> None:
    kept: list[Notice] = []
    notices = Notices(Clock(), Metrics(), kept.append)
    with capture_logs() as logged:
        notices.submit(Tell("warning", "originate_refused", {"attempt": "dlr-1", "reason": "no +441632960001"}))
    assert logged == [
        {"event": "originate_refused", "log_level": "warning", "attempt": "dlr-1", "reason": "no +4416*****01"}
    ]
    (notice,) = notices.recent()
    assert kept == [notice]
    assert notice.at == Clock.at
    assert notice.fields == {"attempt": "dlr-1", "reason": "no +4416*****01"}
    assert (notice.cause, notice.remedy) == (NOTICES["originate_refused"].cause, NOTICES["originate_refused"].remedy)


def test_a_broken_promise_is_an_error() -> None:
    notices = Notices(Clock(), Metrics())
    with capture_logs() as logged:
        notices.submit(InvariantViolated("agent_in_one_call", "8001: a and b"))
    assert logged[0]["event"] == INVARIANT
    assert logged[0]["log_level"] == "error"
    assert notices.recent()[0].fields["invariant"] == "agent_in_one_call"


def test_a_field_may_be_called_event() -> None:
    notices = Notices(Clock(), Metrics())
    with capture_logs() as logged:
        notices.submit(Tell("info", "store_back", {"event": "x"}))
    assert logged[0]["event"] == "store_back"
    assert logged[0]["event_"] == "x"


def test_newest_first_by_least_level_and_bounded() -> None:
    notices = Notices(Clock(), Metrics())
    for serial in range(RING_SIZE + 5):
        notices.tell("info", "store_back", serial=str(serial))
    notices.tell("error", "store_lost", reason="gone")
    notices.tell("warning", "call_abandoned", attempt="a")
    assert [n.name for n in notices.recent(3)] == ["call_abandoned", "store_lost", "store_back"]
    assert [n.name for n in notices.recent(10, "warning")] == ["call_abandoned", "store_lost"]
    assert [n.name for n in notices.recent(10, "error")] == ["store_lost"]
    assert len(notices.recent(10_000)) == RING_SIZE


def test_a_level_that_is_none_counts_as_error() -> None:
    notices = Notices(Clock(), Metrics())
    notices.tell("fatal", "store_lost", reason="x")
    assert notices.recent()[0].level == "error"
