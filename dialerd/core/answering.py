"""An attempt from answer to end: analysis, the legal clock, agent, message."""

from __future__ import annotations

from dialerd.core import ids
from dialerd.core.agent import AgentState
from dialerd.core.analysis import Clock, Evidence, judge
from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import CampaignState, Connection
from dialerd.core.commands import (
    CreateBridge,
    DestroyBridge,
    DialAgent,
    EnterBridge,
    HangUp,
    MoveReservation,
    PlayMessage,
    SaveAttempt,
    StartAmd,
    StopAmd,
)
from dialerd.core.desk import Desk
from dialerd.core.events import AmdFinished, PlaybackFinished
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.placing import CONNECTED_WATCH_S, WATCH_S, Placing
from dialerd.core.treatment import (
    AGENT_RESPONSES,
    AGENTLESS_RESPONSES,
    MAY_BE_PERSON,
    CallAnalysis,
    Treatment,
)

AMD_GRACE_S = 2.0
"""AMD that has not spoken so long after its total analysis time will not."""
BRIDGE_GRACE_S = 0.5
"""A bridge that was asked for before the clock ran out may still come."""
HANG_UP_FOLLOWS_S = 0.5
"""A hang-up in the middle of a message is reported so soon after the playback's failure."""
TREATMENT_GUARD_S = 120.0
"""A message that has not ended by then is ended with the call."""

_S = AttemptState
_MAY_SPEAK = frozenset({_S.ORIGINATING, _S.RINGING, _S.ANSWERED, _S.ANALYSING, _S.WAITING_AGENT})


