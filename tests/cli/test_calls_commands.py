"""`attempts`, `why`, `report` and `notices`."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from dialerd.core import events as e
from dialerd.core.attempts_control import AttemptCap, Scope
from dialerd.core.commands import EnterBridge, Tell
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.events import PlanChanged
from dialerd.store.call_marks import keep_mark
from dialerd.telemetry.notice_table import NOTICES
from tests.cli.running_api import Dialerd, Served, parsed
from tests.control.stage import Stage, contact


@pytest.fixture
def with_history(served: Served) -> list[str]:
    """A busy call, a connected one, and a live one; the ids in this order."""
    ids: list[str] = []

    def play(stage: Stage) -> None:
        stage.up().agent().start("spring", contact(1), contact(2), contact(3))
        ids.append(stage.grant())
        stage.feed(e.ChannelRinging(ids[0])).advance(2).end(ids[0], 17, 486).advance(1)
        ids.append(stage.grant())
        stage.ring_and_answer(ids[1], 5)
        stage.feed(e.BridgeEntered(ids[1], stage.last(EnterBridge).bridge_id)).advance(75).end(ids[1]).advance(60)
        ids.append(stage.grant())

    served.act(play)
    served.do(served.daemon.record_outcomes())
    served.act(lambda stage: stage.advance(10))
    return ids


def test_attempts_as_a_table(with_history: list[str], dialerd: Dialerd) -> None:
    lines = dialerd("attempts").stdout.splitlines()
    assert re.search(r"spring +\+4416\*\*\*\*\*03 +originating", lines[2])
    assert re.search(r"spring +\+4416\*\*\*\*\*02 +answered_agent +5s +1m 15s +8001", lines[3])
    assert re.search(r"spring +\+4416\*\*\*\*\*01 +busy +2s +- +8001", lines[4])


def test_filters_reach_the_api(with_history: list[str], dialerd: Dialerd) -> None:
    def found(*options: str) -> list[str]:
        body = parsed(dialerd("attempts", "--json", *options))
        return [a["id"] for a in [*body["live"], *body["finished"]]]

    busy, connected, live = with_history
    assert found() == [live, connected, busy]
    assert found("--live") == [live]
    assert found("--finished") == [connected, busy]
    assert found("--disposition", "busy") == [busy]
    assert found("--number", "+441632960002") == [connected]
    assert found("--campaign", "reminders") == []
    assert found("--limit", "1") == [live]
    assert found("--since", "1s") == []
    assert "No such attempts" in dialerd("attempts", "--campaign", "reminders").stdout


def test_one_attempt_with_all_times(with_history: list[str], dialerd: Dialerd) -> None:
    result = dialerd("attempts", with_history[1])
    assert result.stdout.startswith(f"{with_history[1]}  answered_agent\n")
    assert re.search(r"connected_at .*\+6\.000 s", result.stdout)
    assert "441632960002" not in result.stdout
    assert "(live)" in dialerd("attempts", with_history[2]).stdout
    assert parsed(dialerd("attempts", with_history[0], "--json"))["disposition"] == "busy"
    result = dialerd("attempts", "dlr-0")
    assert result.exit_code == 1
    assert "no such attempt" in result.stderr


def test_wrong_usage_is_exit_code_2(with_history: list[str], dialerd: Dialerd) -> None:
    result = dialerd("attempts", "--since", "yesterday")
    assert result.exit_code == 2
    assert "`since` must be a time" in result.stderr
    assert dialerd("attempts", "--limit", "0").exit_code == 2
    assert dialerd("attempts", "--colour").exit_code == 2
    assert dialerd("no-such-command").exit_code == 2
    assert dialerd("why", "8001").exit_code == 2


def test_unmasked_without_a_token_is_refused(with_history: list[str], dialerd: Dialerd) -> None:
    result = dialerd("attempts", "--unmasked")
    assert result.exit_code == 1
    assert "need a token" in result.stderr


def test_why_walks_the_gates(served: Served, dialerd: Dialerd) -> None:
    served.do(served.daemon.contacts_of("a,01632 960001"))
    result = dialerd("why", "+441632960001")
    assert result.exit_code == 0
    assert "◷ spring  not now: campaign_off" in result.stdout
    assert "contact a of list leads: callable, 0 attempts; next number +4416*****01" in result.stdout
    assert re.search(r"◷ +campaign_on +campaign_off", result.stdout)
    assert re.search(r"✓ +number_present", result.stdout)
    gates = parsed(dialerd("why", "+441632960001", "--json"))["answers"][0]["gates"]
    assert gates[0]["gate"] == "campaign_on"
    result = dialerd("why", "+441632960999")
    assert result.exit_code == 1
    assert "no contact has the number +4416*****99" in result.stderr


def test_why_with_what_the_stores_know(served: Served, dialerd: Dialerd) -> None:
    cap = AttemptCap(Scope.NUMBER, 2, 86400.0, name="daily")
    plan = served.stage.plan
    campaign = replace(plan.campaigns["spring"], dnc=("opt_outs",), attempt_caps=(cap,))
    changed = replace(plan, campaigns={**plan.campaigns, "spring": campaign})
    served.act(lambda stage: stage.feed(PlanChanged(changed)))
    served.do(served.daemon.contacts_of("k1,01632 960002", "k2,01632 960001"))
    number = DncEntry(DncKind.NUMBER, "+441632960001", served.stage.now + 7200.0)
    served.do(served.daemon.dnc.add("opt_outs", number, "asked by letter", "ann"))
    text = dialerd("why", "+441632960001").stdout
    assert "in line: 1 contact comes before it" in text
    assert "+4416*****01 is on list opt_outs by its number +4416*****01: asked by letter (ann, " in text
    assert "not before 20" in text
    assert re.search(r"daily +\+4416\*{5}01 +0 of 2 calls in 1d 00h +now", text)
    served.daemon.calls.logs = None
    assert "not known: past calls under rolling caps" in dialerd("why", "+441632960001").stdout


def test_why_tells_what_agents_said(with_history: list[str], served: Served, dialerd: Dialerd) -> None:
    connected = with_history[1]

    async def marked() -> None:
        async with served.daemon.engine.begin() as connection:
            await keep_mark(connection, connected, "machine", "8001", served.stage.now)

    served.do(marked())
    served.do(served.daemon.contacts_of("k1,01632 960002"))
    text = " ".join(dialerd("why", "+441632960002").stdout.split())
    assert "8001 said that +4416*****02 was a machine (" in text
    assert f"; call {connected} of " in text
    (told,) = parsed(dialerd("why", "+441632960002", "--json"))["answers"][0]["marks"]
    assert (told["attempt"], told["mark"], told["by"]) == (connected, "machine", "8001")


def test_why_says_when(with_history: list[str], served: Served, dialerd: Dialerd) -> None:
    served.do(served.daemon.contacts_of("k1,01632 960001"))

    async def wait_until() -> None:
        async with served.daemon.engine.begin() as connection:
            at = served.stage.now + 600
            await connection.exec_driver_sql(f"UPDATE contacts SET state = 'waiting', next_at = {at}")

    served.do(wait_until())
    text = dialerd("why", "+441632960001").stdout
    assert "retry_gap" in text
    assert re.search(r"gap_passed +retry_gap +\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text)


def test_report(with_history: list[str], served: Served, dialerd: Dialerd) -> None:
    text = dialerd("report").stdout
    assert "2 dials, 1 answered, 1 by persons, 1 reached (L), 0 abandoned (A)" in text
    assert "abandon rate A/(A+L): 0.0 %" in text
    assert "answer to agent: median 0.00 s, 95 % within 0.00 s" in text
    assert re.search(r"busy +1 +50.0 %", text)
    body: dict[str, Any] = parsed(dialerd("report", "--json", "--since", "1h"))
    assert body["campaigns"][0]["dispositions"] == {"answered_agent": 1, "busy": 1}
    assert "No attempts were recorded" in dialerd("report", "--since", "1s").stdout
    assert dialerd("report", "--campaign", "nope").exit_code == 1


def test_notices_with_cause_and_remedy(served: Served, dialerd: Dialerd) -> None:
    assert "Nothing to tell" in dialerd("notices").stdout

    def tell(stage: Stage) -> None:
        served.daemon.teller.submit(Tell("info", "agent_line_up", {"agent": "8001"}))
        served.daemon.teller.submit(Tell("warning", "agent_not_responding", {"agent": "8002"}))

    served.act(tell)
    text = " ".join(dialerd("notices").stdout.split())
    advice = NOTICES["agent_not_responding"]
    told = f"warning agent_not_responding agent=8002 {advice.cause} → {advice.remedy}"
    assert told in text
    assert text.index(told) < text.index("info agent_line_up agent=8001"), "the latest first"
    assert len(parsed(dialerd("notices", "--json", "--level", "warning"))["notices"]) == 1
    assert dialerd("notices", "--level", "fatal").exit_code == 2
