"""A lab of quick people, on which the tests of a folder take turns; its conftest imports both fixtures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import Lab
from tests.harness.stage import Stage, quick_lab


@pytest.fixture(scope="package")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """The lab."""
    with quick_lab(tmp_path_factory.mktemp("pair")) as lab:
        yield lab


@pytest.fixture
def stage(pair: Lab, tmp_path: Path) -> Iterator[Stage]:
    """The lab for one test, which finds it as the first one did."""
    made = Stage(pair, tmp_path)
    try:
        yield made
    finally:
        made.close()
