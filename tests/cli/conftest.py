"""The command line against a real API in a thread of its own, over a staged daemon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dialerd.cli.commands import app
from tests.cli.running_api import Dialerd, Served, write_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory of the command; a plain terminal 100 columns wide."""
    for name in ("DIALERD_CONFIG", "DIALERD_URL", "DIALERD_TOKEN", "FORCE_COLOR", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("USER", "anna")
    monkeypatch.setenv("LOGNAME", "anna")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[Served]:
    """A running daemon without a token, and settings that lead to it."""
    (folder / "daemon").mkdir()
    with Served(folder / "daemon", None) as running:
        write_settings(folder, running.port)
        yield running


@pytest.fixture
def absent(folder: Path) -> int:
    """Settings that lead to a port where nobody listens."""
    write_settings(folder, 1)
    return 1


@pytest.fixture
def dialerd() -> Dialerd:
    """Runs the command with these arguments."""

    def run(*arguments: str, **options: Any) -> Result:
        return CliRunner().invoke(app, list(arguments), **options)

    return run