class Answering:
    """Decides what is done with answered calls, and does it in time."""

    def __init__(self, floor: Floor, desk: Desk, placing: Placing) -> None:
        self._floor = floor
        self._desk = desk
        self._placing = placing

    # --- analysis --------------------------------------------------------------------------------------

    def answered(self, attempt: LiveAttempt, now: float) -> None:
        """Somebody, or something, picked up."""
        if attempt.state not in (_S.ORIGINATING, _S.UNCONFIRMED, _S.RINGING):
            return
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.ANSWERED)
        record.answered_at = now
        floor.timers.cancel("ring", record.id)
        floor.timers.set("probe", record.id, now + WATCH_S)
        if record.cancelled:
            floor.do(SaveAttempt(record))
            return  # our hang-up crossed the answer; it is counted when the channel ends
        profile = attempt.settings.analysis
        if profile.amd is None:
            floor.do(SaveAttempt(record))
            self._analysed(attempt, CallAnalysis.PERSON, "amd_off", now)
            return
        floor.move_attempt(attempt, _S.ANALYSING)
        floor.do(SaveAttempt(record))
        floor.do(StartAmd(record.id, profile.amd.values()))
        attempt.amd_running = True
        floor.timers.set("amd", record.id, now + profile.amd.total_analysis_ms / 1000 + AMD_GRACE_S)
        if record.speech_at is not None:
            self._set_deadline(attempt, record.speech_at)

    def talking_started(self, attempt: LiveAttempt, now: float) -> None:
        """The first sound of the called party: the legal clock's start, and rule R3's."""
        record = attempt.record
        if record.speech_at is not None or attempt.state not in _MAY_SPEAK:
            return
        record.speech_at = now
        if attempt.state is _S.ANALYSING:
            self._set_deadline(attempt, now)

    def talking_stopped(self, attempt: LiveAttempt, silence_s: float, now: float) -> None:
        """The greeting's end lies ``silence_s`` before now."""
        if attempt.greeting_end_at is None and attempt.state is _S.ANALYSING:
            attempt.greeting_end_at = now - silence_s
            profile = attempt.settings.analysis
            if profile.clock is Clock.GREETING_END and profile.deadline_s is not None:
                self._floor.timers.set("deadline", attempt.id, attempt.greeting_end_at + profile.deadline_s)

    def _set_deadline(self, attempt: LiveAttempt, first_sound_at: float) -> None:
        profile = attempt.settings.analysis
        if profile.clock is Clock.SPEECH_START and profile.deadline_s is not None:
            self._floor.timers.set("deadline", attempt.id, first_sound_at + profile.deadline_s)

    def amd_finished(self, attempt: LiveAttempt, event: AmdFinished, now: float) -> None:
        """AMD's word, in time or as a late hint."""
        attempt.amd_running = False
        record = attempt.record
        if attempt.state in (_S.ENDED, _S.CLOSED) or record.amd_status is not None:
            return
        record.amd_status, record.amd_cause = event.status, event.cause
        if attempt.state is _S.ANALYSING:
            if event.status != "HANGUP":
                self._judge(attempt, now)
        elif attempt.state is _S.CONNECTED and event.status == "MACHINE":
            self._floor.tell("info", "late_machine_hint", attempt=record.id, agent=record.agent or "")
            self._floor.do(SaveAttempt(record))

    def no_verdict(self, attempt: LiveAttempt, now: float) -> None:
        """The deadline came before AMD's word."""
        if attempt.state is _S.ANALYSING:
            self._judge(attempt, now)

    def _judge(self, attempt: LiveAttempt, now: float) -> None:
        record = attempt.record
        answered_at = record.answered_at if record.answered_at is not None else now
        evidence = Evidence(
            campaign=record.campaign,
            number=record.number,
            amd_status=record.amd_status,
            amd_cause=record.amd_cause,
            verdict_after_s=now - answered_at if record.amd_status is not None else None,
            first_sound_after_s=record.speech_at - answered_at if record.speech_at is not None else None,
            attempts_before=record.contact_attempts,
            last_disposition=attempt.contact.last_disposition if attempt.contact is not None else None,
        )
        verdict = judge(evidence, attempt.settings.site_rule)
        if verdict.rule in ("unmapped", "amd_failed"):
            self._floor.tell(
                "warning", f"amd_{verdict.rule.removeprefix('amd_')}", attempt=record.id,
                status=str(record.amd_status), cause=str(record.amd_cause),
            )  # fmt: skip
        self._analysed(attempt, verdict.analysis, verdict.rule, now)

    def _analysed(self, attempt: LiveAttempt, analysis: CallAnalysis, rule: str, now: float) -> None:
        record, settings = attempt.record, attempt.settings
        self._floor.timers.cancel("deadline", record.id)
        self._floor.timers.cancel("amd", record.id)
        record.analysis, record.analysis_rule, record.analysed_at = analysis.value, rule, now
        defaults = AGENT_RESPONSES if settings.queue is not None else AGENTLESS_RESPONSES
        treatment = settings.responses.get(analysis, defaults[analysis])
        record.treatment = treatment.value
        if treatment is Treatment.AGENT:
            self._wait_for_agent(attempt, now)
        elif treatment is Treatment.MESSAGE and settings.message is not None:
            self._play(attempt, settings.message, now)
        else:
            self._hang_up(attempt, now)
        if treatment is not Treatment.AGENT and record.agent is not None:
            self._desk.release(record.agent, record.id, now)
            self._floor.do(MoveReservation(record, record.agent))
            record.agent = None

    # --- agent -----------------------------------------------------------------------------------------

    def legal_deadline(self, attempt: LiveAttempt, now: float) -> float:
        """The latest moment for an agent or the message: threshold after the legal clock's start."""
        record = attempt.record
        start = record.speech_at if record.speech_at is not None else record.answered_at
        if attempt.settings.analysis.clock is Clock.GREETING_END and attempt.greeting_end_at is not None:
            start = attempt.greeting_end_at
        return (start if start is not None else now) + attempt.settings.abandon_threshold_s

    def _wait_for_agent(self, attempt: LiveAttempt, now: float) -> None:
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.WAITING_AGENT)
        # An agent who is there now is better than a message, however late AMD was; the count stays honest.
        deadline = max(self.legal_deadline(attempt, now), now + 0.25)
        floor.timers.set("legal", record.id, deadline)
        self.offer_agent(attempt, now)

    def offer_agent(self, attempt: LiveAttempt, now: float) -> None:
        """Give the waiting person the reserved agent, or the best idle one; without one, keep waiting."""
        floor, record = self._floor, attempt.record
        agent = floor.agents.get(record.agent or "")
        if agent is None or agent.attempt != record.id or agent.state is not AgentState.RESERVED:
            old = record.agent
            record.agent = self._desk.reserve(attempt.settings.queue, record.id, now)
            if record.agent != old:
                floor.do(MoveReservation(record, old))
            if record.agent is None:
                return
            agent = floor.agents[record.agent]
        if attempt.settings.connection is Connection.NAILED and agent.line is not None and agent.line_up:
            record.bridge_id = ids.sibling(agent.line, ids.BRIDGE)
            floor.do(EnterBridge(record.id, record.bridge_id))
            return
        bridge = ids.sibling(record.id, ids.BRIDGE)
        if attempt.own_bridge is None:
            attempt.own_bridge = record.bridge_id = bridge
            floor.do(CreateBridge(bridge))
        attempt.agent_channel = floor.serials.new(ids.AGENT_CHANNEL)
        floor.agent_channels[attempt.agent_channel] = agent.agent
        left_s = (floor.timers.at("legal", record.id) or now) - now
        floor.do(
            DialAgent(
                attempt.agent_channel,
                attempt.settings.agent_dial.format(agent=agent.agent),
                record.number,
                max(1.0, min(attempt.settings.agent_ring_timeout_s, left_s + 1.0)),
                True,
                {},
            )
        )

    def agent_answered(self, attempt: LiveAttempt, now: float) -> None:
        """The rung member picked up: bridge both."""
        if attempt.state is _S.WAITING_AGENT and attempt.own_bridge is not None and attempt.agent_channel is not None:
            self._floor.do(EnterBridge(attempt.agent_channel, attempt.own_bridge))
            self._floor.do(EnterBridge(attempt.id, attempt.own_bridge))

    def agent_channel_ended(self, attempt: LiveAttempt, channel: str, now: float) -> None:
        """The rung member did not answer, or hung up."""
        self._floor.agent_channels.pop(channel, None)
        if attempt.agent_channel != channel:
            return
        attempt.agent_channel = None
        if attempt.state is _S.CONNECTED:
            self.agent_gone(attempt, now)
        elif attempt.state is _S.WAITING_AGENT:
            old, attempt.record.agent = attempt.record.agent, None
            self._desk.release(old, attempt.id, now, missed=True)
            self.offer_agent(attempt, now)

    def agent_gone(self, attempt: LiveAttempt, now: float) -> None:
        """The agent's side of the conversation ended: so does the call."""
        if attempt.state is _S.CONNECTED:
            attempt.record.hung_up_by = "agent"
            self._end(attempt, now)
        elif attempt.state is _S.WAITING_AGENT:
            self.offer_agent(attempt, now)

    def agent_vanished(self, attempt: LiveAttempt, now: float) -> None:
        """The reserved agent left while the person waits: another one, or the clock decides."""
        old, attempt.record.agent = attempt.record.agent, None
        if attempt.agent_channel is not None:
            self._floor.do(HangUp(attempt.agent_channel))
            attempt.agent_channel = None
        self._floor.do(MoveReservation(attempt.record, old))
        if attempt.state is _S.WAITING_AGENT:
            self.offer_agent(attempt, now)
        else:
            attempt.record.agent = self._desk.reserve(attempt.settings.queue, attempt.id, now)
            if attempt.record.agent is not None:
                self._floor.do(MoveReservation(attempt.record, None))

    def bridged(self, attempt: LiveAttempt, now: float) -> None:
        """The person is in the agent's bridge: connected."""
        floor, record = self._floor, attempt.record
        if attempt.state is not _S.WAITING_AGENT:
            return
        floor.move_attempt(attempt, _S.CONNECTED)
        record.connected_at = now
        floor.timers.cancel("legal", record.id)
        floor.timers.set("probe", record.id, now + CONNECTED_WATCH_S)
        if now > self.legal_deadline(attempt, now) and record.analysis in _PERSON_VALUES:
            record.abandoned = True
            floor.tell("warning", "connected_late", attempt=record.id, campaign=record.campaign)
        if record.agent is not None:
            self._desk.in_call(record.agent, record.id, now)
        floor.do(SaveAttempt(record))

    def bridge_failed(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        """The person could not be put through: another agent while there is time."""
        if attempt.state is not _S.WAITING_AGENT:
            return
        self._floor.tell("error", "bridge_failed", attempt=attempt.id, reason=reason)
        agent = self._floor.agents.get(attempt.record.agent or "")
        if agent is not None and agent.nailed and agent.line is not None:
            # The line cannot be used as it is; hanging it up has it dialed again.
            agent.line_up = False
            self._floor.do(HangUp(agent.line))
            self._desk.refresh(agent, now)

    # --- message, hang-up --------------------------------------------------------------------------------

    def clock_ran_out(self, attempt: LiveAttempt, now: float) -> None:
        """No agent in time: the abandoned-call message, counted whatever happens next."""
        if attempt.state is not _S.WAITING_AGENT:
            return
        floor, record = self._floor, attempt.record
        if record.bridge_id is not None and attempt.own_bridge is None and not attempt.grace_used:
            # The nailed-up agent's bridge is being entered at this moment: the person is better off there.
            attempt.grace_used = True
            floor.timers.set("legal", record.id, now + BRIDGE_GRACE_S)
            return
        record.abandoned = True
        old = record.agent
        if attempt.agent_channel is not None:
            floor.do(HangUp(attempt.agent_channel))
            attempt.agent_channel = None
        if old is not None:
            record.agent = None
            self._desk.release(old, record.id, now, missed=attempt.own_bridge is not None)
            floor.do(MoveReservation(record, old))
        floor.tell("warning", "call_abandoned", attempt=record.id, campaign=record.campaign)
        self._play(attempt, attempt.settings.abandon_message, now)

    def _play(self, attempt: LiveAttempt, media: str, now: float) -> None:
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.TREATING)
        if attempt.amd_running:
            attempt.amd_running = False
            floor.do(StopAmd(record.id))
        if attempt.own_bridge is not None:
            floor.do(DestroyBridge(attempt.own_bridge))
            attempt.own_bridge = None
        floor.do(PlayMessage(record.id, ids.sibling(record.id, ids.PLAYBACK), media))
        floor.do(SaveAttempt(record))
        floor.timers.set("treatment", record.id, now + TREATMENT_GUARD_S)

    def playback_started(self, attempt: LiveAttempt, now: float) -> None:
        """The person hears the message."""
        attempt.playback_started = True
        if attempt.record.message_at is None:
            attempt.record.message_at = now

    def playback_finished(self, attempt: LiveAttempt, event: PlaybackFinished, now: float) -> None:
        """The message is over: so is the call."""
        if attempt.state is not _S.TREATING:
            return
        if event.failed and not attempt.hang_up_sent:
            # Asterisk says so too when the person hangs up in the middle; then the channel's end follows at once.
            attempt.playback_failed = True
            self._floor.timers.set("treatment", attempt.id, now + HANG_UP_FOLLOWS_S)
            return
        self._end(attempt, now)

    def treatment_over(self, attempt: LiveAttempt, now: float) -> None:
        """The message could not be played, which stops the campaign; or its end was never reported."""
        if attempt.state is not _S.TREATING:
            return
        if attempt.playback_failed:
            record = attempt.record
            record.reason = "message_not_played"
            if record.analysis in _PERSON_VALUES:
                record.abandoned = True
            attempt.playback_started = False
            campaign = self._floor.campaigns.get(record.campaign)
            if campaign is not None and campaign.state is CampaignState.ON:
                self._floor.move_campaign(campaign, CampaignState.SUSPENDED, "a message could not be played")
            self._floor.tell("error", "message_not_played", attempt=record.id, campaign=record.campaign)
        self._end(attempt, now)

    def _hang_up(self, attempt: LiveAttempt, now: float) -> None:
        self._floor.move_attempt(attempt, _S.TREATING)
        self._end(attempt, now)
        self._floor.do(SaveAttempt(attempt.record))

    def _end(self, attempt: LiveAttempt, now: float) -> None:
        attempt.hang_up_sent = True
        self._floor.do(HangUp(attempt.id))
        self._floor.timers.set("probe", attempt.id, now + 2.0)


_PERSON_VALUES = frozenset(analysis.value for analysis in MAY_BE_PERSON)
