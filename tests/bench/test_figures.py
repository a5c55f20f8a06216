"""What the bench says about its own figures."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from bench.figures import Figure, Measurement, Target, document, markdown, missed, percentile, table, with_sections

KEPT = Figure("share", 0.7, target=Target(0.7))
BROKEN = Figure("delay", 25.1, "ms", Target(25, at_most=True))
PLAIN = Figure("calls/s", 1234.5)
MEASUREMENTS = (Measurement("calls", "Calls", (KEPT, BROKEN, PLAIN), "So and so."),)


@pytest.mark.parametrize(
    ("target", "value", "met"),
    [
        (Target(0.7), 0.7, True),
        (Target(0.7), 0.699, False),
        (Target(25, at_most=True), 25.0, True),
        (Target(25, at_most=True), 25.01, False),
    ],
)
def test_a_target_is_a_limit_that_may_be_reached(target: Target, value: float, met: bool) -> None:
    assert target.met(value) is met


def test_only_figures_with_a_target_have_a_verdict() -> None:
    assert [figure.verdict for figure in MEASUREMENTS[0].figures] == ["met", "missed", ""]
    assert missed(MEASUREMENTS) == [BROKEN]


@pytest.mark.parametrize(
    ("value", "unit", "text"), [(0.61234, "", "0.612"), (2.3456, "ms", "2.35 ms"), (12345.6, "", "12,346")]
)
def test_a_figure_is_rounded_for_people(value: float, unit: str, text: str) -> None:
    assert Figure("x", value, unit).measured == text


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([5.0], 0.99, 5.0),
        (list(range(1, 101)), 0.99, 99),
        (list(range(1, 101)), 0.5, 50),
        (list(range(1, 101)), 1.0, 100),
        ([3.0, 1.0, 2.0], 0.0, 1.0),
    ],
)
def test_a_percentile_is_one_of_the_values(values: list[float], share: float, expected: float) -> None:
    assert percentile(values, share) == expected


def test_there_is_no_percentile_of_nothing() -> None:
    with pytest.raises(ValueError):
        percentile([], 0.5)


def test_the_table_shows_target_measured_and_verdict() -> None:
    shown = io.StringIO()
    Console(file=shown, width=120).print(table(MEASUREMENTS))

    (line,) = [line for line in shown.getvalue().splitlines() if "delay" in line]
    assert line.split() == ["delay", "≤", "25", "ms", "25.1", "ms", "missed"]


def test_the_results_file_has_every_figure_and_how_it_was_got() -> None:
    text = markdown(MEASUREMENTS, ["2 cores"])

    assert "| delay | ≤ 25 ms | 25.1 ms | missed |" in text
    assert "| calls/s |  | 1,234 |  |" in text
    assert "So and so." in text
    assert "- 2 cores" in text


def test_programs_get_the_plain_values() -> None:
    told = document(MEASUREMENTS, ["2 cores"])

    figures = told["measurements"]["calls"]["figures"]
    assert [(one["value"], one["target"], one["verdict"]) for one in figures] == [
        (0.7, 0.7, "met"), (25.1, 25, "missed"), (1234.5, None, None),
    ]  # fmt: skip


def test_one_section_is_written_anew_and_the_others_stay_as_they_are() -> None:
    other = Measurement("dnc", "Do not call", (KEPT,), "Otherwise.")
    whole = markdown([*MEASUREMENTS, other], ["2 cores."])
    again = Measurement("calls", "Calls", (Figure("share", 0.9),), "Anew.")
    changed = with_sections(whole, [again], ["4 cores."])
    assert "| share |  | 0.9 |  |" in changed
    assert "So and so." not in changed
    assert "Anew.\n\nMeasured apart from the others:\n\n- 4 cores.\n" in changed
    assert changed.endswith(whole[whole.index("\n## Do not call") :])
    assert changed.startswith(whole[: whole.index("\n## Calls")])
    assert with_sections(changed, [again], ["4 cores."]) == changed


def test_a_section_that_was_not_there_comes_last() -> None:
    whole = markdown(MEASUREMENTS, ["2 cores."])
    added = with_sections(whole, [Measurement("dnc", "Do not call", (KEPT,), "Otherwise.")], [])
    assert added.startswith(whole)
    assert added[len(whole) :].startswith("\n## Do not call\n\nOtherwise.\n\n| figure")
