"""Reading /proc."""

from __future__ import annotations

import os
import time

import pytest

from bench.processes import Meter, Others, cpu_s, parse_busy_s, parse_cpu_s, parse_rss_mib, rss_mib


def test_a_name_with_blanks_and_brackets_does_not_shift_the_fields() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    line = f"42 (a ) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 {3 * ticks} {2 * ticks} 7 8 20 0 1 0 1 2 3"

    assert parse_cpu_s(line) == 5.0


def test_resident_memory_is_told_in_mib() -> None:
    assert parse_rss_mib("Name:\tdialerd\nVmPeak:\t  999999 kB\nVmRSS:\t  2048 kB\nThreads:\t3\n") == 2.0


def test_a_process_without_memory_is_an_error() -> None:
    with pytest.raises(ValueError, match="VmRSS"):
        parse_rss_mib("Name:\tkthreadd\n")


def test_the_meter_counts_what_was_used_since_it_was_made() -> None:
    meter = Meter({"self": os.getpid()})
    before = cpu_s(os.getpid())
    until = time.process_time() + 0.05
    while time.process_time() < until:
        pass

    used = meter.used_s()["self"]
    assert used > 0.0
    assert used <= cpu_s(os.getpid()) - before + 0.05
    assert rss_mib(os.getpid()) > 1.0


def test_a_machine_is_not_busy_while_it_idles_or_waits_for_disks() -> None:
    ticks = os.sysconf("SC_CLK_TCK")
    stat = (
        f"cpu  {1 * ticks} {2 * ticks} {3 * ticks} {99 * ticks} {88 * ticks} {4 * ticks} {5 * ticks} 7 0 0\ncpu0 1\n"
    )

    assert parse_busy_s(stat) == 15.0


def test_what_we_use_ourselves_is_not_others(monkeypatch: pytest.MonkeyPatch) -> None:
    busy, clock, own = iter([100.0, 130.0]), iter([0.0, 20.0]), iter([5.0, 25.0])
    monkeypatch.setattr(Others, "_busy_s", staticmethod(lambda: next(busy)))
    monkeypatch.setattr(Others, "_own_s", staticmethod(lambda: next(own)))
    monkeypatch.setattr("bench.processes.time.monotonic", lambda: next(clock))
    monkeypatch.setattr("bench.processes.os.cpu_count", lambda: 2)

    assert Others().share() == pytest.approx(0.25)
