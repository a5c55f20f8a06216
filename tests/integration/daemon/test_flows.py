"""Flows on the real pair: callees press keys by a script, and everything lands where the YAML says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from lab import Behaviour, Profile, keys_in_turn
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.pbx import nailed
from tests.harness.site import progressive
from tests.harness.stage import Stage
from tests.harness.waiting import until

pytestmark = pytest.mark.timeout(180)
ABANDON_LIMIT_MS = 2000
HEARING_MS = 250
"""What the recording's frames and the audio path add."""


def delivery(stage: Stage, branch: str, closed: str) -> dict[str, Any]:
    """Confirm (1), another day (2 and four digits), opt out (9), an agent (0), a number (6, 7), a word (5)."""
    clips = Path(stage.lab.settings.message_sound.removeprefix("sound:")).parent
    short, hold, long = (f"sound:{clips / name}" for name in ("hello-1", "hold", "message"))
    ask = {
        "prompt": hold, "timeout": "1s", "retries": 1, "wrong": short,
        "keys": {1: "confirm", 2: "move", 0: "agent", 5: "memo", 6: "branch", 7: "closed"},
    }  # fmt: skip
    return {
        "longest": "1m",
        "always": {9: "out"},
        "nodes": {
            "greet": {"play": short, "next": "ask"},
            "ask": {"gather": ask, "on_no_input": "later", "on_wrong": "confused"},
            "confirm": {"set": {"delivery": "confirmed"}, "next": "bye"},
            "move": {
                "gather": {"prompt": long, "digits": 4, "pattern": "[0-3][0-9][01][0-9]", "into": "new_day"},
                "next": "moved",
            },
            "moved": {"set": {"delivery": "moved to {new_day}"}, "next": "bye"},
            "agent": {"queue": "sales", "prompt": long, "patience": "15s", "otherwise": "later"},
            "branch": {"number": branch, "otherwise": "later"},
            "closed": {"number": closed, "ring_timeout": "5s", "otherwise": "later"},
            "memo": {"record": {"prompt": short, "into": "memo", "longest": "2s", "silence": "0s"}, "next": "bye"},
            "later": {"callback": "2h", "next": "unanswered"},
            "confused": {"hang_up": "confused"},
            "unanswered": {"hang_up": "unanswered"},
            "out": {"opt_out": True, "next": "opted_out"},
            "opted_out": {"hang_up": "opted_out", "prompt": short},
            "bye": {"hang_up": "answered", "prompt": short},
        },
    }  # fmt: skip


