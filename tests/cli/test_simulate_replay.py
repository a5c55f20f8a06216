"""A recorded day, made by the real engine over the simulated world, and its simulation beside it."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from dialerd.core.attempt import Outcome
from dialerd.core.campaign import Connection, Mode
from dialerd.sim.shift import Shift
from dialerd.sim.world import EPOCH, World
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate
from dialerd.store.outcome_writer import write_outcomes
from tests.cli.running_api import Dialerd

CAMPAIGNS = """\
version: 1
trunks:
  carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 100, cps: 20}
contact_lists:
  people: {region: GB, phones: [{column: phone}]}
defaults:
  {trunk: carrier, caller_id: +441632960000, contact_list: people, max_lines: 60,
   compliance: {looser: {progressive_until: only simulated}}}
campaigns:
  spring:
    mode: MODE
    queue: sales
    wrap_up: 5s
    ring_timeout: 20s
    call_analysis: {profile: off}
  summer: {mode: predictive, queue: sales}
"""
DAY = str(datetime.fromtimestamp(EPOCH, UTC).date())


def lived(mode: Mode, agents: int = 8, minutes: float = 45.0) -> World:
    """The engine's own shift; the world holds what it recorded."""
    world = World(
        Shift(
            seed=11, agents=agents, minutes=minutes, mode=mode, connection=Connection.NAILED, profile="off",
            agentless=False, restless=False, contacts=5000,
        )
    )  # fmt: skip
    world.run()
    assert not world.truth.findings
    return world


async def write(url: str, outcomes: list[Outcome]) -> None:
    await migrate(url)
    engine = open_database(url)
    try:
        async with engine.begin() as connection:
            for outcome in outcomes:
                # Recorded when they ended, as the daemon does.
                await write_outcomes(connection, [outcome], outcome.record.ended_at or EPOCH)
    finally:
        await engine.dispose()


@pytest.fixture
def url(folder: Path) -> str:
    (folder / "campaigns.yaml").write_text(CAMPAIGNS.replace("MODE", "progressive"))
    return f"sqlite+aiosqlite:///{folder}/record.db"


def replayed(dialerd: Dialerd, url: str, *arguments: str) -> dict[str, Any]:
    done = dialerd("simulate", "campaigns.yaml", "--from-attempts", DAY, "--database", url, "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_progressive_day_is_met_by_its_simulation(dialerd: Dialerd, url: str) -> None:
    world = lived(Mode.PROGRESSIVE)
    records = [outcome.record for outcome in world.truth.outcomes.values()]
    asyncio.run(write(url, list(world.truth.outcomes.values())))
    found = replayed(dialerd, url, "--seeds", "3")
    told = found["recorded"]["campaigns"]["spring"]
    dialed = [record for record in records if record.dialed_at is not None and record.campaign == "spring"]
    assert told["dials"] == len(dialed)
    assert told["connected"] == sum(record.connected_at is not None for record in dialed)
    (figures,) = found["results"][0]["campaigns"]
    assert figures["agents"] == 8
    assert figures["dials"] == pytest.approx(told["dials"], rel=0.12)
    assert figures["connected"] == pytest.approx(told["connected"], rel=0.12)
    assert figures["utilisation"]["value"] == pytest.approx(
        found["recorded"]["queues"]["sales"]["utilisation"], abs=0.06
    )
    assert figures["abandoned"] == 0
    assert any("summer: no call that day" in note for note in found["notes"])
    assert any("estimated, not recorded" in note for note in found["notes"])
    start = datetime.fromtimestamp(min(record.dialed_at or 1e12 for record in dialed), UTC)
    assert found["results"][0]["start_s"] == start.hour * 3600 + start.minute * 60


def test_another_mode_on_the_same_day(dialerd: Dialerd, url: str) -> None:
    asyncio.run(write(url, list(lived(Mode.PROGRESSIVE).truth.outcomes.values())))
    done = dialerd(
        "simulate", "campaigns.yaml", "--from-attempts", DAY, "--database", url, "--mode", "power,progressive",
        "--set", "pacing.progressive_until=0",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert f"the calls of {DAY}" in done.output
    rows = [line.split() for line in done.output.splitlines() if "recorded " in line or "simulated" in line]
    assert [row[0] if row[0] != "simulated," else row[1] for row in rows][:3] == ["spring", "power", "progressive"]


def test_the_settings_name_the_record(dialerd: Dialerd, url: str, absent: int, folder: Path) -> None:
    own = f"sqlite+aiosqlite:///{folder}/own.db"
    asyncio.run(write(own, list(lived(Mode.POWER, 3, 8.0).truth.outcomes.values())))
    done = dialerd("simulate", "campaigns.yaml", "--from-attempts", DAY, env={"DIALERD_SQL__URL": own})
    assert done.exit_code == 0, done.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["--from-attempts", "2001-01-01"], 1, "no calls of these campaigns were recorded on 2001-01-01"),
        (["--from-attempts", DAY, "--campaign", "summer"], 1, "that day dialed: spring"),
        (["--from-attempts", "last tuesday"], 2, "'last tuesday' is not a date"),
        (["--from-attempts", DAY, "--agents", "5"], 2, "--agents does not go with --from-attempts"),
        (["--from-attempts", DAY, "--floor", "f.yaml"], 2, "--floor does not go with --from-attempts"),
        (["--hours", "1"], 2, "--database goes with --from-attempts"),
    ],
)
def test_what_cannot_be_replayed(dialerd: Dialerd, url: str, arguments: list[str], code: int, said: str) -> None:
    asyncio.run(write(url, list(lived(Mode.POWER, 2, 3.0).truth.outcomes.values())))
    done = dialerd("simulate", "campaigns.yaml", "--database", url, *arguments)
    assert done.exit_code == code, done.output
    assert said in done.output.replace("\n", " ")


@pytest.mark.parametrize("bad", ["nonsense", "mysql://u:secret@h/d", "sqlite:////no/such/folder/record.db"])
def test_a_record_that_cannot_be_read(dialerd: Dialerd, url: str, bad: str) -> None:
    done = dialerd("simulate", "campaigns.yaml", "--from-attempts", "yesterday", "--database", bad)
    assert done.exit_code in (1, 2)
    assert "secret" not in done.output
    assert "Traceback" not in done.output
