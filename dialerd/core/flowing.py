"""Calls that walk through a flow: binds the walk to an attempt, its timers and commands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from typing import Any

from dialerd.core import ids
from dialerd.core.abandoned_flow import ABANDONED_FLOW, abandoned_flow
from dialerd.core.attempt import AttemptState
from dialerd.core.call_recording import CallRecording
from dialerd.core.callable_time import zones_in
from dialerd.core.commands import (
    BarNumber,
    OptOut,
    PlayMessage,
    SaveAttempt,
    StartRecording,
    StopPlayback,
    StopRecording,
    TransferOut,
)
from dialerd.core.desk import Desk
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.events import DigitPressed, OptedOut, PlaybackFinished, RecordingFinished, TransferFailed
from dialerd.core.filtering.facts import Facts, moment_at
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.flow import actions as a
from dialerd.core.flow.nodes import Flow, ToNumber, ToQueue, columns_given, prompts_of
from dialerd.core.flow.prompts import Prompt
from dialerd.core.flow.walk import Around, Walk, WalkState
from dialerd.core.hearing import stop_amd
from dialerd.core.joining import BRIDGE_GRACE_S, Joining
from dialerd.core.opting_out import OptingOut
from dialerd.core.placing import Placing
from dialerd.core.prompt_texts import media_of, spoken_language
from dialerd.core.prompting import Prompting
from dialerd.core.queue_picture import somebody_at_work

_DIALING_LOOK_S = 60.0
_HANG_UP_FOLLOWS_S = 0.5
"""A hang-up while a prompt plays is reported so soon after the playback's failure."""

_S = AttemptState


