"""Why a number is not dialed: gates in order, the verdict in a sentence, the next eligible time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dialerd.control.daemon import KnownContact
from dialerd.control.why import conclusion
from dialerd.core import events as e
from dialerd.core.attempts_control import AttemptCap, Scope
from dialerd.core.choosing import NUMBER_GATES
from dialerd.core.contact import ContactState
from dialerd.core.gates import CAMPAIGN_GATES, CONTACT_GATES, agent_ready
from dialerd.core.view import GateFinding
from tests.control.api_client import Client
from tests.control.stage import Stage, contact, spring
from tests.control.staged_daemon import StagedDaemon

NUMBER = "?number=%2B441632960001"


async def answers(api: Client, query: str = NUMBER) -> list[dict[str, Any]]:
    answer = await api.get(f"/api/v1/why{query}")
    assert answer.status == 200, await answer.text()
    found: list[dict[str, Any]] = (await answer.json())["answers"]
    return found


async def test_every_gate_in_order(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001")
    (answer,) = await answers(api)
    order = (*CAMPAIGN_GATES, *CONTACT_GATES, *NUMBER_GATES, agent_ready)
    assert [gate["gate"] for gate in answer["gates"]] == [gate.__name__ for gate in order]
    of_number = {gate["gate"] for gate in answer["gates"] if gate["number"] == "+4416*****01"}
    assert of_number == {gate.__name__ for gate in NUMBER_GATES}
    assert answer["campaign"] == "spring"
    assert answer["verdict"] == "hold"
    assert answer["because"].startswith("not now: campaign_off, telephony_down: not connected yet")
    assert answer["next_eligible_at"] is None
    assert answer["contact"]["key"] == "a"
    assert answer["contact"]["next_number"] == "+4416*****01"
    stage.up().agent().start("spring", more_in_attempt=1)
    (answer,) = await answers(api)
    assert (answer["verdict"], answer["next_eligible_at"]) == ("allow", stage.now)
    assert answer["because"] == "nothing is against it: dialed in its turn"


async def test_a_retry_gap_says_until_when(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001")
    known = (await daemon.records.contacts_with_number("+441632960001"))[0]
    stage.up().agent().start("spring", known.contact)
    attempt = stage.grant()
    stage.feed(e.ChannelRinging(attempt)).end(attempt, 17, 486).advance(5)
    await daemon.record_outcomes()
    (answer,) = await answers(api)
    assert answer["verdict"] == "hold"
    assert answer["because"] == "not now: retry_gap"
    assert answer["next_eligible_at"] == pytest.approx(stage.now - 5 + 600)
    assert answer["contact"]["last_disposition"] == "busy"
    assert answer["contact"]["attempts"] == 1


async def test_an_uncallable_contact_is_refused(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001")
    async with daemon.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE contacts SET state = 'uncallable', reason = 'max_attempts'")
    stage.up().agent().start("spring")
    (answer,) = await answers(api)
    assert answer["verdict"] == "refuse"
    assert answer["because"] == "never as things stand: uncallable: max_attempts"
    assert answer["next_eligible_at"] is None


async def test_a_live_call_is_told(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001")
    known = (await daemon.records.contacts_with_number("+441632960001"))[0]
    stage.up().agent().start("spring", known.contact)
    attempt = stage.grant()
    (answer,) = await answers(api)
    assert answer["verdict"] == "live"
    assert answer["live_attempt"]["id"] == attempt
    assert answer["because"] == "the contact is in a call now (originating)"


async def test_a_number_of_no_contact_and_of_no_campaign(api: Client, daemon: StagedDaemon) -> None:
    answer = await api.get(f"/api/v1/why{NUMBER}")
    assert answer.status == 404
    assert "+4416*****01" in (await answer.json())["title"]
    await daemon.contacts_of("a,01632 960001")
    answer = await api.get(f"/api/v1/why{NUMBER}&campaign=reminders")
    assert answer.status == 404
    assert (await answer.json())["detail"] == "It is in: leads."
    assert (await api.get(f"/api/v1/why{NUMBER}&campaign=sprng")).status == 404


@pytest.mark.parametrize("query", ["", "?number=", "?number=8001", "?number=%2B44x1632960001"])
async def test_a_bad_number_is_400(api: Client, query: str) -> None:
    answer = await api.get(f"/api/v1/why{query}")
    assert answer.status == 400
    assert "`number`" in (await answer.json())["detail"]


async def test_the_calls_that_each_cap_counts_and_when_it_is_free(
    api: Client, stage: Stage, daemon: StagedDaemon
) -> None:
    await daemon.contacts_of("a,01632 960001")
    cap = AttemptCap(Scope.NUMBER, 2, 86400.0, name="daily")
    capped = spring(attempt_caps=(cap, AttemptCap(Scope.PERSON, 7, 604800.0, name="reg_f")))
    stage.feed(e.PlanChanged(replace(stage.plan, campaigns={"spring": capped})))
    stage.up().agent().start("spring", more_in_attempt=1)
    first = int(stage.now) - 4000
    daemon.calls.logs = {(Scope.NUMBER, "+441632960001"): [(first, 0), (first + 50, 0), (first - 90_000, 0)]}
    (answer,) = await answers(api)
    assert (answer["verdict"], answer["because"]) == ("hold", "not now: cap:daily")
    assert answer["next_eligible_at"] == first + 86400
    assert answer["caps"] == [
        {"cap": "daily", "number": "+4416*****01", "counts": "calls", "counted": 2, "calls": 2, "window_s": 86400.0,
         "free_at": first + 86400},
        {"cap": "reg_f", "number": None, "counts": "calls", "counted": 0, "calls": 7, "window_s": 604800.0,
         "free_at": None},
    ]  # fmt: skip
    daemon.calls.logs = None
    (answer,) = await answers(api)
    assert (answer["verdict"], answer["caps"]) == ("allow", None)


def known(state: ContactState) -> KnownContact:
    return KnownContact(contact(1), state, None, "")


def test_conclusions() -> None:
    allow = GateFinding("campaign_on", "allow", "", None)
    short = GateFinding("trunk_cps", "hold", "trunk_cps", 12.0)
    long = GateFinding("gap_passed", "hold", "retry_gap", 99.0)
    open_end = GateFinding("agent_ready", "hold", "no_idle_agent", None)
    refuse = GateFinding("attempts_left", "refuse", "max_attempts", None)
    fresh = known(ContactState.CALLABLE)
    assert conclusion(10.0, fresh, [allow, short, long], None) == ("hold", "not now: trunk_cps, retry_gap", 99.0)
    assert conclusion(10.0, fresh, [short, open_end], None)[2] is None
    assert conclusion(10.0, fresh, [long, refuse], None)[:2] == ("refuse", "never as things stand: max_attempts")
    assert conclusion(10.0, fresh, [allow], None)[2] == 10.0
    one = replace(long, number="+441632960001")
    other = replace(refuse, number="+441632960002")
    assert conclusion(10.0, fresh, [short, one, other], None) == ("hold", "not now: trunk_cps, retry_gap", 99.0)
    assert conclusion(10.0, fresh, [replace(one, until=None), one, other, allow], None)[0] == "hold"
    assert conclusion(10.0, fresh, [one, other, replace(allow, number="+441632960003")], None)[0] == "allow"
    chosen = known(ContactState.IN_ATTEMPT)
    assert conclusion(10.0, chosen, [allow], None)[1] == "chosen, and next to be dialed"
    assert conclusion(10.0, chosen, [refuse], "ringing")[0] == "live"
