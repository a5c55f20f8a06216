"""An attempt from answer to end: analysis, the legal clock, agent, message."""

from __future__ import annotations

from dialerd.core import ids, legal_clock
from dialerd.core.agent import AgentState
from dialerd.core.analysis import Clock, Evidence, judge
from dialerd.core.attempt import ATTEMPT_LIFECYCLE, AttemptState
from dialerd.core.campaign import CampaignState, Connection
from dialerd.core.commands import (
    CreateBridge,
    DialAgent,
    EnterBridge,
    MoveReservation,
    PlayMessage,
    SaveAttempt,
    StartAmd,
    StopAmd,
)
from dialerd.core.desk import Desk
from dialerd.core.events import AmdFinished, PlaybackFinished
from dialerd.core.floor import AgentRun, Floor, LiveAttempt
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
LEAST_WAIT_S = 0.25
"""So long an agent is waited for, even when the clock has run out during the analysis."""
AUTO_ANSWER_S = 2.0
"""A phone that was asked to answer by itself and has not done so after this time is not attended."""
BRIDGE_GRACE_S = 0.5
"""A bridge that was asked for before the clock ran out may still come."""
HANG_UP_FOLLOWS_S = 0.5
"""A hang-up in the middle of a message is reported so soon after the playback's failure."""
RESUMED_TREATMENT_S = 30.0
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

    def answered(self, attempt: LiveAttempt, now: float, out_of_sight: bool = False) -> None:
        """Somebody, or something, picked up. ``out_of_sight``: some time ago, while nobody looked; whoever it is has
        said hello already and is not left to an analysis."""
        if attempt.state not in (_S.ORIGINATING, _S.UNCONFIRMED, _S.RINGING):
            return
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.ANSWERED)
        record.answered_at = now
        floor.timers.cancel("ring", record.id)
        floor.timers.set("probe", record.id, now + WATCH_S)
        if record.cancelled:
            # Our hang-up crossed the answer, or was lost. It is counted when the channel ends.
            floor.do(SaveAttempt(record))
            self._end(attempt, now)
            return
        profile = attempt.settings.analysis
        if profile.amd is None:
            floor.do(SaveAttempt(record))
            self._analysed(attempt, CallAnalysis.PERSON, "amd_off", now)
            return
        floor.move_attempt(attempt, _S.ANALYSING)
        if out_of_sight:
            self._analysed(attempt, CallAnalysis.UNSURE, "answered_out_of_sight", now)
            return
        floor.do(SaveAttempt(record))
        floor.do(StartAmd(record.id, profile.amd.values()))
        attempt.amd_running = True
        floor.timers.set("amd", record.id, now + profile.amd.total_analysis_ms / 1000 + AMD_GRACE_S)
        # Until a sound is heard, the silence of the line itself is what the person has to bear.
        self._set_deadline(attempt, record.speech_at if record.speech_at is not None else now)

    def talking_started(self, attempt: LiveAttempt, now: float) -> None:
        """The first sound of the called party: the legal clock's start, and rule R3's."""
        record = attempt.record
        if record.speech_at is not None or attempt.state not in _MAY_SPEAK:
            return
        record.speech_at = now
        if attempt.state is _S.ANALYSING:
            self._set_deadline(attempt, now)
            if attempt.settings.connection is Connection.RING and attempt.settings.queue is not None:
                # A phone takes its time to answer; the person has two seconds.
                self._ring_agent(attempt, now)

    def talking_stopped(self, attempt: LiveAttempt, silence_s: float, now: float) -> None:
        """The greeting's end lies ``silence_s`` before now."""
        if attempt.greeting_end_at is None and attempt.state is _S.ANALYSING:
            attempt.greeting_end_at = now - silence_s
            profile = attempt.settings.analysis
            if profile.clock is Clock.GREETING_END and profile.deadline_s is not None:
                self._floor.timers.set("deadline", attempt.id, attempt.greeting_end_at + profile.deadline_s)

    def _set_deadline(self, attempt: LiveAttempt, clock_start: float) -> None:
        profile = attempt.settings.analysis
        if profile.clock is Clock.SPEECH_START and profile.deadline_s is not None:
            self._floor.timers.set("deadline", attempt.id, clock_start + profile.deadline_s)

    def amd_finished(self, attempt: LiveAttempt, event: AmdFinished, now: float) -> None:
        """AMD's word, in time or as a late hint."""
        attempt.amd_running = False
        record = attempt.record
        if attempt.state in (_S.ENDED, _S.CLOSED) or record.amd_status is not None:
            return
        record.amd_status, record.amd_cause = event.status, event.cause
        amd = attempt.settings.analysis.amd
        if event.status == "HUMAN" and attempt.greeting_end_at is None and amd is not None:
            attempt.greeting_end_at = now - amd.after_greeting_silence_ms / 1000
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
        if treatment is not Treatment.AGENT:
            self._give_agent_back(attempt, now)
        if treatment is Treatment.AGENT:
            self._wait_for_agent(attempt, now)
        elif treatment is Treatment.MESSAGE and settings.message is not None:
            self._play(attempt, settings.message, now)
        else:
            self._hang_up(attempt, now)

    # --- agent -----------------------------------------------------------------------------------------

    def _wait_for_agent(self, attempt: LiveAttempt, now: float) -> None:
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.WAITING_AGENT)
        start = legal_clock.clock_start(attempt)
        # An agent who is there now is better than a message, however late AMD was; the count stays honest.
        deadline = (start if start is not None else now) + attempt.settings.abandon_threshold_s
        floor.timers.set("legal", record.id, max(deadline, now + LEAST_WAIT_S))
        self.offer_agent(attempt, now)

    def offer_agent(self, attempt: LiveAttempt, now: float) -> None:
        """Give the waiting person the reserved agent, or the best idle one; without one, keep waiting."""
        agent = self._agent_for(attempt, now)
        if agent is None:
            self._floor.waiting.setdefault(attempt.settings.queue or "", []).append(attempt.id)
        elif attempt.settings.connection is Connection.NAILED and agent.line is not None and agent.line_up:
            attempt.record.bridge_id = ids.sibling(agent.line, ids.BRIDGE)
            self._enter(attempt)
        elif attempt.agent_channel is None:
            self._ring_agent(attempt, now)
        elif attempt.agent_up:
            self._enter(attempt)

    def serve_waiting(self, now: float) -> None:
        """Agents came free: people who wait are first."""
        floor = self._floor
        while floor.woken:
            queue = min(floor.woken)
            floor.woken.discard(queue)
            for attempt_id in floor.waiting.pop(queue, ()):
                attempt = floor.attempts.get(attempt_id)
                if attempt is not None and attempt.state is _S.WAITING_AGENT and attempt.record.agent is None:
                    self.offer_agent(attempt, now)

    def _agent_for(self, attempt: LiveAttempt, now: float) -> AgentRun | None:
        """The agent who is reserved for the attempt; reserves one where there is none."""
        floor, record = self._floor, attempt.record
        agent = floor.agents.get(record.agent or "")
        if agent is not None and agent.attempt == record.id and agent.state is AgentState.RESERVED:
            return agent
        old = record.agent
        record.agent = self._desk.reserve(attempt.settings.queue, record.id, now)
        if record.agent != old:
            floor.do(MoveReservation(record, old))
        return floor.agents[record.agent] if record.agent is not None else None

    def _enter(self, attempt: LiveAttempt) -> None:
        assert attempt.record.bridge_id is not None
        attempt.entering = True
        self._floor.do(EnterBridge(attempt.id, attempt.record.bridge_id))

    def _ring_agent(self, attempt: LiveAttempt, now: float) -> None:
        """Ring the member's phone, into a bridge made for this call."""
        floor = self._floor
        agent = self._agent_for(attempt, now)
        if agent is None or attempt.agent_channel is not None:
            return
        if attempt.own_bridge is None:
            attempt.own_bridge = attempt.record.bridge_id = ids.sibling(attempt.id, ids.BRIDGE)
            floor.do(CreateBridge(attempt.own_bridge))
        attempt.agent_channel = floor.serials.new(ids.AGENT_CHANNEL)
        attempt.agent_up, attempt.agent_rung_at = False, now
        floor.agent_channels[attempt.agent_channel] = agent.agent
        floor.do(
            DialAgent(
                attempt.agent_channel,
                attempt.settings.agent_dial.format(agent=agent.agent),
                attempt.record.number,
                attempt.settings.agent_ring_timeout_s,
                True,
                {},
            )
        )

    def agent_answered(self, attempt: LiveAttempt, now: float) -> None:
        """The rung member picked up: into the bridge, where the person follows when the analysis is over."""
        if attempt.own_bridge is None or attempt.agent_channel is None:
            return
        if attempt.state in (_S.ANALYSING, _S.WAITING_AGENT):
            attempt.agent_up = True
            self._floor.do(EnterBridge(attempt.agent_channel, attempt.own_bridge))
            if attempt.state is _S.WAITING_AGENT:
                self._enter(attempt)

    def agent_channel_ended(self, attempt: LiveAttempt, channel: str, now: float) -> None:
        """The rung member did not answer, or hung up."""
        self._floor.agent_channels.pop(channel, None)
        if attempt.agent_channel != channel:
            return
        attempt.agent_channel, attempt.agent_up, attempt.entering = None, False, False
        if attempt.state is _S.CONNECTED:
            self.agent_gone(attempt, now)
        elif attempt.state in (_S.ANALYSING, _S.WAITING_AGENT):
            old, attempt.record.agent = attempt.record.agent, None
            self._desk.release(old, attempt.id, now, missed=True)
            self._floor.do(MoveReservation(attempt.record, old))
            if attempt.state is _S.WAITING_AGENT:
                self.offer_agent(attempt, now)
            else:
                self._ring_agent(attempt, now)

    def _part(self, attempt: LiveAttempt) -> None:
        """Person and agent do not belong together any more. A person who is on the way into a nailed-up agent's
        bridge, or in it without our having heard so, is taken out: the agent's next call must not find them there."""
        on_the_way = attempt.entering and attempt.own_bridge is None
        self._desk.let_go(attempt)
        if on_the_way:
            attempt.own_bridge = attempt.record.bridge_id = ids.sibling(attempt.id, ids.BRIDGE)
            self._floor.do(CreateBridge(attempt.own_bridge))
            self._floor.do(EnterBridge(attempt.id, attempt.own_bridge))

    def _give_agent_back(self, attempt: LiveAttempt, now: float) -> None:
        """This person will not speak with the agent who was reserved."""
        old, attempt.record.agent = attempt.record.agent, None
        rang_s = now - attempt.agent_rung_at if attempt.agent_rung_at is not None else 0.0
        unattended = attempt.agent_channel is not None and not attempt.agent_up and rang_s >= AUTO_ANSWER_S
        self._part(attempt)
        if old is not None:
            self._desk.release(old, attempt.id, now, missed=unattended)
            self._floor.do(MoveReservation(attempt.record, old))

    def agent_gone(self, attempt: LiveAttempt, now: float) -> None:
        """The agent's side of the conversation ended: so does the call."""
        if attempt.state is _S.CONNECTED:
            attempt.record.hung_up_by = "agent"
            self._end(attempt, now)
        elif attempt.state is _S.WAITING_AGENT:
            self.offer_agent(attempt, now)

    def agent_vanished(self, attempt: LiveAttempt, now: float) -> None:
        """The reserved agent left while the person waits: another one, or the clock decides."""
        self._part(attempt)
        if attempt.state is _S.WAITING_AGENT:
            self.offer_agent(attempt, now)
        elif self._agent_for(attempt, now) is not None and attempt.agent_rung_at is not None:
            self._ring_agent(attempt, now)

    def bridged(self, attempt: LiveAttempt, now: float) -> None:
        """The person is in the agent's bridge: connected."""
        floor, record = self._floor, attempt.record
        if attempt.state is not _S.WAITING_AGENT:
            return
        floor.move_attempt(attempt, _S.CONNECTED)
        record.connected_at = now
        floor.timers.cancel("legal", record.id)
        floor.timers.set("probe", record.id, now + CONNECTED_WATCH_S)
        if legal_clock.is_over(attempt, now) and record.analysis in _PERSON_VALUES:
            record.abandoned = True
            floor.tell("warning", "connected_late", attempt=record.id, campaign=record.campaign)
        if record.agent is not None:
            self._desk.in_call(record.agent, record.id, now)
        floor.do(SaveAttempt(record))

    def found_connected(self, attempt: LiveAttempt, now: float) -> None:
        """An earlier run, or we before Asterisk was out of sight, put the person through; that it worked was not
        heard. They were put through in time, or the clock would have run out."""
        floor, record = self._floor, attempt.record
        record.answered_at = record.answered_at if record.answered_at is not None else now
        record.analysis = record.analysis or CallAnalysis.UNSURE.value
        record.treatment = record.treatment or Treatment.AGENT.value
        for state in (_S.ANSWERED, _S.WAITING_AGENT, _S.CONNECTED):
            if state in ATTEMPT_LIFECYCLE.moves[attempt.state]:
                floor.move_attempt(attempt, state)
        record.connected_at = now
        for timer in ("ring", "deadline", "amd", "legal"):
            floor.timers.cancel(timer, record.id)
        floor.timers.set("probe", record.id, now + CONNECTED_WATCH_S)
        if record.agent is not None:
            self._desk.in_call(record.agent, record.id, now)
        floor.do(SaveAttempt(record))

    def bridge_failed(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        """The person could not be put through: another agent while there is time."""
        if attempt.state is not _S.WAITING_AGENT:
            return
        self._floor.tell("warning", "bridge_failed", attempt=attempt.id, reason=reason)
        attempt.entering = False
        agent = self._floor.agents.get(attempt.record.agent or "")
        if agent is not None and agent.line is not None and agent.nailed:
            # The call, the line or its bridge is gone; what is still there is found out by asking.
            self._desk.mistrust_line(agent, now)

    # --- message, hang-up --------------------------------------------------------------------------------

    def clock_ran_out(self, attempt: LiveAttempt, now: float) -> None:
        """No agent in time: the abandoned-call message, counted whatever happens next."""
        if attempt.state is not _S.WAITING_AGENT:
            return
        floor, record = self._floor, attempt.record
        if attempt.entering and not attempt.grace_used:
            # The agent's bridge is being entered at this moment: the person is better off there.
            attempt.grace_used = True
            floor.timers.set("legal", record.id, now + BRIDGE_GRACE_S)
            return
        record.abandoned = True
        self._give_agent_back(attempt, now)
        floor.tell("warning", "call_abandoned", attempt=record.id, campaign=record.campaign)
        self._play(attempt, attempt.settings.abandon_message, now)

    def _play(self, attempt: LiveAttempt, media: str, now: float) -> None:
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.TREATING)
        if attempt.amd_running:
            attempt.amd_running = False
            floor.do(StopAmd(record.id))
        floor.do(PlayMessage(record.id, ids.sibling(record.id, ids.PLAYBACK), media))
        floor.do(SaveAttempt(record))
        floor.timers.set("treatment", record.id, now + TREATMENT_GUARD_S)

    def resume_treatment(self, attempt: LiveAttempt, now: float) -> None:
        """Asterisk was out of sight during the treatment: make sure that it is going on."""
        record, floor = attempt.record, self._floor
        if attempt.hang_up_sent:
            return
        media = attempt.settings.abandon_message if record.abandoned else attempt.settings.message
        if record.treatment == Treatment.HANG_UP and not record.abandoned:
            self._end(attempt, now)
        elif record.message_at is None and media is not None:
            floor.do(PlayMessage(record.id, ids.sibling(record.id, ids.PLAYBACK), media))
        floor.timers.set("treatment", record.id, now + RESUMED_TREATMENT_S)

    def playback_started(self, attempt: LiveAttempt, now: float) -> None:
        """The person hears the message."""
        attempt.playback_started = True
        if attempt.record.message_at is None:
            attempt.record.message_at = now

    def playback_finished(self, attempt: LiveAttempt, event: PlaybackFinished, now: float) -> None:
        """The message is over: so is the call."""
        if attempt.state is not _S.TREATING:
            return
        if event.failed and not attempt.hang_up_sent and self._floor.conditions.telephony is None:
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
        self._placing.hang_up(attempt, now)


_PERSON_VALUES = frozenset(analysis.value for analysis in MAY_BE_PERSON)
