"""A recorded day as a scenario: the people, conversations and agents of that day under the file's settings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import ceil

from dialerd.config.floor_file import FloorFile
from dialerd.core.campaign import CampaignSettings, TrunkSettings
from dialerd.core.windows import zone
from dialerd.sim.forecast.floors import HOUR, Analysis
from dialerd.sim.forecast.recorded_day import AtWork, Callees, Row, at_work, callees
from dialerd.sim.forecast.scenario import Part, Scenario, scenario

_LEAST_S = 60.0
ESTIMATED = (
    "estimated, not recorded: agents' log-ins and breaks (from their first and last calls; half an hour without "
    "a call is a break), wrap-ups (as in the campaigns file), inbound calls (none)"
)


@dataclass(frozen=True, slots=True)
class Day:
    """A recorded day. ``start`` and ``end``: epoch seconds of its first dial and its last end."""

    start: float
    end: float
    by_campaign: Mapping[str, Callees]
    agents: Mapping[str, AtWork]
    """By queue."""
    notes: tuple[str, ...]


def recorded_day(campaigns: Sequence[CampaignSettings], rows: Sequence[Row]) -> Day | None:
    """What the rows of one day say of these campaigns; None when no call was theirs."""
    names = {one.name for one in campaigns}
    own = [row for row in rows if row["campaign"] in names]
    if not own:
        return None
    start = own[0]["dialed_at"] // 60.0 * 60.0
    last = max(row["ended_at"] if row["ended_at"] is not None else row["dialed_at"] for row in own)
    end = min(start + 86_400.0, max(start + _LEAST_S, ceil(last / 60.0) * 60.0))
    by_campaign = {
        one.name: callees(theirs, start)
        for one in campaigns
        if (theirs := [row for row in own if row["campaign"] == one.name])
    }
    agents = {}
    for queue in dict.fromkeys(one.queue for one in campaigns if one.queue is not None):
        sharing = {one.name: one for one in campaigns if one.queue == queue}
        wrap_up_s = {name: one.wrap_up_s for name, one in sharing.items()}
        agents[queue] = at_work([row for row in own if row["campaign"] in sharing], wrap_up_s, start, end)
    return Day(start, end, by_campaign, agents, tuple(_notes(campaigns, rows, by_campaign)))


def day_scenario(
    campaigns: Iterable[CampaignSettings], trunks: Mapping[str, TrunkSettings], day: Day, zone_name: str,
    warm: bool = False,
) -> Scenario:  # fmt: skip
    """That day's callees and agents under these settings; campaigns without a call that day are left out."""
    begins = datetime.fromtimestamp(day.start, zone(zone_name))
    hours = (day.end - day.start) / HOUR
    plain = scenario([one for one in campaigns if one.name in day.by_campaign], trunks, FloorFile(), warm)
    parts = tuple(_part(part, day, hours) for part in plain.parts)
    return replace(plain, parts=parts, start_s=begins.hour * 3600.0 + begins.minute * 60.0)


def _part(part: Part, day: Day, hours: float) -> Part:
    known = day.by_campaign[part.name]
    queue = part.settings.queue
    crew = day.agents[queue] if queue is not None else AtWork(0, (), 0.0, 0.0)
    analysis = None
    if part.settings.analysis.amd is not None and part.floor.analysis is not None:
        # The record has the verdicts: whom it calls a person went to an agent, and machines did not.
        base = part.floor.analysis
        analysis = Analysis(base.speech_s, base.median_s, base.sigma, base.longest_s, 0.0, 0.0)
    floor = replace(
        part.floor,
        agents=crew.at_start,
        moves=crew.moves,
        hours=hours,
        answer=known.answer,
        machine_share=known.machine_share,
        busy_share=0.0,
        machines_to_agents=False,
        analysis=analysis,
        recorded=known.recorded,
    )
    return replace(part, floor=floor, message_s=known.message_s if known.message_s is not None else part.message_s)


def _notes(
    campaigns: Sequence[CampaignSettings], rows: Sequence[Row], by_campaign: Mapping[str, Callees]
) -> Iterable[str]:
    for one in campaigns:
        if one.name not in by_campaign:
            yield f"{one.name}: no call that day, left out"
            continue
        known = by_campaign[one.name].recorded
        if not known.answer_s:
            yield f"{one.name}: nobody answered that day; answer times are the usual ones"
        if one.queue is not None and not known.talk_s:
            yield f"{one.name}: no conversation that day; they last as long as usual"
        if one.analysis.amd is not None and not known.analysis_s:
            yield f"{one.name}: no call analysis was recorded; its delays are those measured for the profile"
    others = sorted({row["campaign"] for row in rows} - {one.name for one in campaigns})
    if others:
        yield f"not simulated, though they dialed that day: {', '.join(others)}"
    yield ESTIMATED
