"""What the demo dials, with whom, and the files that say so."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from lab.callees import Mix, mix_numbers
from lab.daemon_settings import write_daemon_settings
from lab.pair import Lab

AGENTS = tuple(str(8001 + i) for i in range(8))
SALES, NOTICE = "spring-sale", "delivery-notice"

_CAMPAIGNS = """\
# Written by the demo. campaigns.example.yaml explains every setting.
version: 1

trunks:
  carrier:
    dial: PJSIP/{{digits}}@carrier
    max_lines: 40
    cps: 10

contact_lists:
  customers:
    region: GB
    phones:
      - column: phone
        type: mobile
  subscribers:
    region: GB
    phones:
      - column: phone
        type: mobile

defaults:
  trunk: carrier
  caller_id: +441632960000
  ring_timeout: 15s
  compliance: {{profiles: [uk-ofcom-2010]}}
  max_attempts: 2
  abandon_message: {abandon}
  retry:
    busy: {{max_tries: 2, gap: 20s}}
    no_answer: {{max_tries: 1, gap: 1h}}
    machine: {{max_tries: 1, gap: 1d}}
    rejected: {{max_tries: 1, gap: 1d}}
    congestion: {{max_tries: 2, gap: 10s}}
    hung_up_early: {{max_tries: 1, gap: 1d}}
    silence: {{max_tries: 1, gap: 1d}}
    cancelled: {{max_tries: 2, gap: 5s}}
    abandoned: {{max_tries: 1, gap: 3d}}

campaigns:
  {sales}:
    mode: progressive
    contact_list: customers
    queue: sales
    max_lines: 20
    priority: 4
    agents: {{connection: nailed}}
    wrap_up: 2s
    call_analysis: {{profile: connect_first}}
  {notice}:
    mode: agentless
    contact_list: subscribers
    message: {message}
    max_lines: 6
    call_analysis: {{profile: catch_machines}}
    responses: {{machine: message_after_beep}}
    message_after_beep: {{timeout: 20s}}
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """The demo's folder, its lists (name -> numbers) and how to reach its daemon."""

    folder: Path
    lists: dict[str, list[str]]
    api_url: str
    token: str
    environ: dict[str, str]

    @property
    def settings(self) -> Path:
        """The daemon's settings file."""
        return self.folder / "dialerd.yaml"

    @property
    def database(self) -> Path:
        """The record."""
        return self.folder / "dialerd.db"


def mix() -> Mix:
    """The population: quick enough that 220 contacts take minutes."""
    return Mix(ring_s=(1.0, 4.0), talk_s=(3.0, 8.0))


def write_scene(folder: Path, lab: Lab, customers: int, subscribers: int) -> Scene:
    """Write campaigns, settings and contact files for a running lab."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = mix_numbers(customers + subscribers)
    lists = {"customers": numbers[:customers], "subscribers": numbers[customers:]}
    for name, members in lists.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("name", "phone"))
            writer.writerows((f"{name.capitalize()} {i}", number) for i, number in enumerate(members, 1))
    settings = lab.settings
    (folder / "campaigns.yaml").write_text(
        _CAMPAIGNS.format(sales=SALES, notice=NOTICE, abandon=settings.abandon_sound, message=settings.message_sound)
    )
    access = write_daemon_settings(folder, settings, instance="demo", grace="10s")
    return Scene(folder, lists, access.api_url, access.token, access.environ)