class Flowing:
    """Begins, leads and ends walks through flows."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        placing: Placing,
        joining: Joining,
        opting_out: OptingOut,
        prompting: Prompting,
        recording: CallRecording,
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._placing = placing
        self._joining = joining
        self._opting_out = opting_out
        self._prompting = prompting
        self._recording = recording
        recording.on_announced = self.announced

    # --- begin -------------------------------------------------------------------------------------------

    def begin(self, attempt: LiveAttempt, now: float) -> None:
        """Whoever answered walks through the campaign's flow."""
        name, flows = attempt.settings.flow, attempt.settings.flows
        assert name is not None
        if self._recording.announces(attempt):
            self._floor.move_attempt(attempt, _S.TREATING)
            stop_amd(self._floor, attempt)
            attempt.record.flow = asdict(WalkState(name, given=columns_given(flows, self._columns(attempt))))
        else:
            self._begin(attempt, name, flows, now)
        self._recording.flow_begins(attempt, now)

    def announced(self, attempt: LiveAttempt, now: float) -> None:
        """The caller has heard that the call is recorded, or cannot be told: now the flow."""
        state = attempt.record.flow
        if state is None or attempt.walk is not None or attempt.state is not _S.TREATING or attempt.hang_up_sent:
            return
        name = str(state["flow"])
        if name in attempt.settings.flows:
            self._begin(attempt, name, attempt.settings.flows, now, state["given"])
        else:
            self._take_up(attempt, now)  # says that it is gone

    def begin_abandoned(self, attempt: LiveAttempt, now: float) -> None:
        """No agent in time: the message, with the keys that the campaign gives it."""
        self._begin(attempt, ABANDONED_FLOW, {ABANDONED_FLOW: abandoned_flow(attempt.settings)}, now)

    def _begin(
        self,
        attempt: LiveAttempt,
        name: str,
        flows: Mapping[str, Flow],
        now: float,
        given: Mapping[str, str] | None = None,
    ) -> None:
        floor, record = self._floor, attempt.record
        if attempt.state is not _S.TREATING:
            floor.move_attempt(attempt, _S.TREATING)
        stop_amd(floor, attempt)
        known = columns_given(flows, self._columns(attempt)) if given is None else dict(given)
        attempt.walk = Walk(flows, WalkState(name, given=known))
        floor.timers.set("flow_end", record.id, now + flows[name].longest_s)
        self._carry_out(attempt, attempt.walk.begin(self._around(attempt, now)), now)

    def resume(self, attempt: LiveAttempt, now: float) -> None:
        """Asterisk was out of sight, or an earlier run began the walk: the caller hears the node again."""
        state, floor = attempt.record.flow, self._floor
        if state is not None and not state.get("node") and self._recording.has_to_begin(attempt):
            return  # It was being announced, which is done again.
        walk = self._take_up(attempt, now)
        if walk is None or state is None:
            return
        if attempt.playback is not None or state.get("playback"):
            floor.do(StopPlayback(attempt.id, attempt.playback or str(state["playback"])))
            self._forget_playback(attempt)
        if attempt.state is _S.WAITING_AGENT:
            self._joining.leave_queue(attempt, now)
        self._carry_out(attempt, walk.resume(self._around(attempt, now)), now)

    def _take_up(self, attempt: LiveAttempt, now: float) -> Walk | None:
        """The walk out of the ledger; None: there is none, or its flow is gone, and so is the call."""
        state, floor = attempt.record.flow, self._floor
        if state is None or attempt.hang_up_sent:
            return None
        known = {field.name for field in fields(WalkState)}
        flows = dict(attempt.settings.flows)
        if state.get("flow") == ABANDONED_FLOW:
            flows[ABANDONED_FLOW] = abandoned_flow(attempt.settings)
        try:
            walk = Walk(flows, WalkState(**{k: v for k, v in state.items() if k in known}))
            walk.node  # noqa: B018 -- a node that is not there any more raises
        except (KeyError, TypeError):
            floor.tell("warning", "flow_gone", attempt=attempt.id, flow=str(state.get("flow")))
            attempt.record.flow = {**state, "over": True, "failed": True}
            self._end(attempt, "flow_gone", True, now)
            return None
        attempt.walk = walk
        if floor.timers.at("flow_end", attempt.id) is None:
            floor.timers.set("flow_end", attempt.id, now + flows[walk.state.flow].longest_s)
        return walk

    # --- what happens ------------------------------------------------------------------------------------

    def playback_finished(self, attempt: LiveAttempt, event: PlaybackFinished, now: float) -> None:
        """A prompt is over, or could not be played."""
        if attempt.walk is None or event.playback_id != attempt.playback:
            return
        self._forget_playback(attempt)
        if event.failed:
            if self._floor.conditions.telephony is None:
                # Asterisk says so too when the caller hangs up; then the channel's end is on its way.
                self._floor.timers.set("prompt_failed", attempt.id, now + _HANG_UP_FOLLOWS_S)
            return
        self._prompting.heard(attempt)
        if attempt.entering:
            # Stopped because an agent is there: it is neither said again, nor is the queue left for what comes after.
            if isinstance(node := attempt.walk.node, ToQueue) and node.after is not None:
                self._floor.timers.set("flow", attempt.id, now + BRIDGE_GRACE_S)
            return
        self._carry_out(attempt, attempt.walk.played(self._around(attempt, now)), now)

    def prompt_failed(self, attempt: LiveAttempt, now: float) -> None:
        """A prompt could not be played, and the caller is still there."""
        if attempt.walk is None or attempt.hang_up_sent:
            return
        record = attempt.record
        self._floor.tell(
            "error", "prompt_not_played", attempt=record.id, campaign=record.campaign,
            flow=attempt.walk.state.flow, node=attempt.walk.state.node,
        )  # fmt: skip
        self._prompting.not_played(attempt, prompts_of(attempt.walk.node))
        self._carry_out(attempt, attempt.walk.prompt_failed(), now)

    def pressed(self, attempt: LiveAttempt, event: DigitPressed, now: float) -> None:
        """A key; outside of flows it means nothing."""
        if attempt.walk is not None and attempt.state in (_S.TREATING, _S.WAITING_AGENT):
            self._carry_out(attempt, attempt.walk.pressed(event.digit, self._around(attempt, now)), now)

    def timed_out(self, attempt: LiveAttempt, now: float) -> None:
        """The walk's timer."""
        if attempt.entering and not attempt.grace_used:
            # The agent's bridge is being entered at this moment: the caller is better off there.
            attempt.grace_used = True
            self._floor.timers.set("flow", attempt.id, now + BRIDGE_GRACE_S)
            return
        if attempt.walk is not None:
            self._carry_out(attempt, attempt.walk.timed_out(self._around(attempt, now)), now)

    def lasts_too_long(self, attempt: LiveAttempt, now: float) -> None:
        """The flow's longest time; a conversation is not cut off."""
        if attempt.walk is not None and attempt.state is not _S.CONNECTED:
            if attempt.walk.state.dialing:
                # Perhaps they have been speaking for long; if not, the caller comes back.
                self._floor.timers.set("flow_end", attempt.id, now + _DIALING_LOOK_S)
                return
            if attempt.state is _S.WAITING_AGENT:
                self._joining.leave_queue(attempt, now)
            self._carry_out(attempt, attempt.walk.lasts_too_long(), now)

    def recorded(self, attempt: LiveAttempt, event: RecordingFinished, now: float) -> None:
        """A recording is over."""
        if attempt.walk is None or event.recording_id != attempt.recording:
            return
        attempt.recording = None
        if event.failed:
            self._floor.tell("error", "recording_failed", attempt=attempt.id, campaign=attempt.record.campaign)
        name = None if event.failed else event.recording_id
        self._carry_out(attempt, attempt.walk.recorded(name, self._around(attempt, now)), now)

    def transfer_failed(self, attempt: LiveAttempt, event: TransferFailed, now: float) -> None:
        """The other number did not answer; the caller is back, perhaps to the successor of the daemon that dialed."""
        walk = attempt.walk or self._take_up(attempt, now)
        if walk is None:
            return
        self._recording.back(attempt)
        around = self._around(attempt, now)
        # The ledger may not know yet that it was dialed; then the caller hears the node before once more.
        back = walk.not_transferred(around) if isinstance(walk.node, ToNumber) else walk.resume(around)
        self._carry_out(attempt, back, now)

    def bridged(self, attempt: LiveAttempt) -> None:
        """The caller speaks with an agent: the flow is over."""
        if attempt.walk is not None:
            self._silence(attempt)
            attempt.walk.transferred()
            self._floor.timers.cancel("flow", attempt.id)
            self._floor.timers.cancel("flow_end", attempt.id)
            self._keep(attempt)

    # --- what the walk asks for --------------------------------------------------------------------------

    def _carry_out(self, attempt: LiveAttempt, actions: Sequence[a.Action], now: float) -> None:
        if not actions:
            return
        ahead = list(actions)
        while ahead:
            ahead[:0] = self._do(attempt, ahead.pop(0), now)
        self._keep(attempt)
        self._floor.do(SaveAttempt(attempt.record))

    def _do(self, attempt: LiveAttempt, action: a.Action, now: float) -> Sequence[a.Action]:
        floor, walk = self._floor, attempt.walk
        assert walk is not None
        match action:
            case a.Say():
                try:
                    media, language = self._media(attempt, action.prompt)
                except KeyError as missing:
                    floor.tell("error", "prompt_not_rendered", attempt=attempt.id, text=str(missing))
                    return walk.prompt_failed()
                if not media:
                    # There is nothing to say: it is over at once; but music on hold is not asked for for ever.
                    waits = isinstance(walk.node, ToQueue)
                    walk.state.playing = not waits
                    return () if waits else walk.played(self._around(attempt, now))
                attempt.playback = floor.serials.new(ids.PLAYBACK)
                floor.playbacks[attempt.playback] = attempt.id
                floor.do(PlayMessage(attempt.id, attempt.playback, media, language))
            case a.StopSaying():
                self._silence(attempt)
            case a.SetTimer():
                floor.timers.set("flow", attempt.id, now + action.after_s)
            case a.CancelTimer():
                floor.timers.cancel("flow", attempt.id)
            case a.StartRecording():
                attempt.recording = floor.serials.new(ids.RECORDING)
                floor.do(
                    StartRecording(attempt.id, attempt.recording, action.longest_s, action.silence_s, action.beep)
                )
            case a.StopRecording():
                if attempt.recording is not None:
                    floor.do(StopRecording(attempt.id, attempt.recording))
            case a.OptOutNumber():
                self._opt_out(attempt, now)
            case a.JoinQueue():
                if floor.conditions.roster is not None or not somebody_at_work(floor, action.queue):
                    return walk.not_transferred(self._around(attempt, now))
                self._joining.join_queue(attempt, action.queue, now)
                return walk.joined(attempt.entering)
            case a.LeaveQueue():
                self._joining.leave_queue(attempt, now)
            case a.DialNumber():
                if not action.number:
                    return walk.not_transferred(self._around(attempt, now))
                self._recording.away(attempt)
                floor.do(TransferOut(attempt.id, action.number, attempt.settings.caller_id, action.ring_timeout_s))
            case a.End():
                self._end(attempt, action.result, action.failed, now)
        return ()

    def _opt_out(self, attempt: LiveAttempt, now: float) -> None:
        record, name = attempt.record, attempt.settings.opt_out_list
        self._floor.tell("info", "opted_out", attempt=record.id, campaign=record.campaign, dnc_list=name or "")
        if name is not None:
            self._put_on(name, attempt, now)

    def _put_on(self, dnc_list: str, attempt: LiveAttempt, now: float) -> None:
        number = attempt.record.number
        self._floor.do(BarNumber(dnc_list, number))
        self._floor.do(OptOut(dnc_list, number, attempt.id, "key"))
        self._opting_out.opted_out(OptedOut(dnc_list, DncEntry(DncKind.NUMBER, number)), now)

    def opted_out_before(self, attempt: LiveAttempt, now: float) -> None:
        """An earlier run took the opt-out, and may have ended before the record had it: it counts from now on, not
        only when the call is over."""
        name = (attempt.record.flow or {}).get("opt_out_list")
        if name:
            self._put_on(str(name), attempt, now)

    def _end(self, attempt: LiveAttempt, result: str, failed: bool, now: float) -> None:
        record = attempt.record
        record.flow_result = result
        if failed:
            record.reason = record.reason or result
            if record.message_at is None:
                # Answered, and heard nothing.
                record.abandoned = True
        attempt.hang_up_sent = True
        self._placing.hang_up(attempt, now)

    def _silence(self, attempt: LiveAttempt) -> None:
        if attempt.playback is not None:
            self._floor.do(StopPlayback(attempt.id, attempt.playback))
            self._forget_playback(attempt)

    def _forget_playback(self, attempt: LiveAttempt) -> None:
        if attempt.playback is not None:
            self._floor.playbacks.pop(attempt.playback, None)
            attempt.playback = None

    def _keep(self, attempt: LiveAttempt) -> None:
        """The walk's state goes with the attempt, for a successor and for the record."""
        assert attempt.walk is not None
        state: dict[str, Any] = asdict(attempt.walk.state)
        state["playback"] = attempt.playback
        state["opt_out_list"] = attempt.settings.opt_out_list if attempt.walk.state.opted_out else None
        attempt.record.flow = state
        if attempt.walk.state.result:
            attempt.record.flow_result = attempt.walk.state.result

    @staticmethod
    def _media(attempt: LiveAttempt, prompt: Prompt) -> tuple[tuple[str, ...], str]:
        """What Asterisk plays for a prompt, and in which language; KeyError: a text was not rendered."""
        assert attempt.walk is not None
        record, state = attempt.record, attempt.walk.state
        of_flow = attempt.walk.flow.language
        media = media_of(prompt, record.prompts or {}, attempt.settings, record.language, of_flow, state.columns)
        return media, spoken_language(record.language, of_flow, attempt.settings.language)

    # --- the world around --------------------------------------------------------------------------------

    @staticmethod
    def _columns(attempt: LiveAttempt) -> Mapping[str, str]:
        return attempt.contact.columns if attempt.contact is not None else {}

    def _around(self, attempt: LiveAttempt, now: float) -> Around:
        record, settings = attempt.record, attempt.settings
        contact = attempt.contact
        facts = Facts(
            record.contact_list,
            {},
            record.contact_attempts,
            contact.last_disposition if contact is not None else None,
            number_type=record.number_kind,
        )
        moment, here = moment_at(now, settings.time_zone), settings.time_zone
        return Around(moment, facts, here, zones_in(record.called_zone) or (here,), self._desk.idle_agents)


def columns_written(flow: Mapping[str, Any] | None) -> Mapping[str, str]:
    """What a walk wrote into the contact's columns."""
    return dict(flow.get("columns", {})) if flow else {}
