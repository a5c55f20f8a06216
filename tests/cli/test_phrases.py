"""Reasons as people say them."""

from __future__ import annotations

from dialerd.cli.phrases import reasons


def test_until_when_a_schedule_is_closed() -> None:
    said = reasons({"outside_its_schedule: until Mon 09:00 Europe/London": 1})
    assert said == "it is outside its schedule until Mon 09:00 Europe/London"
    assert reasons({"outside_its_schedule: it is over": 1}) == "it is outside its schedule (it is over)"
