"""What operators do with campaigns while calls go on."""

from __future__ import annotations

import json

from lab import Behaviour, Callee
from lab.callees import FIXED_PREFIXES, number_for
from tests.harness.aftermath import assert_at_rest, assert_audited, assert_not_cut, truth_since
from tests.harness.pbx import nailed
from tests.harness.redis_keys import held
from tests.harness.site import Site, progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until, until_equal


def test_reload(stage: Stage) -> None:
    """A valid file comes into force and leaves live calls alone; an invalid one changes nothing; SIGHUP does the
    same as the request."""
    talker, later = stage.person(talk_s=6), stage.person()
    site = stage.open({"calls": progressive()}, nailed=["8001"], people=[talker], start=["calls"])
    until("connected", lambda: site.api.states().get(talker) == "connected")

    site.write_campaigns({"calls": progressive(max_lines=7, wrap_up="1s"), "more": progressive(queue="support")})
    checked = site.api.post("/api/v1/reload?check=true")
    assert not checked["applied"]
    assert set(site.api.campaigns()) == {"calls"}
    applied = site.api.post("/api/v1/reload")
    assert applied["applied"]
    assert "max_lines" in json.dumps(applied["diff"])
    until("the new campaign", lambda: set(site.api.campaigns()) == {"calls", "more"})
    assert site.api.states() == {talker: "connected"}

    site.write_campaigns({"calls": progressive(max_lines=0)})
    refused = site.api.ask("POST", "/api/v1/reload", b"")
    assert refused.status == 422
    assert any("max_lines" in one["path"] for one in refused.body["problems"])
    site.daemon.reload()
    until("refused by signal", lambda: site.api.notices().count("reload_refused") == 2)
    assert set(site.api.campaigns()) == {"calls", "more"}
    assert site.api.states() == {talker: "connected"}

    site.write_campaigns({"calls": progressive(max_lines=9)})
    site.daemon.reload()
    until("removed by signal", lambda: set(site.api.campaigns()) == {"calls"})
    site.api.import_numbers("people", [later])
    complete(site, "calls")
    assert site.dispositions() == {talker: ["answered_agent"], later: ["answered_agent"]}
    assert assert_not_cut(truth_since(stage.lab, stage.began_ms)) == 2
    assert_at_rest(site)


def test_stop_lets_live_calls_finish(stage: Stage) -> None:
    """Ringing and connected calls go on to their end, no new one is placed, then the campaign is off; started again
    it dials the rest."""
    talker, ringer, rest = stage.person(talk_s=4), stage.person(ring_s=4), stage.person()
    site = stage.open(
        {"calls": progressive()}, nailed=["8001", "8002"], people=[talker, ringer, rest], start=["calls"]
    )
    until("one talks, one rings", lambda: site.api.states() == {talker: "connected", ringer: "ringing"})
    site.api.stop("calls")
    until("stopping", lambda: site.api.campaign("calls")["state"] == "stopping")
    assert site.api.why(rest, "calls")["verdict"] == "hold"
    until("off", lambda: site.api.campaign("calls")["state"] == "off")
    both = {talker: ["answered_agent"], ringer: ["answered_agent"]}
    until("both are in the record, and nobody else", lambda: site.dispositions() == both)
    assert_at_rest(site)
    site.api.start("calls")
    complete(site, "calls")
    assert site.dispositions()[rest] == ["answered_agent"]
    assert_audited(site, stage.began_ms)


def test_sigterm_leaves_conversations_and_the_next_daemon_has_them(stage: Stage) -> None:
    """The daemon ends in order, bridged calls stay up, and the next one records them."""
    talkers, ringer = [stage.person(talk_s=17), stage.person(talk_s=18)], stage.person(ring_s=12)
    site = stage.open(
        {"calls": progressive()}, nailed=["8001", "8002", "8003"], people=[*talkers, ringer], start=["calls"],
        settings={"shutdown_grace": "1s"},
    )  # fmt: skip
    until("two talk, one rings", lambda: sorted(site.api.states().values()) == ["connected", "connected", "ringing"])
    site.daemon.terminate()
    assert site.daemon.exit_code() == 0
    assert site.dispositions() == {ringer: ["cancelled"]}
    held = {a for inside in stage.pbx.bridges().values() for a in inside if a.startswith("dlr-")}
    assert len(held) == 2, "the conversations were not left alone"
    site.daemon.start()
    assert sorted(site.api.states().values())[:2] == ["connected", "connected"]
    site.api.stop("calls")
    until("recorded", lambda: all(site.dispositions().get(number) == ["answered_agent"] for number in talkers))
    assert {bool(one["adopted"]) for one in site.attempts() if one["number"] in talkers} == {True}
    assert_at_rest(site)
    assert_not_cut(truth_since(stage.lab, stage.began_ms))
    # The carrier finishes its recordings a moment after the calls have ended.
    until(
        "agents heard",
        lambda: all(call.agent for call in truth_since(stage.lab, stage.began_ms).calls if call.number in talkers),
    )


