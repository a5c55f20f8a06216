"""What happened in a shift, for people."""

from __future__ import annotations

from collections import Counter

from dialerd.core.campaign import Mode
from dialerd.sim.shift import Shift
from dialerd.sim.world import World


def command_for(shift: Shift) -> str:
    """The command that replays a shift."""
    words = [f"python -m dialerd.sim --seed {shift.seed} --agents {shift.agents} --minutes {shift.minutes:g}"]
    words.append(f"--inbound {shift.inbound_per_hour:g}")
    words += ["--faults"] * shift.faults + ["--calm"] * (not shift.restless)
    if shift.contacts is not None:
        words.append(f"--contacts {shift.contacts}")
    if shift.connection is not None:
        words.append(f"--connection {shift.connection}")
    if shift.mode is not Mode.PROGRESSIVE:
        words.append(f"--mode {shift.mode}")
    if shift.profile is not None:
        words.append(f"--profile {shift.profile}")
    if shift.agentless is not None:
        words.append("--agentless" if shift.agentless else "--no-agentless")
    return " ".join(words)


def findings_of(world: World) -> str:
    """The broken promises with the command to see them again; empty when all were kept."""
    if not world.truth.findings:
        return ""
    told = "\n".join(f"  {finding}" for finding in world.truth.findings)
    return f"seed {world.shift.seed} broke promises:\n{told}\nreplay: {command_for(world.shift)} --trace"


def report(world: World, took_s: float) -> str:
    """A page about the shift; ``took_s``: how long the simulation ran, in seconds."""
    truth, spring = world.truth, world.plan.campaigns["spring"]
    dispositions = Counter(str(record.disposition) for record in world.record.attempts.values())
    lines = [
        f"seed {world.shift.seed}: {world.shift.agents} agents, {world.shift.minutes:g} minutes, "
        f"{spring.connection}, {spring.analysis.name}, campaigns {', '.join(world.plan.campaigns)}",
        f"  callees      {dict(truth.kinds.most_common())}",
        f"  dispositions {dict(dispositions.most_common())}",
        f"  connected {truth.connected_calls}, abandoned {truth.abandoned}, most lines {truth.most_lines}, "
        f"daemon lives {len(world.lives)}",
    ]
    lines += [f"  {mishap}" for mishap in world.happened]
    if world.tells:
        lines.append(f"  told: {dict(sorted(world.tells.items()))}")
    lines.append(f"  {world.trace.commands} commands, trace {world.trace.digest}, {took_s:.2f} s")
    return "\n".join(lines + [findings_of(world)] * bool(world.truth.findings))
