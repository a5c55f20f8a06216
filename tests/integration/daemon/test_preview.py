"""Contacts that agents are shown before they are called, on real calls."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from tests.harness.aftermath import assert_at_rest, assert_audited, truth_since
from tests.harness.site import Site, progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until, until_equal

ONCE = {"preview_skipped": {"max_tries": 1, "gap": "1h"}}


def preview(**changes: Any) -> dict[str, Any]:
    """A campaign whose agents have all the time in the world, unless they say otherwise."""
    settings: dict[str, Any] = {"mode": "preview", "preview": {"timeout": "10m"}, "retry": ONCE}
    return progressive(**(settings | changes))


def offers(site: Site) -> dict[str, dict[str, Any]]:
    """Last two digits of the number -> its open offer; without a trace in the audit."""
    return {one["number"][-2:]: one for one in site.api.get("/api/v1/previews")["previews"]}


def offer_of(site: Site, number: str) -> dict[str, Any]:
    return until(f"{number} is offered", lambda: offers(site).get(number[-2:]) or {})


def test_an_agent_accepts_skips_and_somebody_opts_out_meanwhile(stage: Stage) -> None:
    """The accepted one is put through to that very agent; of the others nobody's phone rings."""
    wanted, skipped, opted_out = stage.person(), stage.person(), stage.person()
    site = stage.open(
        {"calls": preview(opt_out_list="opt_outs")}, nailed=["8001", "8002"], people=[wanted], start=["calls"]
    )
    offer = offer_of(site, wanted)
    agent, other = offer["agent"], "8002" if offer["agent"] == "8001" else "8001"
    assert site.api.states() == {wanted: "offered"}
    assert site.api.why(wanted, "calls")["place"]["reason"] == "offered"
    refused = site.api.ask("POST", f"/api/v1/previews/{offer['attempt']}/accept?agent={other}", b"")
    assert refused.status == 409
    said = site.api.post(f"/api/v1/previews/{offer['attempt']}/accept?agent={agent}")
    assert said["decision"] == "accepted"
    until_equal({wanted: ["answered_agent"]}, site.dispositions)
    (record,) = site.attempts()
    assert record["agent"] == agent
    assert json.loads(record["preview"])["decision"] == "accepted"

    site.api.import_numbers("people", [skipped])
    site.api.start("calls")
    said = site.api.post(f"/api/v1/previews/{offer_of(site, skipped)['attempt']}/skip")
    assert (said["decision"], said["dialed"]) == ("skipped", False)
    until_equal({wanted: ["answered_agent"], skipped: ["preview_skipped"]}, site.dispositions)

    site.api.import_numbers("people", [opted_out])
    site.api.start("calls")
    offer = offer_of(site, opted_out)
    site.api.post(f"/api/v1/dnc/entries?campaign=calls&number={quote(opted_out)}&reason=asked")
    until("the offer is gone", lambda: not offers(site))
    late = site.api.ask("POST", f"/api/v1/previews/{offer['attempt']}/accept", b"")
    assert (late.status, "dnc:opt_outs" in str(late.body)) == (409, True)

    complete(site, "calls")
    truth = truth_since(stage.lab, stage.began_ms)
    assert {call.number for call in truth.calls} == {wanted}, "somebody's phone has rung"
    assert site.dispositions()[opted_out] == ["not_placed"]
    assert [c["reason"] for c in site.contacts()] == ["reached", "max_tries:preview_skipped", "dnc:opt_outs"]
    until("the carrier heard that agent", lambda: truth_since(stage.lab, stage.began_ms).calls[0].agent == agent)
    for decision in ("accepted", "skipped", "withdrawn"):
        assert site.api.metric("dialerd_preview_offers_total", campaign="calls", decision=decision) == 1, decision
    assert site.api.metric("dialerd_preview_offers_open", campaign="calls") == 0
    assert_at_rest(site)
    assert_audited(site, stage.began_ms)


def test_an_offer_that_runs_out_is_dialed_or_skipped(stage: Stage) -> None:
    """As the campaign says: dialed and put through to the agent who read it, or skipped, and the agent paused."""
    eager, idle = stage.person(), stage.person()
    quick = {"timeout": "5s", "on_timeout": "dial"}
    site = stage.site(
        {
            "eager": preview(preview=quick, contact_list="people"),
            "idle": preview(preview={"timeout": "5s"}, contact_list="subscribers", queue="support"),
        }
    )
    stage.lab.add_members("sales", nailed=["8001"])
    stage.lab.add_members("support", nailed=["8002"])
    site.daemon.start()
    stage.agents_ready(site, ["8001", "8002"])
    site.api.import_numbers("people", [eager])
    site.api.import_numbers("subscribers", [idle])
    site.api.start("eager")
    site.api.start("idle")
    assert offer_of(site, eager)["agent"] == "8001"
    complete(site, "eager", "idle")
    until_equal({eager: ["answered_agent"], idle: ["preview_skipped"]}, site.dispositions)
    assert {one["number"]: one["reason"] for one in site.attempts()}[idle] == "preview_timed_out"
    assert site.api.agent_state("8002") == "not_responding"
    truth = truth_since(stage.lab, stage.began_ms)
    assert {call.number for call in truth.calls} == {eager}
    until("the carrier heard 8001", lambda: truth_since(stage.lab, stage.began_ms).calls[0].agent == "8001")
    assert_at_rest(site)
    assert_audited(site, stage.began_ms)


def test_a_daemon_that_is_killed_while_an_agent_reads_has_called_nobody(stage: Stage) -> None:
    """The offer is closed, the contact is offered anew at once, and called once."""
    person = stage.person()
    site = stage.open({"calls": preview()}, nailed=["8001"], people=[person], start=["calls"])
    before = offer_of(site, person)["attempt"]
    site.daemon.kill()
    site.daemon.start()
    stage_again = offer_of(site, person)
    assert stage_again["attempt"] != before
    site.api.post(f"/api/v1/previews/{stage_again['attempt']}/accept")
    complete(site, "calls")
    until_equal({person: ["not_placed", "answered_agent"]}, site.dispositions)
    first = site.attempts()[0]
    assert (first["id"], first["reason"]) == (before, "daemon_restarted")
    assert len(truth_since(stage.lab, stage.began_ms).calls) == 1
    assert_at_rest(site)
    assert_audited(site, stage.began_ms)
