"""Waiting for a condition, with a deadline."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")
PATIENCE_S = 25.0


def until(what: str, condition: Callable[[], T], limit_s: float = PATIENCE_S) -> T:
    """Ask again and again until ``condition`` is true; what it returned. Fails with ``what`` and the last answer."""
    deadline = time.monotonic() + limit_s
    while True:
        answer = condition()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit_s:g} s: {what}; last: {answer!r}")
        time.sleep(0.04)


def while_true(what: str, condition: Callable[[], object], span_s: float) -> None:
    """Fail if ``condition`` becomes false within the next ``span_s`` seconds."""
    deadline = time.monotonic() + span_s
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(0.05)


def until_equal(expected: T, ask: Callable[[], T], limit_s: float = PATIENCE_S) -> None:
    """Ask again and again until the answer is the expected one. Fails with both."""
    deadline = time.monotonic() + limit_s
    while (answer := ask()) != expected:
        assert time.monotonic() < deadline, f"not within {limit_s:g} s: {expected!r}; last: {answer!r}"
        time.sleep(0.04)