def test_site_rules_and_a_rule_that_fails(stage: Stage) -> None:
    """A site's own rule judges; where it raises, dialerd's rules do, and operators are told where it failed."""
    machine, broken = stage.person(), stage.person()
    rules = (
        "def classify(evidence):\n"
        f"    if evidence.number == {machine!r}:\n        return 'machine'\n"
        "    raise LookupError('no opinion')\n"
    )
    site = stage.site(
        {"calls": progressive(call_analysis={"profile": "connect_first"}, rules="rules.py",
                              responses={"machine": "hang_up"})}
    )  # fmt: skip
    (site.folder / "rules.py").write_text(rules)
    stage.lab.add_members("sales", nailed=["8001"])
    site.daemon.start()
    stage.agents_ready(site, ["8001"])
    site.api.import_numbers("people", [machine, broken])
    site.api.start("calls")
    complete(site, "calls")
    assert site.dispositions() == {machine: ["machine"], broken: ["answered_agent"]}
    (failure,) = site.api.notices_of("site_rule_failed")
    assert "no opinion" in failure["fields"]["error"]
    assert failure["fields"]["where"].endswith("rules.py:4")
    assert_at_rest(site)


def test_retry_after_busy(stage: Stage) -> None:
    """Not before the gap, and not more often than stated; `why` says until when."""
    busy = number_for(Behaviour.BUSY, 3, prefix=FIXED_PREFIXES[1])
    site = stage.open(
        {"calls": progressive(retry={"busy": {"max_tries": 2, "gap": "3s"}})},
        nailed=["8001"], people=[busy], start=["calls"],
    )  # fmt: skip
    until("first try", lambda: site.dispositions() == {busy: ["busy"]})
    why = site.api.why(busy, "calls")
    assert (why["verdict"], why["contact"]["last_disposition"]) == ("hold", "busy")
    assert "retry_gap" in why["because"]
    complete(site, "calls")
    first, second = site.attempts()
    assert second["disposition"] == "busy"
    assert why["next_eligible_at"] <= second["claimed_at"]
    assert second["claimed_at"] - first["ended_at"] >= 3
    assert "max_tries" in site.contacts()[0]["reason"]
    assert_audited(site, stage.began_ms)


def test_trunk_that_rejects_everything_does_not_burn_the_list(stage: Stage) -> None:
    """Twenty calls in a row refused, none rang: the trunk is left alone, and `why` says so."""
    refused = [f"+4411349604{i:02d}" for i in range(60)]
    for number in refused[:30]:
        stage.lab.assign(number, Callee(Behaviour.CONGESTION, ring_s=0))
    site = stage.open(
        {"calls": progressive(retry={"congestion": {"max_tries": 3, "gap": "1h"}})},
        nailed=["8001", "8002", "8003"], people=refused, start=["calls"], trunk={"cps": 50},
    )  # fmt: skip
    until("held", lambda: "trunk_refuses_everything" in site.api.campaign("calls")["not_dialing"])
    until("the last ones have ended", lambda: not site.api.live())
    until("Redis has handed over all outcomes", lambda: not held(stage.lab))
    dialed = len(site.attempts())
    assert 20 <= dialed <= 20 + 3
    why = site.api.why(refused[-1], "calls")
    assert why["verdict"] == "hold"
    assert "trunk_refuses_everything" in why["because"]
    (notice,) = site.api.notices_of("trunk_refuses_everything")
    assert notice["fields"]["trunk"] == "carrier"
    assert site.api.metric("dialerd_trunk_held", trunk="carrier") == 1
    assert len(site.attempts()) == dialed
    assert_audited(site, stage.began_ms)


