"""The PBX seen from outside: what it holds, and its queues as agents and supervisors change them."""

from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from typing import Any

from lab import Lab
from tests.harness.waiting import until

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class Pbx:
    """Asks over ARI and works the console."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        login = f"{lab.ari_user}:{lab.ari_password}".encode()
        self._headers = {"Authorization": f"Basic {base64.b64encode(login).decode()}"}

    def ari(self, path: str, method: str = "GET") -> Any:
        """What ARI answers; None for an empty answer."""
        request = urllib.request.Request(f"{self.lab.ari_url}/{path}", headers=self._headers, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def channels(self) -> dict[str, dict[str, Any]]:
        """All channels by id."""
        return {one["id"]: one for one in self.ari("channels")}

    def bridges(self) -> dict[str, list[str]]:
        """All bridges: id -> channels inside."""
        return {one["id"]: one["channels"] for one in self.ari("bridges")}

    def losses(self) -> set[str]:
        """Attempts that the dialplan marked as lost; a mark stays for a minute after it was counted."""
        shown = self.lab.pbx.cli("database show dialerd-lost")
        return {line.split()[0].removeprefix("/dialerd-lost/") for line in shown.splitlines() if line.startswith("/")}

    def hang_up(self, channel: str) -> None:
        """End a channel, if it is still there: one that ends may take others with it."""
        try:
            self.ari(f"channels/{channel}", "DELETE")
        except urllib.error.HTTPError as gone:
            if gone.code != 404:
                raise

    def pause(self, interface: str, queue: str = "sales", reason: str = "coffee") -> None:
        """Pause a member as its phone or a supervisor would."""
        self.lab.pbx.cli(f"queue pause member {interface} queue {queue} reason {reason}")

    def unpause(self, interface: str, queue: str = "sales") -> None:
        """Unpause a member."""
        self.lab.pbx.cli(f"queue unpause member {interface} queue {queue}")

    def log_out(self, interface: str, queue: str = "sales") -> None:
        """Remove a member."""
        self.lab.pbx.cli(f"queue remove member {interface} from {queue}")

    def paused(self, interface: str, queue: str = "sales") -> str | None:
        """The reason of a member's pause; None: not paused (or no member)."""
        for line in _COLOURS.sub("", self.lab.pbx.cli(f"queue show {queue}")).splitlines():
            if interface in line and "(paused" in line:
                inside = line.split("(paused", 1)[1]
                return inside[1:].split(" was ", 1)[0] if inside.startswith(":") else ""
        return None

    def queue_line(self, interface: str, queue: str = "sales") -> str:
        """A member's line as the console shows it."""
        lines = _COLOURS.sub("", self.lab.pbx.cli(f"queue show {queue}")).splitlines()
        return next((line for line in lines if interface in line), "")

    def clear(self, *queues: str) -> None:
        """No members in the queues, no channels: as before the first test."""
        for queue in queues:
            for line in _COLOURS.sub("", self.lab.pbx.cli(f"queue show {queue}")).splitlines():
                for kind in ("Local/", "PJSIP/"):
                    if kind in line:
                        interface = kind + line.split(kind, 1)[1].split(" ", 1)[0].rstrip(")")
                        self.log_out(interface, queue)
        self.lab.pbx.cli("channel request hangup all")
        until("the PBX is empty", lambda: not self.channels(), 15)
        for bridge in self.bridges():
            if bridge.startswith("brg-"):
                self.ari(f"bridges/{bridge}", "DELETE")


def nailed(agent: str) -> str:
    """The interface of a nailed-up member."""
    return f"Local/{agent}@dialerd-agent/n"
