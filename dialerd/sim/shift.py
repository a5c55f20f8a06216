"""What is simulated: one shift of one floor."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from random import Random

from dialerd.core.analysis import profile_named
from dialerd.core.campaign import (
    AbandonKey,
    CampaignSettings,
    Connection,
    Mode,
    PacingSettings,
    Plan,
    RetryRule,
    TrunkSettings,
)
from dialerd.core.disposition import Disposition
from dialerd.core.flow.nodes import (
    Branch,
    Callback,
    Case,
    Flow,
    Gather,
    HangUp,
    OptOut,
    Play,
    Record,
    ToNumber,
    ToQueue,
)
from dialerd.core.flow.prompts import Form, Media, Prompt, Slot, Text, sound
from dialerd.core.preview import OnTimeout, PreviewSettings
from dialerd.core.recording import RecordingSettings
from dialerd.core.treatment import MAY_BE_PERSON, CallAnalysis, Treatment

TRUNK = "carrier"
QUEUE = "sales"
_PROFILES = ("connect_first", "connect_first", "off", "balanced", "catch_machines")


_SAID = Prompt((Media("sound:dialerd/dates"),))
_WHICH_DAY = Prompt((Text(("Which day, ", Slot("first"), "?")), Media("sound:dialerd/dates")))
_THAT_DAY = Prompt((Text(("You chose ", Slot("day", Form.DIGITS, later=True))),))
DATES = Flow(
    "dates",
    "hello",
    {
        "hello": Play(_SAID, "ask"),
        "ask": Gather(
            _SAID, {"1": "bye", "2": "day", "3": "who", "4": "memo", "5": "branch", "0": "agent"}, retries=1,
            on_no_input="later", wrong_prompt=_SAID,
        ),
        "day": Gather(_WHICH_DAY, least=1, most=2, into="day", next="chosen", retries=1),
        "chosen": Play(_THAT_DAY, "bye"),
        "who": Branch((Case("agent", idle_agents=QUEUE),), "later"),
        "agent": ToQueue(QUEUE, "later", 25.0, _SAID),
        "memo": Record(_SAID, "bye", "memo", longest_s=10.0),
        "branch": ToNumber(Text(("+441632960777",)), "later", 12.0),
        "later": Callback("bye", 120.0),
        "out": OptOut("bye"),
        "bye": HangUp("done", _SAID),
    },
    always={"9": "out"},
    longest_s=180.0,
)  # fmt: skip
"""A flow with every kind of node that something can go wrong at."""


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
    flows: bool = False
    """The second campaign leads people through a flow, and callers press keys, in the abandoned-call message too."""
    flow: Flow = DATES
    """The flow of ``flows``."""
    flow_lines: int = 3
    """Lines of the campaign with the flow."""
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
        Disposition.PREVIEW_SKIPPED: RetryRule(2, 60.0),
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
    if shift.flows:
        campaigns["spring"] = replace(
            campaigns["spring"],
            abandon_keys={"9": AbandonKey.OPT_OUT, "1": AbandonKey.CALLBACK},
            abandon_connect=True,
            recording=RecordingSettings(share=0.5, consent="sound:recorded"),
            opt_out_list="opt_outs",
            dnc=("opt_outs",),
        )
    if agentless or shift.flows:
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
            message=sound("sound:dialerd/reminder"),
            responses={CallAnalysis.MACHINE: Treatment.MESSAGE_AFTER_BEEP},
            priority=4,
        )
    if shift.flows:
        campaigns["reminder"] = replace(
            campaigns["reminder"],
            flow=shift.flow.name,
            flows={shift.flow.name: shift.flow},
            max_lines=shift.flow_lines,
            recording=RecordingSettings(share=0.5, consent="sound:recorded"),
            responses={
                **dict.fromkeys(MAY_BE_PERSON, Treatment.FLOW),
                CallAnalysis.MACHINE: Treatment.MESSAGE_AFTER_BEEP,
            },
            opt_out_list="opt_outs",
            dnc=("opt_outs",),
            connection=connection,
        )
    if shift.mode is Mode.PREVIEW:
        on_timeout = rng.choice((OnTimeout.DIAL, OnTimeout.SKIP))
        campaigns["spring"] = replace(campaigns["spring"], preview=PreviewSettings(20.0, on_timeout))
    lines, cps = max(3, shift.agents + 2), 4.0 + shift.agents
    if shift.mode.dials_ahead:
        lines = 7 * shift.agents + 2
    lines += shift.flow_lines - 3
    trunk = TrunkSettings(TRUNK, "PJSIP/{e164}@carrier", "PJSIP/carrier", lines, cps)
    return Plan(campaigns, {TRUNK: trunk})
