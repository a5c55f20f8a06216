"""Callable times as they are written."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from config_texts import BASE, changed

from dialerd.config.campaigns_file import CheckResult, check
from dialerd.core.callable_time import CallableSet, Place
from dialerd.core.campaign import CampaignSettings
from dialerd.core.contact import Contact, Number

SETS = """\
callable_times:
  daytime:
    hours: {mon-fri: 09:00-20:00, sat: 10:00-12:00 and 13:00-16:00, holiday: closed}
    places:
      FR: {mon-fri: 10:00-13:00 and 14:00-20:00}
      us-fl: {daily: 8-20}
    zones:
      America/Phoenix: {mon-fri: 11:00-12:00}
    holidays: [gb-sct]
    dates:
      2026-12-24: 09:00-12:00
      2026-12-31: closed
"""


def with_sets(sets: str = SETS, uses: str = "    callable_time: daytime\n") -> CheckResult:
    return check(changed(BASE, "campaigns:\n", f"{sets}campaigns:\n") + uses)


def sale(result: CheckResult) -> CampaignSettings:
    assert [str(p) for p in result.problems if p.severity == "error"] == []
    assert result.plan is not None
    return result.plan.campaigns["sale"]


def test_a_set_means_what_is_written() -> None:
    (found,) = sale(with_sets()).callable_time.sets
    assert isinstance(found, CallableSet)
    assert str(found.hours) == "mon-fri 09:00-20:00, sat 10:00-12:00 and 13:00-16:00, holiday closed"
    assert {place: str(week) for place, week in found.regions.items()} == {
        "FR": "mon-fri 10:00-13:00 and 14:00-20:00", "US-FL": "mon-sun 08:00-20:00",
    }  # fmt: skip
    assert str(found.zones["America/Phoenix"]) == "mon-fri 11:00-12:00"
    assert found.dates == {date(2026, 12, 24): ((32_400, 43_200),), date(2026, 12, 31): ()}
    assert found.holiday_places == ("GB-SCT",)
    assert date(2026, 11, 30) in found.holidays_of("GB-SCT")
    assert date(2026, 12, 25) in found.holidays_of("US-FL")
    assert date(2026, 12, 25) in found.holidays_of("GB-XYZ"), "a part that is not known has its country's"
    assert date(2026, 12, 25) not in found.holidays_of("001")


def test_without_a_set_and_without_a_law_every_hour_will_do() -> None:
    assert sale(check(BASE)).callable_time.sets == ()


@pytest.mark.parametrize(
    ("old", "new", "path", "says", "hint"),
    [
        (
            "mon-fri: 09:00-20:00, sat",
            "mon-fri: 09:00-20:00, friday: 9-12, sat",
            "hours",
            "`fri` is stated twice",
            "one of",
        ),
        ("10:00-12:00 and 13:00-16:00", "10:00-14:00 and 13:00-16:00", "hours.sat", "hours that overlap", ""),
        (
            "sat: 10:00-12:00 and 13:00-16:00",
            "sat: 22:00-06:00",
            "hours.sat",
            "ends before it begins",
            "over midnight",
        ),
        (
            "mon-fri: 09:00-20:00, sat",
            "mnday: 9-12, sat",
            "hours.mnday",
            "not a day of the week",
            "did you mean `mon`?",
        ),
        ("FR:", "UK:", "places.UK", "not a country", "`GB`"),
        (
            "America/Phoenix",
            "America/Phenix",
            "zones.America/Phenix",
            "not a time zone",
            "did you mean `America/Phoenix`?",
        ),
        ("[gb-sct]", "[gb-scot]", "holidays[0]", "no holidays are known", "did you mean `GB-SCT`?"),
        ("2026-12-31", "2026-02-30", "dates.2026-02-30", "in no calendar", ""),
        (", holiday: closed", "", "holidays", "holidays are named, and no hours for them", "`holiday: closed`"),
        ("    zones:", "    zone:", "zone", "not a setting here", "did you mean `zones`?"),
    ],
)
def test_one_mistake_one_message(old: str, new: str, path: str, says: str, hint: str) -> None:
    (problem,) = with_sets(changed(SETS, old, new)).problems
    assert problem.path == f"callable_times.daytime.{path}"
    assert says in problem.message
    assert hint in problem.hint
    assert problem.line > 10


@pytest.mark.parametrize(
    "empty",
    ["{}", "{hours: {}}", "{hours: {mon-fri: closed}}", "{places: {FR: {mon: closed}}, dates: {2026-12-24: closed}}"],
)
def test_a_set_without_any_hour_could_never_dial(empty: str) -> None:
    (problem,) = with_sets(f"callable_times:\n  daytime: {empty}\n").problems
    assert (problem.line, problem.column, problem.path) == (12, 3, "callable_times.daytime")
    assert "nobody could ever be called" in problem.message


def test_a_set_that_is_not_there() -> None:
    (problem,) = with_sets(uses="    callable_time: daytimes\n").problems
    assert (problem.path, problem.hint) == ("campaigns.sale.callable_time", "did you mean `daytime`?")
    (problem,) = check(BASE + "    callable_time: daytime\n").problems
    assert problem.hint == "describe it under `callable_times:`"


# --- where contacts are -------------------------------------------------------------------------------------


def with_list(stated: str, folder: Path, region: str = "    region: US\n") -> CheckResult:
    text = changed(BASE, "  customers:\n", f"  customers:\n{region}    local_time: {stated}\n")
    return check(text, "campaigns.yaml", folder)


def place_of(result: CheckResult, number: str, **columns: str) -> Place:
    contact = Contact(1, "customers", "k", (Number(number),), columns)
    return sale(result).callable_time.locate(contact, contact.numbers[0])


def test_a_list_may_say_where_its_contacts_are(tmp_path: Path) -> None:
    (tmp_path / "zips.csv").write_text("code,time_zone,region\n331,America/New_York,US-FL\n")
    columns = "time_zone_column: tz, state_column: st, code_column: zip, code_file: zips.csv"
    stated = f"{{{columns}, fallback_zone: America/Denver}}"
    result = with_list(stated, tmp_path)
    assert place_of(result, "+12025550123", tz="Pacific/Honolulu", st="HI") == Place(
        ("Pacific/Honolulu",), ("US-HI",)
    )
    assert place_of(result, "+12025550123", zip="33101").regions == ("US-FL",)
    assert place_of(result, "+18005550123").zones == ("America/Denver",)


@pytest.mark.parametrize(
    ("stated", "region", "path", "says"),
    [
        ("{code_column: zip}", "", "code_file", "`code_file` is of no use without `code_column`"),
        ("{code_file: zips.csv}", "", "code_column", "is of no use without `code_file`"),
        ("{state_column: st}", "", "state_column", "states of which country?"),
        ("{time_zone_column: mobile}", "", "time_zone_column", "is a phone column"),
        ("{fallback_zone: Londn}", "", "fallback_zone", "not a time zone"),
        ("{code_column: zip, code_file: no.csv}", "", "code_file", "no.csv cannot be read"),
    ],
)
def test_mistakes_about_where_contacts_are(tmp_path: Path, stated: str, region: str, path: str, says: str) -> None:
    (tmp_path / "zips.csv").write_text("code,time_zone\n1,UTC\n")
    (problem,) = with_list(stated, tmp_path, region).problems
    assert problem.path.startswith("contact_lists.customers.local_time.")
    assert says in problem.message or path in problem.message


def test_mistakes_in_the_table_are_told_with_its_lines(tmp_path: Path) -> None:
    (tmp_path / "zips.csv").write_text("code,time_zone\n1,UTC\n2,UTCC\n3,\n")
    problems = with_list("{code_column: zip, code_file: zips.csv}", tmp_path).problems
    assert [(Path(p.file).name, p.line) for p in problems] == [("zips.csv", 3), ("zips.csv", 4)]


def test_the_nearest_default_counts(tmp_path: Path) -> None:
    campaign = changed(BASE, "    queue:", "    fallback_zone: America/Chicago\n    queue:")
    result = check(campaign, "campaigns.yaml", tmp_path)
    assert place_of(result, "+18005550123").zones == ("America/Chicago",)
    text = changed(campaign, "  customers:\n", "  customers:\n    local_time: {fallback_zone: America/Denver}\n")
    assert place_of(check(text, "campaigns.yaml", tmp_path), "+18005550123").zones == ("America/Denver",)
    lists = "contact_lists: [{name: customers, share: 50}, {name: others, share: 50}]"
    two = changed(text, "    contact_list: customers\n", f"    {lists}\n")
    two = changed(two, "campaigns:\n", "  others:\n    phones: [{column: phone}]\ncampaigns:\n")
    locate = sale(check(two, "campaigns.yaml", tmp_path)).callable_time.locate
    zones = [locate(Contact(1, name, "k", (), {}), Number("+18005550123")).zones for name in ("customers", "others")]
    assert zones == [("America/Denver",), ("America/Chicago",)]
