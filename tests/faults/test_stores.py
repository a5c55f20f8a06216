"""Redis and the database killed, frozen, emptied, locked, or not there at all."""

from __future__ import annotations

import sqlite3
import time
from urllib.parse import quote

from lab import Behaviour
from tests.harness.aftermath import assert_at_rest, assert_audited, assert_not_cut, truth_since
from tests.harness.redis_keys import flush
from tests.harness.site import Site, agentless, progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until, until_equal, while_true


def _two_calls(stage: Stage, *rest: str) -> tuple[Site, str, str]:
    """A site with one conversation and one call that rings, in that order, and more people to call."""
    talker, ringer = stage.person(talk_s=5), stage.person(ring_s=5)
    site = stage.open(
        {"calls": progressive()}, nailed=["8001", "8002"], people=[talker, ringer, *rest], start=["calls"]
    )
    until("one talks, one rings", lambda: site.api.states() == {talker: "connected", ringer: "ringing"})
    return site, talker, ringer


def _all_answered(stage: Stage, site: Site, *people: str) -> None:
    complete(site, "calls")
    assert site.dispositions() == {number: ["answered_agent"] for number in people}
    assert_audited(site, stage.began_ms)
    assert assert_not_cut(truth_since(stage.lab, stage.began_ms)) == len(people)
    assert_at_rest(site)


def test_redis_killed_and_restarted(stage: Stage) -> None:
    """Calls go on without Redis, none is placed, and all of it is in the record when Redis is back."""
    rest = [stage.person() for _ in range(2)]
    site, talker, ringer = _two_calls(stage, *rest)
    stage.lab.redis.kill()
    until("noticed", lambda: "store" in site.api.unready())
    until("why not", lambda: any("store_down" in one for one in site.api.campaign("calls")["not_dialing"]))
    until("answered and connected without Redis", lambda: site.api.states().get(ringer) == "connected", 15)
    assert set(site.api.states()) <= {talker, ringer}
    stage.lab.redis.restart()
    until("ready", site.api.ready)
    _all_answered(stage, site, talker, ringer, *rest)


def test_redis_frozen(stage: Stage) -> None:
    """As when it is killed; what was on its way is neither lost nor done twice."""
    rest = [stage.person() for _ in range(2)]
    site, talker, ringer = _two_calls(stage, *rest)
    stage.lab.redis.freeze()
    until("answered and connected without Redis", lambda: site.api.states().get(ringer) == "connected", 15)
    until("noticed", lambda: "store" in site.api.unready())
    stage.lab.redis.thaw()
    until("ready", site.api.ready)
    _all_answered(stage, site, talker, ringer, *rest)


def test_redis_flushed(stage: Stage) -> None:
    """All keys gone under a running daemon: it puts back what it holds, and dials nobody twice."""
    rest = [stage.person() for _ in range(2)]
    site, talker, ringer = _two_calls(stage, *rest)
    flush(stage.lab)
    until("noticed and mended", lambda: "store_lost" in site.api.notices() and site.api.ready())
    _all_answered(stage, site, talker, ringer, *rest)


def test_database_locked_for_five_seconds(stage: Stage) -> None:
    """Calls go on; their outcomes wait, and are in the record afterwards."""
    rest = [stage.person(talk_s=1) for _ in range(2)]
    site, talker, ringer = _two_calls(stage, *rest)
    blocker = sqlite3.connect(site.database, isolation_level=None)
    blocker.execute("begin exclusive")
    try:
        until_s = time.monotonic() + 5
        until("a call ended meanwhile", lambda: site.api.live_now() < 2, 15)
        while_true("the API answers", lambda: site.api.probe("/healthz"), max(0.0, until_s - time.monotonic()))
    finally:
        blocker.rollback()
        blocker.close()
    _all_answered(stage, site, talker, ringer, *rest)


def test_stores_absent_at_start(stage: Stage) -> None:
    """The daemon waits for both, tells why in /readyz while /healthz is well, and goes on when they come."""
    person = stage.person()
    site = stage.site({"calls": progressive()})
    stage.lab.add_members("sales", nailed=["8001"])
    site.folder.chmod(0o700)
    site.database.mkdir()
    stage.lab.redis.kill()
    site.daemon.launch()
    until("told of the database", lambda: site.api.probe("/healthz") and site.api.notices_of("record_absent"))
    assert "store" in site.api.unready()
    site.database.rmdir()
    until("told of Redis", lambda: site.api.notices_of("store_absent"))
    assert "store" in site.api.unready()
    answer = site.api.probe("/healthz")
    assert answer is not None
    assert answer.status == 200
    stage.lab.redis.restart()
    site.daemon.wait_ready()
    stage.agents_ready(site, ["8001"])
    site.api.import_numbers("people", [person])
    site.api.start("calls")
    _all_answered(stage, site, person)


def test_an_opt_out_while_the_database_is_locked(stage: Stage) -> None:
    """It ends what rings and keeps who waits from being called, at once; the record has it when it answers."""
    ringing = stage.person(behaviour=Behaviour.RINGS_OUT)
    waiting, third = stage.person(), stage.person()
    campaign = agentless(stage.lab, max_lines=1, ring_timeout="60s", opt_out_list="opt_outs")
    site = stage.open({"news": campaign}, subscribers=[ringing, waiting, third], start=["news"])
    until("ringing", lambda: site.api.states().get(ringing) == "ringing")
    until("in the hopper", lambda: site.api.campaign("news")["hopper"] == 2)
    blocker = sqlite3.connect(site.database, isolation_level=None)
    blocker.execute("begin exclusive")
    try:
        for number in (waiting, ringing):
            done = site.api.post(f"/api/v1/dnc/entries?campaign=news&number={quote(number)}&reason=asked")
            assert (done["in_force"], done["recorded"]) == (True, False)
        until("the call ended", lambda: site.api.campaign("news")["dispositions"].get("cancelled") == 1)
    finally:
        blocker.rollback()
        blocker.close()
    complete(site, "news")
    assert site.dispositions() == {ringing: ["cancelled"], third: ["answered_message"]}
    assert waiting not in {call.number for call in truth_since(stage.lab, stage.began_ms).calls}
    lookup = f"/api/v1/dnc/lookup?number={quote(waiting)}&unmasked=true"
    until_equal(
        [("opt_outs", "asked")],
        lambda: [(one["dnc_list"], one["reason"]) for one in site.api.get(lookup)["findings"]],
    )
    assert_at_rest(site)
