"""The engine that daemon and simulation share: order, defects, and a clock that does not jump."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, get_args

import pytest

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.dialer import Dialer
from dialerd.core.ids import SerialNumbers
from dialerd.engine import Engine, EngineLoop, SteadyClock


class Port:
    """Takes note of what it is given."""

    def __init__(self, name: str, log: list[tuple[str, c.Command]]) -> None:
        self._name, self._log = name, log

    def submit(self, command: Any) -> None:
        self._log.append((self._name, command))


@pytest.fixture
def log() -> list[tuple[str, c.Command]]:
    return []


def engine_with(log: list[tuple[str, c.Command]], observers: Sequence[Any] = ()) -> Engine:
    telephony, roster, hot, record, watcher = (
        Port(name, log) for name in ("telephony", "roster", "hot", "record", "watcher")
    )
    return Engine(
        Dialer(SerialNumbers(1, 1)),
        telephony,
        roster,
        hot,
        record,
        watcher,
        observers,
        Port("provider", log),
        Port("speech", log),
        Port("desktop", log),
    )


def test_every_command_has_its_port(log: list[tuple[str, c.Command]]) -> None:
    engine = engine_with(log)
    wanted: dict[str, Any] = {
        "hot": c.StoreCommand, "record": c.RecordCommand, "telephony": c.TelephonyCommand,
        "roster": c.RosterCommand, "watcher": c.WatcherCommand, "provider": c.ProviderCommand,
        "speech": c.SpeechCommand, "desktop": c.DesktopCommand,
    }  # fmt: skip
    for name, kinds in wanted.items():
        for kind in get_args(kinds) or (kinds,):
            engine._submit[kind](kind.__new__(kind))
            assert (log[-1][0], type(log[-1][1])) == (name, kind)
    assert len(log) == len(get_args(c.Command))


def test_commands_leave_in_order_and_observers_see_them(log: list[tuple[str, c.Command]]) -> None:
    seen: list[tuple[e.Event, list[c.Command], float]] = []
    engine = engine_with(log, [lambda event, commands, now: seen.append((event, list(commands), now))])
    for name in ("main", "other"):
        engine.dialer.floor.do(c.SaveAgentLine(name, None))
        engine.dialer.floor.do(c.AnnounceAgent(name, "INUSE"))
    engine.step(e.TimePassed(), 5.0)
    assert [command for _, command in log] == [
        c.SaveAgentLine("main", None), c.AnnounceAgent("main", "INUSE"),
        c.SaveAgentLine("other", None), c.AnnounceAgent("other", "INUSE"),
    ]  # fmt: skip
    assert seen == [(e.TimePassed(), [command for _, command in log], 5.0)]


def test_a_defect_is_told_and_does_not_end_the_engine(
    log: list[tuple[str, c.Command]], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_with(log)

    def defective(event: e.Event, now: float) -> None:
        engine.dialer.floor.do(c.HangUp("dlr-1"))
        raise KeyError("oops")

    monkeypatch.setitem(engine.dialer._handlers, e.StoreLost, defective)
    engine.step(e.StoreLost("x"), 1.0)
    assert [type(command) for _, command in log] == [c.HangUp, c.InvariantViolated, c.Tell]
    assert "KeyError" in log[1][1].detail  # type: ignore[union-attr]
    log.clear()
    engine.step(e.StoreBack(), 2.0)
    assert [command.name for _, command in log if isinstance(command, c.Tell)] == ["store_back"]


async def test_the_loop_handles_what_is_posted_and_wakes_for_timers(log: list[tuple[str, c.Command]]) -> None:
    woken = asyncio.Event()
    engine = engine_with(log, [lambda event, commands, now: woken.set() if event == e.TimePassed() else None])
    loop = EngineLoop(engine, asyncio.get_running_loop().time)
    running = asyncio.create_task(loop.run())
    engine.dialer.floor.timers.set("pace", "nobody", asyncio.get_running_loop().time() + 0.05)
    loop.post(e.StoreLost("away"))
    assert loop.backlog == 1
    async with asyncio.timeout(10.0):
        await woken.wait()
        assert engine.dialer.next_wakeup() is None
        loop.post(e.StoreBack())
        loop.end()
        await running
    names = [command.name for _, command in log if isinstance(command, c.Tell)]
    assert names == ["store_lost", "store_back"]


class Hands:
    """A wall clock and a monotonic one, set by hand."""

    def __init__(self) -> None:
        self.wall, self.tick = 1_000_000.0, 50.0

    def clock(self) -> SteadyClock:
        return SteadyClock(lambda: self.wall, lambda: self.tick)

    def pass_s(self, seconds: float) -> None:
        self.wall += seconds
        self.tick += seconds


def test_a_step_of_the_wall_clock_moves_nothing() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.pass_s(10.0)
    assert clock.now() == pytest.approx(1_000_010.0)
    for step_s in (3600.0, -7200.0):
        before = clock.now()
        hands.wall += step_s
        assert clock.now() == before
        hands.pass_s(10.0)
        assert abs(clock.now() - before - 10.0) <= 10.0 * SteadyClock.SLEW + 1e-6


def test_it_is_drawn_towards_the_wall_clock_and_never_back() -> None:
    hands = Hands()
    clock = hands.clock()
    hands.wall -= 1.0
    last = clock.now()
    for _ in range(3000):
        hands.pass_s(1.0)
        now = clock.now()
        assert now > last
        last = now
    assert last == pytest.approx(hands.wall, abs=1e-3)
