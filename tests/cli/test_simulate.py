"""`dialerd simulate` as an operator calls it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.cli.running_api import Dialerd

CAMPAIGNS = """\
version: 1
trunks:
  carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 100, cps: 20}
contact_lists:
  people: {region: GB, phones: [{column: phone}]}
defaults:
  {trunk: carrier, caller_id: +441632960000, contact_list: people, max_lines: 40,
   compliance:
     {looser: {progressive_until: only simulated, abandon_target: only simulated, abandon_cap: only simulated}}}
campaigns:
  spring:
    mode: predictive
    queue: sales
    call_analysis: {profile: off}
    pacing: {progressive_until: 10, shadow: power, ratio: 2}
  careful: {mode: progressive, queue: support, agents: {connection: ring}}
  notice: {mode: agentless, message: sound:hello}
"""


@pytest.fixture(autouse=True)
def campaigns(folder: Path) -> Path:
    file = folder / "campaigns.yaml"
    file.write_text(CAMPAIGNS)
    return file


def run(dialerd: Dialerd, *arguments: str) -> Any:
    return dialerd("simulate", "campaigns.yaml", "--hours", "12m", *arguments)


def told(dialerd: Dialerd, *arguments: str) -> dict[str, Any]:
    done = run(dialerd, *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def figures(found: dict[str, Any], campaign: str = "spring", variant: int = 0) -> dict[str, Any]:
    return next(one for one in found["results"][variant]["campaigns"] if one["campaign"] == campaign)


def test_a_picture_of_every_campaign(dialerd: Dialerd) -> None:
    done = run(dialerd, "--agents", "sales=6,support=3")
    assert done.exit_code == 0, done.output
    for part in (
        "campaigns.yaml  09:00 to 09:12  seed 1, cold start",
        "spring  predictive, queue sales, 6 agents, 25% answer, talk 3m, wrap-up 15s",
        "careful  progressive, queue support, 3 agents",
        "notice  agentless",
        "██ talking   ▒▒ wrap-up   ·· waiting",
        "an agent is set aside before each call is placed",
        "when 10 people had answered",
        "note careful: the ringing of agents' phones",
    ):
        assert part in done.output
    assert re.search(r"^occupancy +\d+\.\d % ", done.output, re.MULTILINE)
    lost = r"^abandoned +\d\.\d\d %  \d\.\d\d to \d+\.\d\d % \(95 % band\), \d+ of \d+; target 2 %, cap 3 %"
    assert re.search(lost, done.output, re.MULTILINE)
    assert max(len(line) for line in done.output.splitlines()) <= 100


@pytest.mark.parametrize("width", ["80", "120"])
def test_it_fits_the_terminal(dialerd: Dialerd, monkeypatch: pytest.MonkeyPatch, width: str) -> None:
    monkeypatch.setenv("COLUMNS", width)
    one = run(dialerd, "--campaign", "spring")
    several = run(dialerd, "--mode", "predictive,power")
    for done in (one, several):
        assert done.exit_code == 0, done.output
        lines = done.output.splitlines()
        assert max(map(len, lines)) <= int(width)
        assert "…" not in done.output
    chart = [line for line in one.output.splitlines() if "▕" in line]
    assert {len(line) for line in chart} == {int(width) - 1}


def test_only_the_named_campaign(dialerd: Dialerd) -> None:
    assert [c["campaign"] for c in told(dialerd, "--campaign", "notice")["results"][0]["campaigns"]] == ["notice"]


def test_options_reach_the_floor(dialerd: Dialerd) -> None:
    found = told(
        dialerd, "--campaign", "spring", "--agents", "4", "--answer-rate", "50%", "--talk", "45s", "--wrap-up", "0s",
        "--machines", "0%", "--busy", "0%", "--ring", "3s", "--start", "23:55",
    )  # fmt: skip
    one = figures(found)
    assert (one["agents"], one["answer_rate"], one["talk_s"], one["wrap_up_s"]) == (4, 0.5, 45.0, 0.0)
    assert (one["machines"], found["results"][0]["start_s"]) == (0, 86_100.0)
    assert one["connected"] > 15
    slow = figures(told(dialerd, "--campaign", "spring", "--agents", "4", "--ring", "20s", "--talk", "45s"))
    assert slow["connected"] < one["connected"]


def test_the_seed_decides(dialerd: Dialerd) -> None:
    one, same, other = (told(dialerd, "--agents", "3", "--seed", seed)["results"] for seed in ("4", "4", "5"))
    assert one == same
    assert one != other


def test_several_seeds_give_a_band(dialerd: Dialerd) -> None:
    found = told(dialerd, "--campaign", "spring", "--agents", "8", "--talk", "30s", "--seed", "3", "--seeds", "3")
    one = figures(found)
    assert found["results"][0]["seeds"] == [3, 4, 5]
    assert one["abandon"]["how"] == "seeds"
    assert one["utilisation"]["low"] < one["utilisation"]["value"] < one["utilisation"]["high"]


def test_modes_and_settings_are_compared(dialerd: Dialerd) -> None:
    chosen = ("--campaign", "spring", "--agents", "5", "--talk", "1m", "--hours", "1")
    found = told(dialerd, *chosen, "--mode", "predictive,power,progressive", "--set", "pacing.ratio=2,3")
    labels = [one["label"] for one in found["results"]]
    assert labels == ["predictive", "power, ratio 2", "power, ratio 3", "progressive"]
    modes = [one["campaigns"][0]["mode"] for one in found["results"]]
    assert modes == ["predictive", "power", "power", "progressive"]
    assert figures(found, variant=3)["abandoned"] == 0
    assert figures(found, variant=2)["dials"] > figures(found, variant=3)["dials"]
    shown = run(dialerd, *chosen, "--mode", "power,progressive")
    assert re.search(r"^power +\d+\.\d %", shown.output, re.MULTILINE)


def test_a_setting_is_written_over_the_file(dialerd: Dialerd) -> None:
    found = told(
        dialerd, "--campaign", "spring", "--agents", "9", "--set", "max_lines=4", "--set", "trunks.carrier.cps=1"
    )
    one = figures(found)
    assert (one["max_lines"], one["lines_most"]) == (4, 4)
    assert one["dials"] <= 12 * 60 + 1


def test_a_warm_start_is_said(dialerd: Dialerd) -> None:
    assert "warm start" in run(dialerd, "--campaign", "spring", "--agents", "3", "--warm").output


def test_a_floor_file_and_options_over_it(dialerd: Dialerd, folder: Path) -> None:
    (folder / "floor.yaml").write_text("version: 1\nagents: 2\ntalk: 1m\nqueues: {sales: {agents: 3}}\n")
    found = told(dialerd, "--floor", "floor.yaml", "--talk", "2m")
    assert (figures(found)["agents"], figures(found, "careful")["agents"]) == (3, 2)
    assert figures(found)["talk_s"] == 120.0


def test_the_page_and_the_chart_need_nothing_else(dialerd: Dialerd, folder: Path) -> None:
    done = run(dialerd, "--agents", "4", "--svg", "chart.svg", "--html", "page.html")
    assert done.exit_code == 0, done.output
    chart = ElementTree.fromstring((folder / "chart.svg").read_text())
    names = [text.text for text in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert {"spring", "careful", "notice", "abandoned", "09:12"} <= set(names)
    page = (folder / "page.html").read_text()
    assert "<script" not in page
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")
    assert page.count("<svg") == 3
    assert "<td>spring</td><td>predictive</td>" in page


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--campaign", "sprin"], "did you mean `spring`?"),
        (["--mode", "predictiv"], "did you mean `predictive`?"),
        (["--mode", "agentless"], "`agentless` is no mode with agents"),
        (["--campaign", "notice", "--mode", "power"], "no campaign here has agents"),
        (["--talk", "3 minutes"], "--talk talk: `3 minutes` is not a duration"),
        (["--answer-rate", "0.25"], "did you mean `25%`?"),
        (["--agents", "sale=3"], "did you mean `sales`?"),
        (["--agents", "-3"], "too small"),
        (["--hours", "0"], "too short"),
        (["--start", "25:00"], "not a time of day"),
        (["--machines", "90%"], "add up to 110%"),
        (["--set", "pacing.abandon_target"], "is not SETTING=VALUE"),
        (["--set", "pacing.abandon_targt=1%"], "did you mean `abandon_target`?"),
        (["--set", "pacing.abandon_cap=1%", "--set", "pacing.abandon_cap=2%"], "is given twice"),
        (["--set", "pacing.abandon_target=5%"], "is above the cap"),
        (["--set", "max_lines=" + ",".join(map(str, range(1, 40)))], "variants to compare, more than 24"),
        (["--floor", "none.yaml"], "cannot be read"),
        (["--svg", "no/such/folder.svg", "--agents", "1"], "cannot be written"),
    ],
)
def test_what_is_wrong_is_said(dialerd: Dialerd, arguments: list[str], said: str) -> None:
    done = run(dialerd, *arguments)
    assert done.exit_code == 2, done.output
    assert said in done.output.replace("\n", " ")


def test_a_campaigns_file_with_mistakes(dialerd: Dialerd, campaigns: Path) -> None:
    campaigns.write_text(CAMPAIGNS.replace("mode: predictive", "mode: predictiv"))
    done = run(dialerd, "--json")
    assert done.exit_code == 2
    found = json.loads(done.stdout)
    assert found["problems"][0]["path"] == "campaigns.spring.mode"
    campaigns.write_text("version: 1\ncampaigns: {}\n")
    assert "the file has no campaigns" in run(dialerd).output


def test_without_a_file_the_settings_name_one(dialerd: Dialerd, absent: int) -> None:
    done = dialerd("simulate", "--hours", "2m", "--agents", "1")
    assert done.exit_code == 0, done.output
    assert "campaigns.yaml" in done.output
