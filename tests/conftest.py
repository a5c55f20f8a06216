"""The order in which the whole suite runs: what waits in real time begins first; and how properties are searched.

Files are given to several workers (``--dist loadfile``), each whole to one worker, so that the tests of a file share
its servers. A long file that began last would keep one worker busy while the others have nothing left.

Property tests try the same examples in every run, so that a change is judged by what it changes; ``make explore``
lets them search for new ones.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# No deadline: how long an example takes says how busy the machine is.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("explore", derandomize=False, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))

_FIRST = ("integration/daemon/test_ahead.py", "faults", "integration/daemon", "integration", "simulation", "contract")
_TESTS = Path(__file__).parent


def _place(item: pytest.Item) -> int:
    where = item.path.relative_to(_TESTS).as_posix()
    return next((place for place, start in enumerate(_FIRST) if where.startswith(start)), len(_FIRST))


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Slow rooms first; within a room the order stays as written."""
    items.sort(key=_place)
