"""Several profiles, and what then binds."""

from __future__ import annotations

from typing import Any

import pytest

from dialerd.core.abandon_ledger import FORMULA_NAMES
from dialerd.core.analysis import Clock
from dialerd.core.attempts_control import AttemptCap, Scope
from dialerd.core.callable_time import CallableSet
from dialerd.core.compliance import (
    STRICTEST,
    UNBOUND,
    AbandonWindow,
    Figure,
    Profile,
    strictest,
)

THREE, SEVEN = AttemptCap(Scope.CONTACT, 3, 60.0), AttemptCap(Scope.NUMBER, 7, 90.0)


def profile(name: str, **rules: Any) -> Profile:
    """A profile that states exactly these rules."""
    figures = {rule: Figure(str(value), f"law of {name}", True, name) for rule, value in rules.items()}
    return Profile(name, "1", figures=figures, **rules)


@pytest.mark.parametrize(
    ("rule", "one", "other", "binding"),
    [
        ("abandon_threshold_s", 2.0, 1.5, 1.5),
        ("clock", Clock.GREETING_END, Clock.SPEECH_START, Clock.SPEECH_START),
        ("clock", Clock.SPEECH_START, Clock.ANSWER, Clock.ANSWER),
        ("least_ring_s", 15.0, 20.0, 20.0),
        ("abandon_target", 0.02, 0.01, 0.01),
        ("abandon_cap", 0.03, 0.05, 0.03),
        (
            "abandon_windows", (AbandonWindow.CALENDAR_DAY,),
            (AbandonWindow.ROLLING_30_DAYS, AbandonWindow.CALENDAR_DAY),
            (AbandonWindow.CALENDAR_DAY, AbandonWindow.ROLLING_30_DAYS),
        ),
        ("formulas", ("us_ratio",), ("ofcom_with_amd",), ("us_ratio", "ofcom_with_amd")),
        ("safe_harbour", True, False, False),
        ("progressive_until", 0, 50, 50),
        ("abandoned_redial_s", 3600.0, 259_200.0, 259_200.0),
        ("machine_redial_s", 86_400.0, 60.0, 86_400.0),
        ("after_conversation_s", 1.0, 2.0, 2.0),
        ("after_refusal_s", 1.0, 2.0, 2.0),
        ("attempt_caps", (THREE,), (SEVEN,), (THREE, SEVEN)),
        ("callable_sets", (CallableSet("a"),), (CallableSet("b"),), (CallableSet("a"), CallableSet("b"))),
        ("fallback_zone", "Europe/London", "Europe/Paris", "Europe/London"),
        ("unsure_to_agent", False, True, True),
        ("automated_needs_consent", True, False, True),
        ("records_kept_s", 1.0, 2.0, 2.0),
    ],
)  # fmt: skip
def test_the_strictest_binds(rule: str, one: Any, other: Any, binding: Any) -> None:
    both = strictest([profile("one", **{rule: one}), profile("two", **{rule: other})])
    assert getattr(both, rule) == binding
    if binding in (one, other):
        assert both.figures[rule].profile == ("one" if binding == one else "two")


def test_every_rule_has_an_order_of_strictness() -> None:
    described = {"name", "version", "title", "loosened", "figures"}
    assert set(STRICTEST) == set(Profile.__dataclass_fields__) - described
    assert set(FORMULA_NAMES) >= {"us_ratio", "ofcom_with_amd", "ofcom_without_amd"}


def test_rules_that_nobody_states_are_those_of_the_default() -> None:
    default = profile("default", clock=Clock.SPEECH_START, abandon_cap=0.03, least_ring_s=20.0)
    american = profile("us", clock=Clock.GREETING_END)
    bound = strictest([american], default)
    assert (bound.clock, bound.abandon_cap, bound.name) == (Clock.GREETING_END, 0.03, "us")
    assert bound.figures["abandon_cap"].profile == "default"
    assert strictest([], default) == default
    assert strictest([american, default], default).clock is Clock.SPEECH_START, "named, it binds like the others"
    assert strictest([]) == UNBOUND


def test_names_and_versions_are_joined() -> None:
    both = strictest([profile("us", least_ring_s=15.0), profile("fl", after_refusal_s=1.0)])
    assert (both.name, both.version, both.said) == ("us+fl", "1+1", "us+fl")
    assert (
        Profile("us", "1", loosened={"least_ring": "a test", "abandon_cap": "too"}).said
        == "us -abandon_cap -least_ring"
    )
