"""Two campaigns under two laws on the real pair: the abandon ledger says what the carrier heard."""

from __future__ import annotations

import random
from datetime import datetime
from typing import Any

import pytest

from dialerd.config.profiles import load_profiles
from lab import Behaviour, Callee
from lab.callees import mix_numbers
from lab.waits import waits
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.site import progressive
from tests.harness.stage import Stage, complete

pytestmark = pytest.mark.timeout(400)
LAWS = {"american": "us-ftc", "british": "uk-ofcom-2010"}
LISTS = {"american": "people", "british": "subscribers"}


def under(law: str, contact_list: str) -> dict[str, Any]:
    """Far more calls than agents: people will be abandoned."""
    loosened = ("abandon_target", "abandon_cap", "progressive_until")
    return progressive(
        mode="power", contact_list=contact_list, max_lines=20, wrap_up="1s",
        pacing={"ratio": 4, "abandon_target": "10%", "abandon_cap": "10%", "progressive_until": 0},
        compliance={"profiles": [law], "looser": dict.fromkeys(loosened, "a short test of what goes wrong")},
    )  # fmt: skip


def town(stage: Stage, start: int) -> list[str]:
    rng = random.Random(start)
    numbers = mix_numbers(36, start=start)
    for number in numbers:
        ring_s, talk_s = rng.uniform(0.5, 2.0), rng.uniform(3.0, 5.0)
        answers = rng.random() < 0.6
        stage.lab.assign(
            number,
            Callee(Behaviour.SHORT_HELLO, round(ring_s, 2), 0.3, round(talk_s, 2), 8.0, "hello-1")
            if answers
            else Callee(Behaviour.BUSY, round(ring_s, 2)),
        )
    return numbers


def test_the_ledger_is_the_carriers_truth(stage: Stage) -> None:
    towns = {"american": town(stage, 7000), "british": town(stage, 7500)}
    campaigns = {name: under(law, LISTS[name]) for name, law in LAWS.items()}
    site = stage.open(
        campaigns, nailed=[str(8001 + n) for n in range(5)], people=towns["american"], subscribers=towns["british"],
        start=list(LAWS),
    )  # fmt: skip
    complete(site, *LAWS, limit_s=200.0)
    assert_at_rest(site)
    truth = truth_since(stage.lab, stage.began_ms)
    heard = waits(truth)
    assert heard.with_message, "nobody was abandoned: the test shows nothing"
    profiles = load_profiles().profiles
    for name, law in LAWS.items():
        own = set(towns[name])
        abandoned, reached = heard.with_message & own, heard.with_agent & own
        dials = sum(call.number in own for call in truth.calls)
        day, rolling, _ = site.api.get(f"/api/v1/abandon?campaign={name}")["ledger"]
        for window in (day, rolling):
            found = {rate["formula"]: (rate["numerator"], rate["denominator"]) for rate in window["rates"]}
            live = (len(abandoned), len(abandoned) + len(reached))
            assert found["us_ratio"] == found["ofcom_with_amd"] == found["ofcom_without_amd"] == live
            assert found["abandons_per_dial"] == (len(abandoned), dials)
            assert found["abandons_per_contact"] == found["abandons_per_queued"] == live
        calls = site.api.get(f"/api/v1/abandon/calls?campaign={name}&unmasked=1")["calls"]
        assert {call["number"] for call in calls} == abandoned
        assert all(call["message_at"] > call["answered_at"] for call in calls)
        limits = {rate["formula"] for rate in day["rates"] if rate["limit"] is not None}
        assert limits == set(), "the cap was loosened, and no rate is held against it"
        for attempt in site.attempts():
            if attempt["campaign"] == name and attempt["dialed_at"] is not None:
                assert attempt["profile"].startswith(f"{law} -abandon_cap")
                assert attempt["profile_version"] == profiles[law].version
                there = datetime.fromisoformat(attempt["called_local"])
                assert abs(there.timestamp() - attempt["dialed_at"]) <= 1.0
                assert attempt["called_zone"].startswith("Europe/")
                assert "within_callable_time" in attempt["gate_verdicts"]
    metric = site.api.get("/api/v1/abandon?campaign=british")["ledger"][0]["rates"][0]["rate"]
    assert metric is not None
