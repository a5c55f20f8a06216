"""`dnc`: lists are changed, looked up, loaded and exported, with and without a daemon."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import yaml

from tests.cli.running_api import Dialerd, Served, parsed

NUMBER = "+441632960001"


def name_lists(folder: Path) -> None:
    path = folder / "campaigns.yaml"
    file = yaml.safe_load(path.read_text())
    file["dnc_lists"] = {"opt_outs": {"region": "GB"}, "national": {"region": "US"}}
    path.write_text(yaml.safe_dump(file))


def test_an_opt_out_without_a_daemon(absent: int, folder: Path, dialerd: Dialerd) -> None:
    name_lists(folder)
    added = dialerd("dnc", "add", "opt_outs", "01632 960001", "--reason", "by post", "--json")
    assert added.exit_code == 0, added.output
    assert parsed(added) == {
        "list": "opt_outs",
        "kind": "number",
        "expires_at": None,
        "in_force": False,
        "recorded": True,
    }
    (found,) = parsed(dialerd("dnc", "lookup", NUMBER, "--json"))["findings"]
    assert (found["dnc_list"], found["value"], found["who"]) == ("opt_outs", NUMBER, "anna via command line")
    assert "by post" in dialerd("dnc", "lookup", NUMBER).stdout
    assert "opt_outs" in dialerd("dnc", "lists").stdout
    assert dialerd("dnc", "remove", "opt_outs", NUMBER).exit_code == 0
    assert dialerd("dnc", "remove", "opt_outs", NUMBER).exit_code == 1
    assert dialerd("dnc", "lookup", NUMBER).exit_code == 1


def test_with_a_daemon_the_daemon_does_it(served: Served, folder: Path, dialerd: Dialerd) -> None:
    name_lists(folder)
    added = parsed(dialerd("dnc", "add", "opt_outs", "--prefix", "+4490", "--expires", "30d", "--json"))
    assert (added["kind"], added["in_force"]) == ("prefix", False), "its Redis is away: in force before the next call"
    listed = {one["name"]: one for one in parsed(dialerd("dnc", "lists", "--json"))["lists"]}
    assert listed["opt_outs"]["entries"]["prefix"] == 1
    refused = dialerd("dnc", "add", "opt_out", NUMBER)
    assert refused.exit_code == 1
    assert "no do-not-call list 'opt_out'" in refused.output


def test_load_and_export(absent: int, folder: Path, dialerd: Dialerd) -> None:
    name_lists(folder)
    (folder / "register.txt.gz").write_bytes(gzip.compress(b"202,5550101\n2025550102\nugly\n"))
    done = parsed(dialerd("dnc", "load", "national", "register.txt.gz", "--json"))
    assert (done["rows"], done["taken"], done["rejected"], done["numbers"]) == (3, 2, 1, 2)
    assert Path(done["rejects"]).read_text().splitlines()[1] == "3,not a phone number,ugly"
    assert dialerd("dnc", "load", "national", "register.txt.gz", "--strict").exit_code == 1
    assert dialerd("dnc", "remove", "national", "+12025550101").exit_code == 0
    assert dialerd("dnc", "add", "national", "--contact", "customer 17", "--reason", "asked").exit_code == 0
    exported = dialerd("dnc", "export", "national", "-o", "out.csv")
    assert exported.exit_code == 0, exported.output
    rows = (folder / "out.csv").read_text().splitlines()
    assert rows[0].startswith("number,prefix,contact,expires,reason")
    assert [row.split(",")[:3] for row in rows[1:]] == [["", "", "customer 17"], ["+12025550102", "", ""]]
    assert (folder / "out.csv").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("add", "opt_outs", "12"), "too short"),
        (("add", "opt_outs", NUMBER, "--expires", "soon"), "not a date"),
        (("add", "opt_outs", NUMBER, "--expires", "2020-01-01"), "in the past"),
        (("add", "opt_outs"), "one of NUMBER, --prefix and --contact"),
        (("add", "opt_outs", NUMBER, "--prefix", "+44"), "one of NUMBER, --prefix and --contact"),
        (("add", "opt_out", NUMBER), "no do-not-call list"),
        (("load", "opt_out", "campaigns.yaml"), "no do-not-call list"),
        (("load", "opt_outs", "missing.txt"), "cannot open missing.txt"),
        (("lookup",), "a number or --contact"),
    ],
)
def test_mistakes(absent: int, folder: Path, dialerd: Dialerd, arguments: tuple[str, ...], said: str) -> None:
    name_lists(folder)
    result = dialerd("dnc", *arguments)
    assert result.exit_code in (1, 2)
    assert said in " ".join(result.output.split())