def test_queue_without_members(stage: Stage) -> None:
    """Nothing is dialed, and the reason is shown; then somebody logs in."""
    person = stage.person()
    site = stage.open({"empty": progressive("support")}, people=[person], start=["empty"])
    _until_told(site, "empty", "queue_has_no_members")
    assert site.api.metric("dialerd_not_dialing", campaign="empty", reason="queue_has_no_members") == 1
    assert "no_idle_agent" in site.api.why(person, "empty")["because"]
    assert site.attempts() == []
    stage.lab.add_members("support", nailed=["8003"])
    complete(site, "empty")
    assert site.dispositions() == {person: ["answered_agent"]}


def state_and_reason(site: Site) -> tuple[object, object]:
    """Of the campaign ``calls``."""
    view = site.api.campaign("calls")
    return view["state"], view["reason"]


def test_a_campaign_that_cannot_work_waits_for_what_is_missing(stage: Stage) -> None:
    """No such queue, no such sound, a list that was never made: it is invalid and says why, also after a restart;
    when all is there it goes on by itself."""
    person = stage.person()
    fixed = {"calls": progressive(), "other": progressive(contact_list="others")}
    broken = fixed | {"calls": progressive("nosuchqueue", abandon_message="sound:no/such")}
    site = stage.open(broken, nailed=["8001"])
    against = (
        "contact list people was never imported; queue nosuchqueue does not exist in Asterisk; "
        "Asterisk has no sound:no/such"
    )
    started = site.api.post("/api/v1/campaigns/calls/start")
    assert started["invalid"] == against
    for _ in range(2):
        until_equal(("invalid", against), lambda: state_and_reason(site))
        view = site.api.campaign("calls")
        assert list(view["not_dialing"]) == [f"campaign_invalid: {against}"]
        assert site.api.metric("dialerd_not_dialing", campaign="calls", reason="campaign_invalid") == 1
        assert site.api.notices_of("campaign_invalid")[-1]["fields"]["reason"] == against
        assert site.api.campaign("other")["state"] == "off"
        site.daemon.kill()
        site.daemon.start()
    site.write_campaigns(fixed)
    site.api.post("/api/v1/reload")
    never = "contact list people was never imported"
    until("two of three", lambda: site.api.campaign("calls")["reason"] == never)
    site.api.import_numbers("people", [person])
    complete(site, "calls")
    assert site.dispositions() == {person: ["answered_agent"]}


def test_bad_rows_are_rejected_and_the_rest_is_called(stage: Stage) -> None:
    """Each bad row is told with its line and reason; the good ones are dialed."""
    good = [stage.person(), stage.person()]
    site = stage.open({"calls": progressive()}, nailed=["8001"])
    text = f"phone\n{good[0]}\nnot a number\n\n0044\n{good[1]}\n{good[0]}\n"
    report = site.api.import_csv("people", text)
    assert (report["imported"], report["rejected"]) == (2, 3)
    assert [one["line"] for one in report["rejects"]] == [3, 5, 7]
    assert all(one["reason"] for one in report["rejects"])
    unusable = site.api.ask("POST", "/api/v1/contacts/import?list=people", b"telephone\n123\n")
    assert unusable.status == 400
    assert "phone" in unusable.body["detail"]
    site.api.start("calls")
    complete(site, "calls")
    assert site.dispositions() == {number: ["answered_agent"] for number in good}


def test_two_campaigns_share_agents_by_priority(stage: Stage) -> None:
    """While the urgent one has contacts, the other gets no more than its least share: one call of 65."""
    urgent = [stage.person(talk_s=1) for _ in range(4)]
    other = [stage.person(talk_s=1) for _ in range(3)]
    site = stage.open(
        {"low": progressive(priority=2, contact_list="others"), "high": progressive(priority=5)},
        nailed=["8001", "8002"], people=urgent,
    )  # fmt: skip
    site.api.import_numbers("others", other)
    stage.pbx.pause(nailed("8001"))
    stage.pbx.pause(nailed("8002"))
    until("nobody free", lambda: {a["state"] for a in site.api.agents().values()} == {"paused"})
    for name in ("low", "high"):
        site.api.start(name)
    until("contacts ready", lambda: all(one["hopper"] for one in site.api.campaigns().values()))
    stage.pbx.unpause(nailed("8001"))
    stage.pbx.unpause(nailed("8002"))
    complete(site, "low", "high")
    order = [one["campaign"] for one in site.attempts()]
    assert order[0] == "high"
    assert order[:5].count("high") == 4
    assert {one["disposition"] for one in site.attempts()} == {"answered_agent"}
    assert_audited(site, stage.began_ms)


def _until_told(site: Site, campaign: str, reason: str) -> None:
    until(reason, lambda: site.api.campaign(campaign)["not_dialing"].get(reason) == 1)
