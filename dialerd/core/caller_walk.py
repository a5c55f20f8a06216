"""Callers who walk through a flow: binds the walk to an inbound call, its timers and commands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from typing import Any

from dialerd.core import ids
from dialerd.core.callable_time import zones_in
from dialerd.core.caller import CallerState
from dialerd.core.caller_commands import LeadToQueue, SaveCaller
from dialerd.core.caller_flows import INBOUND_FLOW, message_flow, opts_out
from dialerd.core.caller_run import CallerRun
from dialerd.core.commands import (
    BarNumber,
    HangUp,
    HoldDeadMan,
    OptOut,
    PlayMessage,
    StartRecording,
    StopPlayback,
    StopRecording,
    TransferOut,
)
from dialerd.core.desk import Desk
from dialerd.core.dnc import DncEntry, DncKind
from dialerd.core.events import DigitPressed, OptedOut, PlaybackFinished, RecordingFinished
from dialerd.core.filtering.facts import Facts, moment_at
from dialerd.core.floor import Floor
from dialerd.core.flow import actions as a
from dialerd.core.flow.nodes import Flow, ToNumber, ToQueue, columns_given
from dialerd.core.flow.prompts import Prompt
from dialerd.core.flow.walk import Around, Walk, WalkState
from dialerd.core.opting_out import OptingOut
from dialerd.core.prompt_texts import media_of, spoken_language
from dialerd.core.queue_picture import somebody_at_work

HELD_S = 120.0
"""The dead man's timer of a caller whom we look after: longer than any prompt. A daemon that dies and does not come
back leaves nobody in silence for longer; then the dialplan plays the site's message."""
DIALPLANS_OPT_OUT = "9"
"""The key that opts out while the dialplan plays the site's message."""
HANG_UP_FOLLOWS_S = 0.5
"""A hang-up while a prompt plays is reported so soon after the playback's failure."""

_S = CallerState


