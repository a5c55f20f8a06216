"""The abandon ledger from the record: hand-made days, counted by the database and by brute force."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import date, datetime
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.ledger_room import LedgerRoom, Told
from dialerd.control.daemon import Unavailable
from dialerd.core.abandon_ledger import Counts, Estimates, rates
from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.campaign import CampaignSettings, Mode, Plan
from dialerd.core.compliance import AbandonWindow, Profile
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.treatment import MAY_BE_PERSON
from dialerd.store.abandon_counts import CLASSES, abandon_counts, calls_between
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from tests.store.store_lab import SetClock, attempt

NEW_YORK = "America/New_York"
NEXT = ContactNext(ContactState.CALLABLE, None, 0, "retry")
DAY_S = 86_400.0
US = Profile(
    "us", "1", abandon_cap=0.03, abandon_windows=(AbandonWindow.ROLLING_30_DAYS,), formulas=("us_ratio",)
)  # fmt: skip
UK = Profile(
    "uk", "1", abandon_cap=0.03, abandon_windows=(AbandonWindow.CALENDAR_DAY,), safe_harbour=False,
    formulas=("ofcom_with_amd", "ofcom_without_amd"),
)  # fmt: skip


def local(text: str, zone: str = NEW_YORK) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


NOW = local("2026-11-22 18:00")


def campaign(name: str, profile: Profile, zone: str, **changes: object) -> CampaignSettings:
    return CampaignSettings(
        name, Mode.PREDICTIVE, "leads", "carrier", "+441632960000", "sales", profile=profile, time_zone=zone,
        **changes,  # type: ignore[arg-type]
    )  # fmt: skip


PLAN = Plan(
    {
        "spring": campaign("spring", US, NEW_YORK),
        "autumn": campaign("autumn", UK, "Europe/London", estimates=Estimates(0.1, 0.2)),
    },
    {},
)


def some_days(seed: int, count: int = 400) -> list[AttemptRecord]:
    """Attempts of 40 days, of every kind that there is."""
    rng = Random(seed)
    records = []
    for serial in range(count):
        at = NOW - rng.random() * 40 * DAY_S
        if rng.random() < 0.1:
            # Around midnight, where another zone has another day.
            at = local("2026-11-22") - 30 * DAY_S * rng.randrange(2) + rng.uniform(-6, 6) * 3600
        name = rng.choice(["spring", "spring", "autumn", "gone"])
        times: dict[str, object] = {"claimed_at": at - 20, "dialed_at": at - 19, "ended_at": at + 30}
        kind = rng.choice(
            ["agent", "agent", "agent", "abandoned", "late", "machine", "busy", "not_placed", "early", "lost"]
        )
        if kind not in ("busy", "not_placed", "lost"):
            times |= {"answered_at": at, "analysed_at": at + 1, "analysis": "person", "treatment": "agent"}
            if rng.random() < 0.5:
                times |= {"amd_status": "HUMAN"}
        changes = {
            "agent": {"connected_at": at + 0.4, "disposition": "answered_agent"},
            "abandoned": {"abandoned": True, "message_at": at + 2, "disposition": "abandoned"},
            "late": {"abandoned": True, "connected_at": at + 3, "disposition": "answered_agent"},
            "machine": {
                "analysis": "machine",
                "treatment": "hang_up",
                "amd_status": "MACHINE",
                "disposition": "machine",
            },
            "busy": {"disposition": "busy"},
            "not_placed": {"disposition": "not_placed", "dialed_at": None},
            "early": {"analysis": rng.choice(["unsure", "silence"]), "disposition": "hung_up_early"},
            "lost": {"abandoned": True, "disposition": "abandoned"},
        }[kind]
        records.append(attempt(serial, campaign=name, state="closed", **(times | changes)))  # type: ignore[operator]
    return records


def at_of(record: AttemptRecord) -> float:
    return next(at for at in (record.answered_at, record.ended_at) if at is not None)


def brute_force(
    records: list[AttemptRecord], name: str, begin: float, end: float
) -> tuple[Counts, dict[str, set[str]]]:
    """The same counts by looking at every record with an eye on the definitions."""
    classes: dict[str, set[str]] = {one: set() for one in CLASSES}
    for record in records:
        if record.campaign != name or not begin <= at_of(record) < end:
            continue
        answered, disposition = record.answered_at is not None, Disposition(record.disposition or "")
        if record.abandoned:
            classes["abandoned"].add(record.id)
        elif record.connected_at is not None:
            classes["reached"].add(record.id)
        if disposition not in NEVER_DIALED:
            classes["dials"].add(record.id)
        if record.abandoned or (answered and record.analysis in {str(one) for one in MAY_BE_PERSON}):
            classes["persons"].add(record.id)
        if record.abandoned or record.connected_at or (answered and record.treatment == "agent"):
            classes["queued"].add(record.id)
        if answered and record.analysis == "machine":
            classes["machine_verdicts"].add(record.id)
        if answered and record.amd_status:
            classes["analysed"].add(record.id)
    return Counts(**{one: len(ids) for one, ids in classes.items()}), classes


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    made = open_database(database_url)
    await migrate_engine(made)
    yield made
    await made.dispose()


async def written(engine: AsyncEngine, records: list[AttemptRecord]) -> None:
    async with engine.begin() as connection:
        await write_outcomes(connection, [Outcome(record, NEXT) for record in records], NOW)


def room(engine: AsyncEngine, told: list[Told] | None = None) -> LedgerRoom:
    return LedgerRoom(engine, SetClock(NOW), lambda: PLAN, (told if told is not None else []).append)


@pytest.mark.parametrize("seed", range(3))
async def test_the_ledger_is_what_brute_force_finds(engine: AsyncEngine, seed: int) -> None:
    records = some_days(seed)
    await written(engine, records)
    seen = 0
    for row in await room(engine).statements(None, None, None):
        counts, classes = brute_force(records, row["campaign"], row["begin"], row["end"])
        assert row["counts"] == {**row["counts"], **{name: getattr(counts, name) for name in classes}}
        estimates = PLAN.campaigns[row["campaign"]].estimates if row["campaign"] in PLAN.campaigns else Estimates()
        for found, expected in zip(row["rates"], rates(counts, estimates).values(), strict=True):
            assert (found["formula"], found["numerator"], found["denominator"], found["rate"]) == (
                expected.formula, expected.numerator, expected.denominator, expected.rate,
            )  # fmt: skip
        for name, ids in classes.items():
            calls = await calls_between(engine, row["campaign"], row["begin"], row["end"], name, 1000)
            assert {call["id"] for call in calls} == ids
        seen += counts.dials
    assert seen > 100


async def test_a_day_belongs_to_its_zone_and_to_its_law(engine: AsyncEngine) -> None:
    late = local("2026-11-22 23:30")  # the 23rd in London
    values = {"claimed_at": late, "answered_at": late, "ended_at": late + 9, "analysis": "person", "state": "closed"}
    await written(engine, [
        attempt(1, campaign="spring", abandoned=True, disposition="abandoned", **values),
        attempt(2, campaign="autumn", abandoned=True, disposition="abandoned", **values),
    ])  # fmt: skip
    ledger = room(engine)

    async def abandoned(name: str, day: str) -> list[int]:
        rows = await ledger.statements(name, date.fromisoformat(day), None)
        return [row["counts"]["abandoned"] for row in rows]

    assert await abandoned("spring", "2026-11-22") == [1, 1, 1]
    assert await abandoned("spring", "2026-11-23") == [0, 1, 1]
    assert (await abandoned("autumn", "2026-11-22"))[:2] == [0, 0]
    assert (await abandoned("autumn", "2026-11-23"))[:2] == [1, 1]
    (fortnight,) = await ledger.statements("spring", date(2026, 12, 5), 14)
    assert (fortnight["window"], fortnight["first_day"], fortnight["counts"]["abandoned"]) == (
        "days",
        "2026-11-22",
        1,
    )
    american = await ledger.statements("spring", date(2026, 11, 22), None)
    limits = {
        (row["window"], rate["formula"]): rate["met"] for row in american for rate in row["rates"] if rate["limit"]
    }
    assert limits == {("rolling_30_days", "us_ratio"): False}
    british = (await ledger.statements("autumn", date(2026, 11, 23), None))[0]
    assert [rate["formula"] for rate in british["rates"] if rate["limit"]] == ["ofcom_without_amd"]
    assert british["safe_harbour"] is False
    assert british["machine_share"] == {"value": 0.2, "basis": "stated"}
    (call,) = await ledger.calls("spring", date(2026, 11, 22), None, "abandoned", 10)
    assert (call["id"], call["answered_at"], call["connected_at"]) == (attempt(1).id, late, None)


async def test_metrics_are_told_for_campaigns_that_were_called(engine: AsyncEngine) -> None:
    await written(engine, some_days(7))
    told: list[Told] = []
    await room(engine, told).work()
    (rates_told,) = told
    assert {key[0] for key in rates_told} <= {"spring", "autumn"}
    counts = await abandon_counts(engine, "spring", local("2026-10-24"), local("2026-11-23"))
    rate, limit = rates_told["spring", "rolling_30_days", "us_ratio"]
    assert (rate, limit) == (counts.abandoned / (counts.abandoned + counts.reached), 0.03)


async def test_an_absent_database_is_told(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.exec_driver_sql("ALTER TABLE attempts RENAME TO hidden")
    with pytest.raises(Unavailable):
        await room(engine).statements(None, None, None)
    with pytest.raises(Unavailable):
        await room(engine).calls("spring", None, None, "dials", 10)
