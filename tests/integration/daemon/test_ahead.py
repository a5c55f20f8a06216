"""Calls ahead of agents on the real pair: the carrier's own ears confirm every abandoned call and every wait."""

from __future__ import annotations

import random
from typing import Any

import pytest

from lab import Behaviour, Callee
from lab.callees import mix_numbers
from lab.demo.audit import audit
from lab.waits import HEARING_MS, LIMIT_MS, waits
from tests.harness.aftermath import assert_at_rest, assert_never_twice, truth_since
from tests.harness.site import Site, progressive
from tests.harness.stage import Stage, complete
from tests.harness.waiting import until

AGENTS = [str(8001 + number) for number in range(8)]
pytestmark = pytest.mark.timeout(400)


def ahead(mode: str, **pacing: Any) -> dict[str, Any]:
    """A campaign that dials ahead from the first call on, with as many abandoned calls as settings allow."""
    settings = {"abandon_target": "10%", "abandon_cap": "10%", "progressive_until": 0} | pacing
    loosened = ("abandon_target", "abandon_cap", "progressive_until")
    reasons = dict.fromkeys(loosened, "a short test of what goes wrong")
    return progressive(
        mode=mode, pacing=settings, max_lines=30, wrap_up="1s",
        compliance={"profiles": ["uk-ofcom-2010"], "looser": reasons},
    )  # fmt: skip


def town(stage: Stage, count: int, start: int, answering: float = 0.4) -> list[str]:
    """People who ring for seconds and talk for seconds; the others are busy or do not answer."""
    rng = random.Random(start)
    numbers = mix_numbers(count, start=start)
    for number in numbers:
        ring_s, talk_s = rng.uniform(1.0, 4.0), rng.uniform(3.0, 7.0)
        if rng.random() < answering:
            callee = Callee(Behaviour.SHORT_HELLO, round(ring_s, 2), 0.3, round(talk_s, 2), 8.0, "hello-1")
        else:
            callee = Callee(Behaviour.BUSY, round(ring_s, 2))
        stage.lab.assign(number, callee)
    return numbers


def abandoned(site: Site) -> set[str]:
    """Numbers whose attempt the record counts as abandoned."""
    return {one["number"] for one in site.attempts() if one["abandoned"]}


def assert_told_as_it_was(site: Site, stage: Stage) -> None:
    """The carrier's truth: who met no agent is counted, nobody else is, and nobody waited too long."""
    truth = truth_since(stage.lab, stage.began_ms)
    assert_never_twice(site.attempts(), truth)
    found = waits(truth)
    assert found.with_message == abandoned(site)
    assert not found.with_nothing
    assert found.longest_ms <= LIMIT_MS + HEARING_MS
    figures = site.api.campaign("calls")
    assert (figures["abandoned"], figures["reached"]) == (len(found.with_message), len(found.with_agent))
    audited = audit(site.attempts(), truth)
    assert not audited.unaccounted
    # The audit expects that nobody is abandoned; who was is compared above, with what they heard.
    assert {one.number for one in audited.differences} == abandoned(site)


def test_predictive_campaign(stage: Stage) -> None:
    people = town(stage, 130, 6000)
    site = stage.open({"calls": ahead("predictive")}, nailed=AGENTS, people=people, start=["calls"])
    until("calls ahead", lambda: site.api.campaign("calls")["ringing"] > 8, limit_s=60.0)
    view = site.api.campaign("calls")["pacing"]
    assert view["agents_at_work"] == 8
    assert "budget" in view["explanation"]
    assert site.api.metric("dialerd_pacing_level", campaign="calls") > 0.0
    complete(site, "calls", limit_s=200.0)
    assert_told_as_it_was(site, stage)
    last = site.api.campaign("calls")["pacing"]
    assert last["abandoned_today"] == len(abandoned(site))
    assert_at_rest(site)


def test_power_campaign_that_abandons(stage: Stage) -> None:
    """Far too many calls for each agent: people are abandoned, each is told in time, each is counted."""
    people = town(stage, 60, 6500, answering=0.6)
    campaign = ahead("power", ratio=5)
    site = stage.open({"calls": campaign}, nailed=AGENTS[:4], people=people, start=["calls"])
    complete(site, "calls", limit_s=200.0)
    assert abandoned(site), "nobody was abandoned: the test shows nothing"
    assert_told_as_it_was(site, stage)
    assert_at_rest(site)


def test_what_was_learned_outlives_the_daemon(stage: Stage) -> None:
    people = town(stage, 50, 6800)
    site = stage.open({"calls": ahead("predictive")}, nailed=AGENTS[:4], people=people, start=["calls"])
    until("some answered", lambda: site.api.campaign("calls")["pacing"]["answered_today"] >= 6, limit_s=60.0)
    assert site.api.notices().count("pacing_cold") == 1
    site.daemon.terminate()
    assert site.daemon.exit_code() == 0
    site.daemon.start()
    until("goes on", lambda: site.api.campaign("calls")["placed"] > 0, limit_s=60.0)
    view = site.api.campaign("calls")["pacing"]
    assert view["cold"] == ""
    assert view["answered_today"] >= 6, "counted by the record"
    assert "pacing_warm" in site.api.notices()
    complete(site, "calls", limit_s=120.0)
    assert_told_as_it_was_over_a_restart(site, stage)
    assert_at_rest(site)


def assert_told_as_it_was_over_a_restart(site: Site, stage: Stage) -> None:
    """Calls that the first daemon cancelled are dialed again: each number's last call is the one that counts."""
    found = waits(truth_since(stage.lab, stage.began_ms))
    assert found.with_message == abandoned(site)
    assert site.api.campaign("calls")["pacing"]["abandoned_today"] == len(found.with_message)
