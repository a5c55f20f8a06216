"""`callbacks` against a running API: scheduled, listed, moved, cancelled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.cli.running_api import Dialerd, Served, parsed, write_settings
from tests.control.stage import T0

FIRST, SECOND = "+441632960001", "+441632960002"


@pytest.fixture
def people(served: Served) -> Served:
    """Contacts 1 and 2."""
    served.do(served.daemon.contacts_of(f"ann,{FIRST}", f"bob,{SECOND}"))
    return served


def listed(dialerd: Dialerd, *asked: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = parsed(dialerd("callbacks", "list", *asked, "--json"))["callbacks"]
    return rows


def test_scheduled_moved_listed_and_cancelled(people: Served, dialerd: Dialerd) -> None:
    assert "Nobody waits for a call-back." in dialerd("callbacks", "list").stdout
    done = dialerd("callbacks", "set", "1", "--after", "60")
    assert (done.exit_code, done.stdout.startswith("call-back at ")) == (0, True)
    moved = parsed(dialerd("callbacks", "set", "2", "--after", "0.5", "--number", SECOND, "--json"))
    assert (moved["id"], moved["list"], moved["at"]) == (2, "leads", T0 + 30.0)
    windowed = parsed(dialerd("callbacks", "set", "1", "--after", "60", "--within", "30", "--json"))
    assert windowed["until"] == T0 + 5400.0
    assert "not later than" in dialerd("callbacks", "set", "1", "--after", "60", "--within", "30").stdout
    assert [(row["key"], row["at"]) for row in listed(dialerd)] == [("bob", T0 + 30.0), ("ann", T0 + 3600.0)]
    assert [row["key"] for row in listed(dialerd, "--limit", "1")] == ["bob"]
    assert listed(dialerd, "--list", "empty_one") == []
    shown = dialerd("callbacks", "list").stdout
    assert all(word in shown for word in ("leads", "ann", "bob"))
    assert FIRST not in shown
    assert dialerd("callbacks", "set", "1", "--after", "0").exit_code == 0
    assert [row["key"] for row in listed(dialerd)] == ["ann", "bob"]
    gone = dialerd("callbacks", "cancel", "1")
    assert (gone.exit_code, gone.stdout.strip()) == (0, "cancelled; the contact is not called again")
    assert parsed(dialerd("callbacks", "cancel", "2", "--json")) == {"id": 2, "callback": None}
    assert listed(dialerd) == []


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("set", "1"), 2, "--after"),
        (("set", "1", "--after", "-1"), 2, "--after"),
        (("set", "1", "--after", "1", "--within", "0"), 2, "--within"),
        (("set", "1", "--after", "999999999"), 2, "after_s"),
        (("set", "one", "--after", "1"), 2, "CONTACT"),
        (("set", "99", "--after", "1"), 1, "no such contact"),
        (("set", "1", "--after", "1", "--number", SECOND), 1, "number"),
        (("set", "1", "--after", "1", "--number", "12"), 2, "number"),
        (("cancel", "1"), 1, "waits for no call-back"),
        (("cancel", "99"), 1, "no such contact"),
        (("list", "--limit", "0"), 2, "--limit"),
        (("list", "--unmasked"), 1, "whole phone numbers need a token"),
    ],
)
def test_mistakes(people: Served, dialerd: Dialerd, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = dialerd("callbacks", *arguments)
    assert said in " ".join(result.output.split())
    assert result.exit_code == code
    assert listed(dialerd) == []


def test_who_must_not_be_called_is_not_called_back(people: Served, dialerd: Dialerd) -> None:
    assert dialerd("contacts", "uncallable", "1", "--reason", "moved away").exit_code == 0
    refused = dialerd("callbacks", "set", "1", "--after", "1", "--json")
    assert refused.exit_code == 1
    assert "cannot be called back now" in parsed(refused)["error"]


@pytest.mark.parametrize("command", [("list",), ("set", "1", "--after", "1"), ("cancel", "1")])
def test_no_daemon_answers(folder: Path, dialerd: Dialerd, command: tuple[str, ...]) -> None:
    write_settings(folder, 1)
    result = dialerd("callbacks", *command, "--json")
    assert (result.exit_code, "no daemon answers" in parsed(result)["error"]) == (3, True)
