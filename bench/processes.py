"""What a process has used, from /proc; and the collector as the daemon sets it."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from dialerd.app.foreground import YOUNG_OBJECTS

_TICKS = os.sysconf("SC_CLK_TCK")


def parse_cpu_s(stat: str) -> float:
    """User and system time in seconds of a line of ``/proc/PID/stat`` (proc(5): fields 14 and 15)."""
    # The second field, the program's name, may hold blanks and brackets: count from its last bracket on.
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def parse_rss_mib(status: str) -> float:
    """Resident memory in MiB of the text of ``/proc/PID/status``. Raises :class:`ValueError` if it has none."""
    for line in status.splitlines():
        name, _, rest = line.partition(":")
        if name == "VmRSS":
            return int(rest.split()[0]) / 1024
    raise ValueError("no VmRSS: the process has no memory of its own")


def parse_busy_s(stat: str) -> float:
    """Processor time in seconds that all processes of the machine have used, of the text of ``/proc/stat``: the
    first line without idle and waiting for disks (proc(5)); guests are in user time already."""
    user, nice, system, _, _, irq, softirq, *_ = (int(field) for field in stat.split("\n", 1)[0].split()[1:])
    return (user + nice + system + irq + softirq) / _TICKS


class Others:
    """How busy the machine is with what is not ours."""

    def __init__(self) -> None:
        self._began = (time.monotonic(), self._busy_s(), self._own_s())

    def share(self) -> float:
        """The part of the whole machine (0 to 1) that others have used since this was made. Children of ours count
        as ours once they have ended."""
        began, busy_s, own_s = self._began
        others_s = (self._busy_s() - busy_s) - (self._own_s() - own_s)
        return max(0.0, others_s / (time.monotonic() - began) / (os.cpu_count() or 1))

    @staticmethod
    def _busy_s() -> float:
        return parse_busy_s(Path("/proc/stat").read_text())

    @staticmethod
    def _own_s() -> float:
        return sum(os.times()[:4])


def cpu_s(pid: int) -> float:
    """Processor time, user and system, that a process has used so far, in seconds."""
    return parse_cpu_s(Path(f"/proc/{pid}/stat").read_text())


def rss_mib(pid: int) -> float:
    """Resident memory of a process now, in MiB."""
    return parse_rss_mib(Path(f"/proc/{pid}/status").read_text())


class Meter:
    """Processor time of several processes between two moments."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._pids = dict(pids)
        self._began = {name: cpu_s(pid) for name, pid in self._pids.items()}

    def used_s(self) -> dict[str, float]:
        """Seconds of processor time by name since this was made."""
        return {name: cpu_s(pid) - self._began[name] for name, pid in self._pids.items()}


@contextmanager
def collector_as_in_daemon() -> Iterator[None]:
    """Python's collector looks as rarely as in the daemon, for measurements of its parts within this process."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()
