"""A daemon whose start goes wrong: it waits, or ends when it is told to."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from dialerd.app.daemon import Daemon
from dialerd.config.campaigns_file import load_campaigns
from dialerd.config.daemon_file import check_settings
from dialerd.core.campaign import Plan
from dialerd.core.events import PlanChanged
from dialerd.store.ledger import LedgerContents
from lab.ports import free_ports
from tests.scenarios.timeline import START, left_over, recovered

DEADLINE_S = 30.0
CAMPAIGNS = """\
version: 1
trunks: {carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 2, cps: 1}}
contact_lists: {people: {region: GB, phones: [{column: phone}]}}
campaigns:
  notice: {mode: agentless, contact_list: people, trunk: carrier, caller_id: +441632960000, message: "sound:hello"}
"""


@pytest.fixture
def daemon(tmp_path: Path) -> Daemon:
    """Neither Asterisk nor Redis is there; the database is."""
    (tmp_path / "campaigns.yaml").write_text(CAMPAIGNS)
    (api, ari, ami, redis), _ = free_ports(4, 0)
    text = f"""\
ari: {{url: "http://127.0.0.1:{ari}", password: not-secret}}
ami: {{port: {ami}, secret: not-secret}}
redis: {{url: "redis://127.0.0.1:{redis}/0"}}
api: {{port: {api}}}
shutdown_grace: 1s
"""
    checked = check_settings(text, str(tmp_path / "dialerd.yaml"))
    assert checked.settings is not None, checked.problems
    return Daemon(checked.settings)


async def until(met: Callable[[], object]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        while not met():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def told(daemon: Daemon) -> list[str]:
    return [notice.name for notice in daemon.notices(100, None)]


def without_redis(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """The start comes past Redis as if it were there and empty."""

    async def start() -> int:
        return 1

    async def drain_all() -> int:
        return 0

    async def recover() -> LedgerContents:
        return LedgerContents((), {})

    monkeypatch.setattr(daemon._hot, "start", start)
    monkeypatch.setattr(daemon._hot, "recover", recover)
    monkeypatch.setattr(daemon._outbox, "drain_all", drain_all)


async def test_told_to_stop_while_it_waits_for_redis(daemon: Daemon) -> None:
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        group.create_task(daemon.run())
        await until(lambda: "store_absent" in told(daemon))
        daemon.stop()


async def test_told_to_stop_before_it_has_begun(daemon: Daemon) -> None:
    daemon.stop()
    async with asyncio.timeout(DEADLINE_S):
        await daemon.run()


async def test_told_to_stop_when_the_start_does_not_hear_it(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that keeps a cancellation to itself lets the start go on to its end; the daemon ends all the same."""
    reading = asyncio.Event()

    async def recover() -> LedgerContents:
        try:
            reading.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            pass
        return LedgerContents((), {})

    without_redis(daemon, monkeypatch)
    monkeypatch.setattr(daemon._hot, "recover", recover)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        group.create_task(daemon.run())
        await reading.wait()
        daemon.stop()


async def test_the_database_goes_away_during_the_start(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is waited for, and said; the contacts that an earlier run had chosen are set free afterwards."""
    really, tries = daemon._record.reset_in_attempt, 0

    async def reset_in_attempt(keep: set[int]) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise OperationalError("update contacts", {}, sqlite3.OperationalError("database is locked"))
        return await really(keep)

    without_redis(daemon, monkeypatch)
    monkeypatch.setattr(daemon._record, "reset_in_attempt", reset_in_attempt)
    async with asyncio.timeout(DEADLINE_S), asyncio.TaskGroup() as group:
        group.create_task(daemon.run())
        await until(lambda: "store_back" in told(daemon))
        absent = next(notice for notice in daemon.notices(100, None) if notice.name == "record_absent")
        assert absent.fields["reason"] == "OperationalError: database is locked"
        assert tries == 2
        daemon.stop()


async def test_a_defect_in_an_adapter_ends_the_daemon(daemon: Daemon, monkeypatch: pytest.MonkeyPatch) -> None:
    """A supervisor starts another one, which adopts the calls; one that only seems to live would not be noticed."""

    async def defect(*_: object) -> None:
        raise KeyError("what nobody expected")

    without_redis(daemon, monkeypatch)
    monkeypatch.setattr(daemon._telephony, "_connect", defect)
    async with asyncio.timeout(DEADLINE_S):
        with pytest.raises(ExceptionGroup) as caught:
            await daemon.run()
    assert caught.group_contains(KeyError, match="nobody expected")


async def test_a_trunk_that_is_taken_out_is_followed_while_its_calls_live(
    daemon: Daemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Busy or unallocated: of a call that rings nobody would hear how it ended."""
    followed: list[list[str]] = []
    monkeypatch.setattr(daemon._telephony, "set_trunks", lambda sources: followed.append(sorted(set(sources))))
    for event in (
        PlanChanged(load_campaigns(tmp_path / "campaigns.yaml").plan or Plan({}, {})),
        recovered(left_over()),
    ):
        daemon._dialer.handle(event, START)
    (tmp_path / "campaigns.yaml").write_text(CAMPAIGNS.replace("carrier", "other"))
    assert (await daemon.reload()).applied
    daemon._dialer.floor.attempts.clear()
    assert (await daemon.reload()).applied
    assert followed == [["endpoint:PJSIP/carrier", "endpoint:PJSIP/other"], ["endpoint:PJSIP/other"]]
    await daemon._database.dispose()
