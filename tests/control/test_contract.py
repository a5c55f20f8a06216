"""What the API's tests stand on is what the composition has."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from dialerd.app.daemon import Daemon as RealDaemon
from dialerd.app.records import StoredRecords
from dialerd.control.daemon import Daemon, Records
from tests.control.staged_daemon import StagedDaemon


def members(protocol: type) -> list[str]:
    return [name for name in vars(protocol) if not name.startswith("_")]


def shape(owner: type, name: str) -> Any:
    member = inspect.getattr_static(owner, name)
    if isinstance(member, property):
        return "property"
    parameters = list(inspect.signature(member).parameters)
    return parameters, inspect.iscoroutinefunction(member)


@pytest.mark.parametrize("name", members(Daemon))
def test_the_staged_daemon_and_the_real_one_have_the_same_shape(name: str) -> None:
    assert shape(StagedDaemon, name) == shape(Daemon, name)
    assert shape(RealDaemon, name) == shape(Daemon, name)


@pytest.mark.parametrize("name", members(Records))
def test_the_stored_records_have_the_shape(name: str) -> None:
    assert shape(StoredRecords, name) == shape(Records, name)


def as_daemon(staged: StagedDaemon, real: RealDaemon) -> tuple[Daemon, Daemon]:
    """Never run: the type checker holds both against the protocol."""
    return staged, real
