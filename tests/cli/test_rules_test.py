"""`rules test` on the calls that the real engine has placed and recorded."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from dialerd.core.attempt import Outcome
from dialerd.core.campaign import Mode
from tests.cli.running_api import Dialerd
from tests.cli.test_simulate_replay import CAMPAIGNS, lived, write

RULES = """\
rule_sets:
  house:
    pre_call:
      - {name: first, if: attempts = 0, do: skip}
      - {name: after_busy, if: last_disposition = busy and last_attempt_age > 1m, do: other_number}
      - {name: never, if: hour = 25}
    wrap_up:
      - {name: talked, if: disposition = answered_agent and talk_time > 0s, retry: 1d}
      - {name: nobody, if: disposition = no_answer, uncallable: number}
  own:
    match: all
    wrap_up:
      - {name: mine, python: "house:mine", webhook: crm}
      - {name: broken, if: disposition = answered_agent, python: "house:broken"}
webhooks:
  crm: {url: "http://127.0.0.1:1/calls"}
"""
HOUSE = """\
def mine(call):
    return call.over and call.disposition == "no_answer"
def broken(call):
    return call.nothing
"""


@pytest.fixture
def outcomes() -> list[Outcome]:
    return list(lived(Mode.PROGRESSIVE, 3, 12.0).truth.outcomes.values())


@pytest.fixture
def url(folder: Path, outcomes: list[Outcome]) -> str:
    text = CAMPAIGNS.replace("MODE", "progressive").replace("  summer:", "    rule_sets: [house, own]\n  summer:")
    (folder / "campaigns.yaml").write_text(text + RULES)
    (folder / "house.py").write_text(HOUSE)
    address = f"sqlite+aiosqlite:///{folder}/record.db"
    asyncio.run(write(address, outcomes))
    return address


def test_each_rule_with_its_calls(dialerd: Dialerd, url: str, outcomes: list[Outcome]) -> None:
    done = dialerd(
        "rules", "test", "spring", "--campaigns", "campaigns.yaml", "--since", "2000-01-01T00:00", "--database", url,
        "--json",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    records = [outcome.record for outcome in outcomes if outcome.record.campaign == "spring"]
    fresh = [record for record in records if record.contact_attempts == 0]
    told = {rule["name"]: rule for rule in found["rules"]}
    assert list(told) == [
        "house.first", "house.after_busy", "house.never", "house.talked", "house.nobody", "own.mine", "own.broken",
    ]  # fmt: skip
    assert found["calls"] == len(records)
    assert told["house.first"]["fired"] == len(fresh) > 0
    assert told["house.never"] == {
        "kind": "pre_call", "name": "house.never", "does": "dial", "fired": 0, "failed": 0, "examples": [],
    }  # fmt: skip
    assert {example["attempt"] for example in told["house.first"]["examples"]} <= {record.id for record in fresh}
    assert all("*" in example["number"] for example in told["house.first"]["examples"])
    for name, disposition in (("house.talked", "answered_agent"), ("house.nobody", "no_answer")):
        ended = [record for record in records if record.disposition == disposition]
        assert told[name]["fired"] == len(ended) > 0
    assert told["own.mine"]["fired"] == told["house.nobody"]["fired"]
    assert told["own.mine"]["does"].startswith("webhook crm, as house:mine (")
    assert (told["own.broken"]["fired"], told["own.broken"]["failed"]) == (0, told["house.talked"]["fired"])
    assert told["house.talked"]["does"] == "retry 86400s"
    assert found["untouched"] < len(records) - len(fresh) + 1


def test_for_people(dialerd: Dialerd, url: str) -> None:
    done = dialerd(
        "rules", "test", "spring", "--campaigns", "campaigns.yaml", "--since", "2000-01-01", "--database", url
    )
    assert done.exit_code == 0, done.output
    assert "house.first" in done.output
    assert "skip" in done.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["sprin"], 2, "did you mean"),
        (["summer"], 1, "has no rules"),
        (["spring", "--since", "soon"], 2, "--since must be"),
        (["spring", "--database", "nonsense"], 2, "--database"),
        (["spring", "--database", "sqlite:////no/such/folder/x.db"], 1, "the record cannot be read"),
    ],
)
def test_what_cannot_be_tested(dialerd: Dialerd, url: str, arguments: list[str], code: int, said: str) -> None:
    where = [] if "--database" in arguments else ["--database", url]
    done = dialerd("rules", "test", *arguments, "--campaigns", "campaigns.yaml", *where)
    assert done.exit_code == code, done.output
    assert said in done.output.replace("\n", " ")
