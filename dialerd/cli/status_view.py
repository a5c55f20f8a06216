"""The status of a daemon as one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dialerd.cli.pacing_lines import last_minutes
from dialerd.cli.phrases import reasons
from dialerd.cli.screen import clock_time, coloured, duration, percent, table

MOST_AGENTS = 15
"""Agents shown in the status; `dialerd agents` shows them all."""
_WIDE = 92
_BAR = 10
_MOST_REASONS = 4
"""For which parked contacts are told apart; the others are one figure."""
_PARTS = (("telephony", "ARI"), ("roster", "AMI"), ("store", "Redis"), ("record", "SQL"))
_ORDER = ("on_call", "reserved", "wrap_up", "available", "not_responding", "paused", "logged_out")


def status_picture(status: Mapping[str, Any], width: int) -> RenderableType:
    """Everything at one moment, for a terminal of this width."""
    parts: list[RenderableType] = [_headline(status), *_trouble(status), ""]
    parts.append(campaigns_table(status["campaigns"], width))
    paced = _pacing(status, width)
    parts += ["", *paced] if paced else []
    why_not = _why_not(status) + _parked(status)
    parts += ["", *why_not] if why_not else []
    if status["agents"]:
        shown = sorted(status["agents"], key=lambda a: (_rank(a["state"]), a["agent"]))[:MOST_AGENTS]
        parts += ["", _agent_counts(status["agents"]), agents_table(shown, status["at"], width)]
        if len(status["agents"]) > MOST_AGENTS:
            parts.append(f"[dim]… and {len(status['agents']) - MOST_AGENTS} more: dialerd agents[/]")
    if status["trunks"]:
        parts += ["", trunks_table(status["trunks"], status["at"])]
    return Group(*[Text.from_markup(part) if isinstance(part, str) else part for part in parts])


def campaigns_table(campaigns: Sequence[Mapping[str, Any]], width: int) -> RenderableType:
    """One line for each campaign; counts are those since the daemon's start."""
    if not campaigns:
        return Text.from_markup("[dim]No campaigns. Write some: `campaigns:` in the campaigns file.[/]")
    wide = width >= _WIDE
    reading = any(campaign["offered"] for campaign in campaigns)
    keys = ("live", *(["offered"] if reading else []), "ringing", "connected_now", "placed")
    figures = (
        "live",
        *(["read"] if reading else []),
        "ring",
        "talk",
        "placed",
        "answered",
        *(["reached"] if wide else []),
        "A/(A+L)",
    )
    columns = ["campaign", "state", *(["mode"] if wide else []), *figures]
    made = table(*columns, right=figures)
    for campaign in campaigns:
        answered = f"{campaign['answered']}"
        rate = campaign["answered"] / campaign["placed"] if campaign["placed"] else None
        abandon = campaign["abandon_rate"]["rate"]
        shown = f"{percent(abandon)}" if abandon is not None else "-"
        if abandon is not None and abandon > 0.03:
            shown = f"[bold red]{shown}[/]"
        made.add_row(
            f"[bold]{escape(campaign['name'])}[/]",
            coloured(campaign["state"]),
            *([escape(campaign["mode"])] if wide else []),
            *(str(campaign[key]) for key in keys),
            f"{answered} [dim]{percent(rate):>6}[/]" if wide else answered,
            *([str(campaign["reached"])] if wide else []),
            shown,
        )
    return made


def agents_table(agents: Sequence[Mapping[str, Any]], now: float, width: int) -> Table:
    """One line for each agent."""
    wide = width >= _WIDE
    skilled = wide and any(agent.get("skills") for agent in agents)
    more = [*(["queues"] if wide else []), *(["skills"] if skilled else [])]
    made = table("agent", "name", "state", "for", "calls", *more, "", right=("for", "calls"))
    for agent in agents:
        made.add_row(
            escape(agent["agent"]), escape(agent["name"]), coloured(agent["state"]), duration(now - agent["since"]),
            str(agent["calls"]), *(escape(", ".join(agent.get(word, ()))) for word in more),
            f"[dim]{escape(agent['reason'])}[/]",
        )  # fmt: skip
    return made


def trunks_table(trunks: Sequence[Mapping[str, Any]], now: float) -> Table:
    """One line for each trunk."""
    made = table("trunk", "lines", "of", "CPS", "", right=("lines", "of", "CPS"))
    for trunk in trunks:
        held = trunk["held_until"]
        note = f"[red]refuses every call; tried again in {duration(held - now)}[/]" if held is not None else ""
        made.add_row(escape(trunk["name"]), str(trunk["lines"]), str(trunk["max_lines"]), f"{trunk['cps']:g}", note)
    return made


