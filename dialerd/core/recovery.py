"""Making the picture true again: after a restart, after Asterisk was out of sight, when the daemon ends."""

from __future__ import annotations

from dialerd.core import ids
from dialerd.core.answering import Answering
from dialerd.core.attempt import NOT_DIALED_YET, AttemptRecord, AttemptState
from dialerd.core.call_recording import CallRecording
from dialerd.core.caller_recovery import CallerRecovery
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.closing import Closing
from dialerd.core.commands import CreateBridge, DestroyBridge, EnterBridge, HangUp, SaveAgentLine
from dialerd.core.desk import Desk
from dialerd.core.disposition import Disposition
from dialerd.core.events import LiveChannel, Recovered, TelephonyBack
from dialerd.core.floor import AgentRun, CampaignRun, Floor, LiveAttempt
from dialerd.core.flowing import Flowing
from dialerd.core.inbound import Inbound
from dialerd.core.joining import Joining
from dialerd.core.placing import WATCH_S, Placing
from dialerd.core.recording import LIVE, state_of
from dialerd.core.treatment import CallAnalysis

_S = AttemptState
_ANSWERED_NOT_CONNECTED = frozenset({_S.ANSWERED, _S.ANALYSING, _S.WAITING_AGENT, _S.TREATING})


class Recovery:
    """Reconciles the core with the ledger and with Asterisk."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        placing: Placing,
        closing: Closing,
        answering: Answering,
        joining: Joining,
        inbound: Inbound,
        flowing: Flowing,
        recording: CallRecording,
        callers: CallerRecovery,
    ) -> None:
        self._callers = callers
        self._recording = recording
        self._floor = floor
        self._desk = desk
        self._placing = placing
        self._closing = closing
        self._answering = answering
        self._joining = joining
        self._inbound = inbound
        self._flowing = flowing

    # --- restart ---------------------------------------------------------------------------------------

    def recovered(self, event: Recovered, now: float) -> None:
        """Take over what an earlier run left; it is judged when Asterisk's own picture has come."""
        floor = self._floor
        floor.recovered_lines = dict(event.agent_lines)
        floor.recovered_states = dict(event.campaigns)
        for record in event.attempts:
            self._adopt(record, now)
        self._callers.recovered(event.callers, now)
        if event.attempts:
            floor.tell("info", "attempts_adopted", count=str(len(event.attempts)))

    def _adopt(self, record: AttemptRecord, now: float) -> None:
        floor = self._floor
        record.adopted = True
        campaign = floor.campaigns.get(record.campaign)
        if campaign is None:
            campaign = floor.campaigns[record.campaign] = CampaignRun(_settings_of(record))
        attempt = LiveAttempt(record, campaign.settings, contact=None)
        state = _S(record.state)
        unseen = record.preview is not None and state in (_S.CLAIMING, _S.CLAIMED, _S.OFFERED)
        # Whether the originate was sent after the last save is not known: only Asterisk can tell.
        attempt.state = _S.ORIGINATING if state in NOT_DIALED_YET or state is _S.UNCONFIRMED else state
        if unseen:
            # Before it is dialed the ledger says that the offer was accepted.
            attempt.state = _S.OFFERED if state is _S.OFFERED else _S.CLAIMED
        if attempt.state is _S.ORIGINATING and record.dialed_at is None:
            record.dialed_at = record.claimed_at
        record.state = attempt.state.value
        floor.attempts[record.id] = attempt
        floor.numbers[record.number] = record.id
        campaign.live.add(record.id)
        trunk = floor.trunks.get(record.trunk)
        if trunk is not None:
            trunk.live += 1
        self._flowing.opted_out_before(attempt, now)
        if record.disposition is not None:
            # The earlier run had its verdict and ended before it could close.
            verdict, record.disposition = Disposition(record.disposition), None
            self._closing.close(attempt, verdict, now)
        elif unseen:
            self._closing.not_placed(attempt, "daemon_restarted", now)

    # --- Asterisk is back --------------------------------------------------------------------------------

    def telephony_back(self, event: TelephonyBack, now: float) -> None:
        """Compare every call of ours with what Asterisk holds."""
        floor = self._floor
        channels = {channel.id: channel for channel in event.channels}
        bridged_in = {channel: bridge for bridge, inside in event.bridges.items() for channel in inside}
        self._lines(channels, bridged_in, now)
        for attempt in list(floor.attempts.values()):
            if attempt.state not in NOT_DIALED_YET and attempt.state not in (_S.ENDED, _S.CLOSED):
                self._attempt(attempt, channels, bridged_in, event.lost_calls, now)
        marks_of_others = len(event.lost_calls - floor.attempts.keys())
        if marks_of_others:
            floor.tell("info", "lost_calls_already_closed", count=str(marks_of_others))
        self._orphans(channels, event)
        floor.condition(telephony=None)
        self._callers.telephony_back(event.callers, event.lost_callers, now)
        self._desk.open_lines(now)
        for agent in floor.agents.values():
            agent.announced = None
            self._desk.refresh(agent, now)

    def _attempt(
        self,
        attempt: LiveAttempt,
        channels: dict[str, LiveChannel],
        bridged_in: dict[str, str],
        lost_calls: frozenset[str],
        now: float,
    ) -> None:
        floor, record = self._floor, attempt.record
        channel = channels.get(record.id)
        if record.id in lost_calls:
            # The dialplan took the call, played the message and marked it.
            if record.answered_at is None:
                record.answered_at = now
            if record.connected_at is None:
                record.abandoned = True
        if channel is None:
            if attempt.state in _ANSWERED_NOT_CONNECTED - {_S.TREATING} and record.flow is None:
                record.abandoned = record.abandoned or record.analysis not in ("machine", "fax", "sit")
            if attempt.state is _S.TREATING:
                attempt.playback_started = record.message_at is not None
            record.reason = record.reason or "ended_out_of_sight"
            self._closing.ended(attempt, None, None, "", now)
            return
        floor.timers.set("probe", record.id, now + WATCH_S)
        if record.cancelled or attempt.hang_up_sent:
            self._placing.hang_up(attempt, now)  # it may not have reached Asterisk
        if channel.state != "Up":
            if floor.timers.at("ring", record.id) is None:
                floor.timers.set("ring", record.id, now + record.ring_timeout_s)
            return
        if not channel.in_app and record.flow is not None and record.id not in lost_calls:
            pass  # A flow has another number dialed, or connected; TransferFailed brings the caller back.
        elif not channel.in_app:
            self._left_to_dialplan(attempt, now)
        elif attempt.state not in (_S.CONNECTED, _S.TREATING) and self._with_agent(attempt, bridged_in, now):
            self._flowing.bridged(attempt)
            self._joining.found_connected(attempt, now)
            self._recording.resume(attempt, _is_recorded(record.id, channels), now)
        elif attempt.state in (_S.ORIGINATING, _S.UNCONFIRMED, _S.RINGING):
            self._answered_unseen(attempt, now)
        elif attempt.state is _S.CONNECTED:
            if record.agent is not None:
                self._desk.in_call(record.agent, record.id, record.connected_at or now)
            if not self._with_agent(attempt, bridged_in, now):
                self._joining.agent_gone(attempt, now)
            else:
                self._recording.resume(attempt, _is_recorded(record.id, channels), now)
        elif attempt.state in (_S.ANSWERED, _S.ANALYSING):
            if attempt.contact is None:
                self._judge_late(attempt, now)
        elif attempt.state is _S.WAITING_AGENT and record.flow is not None:
            self._flowing.resume(attempt, now)
            self._record_on(attempt, channels, now)
        elif attempt.state is _S.WAITING_AGENT:
            floor.timers.set("legal", record.id, now)
            self._joining.offer(attempt, now)
        elif attempt.state is _S.TREATING:
            self._answering.resume_treatment(attempt, now)
            self._record_on(attempt, channels, now)

    def _record_on(self, attempt: LiveAttempt, channels: dict[str, LiveChannel], now: float) -> None:
        """Of a call in a flow that is recorded."""
        if attempt.record.recording is not None and not attempt.hang_up_sent:
            self._recording.resume(attempt, _is_recorded(attempt.id, channels), now)

    def _answered_unseen(self, attempt: LiveAttempt, now: float) -> None:
        """Picked up while nobody looked, and since then in silence: with nobody connected the dialplan would have
        played the message, so it was before that. At worst the person has waited since we lost sight of them; where
        an earlier run did, that is too long for certain: a daemon takes longer than the law allows to begin."""
        record = attempt.record
        if attempt.contact is None:
            record.abandoned = True
            since = now
        else:
            lost_at = self._floor.telephony_lost_at
            since = max(record.dialed_at or now, lost_at) if lost_at is not None else now
        self._answering.answered(attempt, now, out_of_sight=True, answered_at=since)

    def _with_agent(self, attempt: LiveAttempt, bridged_in: dict[str, str], now: float) -> bool:
        """An agent is in the call's bridge; takes note of an agent whom an earlier run rang up for this call."""
        bridge, name = bridged_in.get(attempt.id), attempt.record.agent
        if bridge is None or name is None:
            return False
        for channel, inside in bridged_in.items():
            if inside != bridge or not channel.startswith(ids.AGENT_CHANNEL):
                continue
            agent = self._floor.agents.setdefault(name, AgentRun(name, since=now))
            if bridge == ids.sibling(attempt.id, ids.BRIDGE):
                attempt.agent_channel, attempt.agent_up, attempt.own_bridge = channel, True, bridge
                self._floor.agent_channels[channel] = agent.agent
            elif agent.line is None:
                # The ledger had not learnt of the line; it is in use all the same.
                self._desk.adopt_line(agent, channel, now)
                self._floor.do(SaveAgentLine(agent.agent, channel))
            return True
        return False

    def _judge_late(self, attempt: LiveAttempt, now: float) -> None:
        """Answered in an earlier run and not analysed: whoever is there has waited long enough."""
        if attempt.state is _S.ANSWERED:
            self._floor.move_attempt(attempt, _S.ANALYSING)
        self._answering.no_verdict(attempt, now)

    def call_lost(self, attempt: LiveAttempt, now: float) -> None:
        """The dead man's timer ran out, or the application was gone at the answer, and Asterisk told us so."""
        if attempt.state not in (_S.CONNECTED, _S.ENDED, _S.CLOSED):
            self._left_to_dialplan(attempt, now)

    def _left_to_dialplan(self, attempt: LiveAttempt, now: float) -> None:
        """Asterisk itself plays the abandoned-call message and hangs up."""
        record = attempt.record
        if attempt.state is _S.TREATING and (record.flow or {}).get("dialing"):
            return  # we gave it to the dialplan ourselves, to be connected with another number
        record.answered_at = record.answered_at if record.answered_at is not None else now
        record.analysis = record.analysis or CallAnalysis.UNSURE.value
        record.abandoned = record.abandoned or record.connected_at is None
        if attempt.state in (_S.ORIGINATING, _S.UNCONFIRMED, _S.RINGING):
            self._floor.move_attempt(attempt, _S.ANSWERED)
        if attempt.state in (_S.ANSWERED, _S.ANALYSING, _S.WAITING_AGENT):
            self._floor.move_attempt(attempt, _S.TREATING)
            self._floor.timers.set("treatment", record.id, now + 30.0)

    def _lines(self, channels: dict[str, LiveChannel], bridged_in: dict[str, str], now: float) -> None:
        floor = self._floor
        for name, line in floor.recovered_lines.items():
            if line in channels:
                agent = floor.agents.setdefault(name, AgentRun(name, since=now))
                self._desk.adopt_line(agent, line, now)
            else:
                floor.do(SaveAgentLine(name, None))
        floor.recovered_lines = {}
        for agent in list(floor.agents.values()):
            if agent.line is None:
                continue
            channel = channels.get(agent.line)
            if channel is None:
                self._desk.line_ended(agent, now)
                self._desk.redial(agent.agent, now)
            elif channel.state == "Up":
                bridge = ids.sibling(agent.line, ids.BRIDGE)
                if bridged_in.get(agent.line) == bridge:
                    self._desk.line_ready(agent, now)
                else:
                    self._floor.do(CreateBridge(bridge))
                    self._floor.do(EnterBridge(agent.line, bridge))
            if agent.inbound is not None and agent.inbound not in channels:
                self._inbound.over(agent, now)
            elif agent.inbound is None and agent.line is not None:
                self._inbound_caller(agent, bridged_in, now)

    def _inbound_caller(self, agent: AgentRun, bridged_in: dict[str, str], now: float) -> None:
        """A caller of the queue's own whom an earlier run put through to the agent is still there."""
        assert agent.line is not None
        bridge = ids.sibling(agent.line, ids.BRIDGE)
        for channel in sorted(channel for channel, inside in bridged_in.items() if inside == bridge):
            if not ids.is_ours(channel):
                self._inbound.taken(agent, channel, now)
                return

    def _orphans(self, channels: dict[str, LiveChannel], event: TelephonyBack) -> None:
        floor = self._floor
        lines = {agent.line for agent in floor.agents.values()} | set(floor.recovered_lines.values())
        rings = {attempt.agent_channel for attempt in floor.attempts.values()}
        wanted_bridges = {ids.sibling(line, ids.BRIDGE) for line in lines if line is not None}
        wanted_bridges |= {attempt.own_bridge for attempt in floor.attempts.values() if attempt.own_bridge}
        for bridge in event.bridges:
            if ids.is_ours(bridge) and bridge not in wanted_bridges:
                floor.do(DestroyBridge(bridge))
        inbound = {agent.inbound for agent in floor.agents.values()}
        for channel in channels:
            if channel in lines or channel in rings or channel in inbound or channel in floor.attempts:
                continue
            kin = floor.attempts.get(ids.sibling(channel, ids.ATTEMPT))
            if channel.startswith(ids.AMD) and kin is not None and kin.amd_running:
                continue
            if channel.startswith(ids.EAR) and kin is not None and kin.listening:
                continue
            recorder = channel.startswith((ids.RECORDED_IN, ids.RECORDED_OUT))
            if recorder and kin is not None and state_of(kin.record.recording) in LIVE:
                continue
            floor.tell("warning", "orphan_channel", channel=channel)
            floor.do(HangUp(channel))

    # --- out of sight, and the end -----------------------------------------------------------------------

    def telephony_lost(self, reason: str, now: float) -> None:
        """Nobody would notice an answer: hold dialing, end what rings."""
        floor = self._floor
        floor.condition(telephony=reason)
        floor.telephony_lost_at = now
        floor.tell("error", "telephony_lost", reason=reason)
        for attempt in list(floor.attempts.values()):
            self._placing.cancel(attempt, "telephony_lost", now)

    def shutdown(self, cancel_ringing: bool, now: float) -> None:
        """No new calls; at the end of the grace time no ringing ones either."""
        floor = self._floor
        floor.condition(shutting_down=True)
        if cancel_ringing:
            self._callers.shutdown()
            for attempt in list(floor.attempts.values()):
                self._placing.cancel(attempt, "shutting_down", now)


def _is_recorded(attempt_id: str, channels: dict[str, LiveChannel]) -> bool:
    return all(ids.sibling(attempt_id, kind) in channels for kind in (ids.RECORDED_IN, ids.RECORDED_OUT))


def _settings_of(record: AttemptRecord) -> CampaignSettings:
    """Settings for an attempt of an earlier run whose campaign is no longer in the configuration."""
    return CampaignSettings(
        name=record.campaign,
        mode=Mode(record.mode),
        contact_list=record.contact_list,
        trunk=record.trunk,
        caller_id=record.caller_id,
        ring_timeout_s=record.ring_timeout_s,
    )
