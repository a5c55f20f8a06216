"""One lab on which tests take turns, each with a daemon of its own."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from lab import Behaviour, Lab, Mix, number_for
from lab.callees import FIXED_PREFIXES, Callee
from tests.harness.pbx import Pbx
from tests.harness.redis_keys import flush
from tests.harness.site import Site
from tests.harness.waiting import until

QUEUES = ("sales", "support")
QUICK = Mix(ring_s=(0.2, 0.8), talk_s=(1.5, 2.5), patience_s=(5.0, 7.0), record_s=(2.0, 3.0))
"""Everybody rings, talks and waits so shortly that a campaign of twenty takes seconds."""


def quick_lab(folder: Path) -> Lab:
    """A lab of quick people; not started."""
    return Lab(folder, mix=QUICK)


def numbers(behaviour: Behaviour, count: int = 1, start: int = 0) -> list[str]:
    """Up to ten valid numbers that behave so."""
    return [number_for(behaviour, start + i, prefix=FIXED_PREFIXES[1]) for i in range(count)]


class Stage:
    """Opens sites on the lab, and cleans up after each test."""

    def __init__(self, lab: Lab, folder: Path) -> None:
        self.lab, self.pbx, self._folder = lab, Pbx(lab), folder
        self._sites: list[Site] = []
        self._next_number = 0
        self.began_ms = time.time() * 1000

    def site(self, campaigns: Mapping[str, dict[str, Any]], name: str = "site", **options: Any) -> Site:
        """A site whose daemon is not started yet; ``options`` as for :class:`Site`."""
        made = Site(self._folder / name, self.lab, campaigns, **options)
        self._sites.append(made)
        return made

    def open(
        self,
        campaigns: Mapping[str, dict[str, Any]],
        *,
        nailed: Iterable[str] = (),
        ring: Iterable[str] = (),
        queue: str = "sales",
        people: Iterable[str] = (),
        subscribers: Iterable[str] = (),
        start: Iterable[str] = (),
        **options: Any,
    ) -> Site:
        """A site with its daemon ready, agents available, contacts imported, and campaigns started."""
        site = self.site(campaigns, **options)
        agents = [*nailed, *ring]
        self.lab.add_members(queue, nailed=nailed, ring=ring)
        site.daemon.start()
        for contact_list, of_list in (("people", people), ("subscribers", subscribers)):
            if of_list:
                site.api.import_numbers(contact_list, of_list)
        self.agents_ready(site, agents)
        for campaign in start:
            site.api.start(campaign)
        return site

    def agents_ready(self, site: Site, agents: Iterable[str]) -> None:
        """Wait until these agents can take calls."""
        wanted = set(agents)
        until(
            f"{sorted(wanted)} available",
            lambda: {a for a, one in site.api.agents().items() if one["state"] == "available"} >= wanted,
        )

    def person(self, **changes: Any) -> str:
        """A number of its own with a person who answers quickly; ``changes`` as for :class:`Callee`."""
        number = f"+4420794608{self._next_number:02d}"
        self._next_number += 1
        usual: dict[str, Any] = {
            "behaviour": Behaviour.SHORT_HELLO, "ring_s": 0.3, "pause_s": 0.2, "talk_s": 1.2, "patience_s": 6.0,
            "clip": "hello-1",
        }  # fmt: skip
        self.lab.assign(number, Callee(**(usual | changes)))
        return number

    def close(self) -> None:
        """End what the test started, whatever state it is in."""
        for server in (self.lab.redis, self.lab.pbx):
            if server.running:
                server.thaw()
            else:
                server.restart()
        for site in self._sites:
            site.daemon.kill()
        self.pbx.clear(*QUEUES)
        self.lab.pbx.cli("database deltree dialerd-lost")
        self.lab.pbx.cli("database deltree dialerd-inbound")
        flush(self.lab)


def complete(site: Site, *campaigns: str, limit_s: float = 60.0) -> None:
    """Wait until these campaigns are complete."""

    def states() -> object:
        known = site.api.campaigns()
        return all(known[name]["state"] == "complete" for name in campaigns) or None

    try:
        until(f"{', '.join(campaigns)} complete", states, limit_s)
    except AssertionError as late:
        views = [{k: v for k, v in one.items() if v} for one in site.api.campaigns().values()]
        raise AssertionError(f"{late}\n{views}\n{site.api.live()}") from None


def settle(site: Site, *campaigns: str, limit_s: float = 40.0) -> None:
    """Stop these campaigns and wait until they are off."""
    for name in campaigns:
        site.api.stop(name)
    until("campaigns off", lambda: all(
        site.api.campaigns()[name]["state"] in ("off", "complete") for name in campaigns
    ), limit_s)  # fmt: skip
