"""`marks` against a running API."""

from __future__ import annotations

from dialerd.core import events as e
from dialerd.core.amd_truth import Mark
from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.stage import Stage
from tests.control.test_marks import connected


def test_a_call_is_marked_and_reported(served: Served, dialerd: Dialerd) -> None:
    ids: list[str] = []

    def play(stage: Stage) -> None:
        ids.append(connected(stage))
        stage.dialer.floor.attempts[ids[0]].record.amd_status = "HUMAN"

    assert "There are none." in dialerd("marks", "report").stdout
    served.act(play)
    assert "the call of 8001: machine" in dialerd("marks", "set", "machine", "--agent", "8001").stdout
    answer = parsed(dialerd("marks", "set", "person", "--attempt", ids[0], "--json"))
    assert answer == {"attempt": ids[0], "mark": "person"}
    assert served.daemon.posted[-1] == e.CallMarked(Mark.PERSON, "anna via 127.0.0.1", attempt_id=ids[0])
    served.act(lambda stage: stage.end(ids[0]))
    served.do(served.daemon.record_outcomes())
    assert "not measured" in dialerd("marks", "report").stdout
    (truth,) = parsed(dialerd("marks", "report", "--json"))["truth"]
    assert truth["false_negative"] == {**truth["false_negative"], "found": 0, "of": 1, "share": 0.0, "low": 0.0}
    assert "mark" in dialerd("attempts", ids[0]).stdout
    unclear = dialerd("marks", "set", "person")
    assert unclear.exit_code == 2
    assert "--agent 8001" in unclear.output
