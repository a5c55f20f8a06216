"""What a command imports: its own room and no more. Told by the modules, since time says little on a busy machine."""

from __future__ import annotations

import inspect
import json
import subprocess
import sys
from pathlib import Path

import pytest

from dialerd.cli.commands import ROOMS, command_of

EXAMPLE = str(Path(__file__).parents[2] / "campaigns.example.yaml")
STORES = ("sqlalchemy", "alembic", "aiosqlite", "redis", "prometheus_client")
HEAVY = (
    *STORES, "aiohttp", "numpy", "phonenumbers", "holidays", "dialerd.config.daemon_file", "dialerd.core",
    "dialerd.store",
)  # fmt: skip
"""Not pydantic: typer imports it by itself."""
_PROGRAM = """\
import json, runpy, sys
sys.argv[0] = "dialerd"
try:
    runpy.run_module("dialerd", run_name="__main__")
finally:
    print(json.dumps(sorted(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "without"),
    [
        (["--help"], HEAVY),
        (["--version"], HEAVY),
        (["status", "--help"], HEAVY),
        # Nobody listens there.
        (["status", "--url", "http://127.0.0.1:9"], tuple(name for name in HEAVY if name != "aiohttp")),
        (["check", EXAMPLE], (*STORES, "aiohttp", "dialerd.store", "dialerd.app")),
    ],
    ids=["help", "version", "help of a command", "status", "check"],
)
def test_only_what_is_needed(arguments: list[str], without: tuple[str, ...], folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, *arguments], capture_output=True, text=True, check=False, cwd=folder
    )
    imported = set(json.loads(done.stderr.splitlines()[-1]))
    assert "dialerd.cli.commands" in imported, done.stderr
    assert not imported & set(without)


@pytest.mark.parametrize("name", ROOMS)
def test_the_line_of_the_help_is_that_of_the_command(name: str) -> None:
    command = command_of(name)
    assert command.name == name
    first = inspect.cleandoc(command.help or "").split("\n\n")[0]
    assert " ".join(first.split()) == ROOMS[name][1]
