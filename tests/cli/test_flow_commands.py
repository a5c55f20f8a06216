"""`dialerd flow`: a flow listed, drawn, and walked through without a call."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from typer.testing import CliRunner, Result

from dialerd.cli.commands import app

EXAMPLE = str(Path(__file__).parents[2] / "campaigns.example.yaml")


def flow(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(app, ["flow", *arguments, "--file", EXAMPLE], input=typed)


def tried(typed: str, *more: str) -> dict[str, object]:
    result = flow("try", "delivery", "--json", *more, typed=typed)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_list() -> None:
    (one,) = json.loads(flow("list", "--json").stdout)["flows"]
    assert (one["name"], one["nodes"], one["campaigns"], one["queues"]) == (
        "delivery", 13, ["delivery-date"], ["service"],
    )  # fmt: skip
    assert "delivery-date" in flow("list").stdout


def test_show_in_words_and_as_a_graph() -> None:
    words = flow("show", "delivery").stdout
    assert "greet (start)  plays custom/delivery-greeting" in words
    assert "4 digits -> moved" in words
    graph = flow("show", "delivery", "--mermaid").stdout.splitlines()
    assert graph[0] == "flowchart TD"
    assert '  ask -- "1" --> confirm' in graph
    assert '  ask -- "wrong, silence" --> later' in graph
    shown = json.loads(flow("show", "delivery", "--json").stdout)
    assert {"from": "agent", "to": "later", "on": "otherwise"} in shown["ways"]
    assert shown["always"] == {"9": "out"}


def test_the_drawing_has_every_node_and_way() -> None:
    root = ElementTree.fromstring(flow("show", "delivery", "--svg").stdout)
    shown = json.loads(flow("show", "delivery", "--json").stdout)
    space = "{http://www.w3.org/2000/svg}"
    texts = [text.text or "" for text in root.iter(f"{space}text")]
    assert all(any(text.startswith(node["name"]) for text in texts) for node in shown["nodes"])
    assert len([path for path in root.iter(f"{space}path") if path.get("marker-end")]) == len(shown["ways"])
    boxes = [(rect.get("x"), rect.get("y")) for rect in root.iter(f"{space}rect") if rect.get("x")]
    assert len(set(boxes)) == len(shown["nodes"]), "no node covers another"


@pytest.mark.parametrize(
    ("typed", "result", "columns"),
    [
        ("1\n", "answered", {"delivery": "confirmed"}),
        ("2\n0512\n", "answered", {"delivery": "moved to 0512", "new_day": "0512"}),
        ("20512\n", "answered", {"delivery": "moved to 0512", "new_day": "0512"}),
        ("2\n9912\n0112\n", "answered", {"delivery": "moved to 0112", "new_day": "0112"}),
        ("\n\n\n", "unanswered", {}),
        ("7\n7\n7\n", "unanswered", {}),
        ("h\n", "hung_up", {}),
        ("", "hung_up", {}),
        ("x\n1\n", "answered", {"delivery": "confirmed"}),
    ],
)
def test_try(typed: str, result: str, columns: dict[str, str]) -> None:
    found = tried(typed)
    assert (found["result"], found["columns"]) == (result, columns)


def test_try_opting_out_and_asking_for_a_call() -> None:
    assert tried("9\n")["opted_out"] is True
    silent = tried("\n\n\n")
    assert (silent["callback"], silent["callback_after_s"]) == (True, 7200.0)


def test_try_says_what_is_heard() -> None:
    lines = flow("try", "delivery", "--column", "delivery_day=2026-12-31", typed="2\n9912\nh\n").stdout.splitlines()
    assert lines[:5] == [
        "greet: plays custom/delivery-greeting",
        "name_day: plays “Hello customer. Your parcel arrives on Thursday, the thirty-first of December, "
        "twenty twenty-six.”",
        "ask: plays custom/delivery-ask",
        "move: plays custom/delivery-day",
        "move: plays custom/wrong-key + custom/delivery-day",
    ]


def test_agents_and_columns_decide(tmp_path: Path) -> None:
    text = Path(EXAMPLE).read_text().replace('{hours: "mon-fri 9-17, sat 10-14", next: agent}',
                                             "{when: 'region = \"GB\"', next: agent}")  # fmt: skip
    (tmp_path / "campaigns.yaml").write_text(text)
    run = CliRunner()

    def result(*more: str) -> str:
        told = run.invoke(
            app, ["flow", "try", "delivery", "--json", "--file", str(tmp_path / "campaigns.yaml"), *more], input="0\n"
        )
        return str(json.loads(told.stdout)["result"])

    assert result("--column", "region=GB") == "transferred"
    assert result("--column", "region=GB", "--agents", "0") == "unanswered"
    assert result() == "unanswered"


def test_an_unknown_flow_and_a_wrong_column() -> None:
    unknown = flow("show", "delivry", "--json")
    assert unknown.exit_code == 1
    assert json.loads(unknown.stdout)["hint"] == "did you mean `delivery`?"
    assert flow("try", "delivery", "--column", "region", "--json").exit_code == 1