def test_keys_land_where_the_flow_says(stage: Stage) -> None:
    """Eleven people at once: what they pressed is in their columns, on the list, in the queue and in the attempts,
    and each heard what they should."""

    def presses(*turns: tuple[float, str], talk_s: float = 20.0) -> str:
        return stage.person(
            behaviour=Behaviour.PRESSES_KEY, key=keys_in_turn(*turns), pause_s=1.0, talk_s=talk_s, patience_s=10.0
        )

    branch, closed = stage.person(talk_s=2.0), stage.person(behaviour=Behaviour.RINGS_OUT)
    people = {
        "confirm": presses((0, "1")),
        "move": presses((0, "2"), (1.5, "0512")),
        "wrong_day": presses((0, "2"), (1.5, "9912"), (12.0, "0112")),
        "out": presses((0, "9")),
        "agent": presses((0, "0"), talk_s=4.0),
        "silent": stage.person(behaviour=Behaviour.SILENT, talk_s=20.0),
        "wrong": presses((0, "3"), (2.0, "4")),
        "leaves": stage.person(behaviour=Behaviour.SILENT, talk_s=1.5),
        "memo": presses((0, "5")),
        "branch": presses((0, "6")),
        "closed": presses((0, "7")),
    }
    flow = delivery(stage, branch, closed)
    campaign = {
        "mode": "agentless", "contact_list": "people", "flow": "delivery", "call_analysis": {"profile": "off"},
        "opt_out_list": "opt_outs", "wrap_up": "0s", "retry": {"left_flow": {"max_tries": 1, "gap": "1h"}},
    }  # fmt: skip
    site = stage.open(
        {"dates": campaign}, nailed=["8001"], people=people.values(), start=["dates"], flows={"delivery": flow}
    )
    # With one agent for those who may ask for one, the last of them are called when the first are done.
    until("everybody was called", lambda: set(site.dispositions()) == set(people.values()), 120)
    names = {number: name for name, number in people.items()}
    attempts = {names[one["number"]]: one for one in site.attempts()}
    ends = {name: (one["disposition"], one["flow_result"]) for name, one in attempts.items()}
    assert ends == {
        "confirm": ("answered_flow", "answered"),
        "move": ("answered_flow", "answered"),
        "wrong_day": ("answered_flow", "answered"),
        "out": ("answered_flow", "opted_out"),
        "agent": ("answered_agent", "transferred"),
        "silent": ("answered_flow", "unanswered"),
        "wrong": ("answered_flow", "confused"),
        "leaves": ("left_flow", "hung_up"),
        "memo": ("answered_flow", "answered"),
        "branch": ("answered_flow", "transferred"),
        "closed": ("answered_flow", "unanswered"),
    }
    assert {one["treatment"] for one in attempts.values()} == {"flow"}
    assert not any(one["abandoned"] for one in attempts.values())
    contacts = {one["id"]: one for one in site.contacts()}
    of_name = {name: contacts[one["contact_id"]] for name, one in attempts.items()}
    columns = {name: json.loads(one["columns"]) for name, one in of_name.items()}
    memo = columns["memo"].pop("memo")
    assert columns == {name: {} for name in people} | {
        "confirm": {"delivery": "confirmed"},
        "move": {"delivery": "moved to 0512", "new_day": "0512"},
        "wrong_day": {"delivery": "moved to 0112", "new_day": "0112"},
    }
    recording = stage.lab.pbx.home / "spool/recording" / f"{memo}.wav"
    assert recording.stat().st_size > 16_000, "a second of sound"
    assert {name for name, one in of_name.items() if one["reason"] == "callback"} == {"silent", "closed"}
    assert of_name["out"]["reason"] == "opted_out"
    assert attempts["agent"]["queue"] == "sales"

    told = site.api.get(f"/api/v1/attempts/{attempts['memo']['id']}")
    assert (told["flow"]["recordings"], told["flow_result"]) == ([memo], "answered")
    assert site.api.metric("dialerd_flow_results_total", campaign="dates", flow="delivery", result="unanswered") == 2
    assert site.api.metric("dialerd_opt_outs_total", campaign="dates", how="key") == 1

    # Each key came once, and is noted at the node where it was pressed.
    paths = {name: json.loads(one["flow"])["path"] for name, one in attempts.items()}
    keys = {name: "".join(step[3] for step in path) for name, path in paths.items()}
    assert keys == {
        "confirm": "1", "move": "20512", "wrong_day": "299120112", "out": "9", "agent": "0", "silent": "",
        "wrong": "34", "leaves": "", "memo": "5", "branch": "6", "closed": "7",
    }  # fmt: skip

    truth = truth_since(stage.lab, stage.began_ms)
    calls = {name: truth.of(number)[0] for name, number in people.items()}
    assert calls["agent"].agent == "8001"
    assert len(truth.of(branch)) == len(truth.of(closed)) == 1
    assert truth.of(branch)[0].answered_ms is not None
    # The long prompt is cut off by the first of the four digits: what is heard then is short.
    assert max(one.to_ms - one.from_ms for one in calls["move"].heard) < 5_000
    assert calls["move"].ended_by == "caller"
    assert calls["agent"].ended_by == calls["leaves"].ended_by == "callee"

    entry = site.api.get(f"/api/v1/dnc/lookup?number={quote(people['out'])}")
    assert "opt_outs" in json.dumps(entry)
    assert_at_rest(site)


