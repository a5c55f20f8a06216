"""`check`, `reload`, `schema` and settings that cannot be used."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dialerd import __version__
from dialerd.config.problems import Problem, Severity
from dialerd.core.campaign import Plan
from tests.cli.running_api import CAMPAIGNS, Dialerd, Served, parsed
from tests.control.stage import Stage, spring

FIVE_MISTAKES = (
    CAMPAIGNS.replace("max_lines: 10", "max_lines: many")
    .replace("mode: progressive", "mode: progresive")
    .replace("contact_list: leads", "contact_list: leeds")
    .replace("queue: sales", "queue: sales\n    colour: red")
    .replace('"+441632960000"', '"+44"')
)


def test_five_planted_mistakes_are_five_lines_with_line_and_column(folder: Path, dialerd: Dialerd) -> None:
    (folder / "bad.yaml").write_text(FIVE_MISTAKES)
    result = dialerd("check", "bad.yaml")
    assert result.exit_code == 1
    *problems, last = result.stdout.splitlines()
    assert len(problems) == 5
    for problem in problems:
        place, _ = problem.split(" ", 1)
        name, line, column = place.split(":")
        assert name == "bad.yaml"
        assert int(line) > 0
        assert int(column) > 0
    assert "bad.yaml:15:11 campaigns.spring.mode: `progresive` is not known here" in result.stdout
    assert (
        "(expected one of `progressive`, `power`, `predictive`, `agentless`, `preview`) did you mean `progressive`?"
        in result.stdout
    )
    assert last == "5 errors in bad.yaml"
    body = parsed(dialerd("check", "bad.yaml", "--json"))
    assert body["ok"] is False
    assert len(body["problems"]) == 5
    assert body["problems"][0] | {"message": ""} == {
        "file": "bad.yaml", "line": 3, "column": 56, "path": "trunks.carrier.max_lines", "severity": "error",
        "message": "", "expected": "a whole number from 1 to 10000", "hint": body["problems"][0]["hint"],
    }  # fmt: skip


def test_settings_and_the_campaigns_they_name(absent: int, folder: Path, dialerd: Dialerd) -> None:
    result = dialerd("check")
    assert (result.exit_code, result.stdout) == (0, "ok dialerd.yaml, campaigns.yaml\n")
    (folder / "campaigns.yaml").write_text(FIVE_MISTAKES)
    result = dialerd("check")
    assert result.exit_code == 1
    assert "campaigns.yaml:15:11 " in result.stdout
    assert "5 errors in dialerd.yaml, campaigns.yaml" in result.stdout
    (folder / "dialerd.yaml").write_text("ari: {passwrd: x}\nami: {secret: x}\n")
    result = dialerd("check", "dialerd.yaml")
    assert result.exit_code == 1
    assert "dialerd.yaml:1:7 ari.passwrd" in result.stdout
    assert dialerd("check", "--config", "dialerd.yaml").stdout == result.stdout


def test_the_commands_own_variables_are_no_settings(
    absent: int, dialerd: Dialerd, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.setenv("DIALERD_CONFIG", str(folder / "dialerd.yaml"))
    monkeypatch.setenv("DIALERD_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DIALERD_TOKEN", "x")
    result = dialerd("check")
    assert result.exit_code == 0
    assert "warning" not in result.stdout
    assert str(folder / "dialerd.yaml") in result.stdout


def test_a_file_that_is_not_there(dialerd: Dialerd) -> None:
    result = dialerd("check", "nowhere.yaml")
    assert result.exit_code == 1
    assert "nowhere.yaml" in result.stdout
    assert "1 error in nowhere.yaml" in result.stdout


def test_settings_that_cannot_be_used_are_wrong_usage(folder: Path, dialerd: Dialerd) -> None:
    (folder / "dialerd.yaml").write_text("ari: {password: x}\n")
    result = dialerd("status")
    assert result.exit_code == 2
    assert "ami.secret" in result.stderr
    assert "--url" in result.stderr
    body = parsed(dialerd("status", "--json"))
    assert body["problems"][0]["path"] == "ami.secret"
    assert dialerd("run").exit_code == 2


@pytest.fixture
def reloadable(served: Served) -> Served:
    def prepare(stage: Stage) -> None:
        campaigns = dict(stage.plan.campaigns)
        campaigns["spring"] = replace(campaigns["spring"], max_lines=25)
        campaigns["autumn"] = spring(name="autumn")
        del campaigns["reminders"]
        served.daemon.next_plan = Plan(campaigns, stage.plan.trunks)

    served.act(prepare)
    return served


DIFF = "+ campaign autumn\n- campaign reminders\n~ campaign spring: max_lines: 10 -> 25\n"


def test_reload_shows_the_difference(reloadable: Served, dialerd: Dialerd) -> None:
    result = dialerd("reload", "--check")
    assert (result.exit_code, result.stdout) == (0, DIFF + "only checked, not applied\n")
    result = dialerd("reload")
    assert (result.exit_code, result.stdout) == (0, DIFF + "applied\n")
    assert dialerd("reload").stdout == "nothing differs from what is in force\n"
    assert parsed(dialerd("reload", "--json"))["diff"]["empty"] is True


def test_reload_with_mistakes_is_exit_code_1_and_names_them(served: Served, dialerd: Dialerd) -> None:
    served.daemon.problems = (
        Problem("campaigns.yaml", 3, 5, "campaigns.spring.mode", "no such mode", hint="did you mean `power`?"),
        Problem("campaigns.yaml", 4, 5, "", "odd", severity=Severity.WARNING),
    )
    result = dialerd("reload")
    assert result.exit_code == 1
    assert "campaigns.yaml:3:5: error: campaigns.spring.mode: no such mode" in result.stdout
    assert "Nothing was changed." in result.stderr
    result = dialerd("reload", "--json")
    assert result.exit_code == 1
    assert len(parsed(result)["problems"]) == 2


def test_schema(dialerd: Dialerd) -> None:
    assert "campaigns" in parsed(dialerd("schema"))["properties"]
    assert "redis" in parsed(dialerd("schema", "settings"))["properties"]
    assert dialerd("schema", "trunks").exit_code == 2


def test_version_and_module(dialerd: Dialerd) -> None:
    assert dialerd("--version").stdout == f"dialerd {__version__}\n"
    done = subprocess.run([sys.executable, "-m", "dialerd", "--version"], capture_output=True, text=True, check=True)
    assert done.stdout == f"dialerd {__version__}\n"


@pytest.mark.parametrize(
    "command",
    [[], ["run"], ["check"], ["reload"], ["status"], ["campaigns"], ["campaigns", "list"], ["campaigns", "start"],
     ["campaigns", "stop"], ["contacts"], ["contacts", "import"], ["attempts"], ["agents"], ["why"], ["report"],
     ["notices"], ["schema"], ["doctor"], ["amd"], ["amd", "dry-run"]],
)  # fmt: skip
def test_every_command_has_help(dialerd: Dialerd, command: list[str]) -> None:
    result = dialerd(*command, "--help")
    assert result.exit_code == 0
    assert "Usage:" in result.stdout


def test_run_with_mistakes_in_the_campaigns_ends_at_once(absent: int, folder: Path) -> None:
    (folder / "campaigns.yaml").write_text(FIVE_MISTAKES)
    done = subprocess.run([sys.executable, "-m", "dialerd", "run"], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "campaigns.yaml:15:11" in done.stderr
    assert "Traceback" not in done.stderr
