"""A folder with settings and campaigns for one daemon on a lab, its record, and the daemon itself."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from lab import Lab
from lab.ports import free_ports
from tests.harness.api import Api
from tests.harness.daemon import Daemon

CALLER = "+441632960000"
QUICK_RETRIES: dict[str, dict[str, Any]] = {
    name: {"max_tries": 1, "gap": "1h"}
    for name in ("busy", "no_answer", "rejected", "congestion", "trunk_failure", "machine", "hung_up_early",
                 "silence", "sit", "fax", "abandoned", "outcome_unknown", "unmapped")
}  # fmt: skip
"""One try each: a campaign is complete when everybody was called once. Cancelled calls are made again."""


def progressive(queue: str = "sales", connection: str = "nailed", **changes: Any) -> dict[str, Any]:
    """A campaign with agents; whoever answers is connected at once unless ``call_analysis`` says otherwise."""
    settings: dict[str, Any] = {
        "mode": "progressive", "contact_list": "people", "queue": queue, "agents": {"connection": connection},
        "wrap_up": "0s", "call_analysis": {"profile": "off"},
    }  # fmt: skip
    return settings | changes


def agentless(lab: Lab, **changes: Any) -> dict[str, Any]:
    """A campaign that plays the lab's message."""
    settings: dict[str, Any] = {
        "mode": "agentless", "contact_list": "subscribers", "message": lab.settings.message_sound,
        "call_analysis": {"profile": "off"},
    }  # fmt: skip
    return settings | changes


class Site:
    """One daemon's files. ``settings`` go over the daemon's usual settings, section by section."""

    def __init__(
        self,
        folder: Path,
        lab: Lab,
        campaigns: Mapping[str, dict[str, Any]],
        *,
        trunk: Mapping[str, Any] | None = None,
        settings: Mapping[str, Any] | None = None,
        database: Path | None = None,
        flows: Mapping[str, Any] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """``more``: further sections of the campaigns file."""
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.lab, self.flows, self.more = folder, lab, dict(flows or {}), dict(more or {})
        self.trunk = {"dial": "PJSIP/{digits}@carrier", "max_lines": 40, "cps": 20} | dict(trunk or {})
        self.database = database or folder / "dialerd.db"
        self.write_campaigns(campaigns)
        (api_port,), _ = free_ports(1, 0)
        self.token = secrets.token_urlsafe(12)
        self.api = Api(f"http://127.0.0.1:{api_port}", self.token)
        self.write_settings(api_port, settings or {})
        self.daemon = Daemon(folder / "dialerd.yaml", folder / "daemon.log", self.api)

    def write_campaigns(self, campaigns: Mapping[str, dict[str, Any]]) -> None:
        """(Re)write the campaigns file; a running daemon takes no notice until told."""
        lists = {str(one["contact_list"]) for one in campaigns.values()}
        dnc = {name for one in campaigns.values() for name in [*one.get("dnc", []), one.get("opt_out_list")] if name}
        text = yaml.safe_dump(
            {
                "version": 1,
                "trunks": {"carrier": self.trunk},
                "contact_lists": {name: {"region": "GB", "phones": [{"column": "phone"}]} for name in sorted(lists)},
                "dnc_lists": {name: {"region": "GB"} for name in sorted(dnc)},
                "flows": self.flows,
                "defaults": {
                    "trunk": "carrier", "caller_id": CALLER, "ring_timeout": "15s", "max_attempts": 4,
                    "abandon_message": self.lab.settings.abandon_sound,
                    "compliance": {"profiles": ["uk-ofcom-2010"]},
                    "retry": QUICK_RETRIES | {"cancelled": {"max_tries": 50, "gap": "1s"}},
                },
                "campaigns": dict(campaigns),
                **self.more,
            },
            sort_keys=False,
        )  # fmt: skip
        self.campaigns_file.write_text(text)

    def write_settings(self, api_port: int, changes: Mapping[str, Any]) -> None:
        """Write the daemon's settings file."""
        lab = self.lab.settings
        usual: dict[str, Any] = {
            "campaigns": "campaigns.yaml",
            "instance": "one",
            "ari": {"url": lab.ari_url.removesuffix("/ari"), "user": lab.ari_user, "password": lab.ari_password,
                    "app": lab.ari_app},
            "ami": {"host": lab.ami_host, "port": lab.ami_port, "user": lab.ami_user, "secret": lab.ami_secret},
            "redis": {"url": lab.redis_url},
            "sql": {"url": f"sqlite+aiosqlite:///{self.database}"},
            "api": {"host": "127.0.0.1", "port": api_port, "token": self.token},
            "log": {"level": "info", "format": "json", "mask_numbers": False},
            "shutdown_grace": "5s",
            "lease_ttl": "5s",
        }  # fmt: skip
        for key, value in changes.items():
            usual[key] = usual[key] | dict(value) if isinstance(value, Mapping) else value
        (self.folder / "dialerd.yaml").write_text(yaml.safe_dump(usual, sort_keys=False))

    @property
    def campaigns_file(self) -> Path:
        """The campaigns file."""
        return self.folder / "campaigns.yaml"

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What the record answers to a query."""
        if not self.database.exists():
            return []
        connection = sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=10)
        try:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]
        finally:
            connection.close()

    def attempts(self) -> list[dict[str, Any]]:
        """Finished attempts in the order of their claims."""
        return self.rows("select * from attempts order by claimed_at")

    def contacts(self) -> list[dict[str, Any]]:
        """All contacts."""
        return self.rows("select * from contacts order by id")

    def dispositions(self) -> dict[str, list[str]]:
        """Number -> dispositions of its attempts, in order."""
        found: dict[str, list[str]] = {}
        for attempt in self.attempts():
            found.setdefault(attempt["number"], []).append(attempt["disposition"])
        return found
