"""Abandon rates by every formula, checked by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dialerd.core.abandon_ledger import (
    FORMULA_NAMES,
    Counts,
    Estimate,
    Estimates,
    Formula,
    false_machines,
    machine_share,
    rates,
)
from dialerd.core.abandon_statement import span, statement, usual_spans
from dialerd.core.compliance import AbandonWindow, Profile

DAY = Counts(abandoned=3, reached=97, dials=400, persons=110, queued=103, machine_verdicts=50, analysed=160)


def parts(counts: Counts, formula: Formula, estimates: Estimates | None = None) -> tuple[float, float]:
    rate = rates(counts, estimates or Estimates())[formula]
    return pytest.approx(rate.numerator), pytest.approx(rate.denominator)


@pytest.mark.parametrize(
    ("formula", "above", "below"),
    [
        (Formula.US_RATIO, 3, 100),
        (Formula.OFCOM_WITH_AMD, 3, 100),
        (Formula.OFCOM_WITHOUT_AMD, 3, 100),
        (Formula.PER_DIAL, 3, 400),
        (Formula.PER_CONTACT, 3, 110),
        (Formula.PER_QUEUED, 3, 103),
    ],
)
def test_without_estimates(formula: Formula, above: float, below: float) -> None:
    assert parts(DAY, formula) == (above, below)
    assert rates(DAY)[formula].rate == pytest.approx(above / below)


def test_every_formula_is_computed_and_named() -> None:
    assert tuple(map(str, rates(DAY))) == FORMULA_NAMES
    assert all(rate.expression and rate.source for rate in rates(DAY).values())


def test_stated_estimates() -> None:
    stated = Estimates(false_machine_share=0.02, machine_share=0.25)
    assert parts(DAY, Formula.OFCOM_WITH_AMD, stated) == (3 + 1, 3 + 1 + 97)
    assert parts(DAY, Formula.OFCOM_WITHOUT_AMD, stated) == (2.25, 2.25 + 97)
    assert parts(DAY, Formula.US_RATIO, stated) == (3, 100)
    assert false_machines(DAY, stated) == Estimate(1.0, "stated")
    assert machine_share(DAY, stated) == Estimate(0.25, "stated")
    assert false_machines(DAY, Estimates()) == Estimate(0.0, "not measured")


def test_marks_go_before_what_is_stated() -> None:
    marked = Counts(
        abandoned=4, reached=96, dials=500, machine_verdicts=200, analysed=300,
        marked_reached=40, marked_machines=10, reviewed=50, reviewed_persons=1,
    )  # fmt: skip
    stated = Estimates(0.5, 0.5)
    assert false_machines(marked, stated) == Estimate(4.0, "marks")
    assert machine_share(marked, stated) == Estimate(0.25, "marks")
    assert parts(marked, Formula.US_RATIO, stated) == (4, 4 + 86)
    assert parts(marked, Formula.OFCOM_WITH_AMD, stated) == (8, 8 + 86)
    assert parts(marked, Formula.OFCOM_WITHOUT_AMD, stated) == (3, 3 + 86)


def test_only_one_of_ofcoms_formulas_applies() -> None:
    with_amd, without = rates(DAY), rates(Counts(abandoned=1, reached=9))
    assert (with_amd[Formula.OFCOM_WITH_AMD].applies, with_amd[Formula.OFCOM_WITHOUT_AMD].applies) == (True, False)
    assert (without[Formula.OFCOM_WITH_AMD].applies, without[Formula.OFCOM_WITHOUT_AMD].applies) == (False, True)
    assert with_amd[Formula.US_RATIO].applies


def test_nothing_counted_is_no_rate_and_breaks_no_limit() -> None:
    nothing = rates(Counts())
    assert {rate.rate for rate in nothing.values()} == {None}
    assert nothing[Formula.US_RATIO].met(0.03) is None
    assert rates(Counts(abandoned=3, reached=97))[Formula.US_RATIO].met(0.03) is True
    assert rates(Counts(abandoned=4, reached=97))[Formula.US_RATIO].met(0.03) is False
    assert rates(DAY)[Formula.PER_DIAL].met(None) is None


# --- windows -----------------------------------------------------------------------------------------------


def local(text: str, zone: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def test_windows_of_a_day_on_which_clocks_change() -> None:
    zone, day = "Europe/London", date(2026, 3, 29)
    one, rolling, successive = usual_spans(day.toordinal(), zone)
    assert (one.begin, one.end) == (local("2026-03-29", zone), local("2026-03-30", zone))
    assert one.end - one.begin == 23 * 3600
    assert (rolling.begin, rolling.end) == (local("2026-02-28", zone), local("2026-03-30", zone))
    assert rolling.last_day - rolling.first_day == 29
    assert successive.first_day % 30 == 0
    assert successive.first_day <= day.toordinal() <= successive.last_day
    assert {one.window, rolling.window, successive.window} == set(AbandonWindow)


def told(profile: Profile, window: str, counts: Counts = DAY) -> dict[str, Any]:
    where = span(window, 1000, 1000, "UTC")
    found = statement("spring", where, counts, profile, Estimates())
    return {f.rate.formula.value: (f.limit, f.met) for f in found.findings if f.limit is not None}


def test_a_limit_is_told_where_the_profile_applies_it() -> None:
    both = (AbandonWindow.CALENDAR_DAY, AbandonWindow.ROLLING_30_DAYS)
    profile = Profile(
        "p", abandon_cap=0.03, abandon_windows=both, formulas=("us_ratio", "ofcom_with_amd", "ofcom_without_amd")
    )
    assert told(profile, "calendar_day") == {"us_ratio": (0.03, True), "ofcom_with_amd": (0.03, True)}
    assert told(profile, "successive_30_days") == {}
    assert told(profile, "days") == {}
    worse = Counts(abandoned=4, reached=96)
    assert told(profile, "rolling_30_days", worse) == {"us_ratio": (0.03, False), "ofcom_without_amd": (0.03, False)}
    assert told(Profile(), "calendar_day") == {}
