"""`amd report` against a running API."""

from __future__ import annotations

from pathlib import Path

from dialerd.core.amd_truth import Mark
from tests.cli.running_api import Dialerd, Served, parsed
from tests.cli.test_amd_tune import folder_of
from tests.contract.test_marks import called

ALWAYS = ("--from", "1970-01-01")


def some_calls(served: Served) -> None:
    of_amd = {"analysis": "machine", "analysis_rule": "amd_machine", "analysis_profile": "catch_machines"}
    for serial, mark in enumerate((Mark.PERSON, Mark.MACHINE, Mark.MACHINE, None)):
        served.do(called(served.daemon.engine, serial, mark, amd_cause="MAXWORDS-5-4", **of_amd))


def test_the_tables(served: Served, dialerd: Dialerd) -> None:
    assert "There are none." in dialerd("amd", "report").stdout
    some_calls(served)
    told = dialerd("amd", "report", *ALWAYS).stdout
    assert "4 answers, 3 of them marked by people" in told
    assert "catch_machines/amd_machine" in told
    assert "33.3 % (6.1 % to 79.2 %)" in told
    found = parsed(dialerd("amd", "report", *ALWAYS, "--json"))
    assert [line["name"] for line in found["by_cause"]] == ["MAXWORDS"]
    assert found["false_positive"][0] == {**found["false_positive"][0], "trunk": None, "machine_verdicts": 4}
    assert "suggested" not in found
    assert "There are none." in dialerd("amd", "report", *ALWAYS, "--trunk", "other").stdout
    assert "There are none." in dialerd("amd", "report", "--since", "1970-01-01", "--to", "1970-01-01T00:01").stdout


def test_better_arguments_from_recordings(served: Served, dialerd: Dialerd, folder: Path) -> None:
    some_calls(served)
    recordings = folder_of(folder / "recordings", 20)
    found = parsed(dialerd("amd", "report", *ALWAYS, "--recordings", str(recordings), "--json"))["suggested"]
    assert (found["profile"], found["reason"]) == ("catch_machines", None), "the profile of most calls"
    assert found["suggestion"]["held_out"]["caught"]["count"] == 10
    assert found["suggestion"]["held_out"]["false_machines"]["hits"] == 0
    told = dialerd("amd", "report", "--recordings", str(recordings), "--profile", "balanced").stdout
    assert "suggested for balanced" in told
    assert "max_words:" in told
    unknown = dialerd("amd", "report", "--recordings", str(recordings), "--profile", "off")
    assert (unknown.exit_code, "balanced" in unknown.output) == (2, True)


def test_too_few_recordings(served: Served, dialerd: Dialerd, folder: Path) -> None:
    recordings = folder_of(folder / "recordings", 3)
    told = dialerd("amd", "report", "--recordings", str(recordings)).stdout
    assert "balanced: nothing is suggested: too few recordings" in told
