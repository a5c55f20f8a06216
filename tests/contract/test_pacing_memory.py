"""What pacing finds again after a restart: what was learned in the hot store, counts of days in the record."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dialerd.core.attempt import AttemptRecord, Outcome
from dialerd.core.commands import SavePacing
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.pacer_run import LivePredictive
from dialerd.core.pacing.contract import Dialed, LiveReady, TalkEnded
from dialerd.core.pacing.durations import Durations
from dialerd.core.pacing.transfers import TransferShares
from dialerd.core.windows import DayCount
from tests.contract.hot_worlds import HotWorld
from tests.contract.record_worlds import RecordWorld
from tests.store.store_lab import attempt

NEXT = ContactNext(ContactState.CALLABLE, None, 0, "retry")


async def test_what_was_learned_outlives_the_daemon(hot: HotWorld) -> None:
    pacer = LivePredictive()
    for second in range(50):
        pacer.observe(Dialed(float(second)))
        pacer.observe(LiveReady(second + 0.5, 7.0))
        pacer.observe(TalkEnded(second + 0.7, 33.0 + second))
    shares = TransferShares()
    shares.learn([("dialed", 1.0), ("delivery/ask", 20.0)], "sales", 25.0)
    of_flows = {"shares": shares.state(), "queues": {"sales": [Durations(120.0).state(), Durations(20.0).state()]}}
    learned = {"with": "predictive", "at": 12.5, "state": pacer.state(), "transfers": of_flows}
    await hot.done(SavePacing("spring", {"state": {}}), SavePacing("spring", learned), SavePacing("autumn", {"x": 1}))
    found = (await hot.after_crash()).pacing
    assert found == {"spring": learned, "autumn": {"x": 1}}
    successor = LivePredictive()
    successor.restore(dict(found["spring"]["state"]))
    assert successor.state()["probability"] == pacer.state()["probability"]
    heir = TransferShares()
    heir.restore(found["spring"]["transfers"]["shares"])
    assert heir.expected("delivery/ask", "sales") == shares.expected("delivery/ask", "sales")


async def test_saving_waits_while_the_store_is_lost(hot: HotWorld) -> None:
    await hot.lose_after_commit(SavePacing("spring", {"x": 1}))
    hot.submit(SavePacing("spring", {"x": 2}))
    hot.submit(SavePacing("spring", {"x": 3}))
    await hot.bring_back()
    await hot.settled()
    assert (await hot.after_crash()).pacing == {"spring": {"x": 3}}


def at(day: int, hour: float, **changes: Any) -> AttemptRecord:
    """An attempt answered on this day of March 2026, UTC."""
    moment = datetime(2026, 3, day, int(hour), int(hour % 1 * 60), tzinfo=UTC).timestamp()
    times = {"answered_at": moment, "ended_at": moment + 60}
    values = {"connected_at": moment + 0.1, "analysis": "person", "disposition": "answered_agent", "state": "closed"}
    at.serial += 1  # type: ignore[attr-defined]
    return attempt(at.serial, **(times | values | changes))  # type: ignore[attr-defined]


at.serial = 0  # type: ignore[attr-defined]
LOST: dict[str, Any] = {"connected_at": None, "abandoned": True, "disposition": "abandoned"}


async def test_days_are_counted_in_the_campaigns_zone(record: RecordWorld) -> None:
    record.clock.at = datetime(2026, 3, 31, 12, tzinfo=UTC).timestamp()
    today = datetime(2026, 3, 31).toordinal()
    kept = [
        at(31, 9), at(31, 9.5, **LOST), at(31, 10, connected_at=None, disposition="busy"),
        at(31, 11, abandoned=True),  # connected late: abandoned
        at(31, 8, connected_at=None, disposition="answered_message"),
        at(30, 22.5),  # before midnight in UTC, after it in London, where summer time has begun on the 29th
        at(30, 22.8),
        at(30, 23.5), at(2, 0.5), at(1, 23.9),
        at(30, 9, campaign="autumn"),
        at(30, 23.5, campaign="gone"),
    ]  # fmt: skip
    await record.record(*(Outcome(one, NEXT) for one in kept))
    found = await record.day_counts({"spring": "Europe/London", "autumn": "UTC"})
    assert found == {
        "spring": (DayCount(today - 29, 1, 0), DayCount(today - 1, 2, 0), DayCount(today, 3, 2)),
        "autumn": (DayCount(today - 1, 1, 0),),
        "gone": (DayCount(today - 1, 1, 0),),
    }
    utc = await record.day_counts({"spring": "UTC"})
    assert utc["spring"] == (DayCount(today - 29, 1, 0), DayCount(today - 1, 3, 0), DayCount(today, 2, 2))
