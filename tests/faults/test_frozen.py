"""A daemon that does not run when somebody answers."""

from __future__ import annotations

from tests.harness.aftermath import assert_at_rest, assert_audited, truth_since
from tests.harness.site import progressive
from tests.harness.stage import Stage
from tests.harness.waiting import until


def test_frozen_at_the_answer(stage: Stage) -> None:
    """The dialplan's dead man's timer plays the message when the daemon does not take charge; thawed, it counts the
    call as abandoned. Conversations go on meanwhile."""
    talker, waiter = stage.person(talk_s=6), stage.person(ring_s=2.5, patience_s=40)
    site = stage.open({"calls": progressive()}, nailed=["8001", "8002"], people=[talker, waiter], start=["calls"])
    until("one talks, one rings", lambda: site.api.states() == {talker: "connected", waiter: "ringing"})
    site.daemon.freeze()
    until("answered", lambda: stage.lab.truth().of(waiter)[-1].answered_ms, 10)
    lost = until("taken back by the dialplan", stage.pbx.losses, 30)
    site.daemon.thaw()
    until("both recorded", lambda: len(site.attempts()) == 2)
    by_number = {one["number"]: one for one in site.attempts()}
    assert lost == {by_number[waiter]["id"]}
    assert (by_number[waiter]["disposition"], by_number[waiter]["abandoned"]) == ("abandoned", 1)
    assert by_number[talker]["disposition"] == "answered_agent"
    truth = truth_since(stage.lab, stage.began_ms)
    (unheard,) = truth.of(waiter)
    assert unheard.message_ms is not None
    assert unheard.answered_ms is not None
    waited_s = (unheard.message_ms - unheard.answered_ms) / 1000
    deadman_s = 20
    assert waited_s <= deadman_s + 1, f"the message came after {waited_s:.1f} s"
    (talked,) = truth.of(talker)
    assert (talked.agent is not None, talked.ended_by) == (True, "callee")
    assert_at_rest(site)


def test_second_daemon_stands_by(stage: Stage) -> None:
    """Two daemons of one shard: the second waits, says why, and takes over when the first is gone. The first, frozen
    meanwhile, finds out, ends with its own exit code, and dials nothing."""
    people = [stage.person(), stage.person(talk_s=15)]
    campaigns = {"calls": progressive()}
    first = stage.open(campaigns, nailed=["8001"], people=people[1:], start=["calls"])
    second = stage.site(campaigns, "second", settings={"instance": "two"}, database=first.database)
    second.daemon.launch()
    until("stands by", lambda: "store" in second.api.unready())
    until("says who has it", lambda: "one" in str(second.api.notices_of("store_absent")))
    until("connected", lambda: first.api.states() == {people[1]: "connected"})
    first.daemon.freeze()
    second.daemon.wait_ready()
    assert second.api.states() == {people[1]: "connected"}
    first.daemon.thaw()
    assert first.daemon.exit_code() == 4
    second.api.import_numbers("people", people[:1])
    until("both called", lambda: second.dispositions() == {number: ["answered_agent"] for number in people})
    assert_audited(second, stage.began_ms)
    assert_at_rest(second)