class CallerWalking:
    """Begins, leads and ends the walks of callers."""

    def __init__(
        self, floor: Floor, desk: Desk, opting_out: OptingOut, hung_up: Callable[[CallerRun, float], None]
    ) -> None:
        """``hung_up`` is told when the walk's end has hung up on the caller."""
        self._floor = floor
        self._desk = desk
        self._opting_out = opting_out
        self._hung_up = hung_up

    # --- begin -------------------------------------------------------------------------------------------

    def begin(self, caller: CallerRun, now: float) -> None:
        """The call was answered: into the flow."""
        columns = caller.contact.columns if caller.contact is not None else {}
        caller.walk = Walk(caller.flows, WalkState(caller.flow, given=columns_given(caller.flows, columns)))
        self._floor.timers.set("caller_end", caller.channel, now + caller.flows[caller.flow].longest_s)
        self._carry_out(caller, caller.walk.begin(self._around(caller, now)), now)

    def resume(self, caller: CallerRun, now: float) -> bool:
        """Asterisk was out of sight, or an earlier run began the walk: the caller hears the node again. False: the
        flow is there no more."""
        walk, state = self._take_up(caller, now), caller.record.flow or {}
        if walk is None:
            return False
        playing = caller.playback or state.get("playback")
        if playing:
            self._floor.do(StopPlayback(caller.channel, str(playing)))
            self._forget_playback(caller)
        self._carry_out(caller, walk.resume(self._around(caller, now)), now)
        return True

    def _take_up(self, caller: CallerRun, now: float) -> Walk | None:
        if caller.walk is not None:
            return caller.walk
        state, settings = caller.record.flow, caller.settings
        if state is None or settings is None:
            return None
        known = {field.name for field in fields(WalkState)}
        flows: dict[str, Flow] = dict(settings.inbound.flows)
        flows[INBOUND_FLOW] = message_flow(settings, queue_first=False, agents=True)
        try:
            walk = Walk(flows, WalkState(**{k: v for k, v in state.items() if k in known}))
            walk.node  # noqa: B018 -- a node that is not there any more raises
        except (KeyError, TypeError):
            return None
        caller.walk, caller.flows = walk, flows
        caller.prompts = dict(state.get("prompts") or {})
        self._floor.timers.set("caller_end", caller.channel, now + flows[walk.state.flow].longest_s)
        return walk

    # --- what happens ------------------------------------------------------------------------------------

    def playback_finished(self, caller: CallerRun, event: PlaybackFinished, now: float) -> None:
        """A prompt is over, or could not be played."""
        if caller.walk is None or event.playback_id != caller.playback:
            return
        self._forget_playback(caller)
        if not event.failed:
            self._carry_out(caller, caller.walk.played(self._around(caller, now)), now)
        elif self._floor.conditions.telephony is None:
            self._floor.timers.set("caller_prompt", caller.channel, now + HANG_UP_FOLLOWS_S)

    def prompt_failed(self, caller: CallerRun, now: float) -> None:
        """A prompt could not be played, and the caller is still there."""
        if caller.walk is not None and not caller.hang_up_sent:
            self._floor.tell(
                "error", "prompt_not_played", call=caller.record.id, campaign=caller.record.campaign,
                flow=caller.walk.state.flow, node=caller.walk.state.node,
            )  # fmt: skip
            self._carry_out(caller, caller.walk.prompt_failed(), now)

    def pressed(self, caller: CallerRun, event: DigitPressed, now: float) -> None:
        """A key. In a queue only the opt-out counts, and the caller keeps their place: nobody asks to be called
        never again and to wait for somebody who will."""
        if caller.state is _S.LEFT:
            if event.digit == DIALPLANS_OPT_OUT:
                self.opts_out(caller, now)
        elif caller.walk is None:
            return
        elif caller.state is _S.TREATING:
            self._carry_out(caller, caller.walk.pressed(event.digit, self._around(caller, now)), now)
        elif caller.state is _S.QUEUED and opts_out(caller.walk.flow, event.digit):
            caller.walk.state.opted_out = True
            self.opts_out(caller, now)

    def timed_out(self, caller: CallerRun, now: float) -> None:
        """The walk's timer."""
        if caller.walk is not None and caller.state is _S.TREATING:
            self._carry_out(caller, caller.walk.timed_out(self._around(caller, now)), now)

    def lasts_too_long(self, caller: CallerRun, now: float) -> None:
        """The flow's longest time; who speaks with somebody is not cut off."""
        if caller.walk is not None and caller.state is _S.TREATING:
            self._carry_out(caller, caller.walk.lasts_too_long(), now)

    def recorded(self, caller: CallerRun, event: RecordingFinished, now: float) -> None:
        """A recording is over."""
        if caller.walk is None or event.recording_id != caller.recording:
            return
        caller.recording = None
        name = None if event.failed else event.recording_id
        self._carry_out(caller, caller.walk.recorded(name, self._around(caller, now)), now)

    def back(self, caller: CallerRun, now: float) -> bool:
        """No agent, or the other number did not answer: the flow goes on. False: it is there no more."""
        walk = self._take_up(caller, now)
        if walk is None:
            return False
        around = self._around(caller, now)
        led = isinstance(walk.node, ToNumber | ToQueue)
        self._carry_out(caller, walk.not_transferred(around) if led else walk.resume(around), now)
        return True

    def taken(self, caller: CallerRun) -> None:
        """The caller speaks with an agent: the flow is over."""
        if caller.walk is not None:
            caller.walk.transferred()
        for timer in ("caller_flow", "caller_end", "caller_prompt"):
            self._floor.timers.cancel(timer, caller.channel)
        self._keep(caller)

    # --- what the walk asks for --------------------------------------------------------------------------

    def _carry_out(self, caller: CallerRun, actions: Sequence[a.Action], now: float) -> None:
        ahead = list(actions)
        while ahead:
            ahead[:0] = self._do(caller, ahead.pop(0), now)
        if actions:
            self._keep(caller)

    def _do(self, caller: CallerRun, action: a.Action, now: float) -> Sequence[a.Action]:
        floor, walk, channel = self._floor, caller.walk, caller.channel
        assert walk is not None
        match action:
            case a.Say():
                try:
                    media, language = self._media(caller, action.prompt)
                except KeyError as missing:
                    floor.tell("error", "prompt_not_rendered", call=caller.record.id, text=str(missing))
                    return walk.prompt_failed()
                if not media:
                    return walk.played(self._around(caller, now))
                floor.do(HoldDeadMan(channel, HELD_S))
                caller.playback = floor.serials.new(ids.PLAYBACK)
                floor.playbacks[caller.playback] = channel
                floor.do(PlayMessage(channel, caller.playback, media, language))
            case a.StopSaying():
                if caller.playback is not None:
                    floor.do(StopPlayback(channel, caller.playback))
                    self._forget_playback(caller)
            case a.SetTimer():
                floor.timers.set("caller_flow", channel, now + action.after_s)
            case a.CancelTimer():
                floor.timers.cancel("caller_flow", channel)
            case a.StartRecording():
                caller.recording = floor.serials.new(ids.RECORDING)
                floor.do(HoldDeadMan(channel, action.longest_s + HELD_S))
                floor.do(StartRecording(channel, caller.recording, action.longest_s, action.silence_s, action.beep))
            case a.StopRecording():
                if caller.recording is not None:
                    floor.do(StopRecording(channel, caller.recording))
            case a.OptOutNumber():
                self.opts_out(caller, now)
            case a.JoinQueue():
                return self._join(caller, walk, action.queue, now)
            case a.LeaveQueue():
                pass  # In a queue of Asterisk's; the dialplan brings the caller back by itself.
            case a.DialNumber():
                if not action.number or caller.settings is None:
                    return walk.not_transferred(self._around(caller, now))
                caller.move(_S.DIALING)
                shown = caller.settings.caller_id
                floor.do(TransferOut(channel, action.number, shown, action.ring_timeout_s))
            case a.End():
                caller.record.flow_result = action.result
                if action.failed:
                    caller.record.reason = caller.record.reason or action.result
                caller.hang_up_sent = True
                floor.do(HangUp(channel))
                self._hung_up(caller, now)
        return ()

    def _join(self, caller: CallerRun, walk: Walk, queue: str, now: float) -> Sequence[a.Action]:
        floor, record = self._floor, caller.record
        # With the roster out of sight app_queue knows better than we do.
        if floor.conditions.roster is None and not somebody_at_work(floor, queue):
            record.reason = record.reason or "nobody_at_work"
            return walk.not_transferred(self._around(caller, now))
        node = walk.node
        assert isinstance(node, ToQueue)
        caller.move(_S.QUEUED)
        record.queue, record.queued_at = queue, now
        floor.do(LeadToQueue(caller.channel, queue, node.patience_s))
        floor.wake_queue(queue)
        return ()

    def opts_out(self, caller: CallerRun, now: float) -> None:
        """The caller asked never to be called again."""
        record = caller.record
        if record.opted_out:
            return
        if not record.number and record.caller.startswith("+"):
            record.number = record.caller
        name = caller.settings.opt_out_list if caller.settings is not None else None
        self._floor.tell("info", "opted_out", call=record.id, campaign=record.campaign, dnc_list=name or "")
        record.opted_out, record.opt_out_list = True, name or ""
        self.put_on_list(caller, now)
        self._keep(caller)

    def put_on_list(self, caller: CallerRun, now: float) -> None:
        """Whoever opted out is on the list; said again, it changes nothing."""
        name, number = caller.record.opt_out_list, caller.record.number
        if name and number:
            self._floor.do(BarNumber(name, number))
            self._floor.do(OptOut(name, number, caller.record.attempt_id or caller.record.id, "key"))
            self._opting_out.opted_out(OptedOut(name, DncEntry(DncKind.NUMBER, number)), now)

    def _forget_playback(self, caller: CallerRun) -> None:
        if caller.playback is not None:
            self._floor.playbacks.pop(caller.playback, None)
            caller.playback = None

    def _keep(self, caller: CallerRun) -> None:
        """The walk's state goes with the call, for a successor and for the record."""
        record = caller.record
        if caller.walk is not None:
            state: dict[str, Any] = asdict(caller.walk.state)
            state["playback"], state["prompts"] = caller.playback, dict(caller.prompts)
            record.flow = state
            record.callback = caller.walk.state.callback
            record.flow_result = caller.walk.state.result or record.flow_result
        self._floor.do(SaveCaller(record))

    @staticmethod
    def _media(caller: CallerRun, prompt: Prompt) -> tuple[tuple[str, ...], str]:
        """What Asterisk plays for a prompt, and in which language; KeyError: a text was not rendered."""
        assert caller.walk is not None
        assert caller.settings is not None
        settings, state, of_flow = caller.settings, caller.walk.state, caller.walk.flow.language
        own = caller.record.language
        media = media_of(prompt, caller.prompts, settings, own, of_flow, state.columns)
        return media, spoken_language(own, of_flow, settings.language)

    def _around(self, caller: CallerRun, now: float) -> Around:
        contact, settings = caller.contact, caller.settings
        facts = Facts(
            caller.record.contact_list,
            {},
            contact.attempts if contact is not None else 0,
            contact.last_disposition if contact is not None else None,
        )
        zone = settings.time_zone if settings is not None else "UTC"
        zones = zones_in(caller.record.called_zone) or (zone,)
        return Around(moment_at(now, zone), facts, zone, zones, self._desk.idle_agents)
