"""The gate of the called party's clock, and what attempts keep of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.attempts_control import AttemptLimits
from dialerd.core.callable_time import CallableSet, CallableTime, Place, Week
from dialerd.core.campaign import CampaignSettings
from dialerd.core.choosing import ALL_ALLOWED
from dialerd.core.compliance import Profile
from dialerd.core.contact import Contact, Number
from dialerd.core.floor import CampaignRun, Floor
from dialerd.core.gate_verdicts import ALLOW, Hold
from dialerd.core.gates import Case
from dialerd.core.ids import SerialNumbers
from dialerd.core.inspection import Evidence
from dialerd.core.tallies import counted
from dialerd.core.time_gate import NEVER_S, UNKNOWN_S, within_callable_time
from dialerd.core.weekly_hours import WeeklyHours
from tests.scenarios.timeline import START, Timeline, campaign, contact

H = 3600
DAYTIME = CallableSet("daytime", Week(WeeklyHours((((9 * H, 20 * H),),) * 7)))


def clock(zone: str, hour: int, minute: int = 0) -> float:
    return datetime(2026, 6, 10, hour, minute, tzinfo=ZoneInfo(zone)).timestamp()


def locate(contact: Contact, number: Number) -> Place:
    zones = {"home": ("Europe/London",), "work": ("America/New_York",), "nowhere": ()}[number.kind]
    return Place(zones, ("GB",) if number.kind == "home" else ())


def verdict(kind: str, now: float, *sets: CallableSet, **changes: Any) -> object:
    settings = campaign(callable_time=CallableTime(sets, locate))
    called = Contact(1, "leads", "k", (Number("+441632960001", kind),), {})
    told = Case(now, Floor(SerialNumbers(0, 0)), CampaignRun(settings), called, called.numbers[0])
    return within_callable_time(replace(told, **changes))


def test_verdicts() -> None:
    evening = clock("Europe/London", 21)
    assert verdict("home", clock("Europe/London", 12), DAYTIME) == ALLOW
    assert verdict("home", evening, DAYTIME) == Hold("callable_time", clock("Europe/London", 9) + 24 * H)
    assert verdict("work", evening, DAYTIME) == ALLOW
    assert verdict("nowhere", evening, DAYTIME) == Hold("time_zone_unknown", evening + UNKNOWN_S)
    assert verdict("home", evening) == ALLOW
    assert verdict("home", evening, DAYTIME, contact=None, number=None) == ALLOW
    assert verdict("home", evening, DAYTIME, number=None) == ALLOW


def test_a_number_that_can_never_be_called_is_looked_at_again_and_not_lost() -> None:
    now = clock("Europe/London", 12)
    elsewhere = CallableSet("france", regions={"FR": Week(DAYTIME.hours.hours)})  # type: ignore[union-attr]
    assert verdict("home", now, elsewhere) == Hold("callable_time_never", now + NEVER_S)


def test_a_set_for_another_country_asks_for_no_time_zone() -> None:
    french = replace(DAYTIME, only_in=("FR",))
    assert verdict("home", clock("Europe/London", 3), french) == ALLOW
    assert verdict("nowhere", 0.0, french) == Hold("time_zone_unknown", UNKNOWN_S), (
        "nobody knows that it is not French"
    )


def _at_noon_in_utc(settings: CampaignSettings) -> Timeline:
    line = Timeline(settings)
    line.now = (12 * H - START) % 86_400
    return line


def test_the_number_whose_hour_it_is_gets_dialed_and_the_attempt_keeps_why() -> None:
    times = CallableTime((replace(DAYTIME, hours=Week(WeeklyHours((((13 * H, 20 * H),),) * 7))),), locate)
    settings = campaign(callable_time=times, profile=Profile("uk", "7", loosened={"least_ring": "a test"}))
    both = contact(numbers=(Number("+12025550123", "work"), Number("+441632960002", "home")))
    line = _at_noon_in_utc(settings).ready("8001").started(both)
    record = line.the(c.Claim).record
    assert (record.number, record.called_zone) == ("+441632960002", "Europe/London")
    assert (record.profile, record.profile_version) == ("uk -least_ring", "7")
    assert record.called_local.endswith("T13:00:00+01:00"), "the London of 1970 had summer time all year"
    assert record.gate_verdicts == ALL_ALLOWED
    assert "within_callable_time" in ALL_ALLOWED


def test_a_contact_outside_hours_waits_in_the_record_until_its_window() -> None:
    night = campaign(callable_time=CallableTime((DAYTIME,), locate))
    line = Timeline(night)
    line.now = (23 * H - START) % 86_400
    line.ready("8001").started(contact(numbers=(Number("+441632960002", "home"),)))
    assert not line.wanted(c.Claim)
    park = line.the(c.ParkContacts)
    assert (park.contact_ids, park.reason) == ((1,), "callable_time")
    assert park.next_at - START - line.now == 9 * H, "nine in the morning is eight by UTC in the London of 1970"


def test_the_hour_may_end_between_claim_and_dialing() -> None:
    settings = campaign(callable_time=CallableTime((DAYTIME,), locate))
    line = Timeline(settings)
    line.store_answers = False
    line.now = (19 * H - START) % 86_400 - 0.5  # half a second before eight in the evening in London
    line.ready("8001").started(contact(numbers=(Number("+441632960002", "home"),)))
    claimed = line.the(c.Claim).record
    line.look_away().at(line.now + 1, e.ClaimGranted(claimed.id))
    assert not line.wanted(c.OriginateCall)
    closed = line.closed()
    assert (closed.disposition, closed.reason) == ("not_placed", "callable_time")
    assert closed.gate_verdicts == "within_callable_time hold: callable_time"
    assert closed.called_local == ""


def test_the_day_may_end_between_claim_and_dialing() -> None:
    line = Timeline(campaign(callable_time=CallableTime(locate=locate)))
    line.store_answers = False
    line.now = (23 * H - START) % 86_400 - 0.5  # half a second before midnight in London
    line.ready("8001").started(contact(numbers=(Number("+441632960002", "home"),)))
    claimed = line.the(c.Claim).record
    midnight = START + line.now + 0.5
    assert claimed.contact_tries is not None
    assert claimed.contact_tries["@over"] == midnight
    line.look_away().at(line.now + 1, e.ClaimGranted(claimed.id))
    assert line.the(c.OriginateCall).attempt_id == claimed.id
    tries = line.dialer.floor.attempts[claimed.id].record.contact_tries
    assert tries is not None
    assert (tries["@over"], tries["@over_all"]) == (midnight + 86_400, midnight + 86_400), "it is today's call"


def test_a_limit_of_a_day_ends_with_the_called_partys_day() -> None:
    limits = AttemptLimits(per_contact=1, daily=True)
    line = Timeline(
        campaign(callable_time=CallableTime(locate=locate), attempt_limits=limits, time_zone="Asia/Tokyo")
    )
    line.now = (12 * H - START) % 86_400
    line.ready("8001").started(contact(numbers=(Number("+441632960002", "home"),)))
    called = line.the(c.Claim).record
    tries = counted({}, replace(called, disposition="busy"), 1)
    again = contact(numbers=(Number("+441632960002", "home"),), tries=tries, attempts=1)
    findings = line.dialer.inspecting.of("spring", again, Evidence(), START + line.now).findings
    until = next(one.until for one in findings if one.reason == "max_attempts_today")
    local = datetime.fromtimestamp(until or 0.0, ZoneInfo("Europe/London"))
    assert (local.isoformat(), line.now) == ("1970-01-14T00:00:00+01:00", 80_000.0), "noon of the 13th by UTC"
