"""The house stands as `docs/architecture.md` says: the core is pure and small rooms stay small."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CORE = ROOT / "dialerd" / "core"
CORE_MAY_IMPORT = {
    "__future__", "ast", "bisect", "collections", "collections.abc", "dataclasses", "datetime", "enum", "functools",
    "heapq", "itertools", "math", "numpy", "numpy.typing", "operator", "re", "string", "typing", "zoneinfo",
}  # fmt: skip
LONGEST_FILE = 420


def modules_imported_by(path: Path) -> set[str]:
    """Names of all modules that a file imports, at any depth."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_core_imports_only_the_allowed(path: Path) -> None:
    foreign = {name for name in modules_imported_by(path) if not name.startswith("dialerd.core")}
    assert foreign <= CORE_MAY_IMPORT


@pytest.mark.parametrize("path", sorted(CORE.rglob("*.py")), ids=lambda p: str(p.relative_to(CORE)))
def test_core_asks_no_clock(path: Path) -> None:
    text = path.read_text()
    assert not re.search(r"datetime\.(now|utcnow|today)|date\.today|default_rng|np\.random|uuid", text)
    assert not any(isinstance(node, ast.AsyncFunctionDef | ast.Await) for node in ast.walk(ast.parse(text)))


def test_imports_point_down() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_no_room_grows_out_of_hand() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for folder in ("dialerd", "lab", "bench")
        for path in (ROOT / folder).rglob("*.py")
        if (lines := len(path.read_text().splitlines())) > LONGEST_FILE
    }
    assert not long


def test_no_room_without_an_idea() -> None:
    nameless = {"utils.py", "helpers.py", "common.py", "manager.py", "misc.py"}
    assert not [path for path in (ROOT / "dialerd").rglob("*.py") if path.name in nameless]
