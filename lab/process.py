"""A server process of the lab: started, frozen, killed and started again, by its pid."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from lab.installation import LabError


class Server:
    """One child process.

    `ready` is asked again and again after a start until it returns True; `log` gets the
    process's output. All waits are in seconds.
    """

    def __init__(self, name: str, command: list[str], log: Path, ready: Callable[[], bool]) -> None:
        self.name = name
        self._command = command
        self._log = log
        self._ready = ready
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process id.

        Raises:
            LabError: it is not running.
        """
        if self._child is None:
            raise LabError(f"{self.name} is not running")
        return self._child.pid

    @property
    def running(self) -> bool:
        """Whether the process exists (a frozen one does)."""
        return self._child is not None and self._child.poll() is None

    def start(self, *, timeout_s: float = 30.0) -> None:
        """Start and wait until it is ready.

        Raises:
            LabError: it ended, or was not ready in time; the text ends with its log.
        """
        self.launch()
        self.wait_ready(timeout_s=timeout_s)

    def launch(self) -> None:
        """Start without waiting."""
        if self.running:
            raise LabError(f"{self.name} is already running")
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def wait_ready(self, *, timeout_s: float = 30.0) -> None:
        """Wait until the started process is ready. Errors as for `start`."""
        deadline = time.monotonic() + timeout_s
        while not self._ready():
            if not self.running:
                raise LabError(f"{self.name} ended at start:\n{self._tail()}")
            if time.monotonic() > deadline:
                raise LabError(f"{self.name} is not ready after {timeout_s:g} s:\n{self._tail()}")
            time.sleep(0.02)

    def stop(self, *, grace_s: float = 5.0) -> None:
        """Ask it to end, then make it. Does nothing if it is not running."""
        child = self._child
        if child is None:
            return
        if child.poll() is None:
            child.send_signal(signal.SIGCONT)
            child.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(grace_s)
        if child.poll() is None:
            child.kill()
        child.wait()
        self._child = None

    def kill(self) -> None:
        """End it at once (SIGKILL), as a crash would."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None

    def restart(self, *, timeout_s: float = 30.0) -> None:
        """Start it again on the same ports and data, after `kill` or stopping it first."""
        self.stop()
        self.start(timeout_s=timeout_s)

    def freeze(self) -> None:
        """Stop its clock (SIGSTOP): sockets stay open, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let a frozen one go on (SIGCONT)."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._child is None:
            raise LabError(f"{self.name} is not running")
        self._child.send_signal(number)

    def _tail(self) -> str:
        return self._log.read_text(errors="replace")[-1500:] if self._log.exists() else ""