def _headline(status: Mapping[str, Any]) -> str:
    parts = "  ".join(
        f"[green]●[/] {shown}" if status[part] is None else f"[bold red]○ {shown}[/]" for part, shown in _PARTS
    )
    line = f"[bold]dialerd[/] {escape(str(status['version']))} on {escape(str(status['instance']))}   {parts}"
    return f"{line}   [dim]{clock_time(status['at'])}[/]"


def _trouble(status: Mapping[str, Any]) -> list[str]:
    lines = [
        f"[bold red]{shown} down:[/] {escape(str(status[part]))}"
        for part, shown in _PARTS
        if status[part] is not None
    ]
    if status["shutting_down"]:
        lines.append("[yellow]shutting down: no new calls[/]")
    return lines


def _pacing(status: Mapping[str, Any], width: int) -> list[str]:
    """A line for each campaign that dials ahead, its last minutes, and a line for its shadow; a line for each queue
    that a flow needs agents of."""
    lines = []
    for campaign in status["campaigns"]:
        if campaign["state"] in ("off", "complete"):
            continue
        lines += [
            f"[bold]{escape(campaign['name'])}[/] {escape(need['explanation'])}  "
            f"[dim]{need['share']:.0%} of those who answer ask for one[/]"
            for need in campaign.get("flow_agents", ())
        ]
        pacing = campaign.get("pacing")
        if pacing is None:
            continue
        left, allowed = pacing["budget_left"], pacing["budget_allowed"]
        budget = f"{_bar(pacing['abandoned_today'], allowed)} {pacing['abandoned_today']} of {allowed:.1f}"
        style = "red" if left < 0 else "dim"
        lines.append(
            f"[bold]{escape(campaign['name'])}[/] {escape(pacing['explanation'])}  "
            f"[{style}]abandoned today {budget}; {pacing['level']:.1f} calls per agent[/]"
        )
        lines += last_minutes(pacing["history"], width)
        if pacing["shadow"] is not None:
            shadow = pacing["shadow"]
            lines.append(f"  [dim]{escape(shadow['mode'])} would say: {escape(shadow['explanation'])}[/]")
    return lines


def _bar(used: float, allowed: float) -> str:
    full = min(_BAR, round(_BAR * used / allowed)) if allowed else (_BAR if used else 0)
    return "█" * full + "░" * (_BAR - full)


def _why_not(status: Mapping[str, Any]) -> list[str]:
    lines = []
    for campaign in status["campaigns"]:
        said = reasons(campaign["not_dialing"])
        if not said or campaign["state"] in ("off", "complete"):
            continue
        if campaign["reason"] and campaign["reason"] not in said:
            said += f" ({campaign['reason']})"
        if campaign["next_contact_at"] is not None and "no_contact_callable_now" in campaign["not_dialing"]:
            said += f"; next at {clock_time(campaign['next_contact_at'])}"
        lines.append(f"[bold]{escape(campaign['name'])}[/] is not dialing because {escape(said)}")
    return lines


def _parked(status: Mapping[str, Any]) -> list[str]:
    """What waits in the record: the reasons with most contacts, and when the first of them are due."""
    lines = []
    for campaign in status["campaigns"]:
        counts = campaign.get("parked") or []
        if counts and campaign["state"] not in ("off", "complete"):
            said = ", ".join(
                f"{one['contacts']:,} for {one['reason'] or 'no reason'} (from {clock_time(one['soonest_at'])})"
                for one in counts[:_MOST_REASONS]
            )
            rest = sum(one["contacts"] for one in counts[_MOST_REASONS:])
            said += f", {rest:,} for other reasons" if rest else ""
            lines.append(f"[bold]{escape(campaign['name'])}[/] has parked {escape(said)}")
    return lines


def _agent_counts(agents: Sequence[Mapping[str, Any]]) -> str:
    counts = {state: sum(agent["state"] == state for agent in agents) for state in _ORDER}
    return "[bold]agents[/]  " + "  ".join(f"{count} {coloured(state)}" for state, count in counts.items() if count)


def _rank(state: str) -> int:
    return _ORDER.index(state) if state in _ORDER else len(_ORDER)
