"""Fixtures for tests on the real pair; loaded for every test folder.

``lab`` is one pair for the whole session: do not kill it, do not count on its truth
being empty. ``private_lab`` makes pairs of the test's own, to be killed and frozen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pytest

from lab.pair import Lab


class LabFactory(Protocol):
    """Starts a pair of the test's own, with the arguments of `lab.Lab`."""

    def __call__(self, **options: Any) -> Lab: ...


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The session's pair, with the default mix and seed 1."""
    with Lab(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture
def private_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabFactory]:
    """A factory of pairs that are stopped at the test's end."""
    started: list[Lab] = []

    def start(**options: Any) -> Lab:
        options.setdefault("directory", tmp_path_factory.mktemp("private-lab"))
        made = Lab(**options)
        started.append(made)
        return made.start()

    try:
        yield start
    finally:
        for one in started:
            one.stop()
