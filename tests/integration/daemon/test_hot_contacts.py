"""A contact that comes in hot is called at once, before those who wait: on the real pair."""

from __future__ import annotations

import json
from typing import Any

from lab import Behaviour, Callee
from tests.harness.aftermath import assert_at_rest, assert_audited, truth_since
from tests.harness.site import Site, progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until


def _add(site: Site, number: str, key: str, *, hot: bool) -> int:
    """A contact by the API, as a web form would; its id."""
    body: dict[str, Any] = {"list": "people", "contacts": [{"numbers": [number], "key": key, "hot": hot}]}
    (fed,) = site.api.post("/api/v1/contacts", json.dumps(body).encode())["results"]
    assert fed["result"] == "added"
    return int(fed["id"])


def test_a_hot_contact_is_called_before_all_who_wait(stage: Stage) -> None:
    """One agent talks, four people wait in the hopper; one comes in turn and one comes hot. The hot one is next."""
    first = stage.person(talk_s=4)
    waiting = [stage.person() for _ in range(4)]
    site = stage.open({"calls": progressive(max_lines=1)}, nailed=["8001"], people=[first, *waiting], start=["calls"])
    until("talking", lambda: site.api.states() == {first: "connected"})
    until("the others are in the hopper", lambda: site.api.campaign("calls")["hopper"] == 4)
    plain, hot = stage.person(), stage.person()
    _add(site, plain, "plain", hot=False)
    _add(site, hot, "hot", hot=True)
    until("it stands before them", lambda: site.api.campaign("calls")["hopper"] == 5)
    complete(site, "calls")
    calls = sorted(truth_since(stage.lab, stage.began_ms).calls, key=lambda call: call.received_ms)
    assert [call.number for call in calls[:2]] == [first, hot]
    assert calls[-1].number == plain, "who is not hot comes in turn"
    assert site.dispositions() == {number: ["answered_agent"] for number in (first, *waiting, plain, hot)}
    assert_audited(site, stage.began_ms)
    assert_at_rest(site)


def test_a_contact_that_waits_is_called_when_it_becomes_hot(stage: Stage) -> None:
    """Busy a moment ago and due in minutes; somebody presses "call now"."""
    busy = stage.person(behaviour=Behaviour.BUSY)
    later = progressive(max_attempts=2, retry={"busy": {"gap": "30m", "max_tries": 2}})
    site = stage.open({"calls": later}, nailed=["8001"], people=[busy], start=["calls"])
    until("it waits", lambda: [c["state"] for c in site.contacts()] == ["waiting"])
    (contact,) = site.contacts()
    answers = Callee(Behaviour.SHORT_HELLO, ring_s=0.3, pause_s=0.2, talk_s=1.2, patience_s=6.0, clip="hello-1")
    stage.lab.assign(busy, answers)
    changed = site.api.ask("PATCH", f"/api/v1/contacts/{contact['id']}", json.dumps({"hot": True}).encode())
    assert changed.status == 200, changed
    complete(site, "calls")
    assert site.dispositions() == {busy: ["busy", "answered_agent"]}
    assert_at_rest(site)
