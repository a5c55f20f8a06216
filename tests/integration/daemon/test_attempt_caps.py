"""Rolling caps on the real pair: two campaigns that want the same people, and a Redis that forgets."""

from __future__ import annotations

from collections import Counter

from lab import Behaviour
from tests.harness.aftermath import assert_at_rest, truth_since
from tests.harness.redis_keys import flush
from tests.harness.site import agentless
from tests.harness.stage import Stage, settle
from tests.harness.waiting import until

CAP = {"caps": [{"per": "number", "calls": 3, "within": "1h", "name": "hourly"}]}
EAGER = {"max_attempts": 40, "retry": {"busy": {"max_tries": 40, "gap": "100ms"}}, "attempt_limits": CAP}


def test_two_campaigns_share_what_a_cap_allows_and_a_wiped_redis_changes_nothing(stage: Stage) -> None:
    people = [stage.person(behaviour=Behaviour.BUSY) for _ in range(3)]
    campaigns = {
        "one": agentless(stage.lab, contact_list="people", **EAGER),
        "two": agentless(stage.lab, contact_list="subscribers", **EAGER),
        "late": agentless(stage.lab, contact_list="latecomers", **EAGER),
    }
    site = stage.open(campaigns, people=people, subscribers=people, start=["one", "two"])

    def capped(count: int) -> bool:
        contacts = site.contacts()
        return len(contacts) == count and all(c["reason"] == "cap:hourly" for c in contacts)

    def calls() -> Counter[str]:
        return Counter(call.number for call in truth_since(stage.lab, stage.began_ms).calls)

    until("everybody is parked by the cap", lambda: capped(6))
    assert {contact["state"] for contact in site.contacts()} == {"waiting"}
    assert calls() == dict.fromkeys(people, 3), "by the carrier's own book"
    assert len(site.attempts()) == 9
    refused = sum(site.api.metric("dialerd_capped_total", cap="hourly", campaign=name) for name in ("one", "two"))
    assert refused >= 3

    site.daemon.kill()
    flush(stage.lab)
    site.daemon.start()
    again = stage.person(behaviour=Behaviour.BUSY)
    site.api.import_numbers("latecomers", [*people, again])
    site.api.start("late")
    until("everybody of the third list is parked too", lambda: capped(10))
    assert calls() == dict.fromkeys([*people, again], 3), "three of one campaign, none of the other"
    settle(site, *campaigns)
    assert_at_rest(site)
