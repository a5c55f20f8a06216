"""Why a number is not dialed: gates in order, the verdict in a sentence, the next eligible time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dialerd.config.dnc_lists import DncListSettings
from dialerd.control.daemon import KnownContact
from dialerd.control.why import conclusion
from dialerd.core import dnc_events as d
from dialerd.core import events as e
from dialerd.core.attempts_control import AttemptCap, Scope
from dialerd.core.callable_time import CallableSet, CallableTime, Place, Week
from dialerd.core.choosing import NUMBER_GATES
from dialerd.core.contact import ContactState
from dialerd.core.dnc import DncEntry, DncKind, DncStanding
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.gates import CAMPAIGN_GATES, CONTACT_GATES, agent_ready
from dialerd.core.ordering.settings import DialOrder
from dialerd.core.view import GateFinding
from dialerd.core.weekly_hours import WeeklyHours
from tests.control.api_client import Client
from tests.control.stage import Stage, contact, spring
from tests.control.staged_daemon import StagedDaemon
from tests.control.test_marks import connected

NUMBER = "?number=%2B441632960001"


async def answers(api: Client, query: str = NUMBER) -> list[dict[str, Any]]:
    answer = await api.get(f"/api/v1/why{query}")
    assert answer.status == 200, await answer.text()
    found: list[dict[str, Any]] = (await answer.json())["answers"]
    return found


async def test_every_gate_in_order(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001")
    (answer,) = await answers(api)
    of_contact = [gate.__name__ for gate in (*CAMPAIGN_GATES, *CONTACT_GATES)]
    order = [*of_contact, "filter_passes", *(gate.__name__ for gate in (*NUMBER_GATES, agent_ready))]
    assert [gate["gate"] for gate in answer["gates"]] == order
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


# --- what only the stores know -----------------------------------------------------------------------------


def settle(stage: Stage, **changes: Any) -> None:
    """The campaign gets other settings."""
    plan = stage.plan
    stage.plan = replace(plan, campaigns={**plan.campaigns, "spring": replace(plan.campaigns["spring"], **changes)})
    stage.feed(e.PlanChanged(stage.plan))


async def at_work(stage: Stage, daemon: StagedDaemon, *rows: str, **changes: Any) -> None:
    """Everything is up, and contacts wait in line."""
    settle(stage, **changes)
    await daemon.contacts_of(*(rows or ("a,01632 960001",)))
    stage.up().agent().start("spring", more_in_attempt=1)
    if stage.plan.campaigns["spring"].dnc:
        stage.feed(d.DncStandingChanged(DncStanding(frozenset({"opt_outs", "elsewhere"}))))


async def test_entries_of_do_not_call_lists(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await at_work(stage, daemon, dnc=("opt_outs",))
    (answer,) = await answers(api)
    assert (answer["verdict"], answer["do_not_call"]) == ("allow", [])
    daemon.dnc_lists = {**daemon.dnc_lists, "elsewhere": DncListSettings("elsewhere", "", "GB")}
    prefix = DncEntry(DncKind.PREFIX, "+4416329", stage.now + 7200.0)
    await daemon.dnc.add("elsewhere", DncEntry(DncKind.NUMBER, "+441632960001"), "", "ann")
    await daemon.dnc.add("opt_outs", prefix, "asked by letter", "ann")
    (answer,) = await answers(api)
    assert (answer["verdict"], answer["because"]) == ("hold", "not now: dnc:opt_outs")
    assert answer["next_eligible_at"] == stage.now + 7200.0
    (entry,) = answer["do_not_call"]
    assert (entry["number"], entry["dnc_list"], entry["kind"], entry["reason"], entry["who"]) == (
        "+4416*****01", "opt_outs", "prefix", "asked by letter", "ann",
    )  # fmt: skip
    await daemon.dnc.add("opt_outs", DncEntry(DncKind.CONTACT, "a"), "", "ann")
    (answer,) = await answers(api)
    assert answer["because"] == "never as things stand: dnc:opt_outs"
    assert len(answer["do_not_call"]) == 2


async def test_a_filter_that_leaves_it_out(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await at_work(stage, daemon, order=DialOrder(filter=parse_filter('attempts > 0 or city = "York"')))
    (answer,) = await answers(api)
    assert answer["because"] == 'never as things stand: filtered out: attempts > 0 or city = "York"'
    settle(stage, order=DialOrder(filter=parse_filter("age > 2d")))
    (answer,) = await answers(api)
    assert (answer["verdict"], answer["next_eligible_at"]) == ("hold", None)
    assert answer["because"] == "not now: filtered out: age > 2d"


async def test_how_many_come_before_it(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await at_work(stage, daemon, "a,01632 960003", "b,01632 960002", "c,01632 960001")
    (answer,) = await answers(api)
    place = answer["place"]
    assert (place["kind"], place["before"], place["about"], place["at_least"]) == ("in_line", 2, False, False)


async def test_it_is_in_the_hopper(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await at_work(stage, daemon, "a,01632 960002", "b,01632 960003", "c,01632 960001")
    found = [(await daemon.records.contacts_with_number(f"+44163296000{n}"))[0].contact for n in (2, 3, 1)]
    async with daemon.engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE contacts SET state = 'in_attempt'")
    stage.feed(e.ContactsFetched("spring", tuple(found), None, 3))
    (answer,) = await answers(api)
    assert (answer["place"]["kind"], answer["place"]["place"]) == ("in_hopper", 2)
    (answer,) = await answers(api, "?number=%2B441632960002")
    assert (answer["place"]["kind"], answer["place"]["campaign"]) == ("in_call", "spring")


async def test_parked_until_its_hours(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    """The record parks it for one reason; the hours that follow are added."""
    day = datetime.fromtimestamp(stage.now, UTC).replace(hour=0, minute=0, second=0)
    opens = (day + timedelta(days=2, hours=9)).timestamp()
    until = (day + timedelta(days=1, hours=21)).timestamp()
    daytime = CallableSet("day", Week(WeeklyHours((((9 * 3600, 20 * 3600),),) * 7)))
    await at_work(stage, daemon, callable_time=CallableTime((daytime,), lambda contact, number: Place(("UTC",))))
    async with daemon.engine.begin() as connection:
        await connection.exec_driver_sql(
            f"UPDATE contacts SET state = 'waiting', next_at = {until}, reason = 'rule: house.vip'"
        )
    (answer,) = await answers(api)
    assert answer["because"].startswith("not now: parked: rule: house.vip")
    assert answer["next_eligible_at"] == opens
    assert answer["place"] is None


async def test_a_provider_said_no(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await at_work(stage, daemon, dnc_providers=("never",))
    stage.feed(d.ProviderAnswered("never", {"+441632960001": True}, stage.now + 60.0))
    (answer,) = await answers(api)
    assert answer["because"] == "never as things stand: dnc:never"
    assert answer["providers"] == [
        {"dnc_list": "never", "number": "+4416*****01", "listed": True, "until": stage.now + 60.0}
    ]


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
    assert answer["unknown"] == ["past calls under rolling caps: Redis does not answer"]


async def test_what_agents_said_of_calls(api: Client, stage: Stage, daemon: StagedDaemon) -> None:
    await daemon.contacts_of("a,01632 960001")
    attempt = connected(stage)
    await api.post("/api/v1/agents/8001/mark?mark=machine", headers={"X-Dialerd-User": "anna"})
    said = {"attempt": attempt, "campaign": "spring", "number": "+4416*****01", "mark": "machine"}
    (answer,) = await answers(api)
    (live,) = answer["marks"]
    assert {**live, **said} == live, "of the call that goes on"
    assert (live["by"], live["at"]) == ("anna via 127.0.0.1", stage.now)
    stage.end(attempt)
    await daemon.record_outcomes()
    (answer,) = await answers(api)
    assert answer["marks"] == [live], "and of one that is over"


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
