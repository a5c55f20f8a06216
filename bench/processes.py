"""What a process has used, from /proc."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

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
