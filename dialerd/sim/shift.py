"""What is simulated: one shift of one floor."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from dialerd.core.analysis import profile_named
from dialerd.core.campaign import CampaignSettings, Connection, Mode, PacingSettings, Plan, RetryRule, TrunkSettings
from dialerd.core.disposition import Disposition

TRUNK = "carrier"
QUEUE = "sales"
_PROFILES = ("connect_first", "connect_first", "off", "balanced", "catch_machines")


@dataclass(frozen=True, slots=True)
class Shift:
    """One shift. ``seed`` decides everything that is not said here; equal shifts run equally."""

    seed: int
    agents: int = 5
    minutes: float = 10.0
    faults: bool = False
    contacts: int | None = None
    """Contacts per campaign; None: more than the shift can use up."""
    connection: Connection | None = None
    """None: drawn by the seed."""
    profile: str | None = None
    """Call analysis profile; None: drawn by the seed."""
    agentless: bool | None = None
    """A second campaign plays a message to its own and to shared numbers; None: drawn by the seed."""
    inbound_per_hour: float = 0.0
    """Calls of the queue's own per agent and hour."""
    restless: bool = True
    """Agents pause, leave, come back and unpause themselves in wrap-up; their lines drop."""
    talk_s: float = 60.0
    """Median length of a conversation."""

    opt_outs: bool = False
    """People of the campaign with agents ask not to be called again, at any moment."""
    mode: Mode = Mode.PROGRESSIVE
    """Of the campaign with agents."""
    pacing: PacingSettings = field(default_factory=PacingSettings)

    @property
    def seconds(self) -> float:
        """Length of the shift; afterwards the world is left to drain."""
        return self.minutes * 60.0


def plan_for(shift: Shift, rng: Random) -> Plan:
    """The configuration of the shift's campaigns and trunk."""
    connection = shift.connection or rng.choice((Connection.NAILED, Connection.NAILED, Connection.RING))
    profile = shift.profile or rng.choice(_PROFILES)
    agentless = rng.random() < 0.4 if shift.agentless is None else shift.agentless
    retry = {
        Disposition.BUSY: RetryRule(3, 30.0),
        Disposition.NO_ANSWER: RetryRule(2, 90.0),
        Disposition.CONGESTION: RetryRule(4, 15.0),
        Disposition.TRUNK_FAILURE: RetryRule(4, 20.0),
        Disposition.MACHINE: RetryRule(2, 120.0),
        Disposition.OUTCOME_UNKNOWN: RetryRule(2, 60.0),
        Disposition.HUNG_UP_EARLY: RetryRule(2, 60.0),
        Disposition.REJECTED: RetryRule(2, 120.0),
        Disposition.ABANDONED: RetryRule(2, 300.0),
    }
    campaigns = {
        "spring": CampaignSettings(
            name="spring",
            mode=shift.mode,
            contact_list="leads",
            trunk=TRUNK,
            caller_id="+441632960900",
            queue=QUEUE,
            connection=connection,
            ring_timeout_s=20.0,
            max_lines=max(2, shift.agents * (8 if shift.mode.dials_ahead else 2)),
            max_attempts=3,
            retry=retry,
            analysis=profile_named(profile),
            wrap_up_s=rng.choice((0.0, 10.0, 15.0)),
            variables={"GREETING": "first", "KIND": "=sales"},
            pacing=shift.pacing,
            dnc=("opt_outs",) if shift.opt_outs else (),
        )
    }
    if agentless:
        campaigns["reminder"] = CampaignSettings(
            name="reminder",
            mode=Mode.AGENTLESS,
            contact_list="dates",
            trunk=TRUNK,
            caller_id="+441632960901",
            ring_timeout_s=20.0,
            max_lines=3,
            max_attempts=2,
            retry=retry,
            analysis=profile_named("catch_machines"),
            message="sound:dialerd/reminder",
            priority=4,
        )
    lines, cps = max(3, shift.agents + 2), 4.0 + shift.agents
    if shift.mode.dials_ahead:
        lines = 7 * shift.agents + 2
    trunk = TrunkSettings(TRUNK, "PJSIP/{e164}@carrier", "PJSIP/carrier", lines, cps)
    return Plan(campaigns, {TRUNK: trunk})
