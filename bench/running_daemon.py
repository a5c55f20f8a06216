"""The daemon under test: a process of its own with settings, lists and a record in a folder."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import subprocess
import sys
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from lab.daemon_settings import write_daemon_settings
from lab.installation import LabError
from lab.pair import Lab
from lab.waiting import wait_for


class RunningDaemon:
    """``with RunningDaemon(lab, folder, campaigns, lists) as daemon``: lists are imported, the daemon is ready.

    ``campaigns`` is the text of the campaigns file; ``lists`` the numbers of each contact list."""

    def __init__(self, lab: Lab, folder: Path, campaigns: str, lists: Mapping[str, Sequence[str]]) -> None:
        self._folder = folder
        self._lists = lists
        folder.mkdir(parents=True)
        (folder / "campaigns.yaml").write_text(campaigns)
        access = write_daemon_settings(folder, lab.settings, instance="bench", grace="1s")
        self._url, self._token = access.api_url, access.token
        self._environ = {**os.environ, **access.environ}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        for name, numbers in self._lists.items():
            path = self._folder / f"{name}.csv"
            with path.open("w", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(("name", "phone"))
                writer.writerows((f"Customer {i}", number) for i, number in enumerate(numbers, 1))
            command = [sys.executable, "-m", "dialerd", "contacts", "import", name, str(path)]
            done = subprocess.run(command, env=self._environ, check=False, capture_output=True, text=True)
            if done.returncode:
                raise LabError(f"import of {name}: {done.stderr}")
        with (self._folder / "daemon.log").open("wb") as log:
            command = [sys.executable, "-m", "dialerd", "run"]
            self._process = subprocess.Popen(command, env=self._environ, stdout=log, stderr=log)
        try:
            wait_for("the daemon is ready", self._ready, 30, 0.1)
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End it: its unanswered calls are cancelled after the grace time."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(40)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def start_campaign(self, name: str) -> None:
        """Turn a campaign on."""
        self._ask("POST", f"/api/v1/campaigns/{name}/start")

    def status(self) -> dict[str, Any]:
        """Everything at this moment."""
        answer: dict[str, Any] = self._ask("GET", "/api/v1/status")
        return answer

    def campaign(self, name: str) -> dict[str, Any]:
        """One campaign at this moment."""
        answer: dict[str, Any] = self._ask("GET", f"/api/v1/campaigns/{name}")
        return answer

    def wait_complete(self, name: str, limit_s: float) -> None:
        """Wait until a campaign has called all its contacts."""
        wait_for(f"campaign {name} complete", lambda: self.campaign(name)["state"] == "complete", limit_s, 0.5)

    def notices(self, name: str) -> int:
        """How often operators were told this."""
        told = urllib.request.Request(self._url + "/metrics", headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(told, timeout=10) as answer:
            lines = answer.read().decode().splitlines()
        mine = (line for line in lines if line.startswith("dialerd_notices_total{") and f'name="{name}"' in line)
        return round(sum(float(line.rpartition(" ")[2]) for line in mine))

    def attempts(self, campaign: str) -> list[dict[str, Any]]:
        """The finished attempts of a campaign in the record."""
        with sqlite3.connect(self._folder / "dialerd.db") as record:
            record.row_factory = sqlite3.Row
            rows = record.execute("select * from attempts where campaign = ? order by claimed_at", (campaign,))
            return [dict(row) for row in rows]

    def _ask(self, method: str, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self._token}"}
        request = urllib.request.Request(self._url + path, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise LabError(f"the daemon ended with {self._process.returncode}; its log is in {self._folder}")
        try:
            self._ask("GET", "/readyz")
        except OSError:
            return False
        return True
