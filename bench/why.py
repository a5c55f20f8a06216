"""What it costs to say why a contact is not called: a long list in order, a do-not-call list, logs of calls."""

from __future__ import annotations

import random
import time
from pathlib import Path

import uvloop

from bench.figures import Figure, Measurement, Target, percentile
from bench.hopper import CONTACTS, ORDER, QUICK_CONTACTS, _fill
from bench.processes import collector_as_in_daemon
from bench.world import SEED, World
from dialerd.app.dnc_desk import StoredDnc
from dialerd.app.dnc_keeper import DncKeeper
from dialerd.app.records import StoredRecords
from dialerd.app.why_room import WhyRoom
from dialerd.core.attempts_control import AttemptCap, Scope
from dialerd.core.campaign import CampaignSettings, Mode, Plan, TrunkSettings
from dialerd.core.dialer import Dialer
from dialerd.core.events import PlanChanged
from dialerd.core.ids import SerialNumbers
from dialerd.engine import SteadyClock
from dialerd.store.call_log import CallLog
from dialerd.store.database import open_database
from dialerd.store.dnc_load import LoadMode, load_file
from dialerd.store.dnc_loads import DncLoads
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.migrate import migrate_engine
from dialerd.store.order_keeper import OrderKeeper
from dialerd.store.redis_keys import Keys

ASKED = 200
LISTED = 1_000_000
SETTINGS = CampaignSettings(
    "spring", Mode.AGENTLESS, "customers", "carrier", "+441632960000", order=ORDER, dnc=("national",),
    attempt_caps=(AttemptCap(Scope.NUMBER, 3, 86_400.0),),
)  # fmt: skip
PLAN = Plan({"spring": SETTINGS}, {"carrier": TrunkSettings("carrier", "", "", 10, 5.0)})
_NUMBERS = (
    "INSERT INTO contact_numbers (e164, contact_id, contact_list) SELECT '+1202' || (5000000 + id), id, contact_list "
    "FROM contacts"
)


def measure(world: World) -> Measurement:
    """Ask about contacts here and there in the list."""
    count = QUICK_CONTACTS if world.quick else CONTACTS
    try:
        with collector_as_in_daemon():
            return uvloop.run(_measure(world.folder, world.lab.redis_url, count))
    finally:
        for path in world.folder.glob("why.db*"):
            path.unlink()


async def _measure(folder: Path, redis_url: str, count: int) -> Measurement:
    engine, clock = open_database(f"sqlite:///{folder / 'why.db'}", busy_timeout_s=30.0), SteadyClock()
    dnc = SqlDnc(engine, clock)
    copy = DncCopy(redis_url, dnc, namespace="bench-why")
    try:
        await migrate_engine(engine)
        await _fill(engine, count)
        async with engine.begin() as connection:
            await connection.exec_driver_sql(_NUMBERS)
        await OrderKeeper(engine, clock, lambda: [SETTINGS]).work()
        await dnc.ensure(["national"])
        file = folder / "listed.csv"
        file.write_text("number\n" + "".join(f"+1212{2_000_000 + n}\n" for n in range(LISTED * count // CONTACTS)))
        await load_file(
            dnc, DncLoads(engine, clock), copy, file, "national", mode=LoadMode.REPLACE, region=None, who="bench",
            now=clock.now(), column=None,
        )  # fmt: skip
        dialer = Dialer(SerialNumbers(0, SEED))
        dialer.handle(PlanChanged(PLAN), clock.now())
        keeper = DncKeeper(
            dnc, copy, lambda event: None, clock, lists=lambda: (), live=list, reached=lambda *_: None,
            tell=lambda *_, **__: None, counted=lambda counts: None,
        )  # fmt: skip
        desk = StoredDnc(dnc, copy, keeper, clock, dict, lambda: PLAN)
        calls = CallLog(redis_url, Keys("bench-why"), engine, clock, PLAN.call_windows)
        room = WhyRoom(engine, clock, dialer, desk, calls)
        records = StoredRecords(engine, clock, lambda: PLAN, lambda *_: None, lambda *_: None)
        chance, took_ms, cpu_ms, in_line = random.Random(SEED), [], [], 0
        for _ in range(ASKED):
            began, began_cpu = time.perf_counter(), time.process_time()
            (known,) = await records.contacts_with_number(f"+1202{5_000_001 + chance.randrange(count)}")
            told = await room.explain("spring", known)
            took_ms.append((time.perf_counter() - began) * 1000)
            cpu_ms.append((time.process_time() - began_cpu) * 1000)
            in_line += told.place is not None
    finally:
        await copy.aclose()
        await engine.dispose()
    if not in_line:
        raise RuntimeError("none of the contacts was in line")
    figures = (
        Figure("why, median", percentile(took_ms, 0.5), "ms"),
        Figure("CPU of such an answer, without Redis, median", percentile(cpu_ms, 0.5), "ms"),
        Figure("why, 95 %", percentile(took_ms, 0.95), "ms", Target(100, at_most=True)),
    )
    method = (
        f"The list of {count:,} contacts of the dial order's measurement, with its book; a do-not-call list of "
        f"{LISTED * count // CONTACTS:,} numbers; one rolling cap. {ASKED} contacts here and there: from the number "
        "to gates, lists, past calls, filter and place in the order."
    )
    return Measurement("why", "Why a contact is not called", figures, method)
