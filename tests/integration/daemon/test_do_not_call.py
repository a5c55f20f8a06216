"""Opt-outs and do-not-call lists on real calls."""

from __future__ import annotations

from urllib.parse import quote

import redis

from lab import Behaviour
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.redis_keys import flush
from tests.harness.site import agentless
from tests.harness.stage import Stage, complete, settle
from tests.harness.waiting import until


def test_an_opt_out_ends_what_rings_and_stops_what_waits(stage: Stage) -> None:
    """Posted while one number rings and another waits in the hopper: the first is ended, neither is called again."""
    ringing = stage.person(behaviour=Behaviour.RINGS_OUT)
    waiting, third = stage.person(), stage.person()
    site = stage.open(
        {"news": agentless(stage.lab, max_lines=1, ring_timeout="60s", opt_out_list="opt_outs")},
        subscribers=[ringing, waiting, third], start=["news"],
    )  # fmt: skip
    until("ringing", lambda: site.api.states().get(ringing) == "ringing")
    until("in the hopper", lambda: site.api.campaign("news")["hopper"] == 2)
    for number in (waiting, ringing):
        done = site.api.post(f"/api/v1/dnc/entries?campaign=news&number={quote(number)}&reason=asked")
        assert (done["in_force"], done["recorded"]) == (True, True)
    complete(site, "news")
    assert site.dispositions() == {ringing: ["cancelled"], third: ["answered_message"]}
    assert [(c["state"], c["reason"]) for c in site.contacts()][:2] == [("uncallable", "dnc:opt_outs")] * 2
    calls = {call.number: call for call in truth_since(stage.lab, stage.began_ms).calls}
    assert waiting not in calls
    assert calls[ringing].answered_ms is None
    found = site.api.get(f"/api/v1/dnc/lookup?number={quote(ringing)}&unmasked=true")
    assert [(one["dnc_list"], one["value"], one["reason"]) for one in found["findings"]] == [
        ("opt_outs", ringing, "asked")
    ]
    assert_at_rest(site)


def test_opt_outs_survive_a_kill_and_a_wiped_redis(stage: Stage) -> None:
    """The record alone brings the lists back, before anything is dialed; a loaded list too."""
    opted_out, listed, third = stage.person(), stage.person(), stage.person()
    campaign = agentless(stage.lab, max_lines=1, opt_out_list="opt_outs", dnc=["national"])
    site = stage.open({"news": campaign}, subscribers=[opted_out, listed, third])
    loaded = site.api.post("/api/v1/dnc/load?list=national&mode=replace", f"{listed}\n+442079460999\n".encode())
    assert (loaded["rows"], loaded["taken"], loaded["in_force"]) == (2, 2, True)
    site.api.post(f"/api/v1/dnc/entries?campaign=news&number={quote(opted_out)}")
    site.daemon.kill()
    flush(stage.lab)
    site.daemon.start()
    site.api.start("news")
    complete(site, "news")
    assert site.dispositions() == {third: ["answered_message"]}
    assert {call.number for call in truth_since(stage.lab, stage.began_ms).calls} == {third}
    assert [c["reason"] for c in site.contacts()] == ["dnc:opt_outs", "dnc:national", "reached"]
    assert site.api.metric("dialerd_dnc_blocked_total", dnc_list="national", campaign="news") == 1
    assert_at_rest(site)


def test_lists_lost_while_dialing_are_made_again(stage: Stage) -> None:
    """Somebody deletes the copy under a running daemon: the claim says so, dialing holds and goes on by itself."""
    site = stage.open({"news": agentless(stage.lab, max_lines=1, opt_out_list="opt_outs")})
    person = stage.person()
    site.api.post(f"/api/v1/dnc/entries?campaign=news&number={quote(person)}")

    with redis.Redis.from_url(stage.lab.redis_url) as client:
        client.delete(*client.keys("{dialerd}:dnc*"))
    site.api.import_numbers("subscribers", [person, stage.person()])
    site.api.start("news")
    complete(site, "news")
    assert person not in site.dispositions()
    settle(site, "news")
    assert_at_rest(site)
