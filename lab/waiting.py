"""Waiting for something to become true, with an end."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_for(what: str, condition: Callable[[], bool], limit_s: float, step_s: float = 0.2) -> None:
    """Look every ``step_s`` seconds until ``condition`` holds. Raises :class:`TimeoutError` after ``limit_s``."""
    deadline = time.monotonic() + limit_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what}: not within {limit_s:.0f} s")
        time.sleep(step_s)