def test_the_abandoned_call_message_takes_keys(stage: Stage) -> None:
    """Eight people answer, and their agents vanish: they hear the message within two seconds, keys opt out or ask
    for a call, and each is counted, whatever they press."""
    people: dict[str, str] = {}
    for key in "99991117":
        number = stage.person(behaviour=Behaviour.PRESSES_KEY, key=key, pause_s=0.5, ring_s=2.0, talk_s=15.0)
        people[number] = key
    agents = [str(8001 + number) for number in range(8)]
    campaign = progressive(
        abandon_keys={9: "opt_out", 1: "callback"}, opt_out_list="opt_outs",
        call_analysis={"profile": "connect_first"},
    )  # fmt: skip
    site = stage.open({"calls": campaign}, nailed=agents, people=people, start=["calls"])
    until("all answered", lambda: sorted(site.api.states().values()) == ["analysing"] * 8)
    for agent in agents:
        stage.pbx.log_out(nailed(agent))
    until("everybody was called", lambda: set(site.dispositions()) == set(people), 60)
    truth = truth_since(stage.lab, stage.began_ms)
    attempts = {one["number"]: one for one in site.attempts()}
    told = {number for number, one in attempts.items() if one["abandoned"]}
    assert len(told) >= 6, site.dispositions()
    meant = {"9": "opted_out", "1": "callback", "7": "message"}
    reasons = {one["contact_key"]: contact["reason"] for contact in site.contacts() for one in attempts.values()
               if one["contact_id"] == contact["id"]}  # fmt: skip
    for number in told:
        (call,), attempt = truth.of(number), attempts[number]
        assert call.answered_ms is not None
        assert call.message_ms is not None
        assert call.spoke_ms is not None
        assert call.message_ms - call.spoke_ms <= ABANDON_LIMIT_MS + HEARING_MS
        assert call.agent is None
        key = people[number]
        assert (attempt["disposition"], attempt["flow_result"]) == ("abandoned", meant[key])
        assert reasons[attempt["contact_key"]].startswith({"9": "opted_out", "1": "callback"}.get(key, "max_tries:"))
        listed = site.api.get(f"/api/v1/dnc/lookup?number={quote(number)}")
        assert ("opt_outs" in json.dumps(listed)) == (key == "9"), listed
    # Who had an agent before the last of them was gone.
    assert {attempts[number]["disposition"] for number in people.keys() - told} <= {"answered_agent"}
    figures = site.api.campaign("calls")
    assert (figures["abandoned"], figures["reached"]) == (len(told), 8 - len(told))
    assert_at_rest(site)


def test_twenty_people_answer_and_no_phone_is_picked_up(stage: Stage) -> None:
    """Every agent's phone is rung and none answers: each of twenty people hears the message within two seconds, key 9
    opts out, the ledger counts twenty. An agent who comes while they listen takes one, who counts even so."""
    people = {
        stage.person(behaviour=Behaviour.PRESSES_KEY, key=key, pause_s=pause, ring_s=2.5, talk_s=20.0): key
        for key, pause in [("9", 2.5), ("7", 9.0)] * 10
    }
    agents = [str(8001 + number) for number in range(20)]
    for agent in agents:
        stage.lab.set_phone(agent, Profile.NO_ANSWER)
    campaign = progressive(
        connection="ring", abandon_keys={9: "opt_out"}, abandon_connect=True, opt_out_list="opt_outs", max_lines=20,
    )  # fmt: skip
    site = stage.open({"calls": campaign}, ring=agents, people=people, start=["calls"])
    try:
        until("twenty are told", lambda: sum(one["flow"] == "abandoned" for one in site.api.live()) == 20)
        stage.lab.add_members("sales", ring=["8050"])
        until("everybody was called", lambda: len(site.dispositions()) == 20, 60)
    finally:
        for agent in agents:
            stage.lab.set_phone(agent, Profile.AT_ONCE)
    truth = truth_since(stage.lab, stage.began_ms)
    attempts = {one["number"]: one for one in site.attempts()}
    late = []
    for number, key in people.items():
        (call,), attempt = truth.of(number), attempts[number]
        assert attempt["abandoned"], attempt
        assert call.message_ms is not None
        assert call.spoke_ms is not None
        if call.message_ms - call.spoke_ms > ABANDON_LIMIT_MS + HEARING_MS:
            late.append(call.message_ms - call.spoke_ms)
        if attempt["connected_at"] is None:
            assert (call.agent, attempt["disposition"]) == (None, "abandoned")
            assert attempt["flow_result"] == {"9": "opted_out", "7": "message"}[key]
        else:
            assert (call.agent, attempt["disposition"], attempt["agent"]) == ("8050", "answered_agent", "8050")
        listed = site.api.get(f"/api/v1/dnc/lookup?number={quote(number)}")
        assert ("opt_outs" in json.dumps(listed)) == (attempt["flow_result"] == "opted_out"), listed
    assert not late
    assert sum(one["connected_at"] is not None for one in attempts.values()) >= 1
    figures = site.api.campaign("calls")
    assert (figures["abandoned"], figures["reached"]) == (20, 0)
    statement = site.api.get("/api/v1/abandon?campaign=calls")
    assert "20" in json.dumps(statement)
    assert_at_rest(site)
