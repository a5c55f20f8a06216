"""Asterisk killed, frozen, or not letting the daemon in."""

from __future__ import annotations

import pytest

from tests.harness.aftermath import (
    assert_at_rest,
    assert_never_twice,
    truth_since,
)
from tests.harness.site import progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until


def test_pbx_killed_and_restarted(stage: Stage) -> None:
    """What was up is recorded as it was, nobody is dialed while Asterisk is away, and the campaign goes on after."""
    talker, ringer = stage.person(talk_s=30), stage.person(ring_s=9)
    rest = [stage.person() for _ in range(2)]
    site = stage.open(
        {"calls": progressive(retry={"outcome_unknown": {"max_tries": 1, "gap": "1h"}})},
        nailed=["8001", "8002"], people=[talker, ringer, *rest], start=["calls"],
    )  # fmt: skip
    until("one talks, one rings", lambda: site.api.states() == {talker: "connected", ringer: "ringing"})
    stage.lab.pbx.kill()
    until("noticed", lambda: "telephony" in site.api.unready())
    stage.lab.pbx.restart()
    until("ready", site.api.ready)
    # Members are kept over the restart (persistentmembers); their lines are dialed again.
    stage.agents_ready(site, ["8001"])
    complete(site, "calls", limit_s=60)
    recorded = site.dispositions()
    assert recorded[talker] == ["answered_agent"]
    # Cancelled because nobody could have noticed its answer; called again later.
    assert recorded[ringer][0] == "cancelled"
    assert all(recorded[number] == ["answered_agent"] for number in rest)
    # The carrier does not hear of the crash at once: its side of the calls ends later.
    stage.lab.carrier.cli("channel request hangup all")
    truth = truth_since(stage.lab, stage.began_ms)
    calls = [call for call in truth.calls if call.number in rest]
    assert len(calls) == len(rest)
    assert_at_rest(site)


def test_pbx_frozen_for_seconds(stage: Stage) -> None:
    """The sockets hang and are given up; when Asterisk goes on, both sides agree again, and nobody was cut off."""
    talker = stage.person(talk_s=3, patience_s=60)
    site = stage.open({"calls": progressive()}, nailed=["8001", "8002"], people=[talker], start=["calls"])
    until("talks", lambda: site.api.states() == {talker: "connected"})
    stage.lab.pbx.freeze()
    until("noticed", lambda: {"telephony", "roster"} & site.api.unready().keys(), 40)
    stage.lab.pbx.thaw()
    until("ready", site.api.ready)
    rest = [stage.person() for _ in range(2)]
    site.api.import_numbers("people", rest)
    complete(site, "calls")
    truth = truth_since(stage.lab, stage.began_ms)
    assert site.dispositions() == {number: ["answered_agent"] for number in [talker, *rest]}
    assert_never_twice(site.attempts(), truth)
    (call,) = truth.of(talker)
    assert (call.agent is not None, call.ended_by) == (True, "callee")
    assert_at_rest(site)


@pytest.mark.parametrize(
    ("section", "key", "part"), [("ari", "password", "telephony"), ("ami", "secret", "roster")], ids=["ari", "ami"]
)
def test_wrong_password(stage: Stage, section: str, key: str, part: str) -> None:
    """Not ready, with a reason that says so and without the password; alive all the same."""
    wrong = "not-the-password-7391"
    site = stage.site({"calls": progressive()}, settings={section: {key: wrong}})
    site.daemon.launch()
    reason = until("says why", lambda: site.api.unready().get(part, "not connected yet").replace(
        "not connected yet", ""))  # fmt: skip
    assert any(word in reason.lower() for word in ("401", "password", "authentication", "login", "secret")), reason
    answer = site.api.probe("/healthz")
    assert answer is not None
    assert answer.status == 200
    assert site.daemon.running
    assert wrong not in site.daemon.log_file.read_text()
    site.daemon.terminate()
    assert site.daemon.exit_code() == 0
