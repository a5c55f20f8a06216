"""`contacts add|show|set|remove|uncallable|callable|export`: single contacts, through a running daemon."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from dialerd.core import events as e
from tests.cli.running_api import Dialerd, Served, parsed, write_settings

ANN = (
    "contacts",
    "add",
    "leads",
    "-n",
    "mobile:01632 960001",
    "-n",
    "+44 1632 960002",
    "--key",
    "a",
    "-d",
    "name=Ann",
)


@pytest.fixture
def ann(served: Served, dialerd: Dialerd) -> int:
    """The id of a contact with two numbers, as the command line has added it."""
    done = dialerd(*ANN, "--priority", "3", "--json")
    assert done.exit_code == 0, done.output
    (result,) = parsed(done)["results"]
    assert result["result"] == "added"
    return int(result["id"])


def shown(dialerd: Dialerd, contact: str) -> Any:
    return parsed(dialerd("contacts", "show", contact, "--json"))


def test_one_is_added_and_shown_by_id_and_by_key(ann: int, served: Served, dialerd: Dialerd) -> None:
    for name in (str(ann), "leads/a"):
        found = shown(dialerd, name)
        assert (found["id"], found["key"], found["state"], found["priority"]) == (ann, "a", "callable", 3)
        assert [(n["kind"], n["e164"]) for n in found["numbers"]] == [
            ("mobile", "+4416*****01"), ("phone", "+4416*****02"),
        ]  # fmt: skip
    text = dialerd("contacts", "show", "leads/a").stdout
    assert f"contact {ann} a of leads: callable, 0 attempts" in text
    assert "name Ann" in text
    assert served.daemon.posted == [e.ContactsChanged("leads")]


def test_a_hot_one_is_called_before_all_others(served: Served, dialerd: Dialerd) -> None:
    done = dialerd("contacts", "add", "leads", "-n", "01632 960003", "--hot")
    assert "added as contact 1 of leads" in done.stdout
    assert served.daemon.posted == [e.ContactsChanged("leads", (1,))]


def test_the_same_twice_and_what_is_no_number(ann: int, dialerd: Dialerd) -> None:
    again = dialerd(*ANN)
    assert again.exit_code == 1
    assert "skipped: duplicate key" in again.stdout
    updated = dialerd(*ANN[:-1], "name=Anna", "--on-duplicate", "update")
    assert f"updated as contact {ann}" in updated.stdout
    assert shown(dialerd, "leads/a")["columns"] == {"name": "Anna"}
    ugly = dialerd("contacts", "add", "leads", "-n", "nonsense")
    assert ugly.exit_code == 1
    assert "rejected: number 1: not a phone number" in ugly.stdout
    once = ("contacts", "add", "leads", "-n", "01632 960004", "--once", "order-17", "--json")
    assert parsed(dialerd(*once)) == parsed(dialerd(*once)), "told again, done once"
    assert dialerd("contacts", "show", str(ann + 2)).exit_code == 1


def test_what_is_named_is_changed(ann: int, served: Served, dialerd: Dialerd) -> None:
    done = dialerd("contacts", "set", "leads/a", "-d", "city=Oslo", "--drop", "name", "--key", "b", "--json")
    assert done.exit_code == 0, done.output
    found = shown(dialerd, "leads/b")
    assert (found["columns"], len(found["numbers"]), found["priority"]) == ({"city": "Oslo"}, 2, 3)
    assert dialerd("contacts", "set", str(ann), "-n", "home:01632 960005", "--priority", "9").exit_code == 0
    found = shown(dialerd, str(ann))
    assert [(n["kind"], n["e164"]) for n in found["numbers"]] == [("home", "+4416*****05")]
    assert found["priority"] == 9
    assert isinstance(served.daemon.posted[-1], e.ContactsEdited | e.ContactsChanged)


def test_a_number_and_the_whole_contact_are_uncallable_and_callable_again(ann: int, dialerd: Dialerd) -> None:
    number = ("--number", "+441632960001")
    done = dialerd("contacts", "uncallable", "leads/a", "--reason", "wrong person", *number)
    assert done.exit_code == 0, done.output
    assert "uncallable: wrong person, by anna" in done.stdout
    assert shown(dialerd, "leads/a")["state"] == "callable", "the other number is left"
    assert "uncallable" not in dialerd("contacts", "callable", "leads/a", *number).stdout
    done = dialerd("contacts", "uncallable", str(ann), "--reason", "moved away")
    assert "uncallable: moved away, by anna" in done.stdout
    assert dialerd("contacts", "callable", str(ann)).exit_code == 0
    assert shown(dialerd, str(ann))["state"] == "callable"
    unsaid = dialerd("contacts", "uncallable", str(ann))
    assert unsaid.exit_code == 2, "a reason is wanted"


def test_one_is_removed(ann: int, dialerd: Dialerd) -> None:
    assert "removed from leads" in dialerd("contacts", "remove", "leads/a").stdout
    gone = dialerd("contacts", "show", "leads/a")
    assert gone.exit_code == 1
    assert "no contact has the key 'a' in leads" in gone.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["add", "leads"], 2, "a contact needs a number"),
        (["add", "leads", "-n", "01632 960001", "-d", "name"], 2, "'name' is no column"),
        (["add", "leeds", "-n", "01632 960001"], 1, "no contact list 'leeds'"),
        (["show", "a"], 2, "is no contact"),
        (["show", "99"], 1, "no such contact"),
        (["set", "1"], 2, "nothing to change"),
        (["export", "leeds"], 2, "did you mean"),
        (["export", "leads", "--state", "asleep"], 2, "One of callable"),
    ],
)
def test_mistakes(served: Served, dialerd: Dialerd, arguments: list[str], code: int, said: str) -> None:
    done = dialerd("contacts", *arguments)
    assert done.exit_code == code, done.output
    assert said in done.output.replace("\n", " ")


def test_without_a_daemon_nothing_is_changed(absent: int, dialerd: Dialerd) -> None:
    for arguments in (list(ANN), ["contacts", "remove", "1"], ["contacts", "set", "1", "--hot"]):
        assert dialerd(*arguments).exit_code == 3


def test_a_list_is_exported_with_its_state(ann: int, served: Served, folder: Path, dialerd: Dialerd) -> None:
    write_settings(folder, served.port, f'sql: {{url: "sqlite+aiosqlite:///{folder}/daemon/record.db"}}\n')
    dialerd("contacts", "uncallable", "leads/a", "--reason", "moved away")
    dialerd("contacts", "add", "leads", "-n", "01632 960003", "--key", "b")
    done = dialerd("contacts", "export", "leads", "out.csv")
    assert done.exit_code == 0, done.output
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO((folder / "out.csv").read_text()))}
    assert (rows["a"]["state"], rows["a"]["reason"], rows["a"]["name"]) == ("uncallable", "moved away", "Ann")
    assert rows["b"]["state"] == "callable"
    only = dialerd("contacts", "export", "leads", "--state", "callable")
    assert [row["key"] for row in csv.DictReader(io.StringIO(only.stdout))] == ["b"]
