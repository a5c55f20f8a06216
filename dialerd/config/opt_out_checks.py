"""Opt-outs that no list takes: those of flows, and those of keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from dialerd.config.problems import Path
from dialerd.core.flow.nodes import Flow, OptOut

_EXPECTED = "`opt_out_list` beside it"
_HINT = "add `opt_out_list:`, a name under `dnc_lists`"


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    def given(self, key: str) -> bool: ...
    def tell(self, path: Path, message: str, expected: str = "", hint: str = "", *, of_key: bool = False) -> None: ...


def check_flow_opt_outs(checks: Checks, path: Path, flows: Iterable[Flow]) -> None:
    """Tell it of the first node of these flows that opts people out; ``path``: where the campaign names the flow."""
    opting = [
        f"{flow.name}.{name}" for flow in flows for name, node in flow.nodes.items() if isinstance(node, OptOut)
    ]
    if opting and not checks.given("opt_out_list"):
        message = f"the flow opts people out (`{opting[0]}`), and no list takes them"
        checks.tell(path, message, _EXPECTED, _HINT)


def check_key_opt_out(checks: Checks, path: Path, key: str) -> None:
    """Tell it of a key that opts people out; ``path``: where the key is stated."""
    if not checks.given("opt_out_list"):
        checks.tell(path, f"key {key} opts people out, and no list takes them", _EXPECTED, _HINT)
