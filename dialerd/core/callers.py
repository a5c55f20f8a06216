"""People who call back the number that a campaign shows: who they are, what they get, and how the call ends.

An inbound call is no attempt: it takes no line, no CPS and no cap, and stands in no abandon figure.
"""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.core import ids
from dialerd.core.callable_time import zones_said
from dialerd.core.caller import CallerRecord, CallerState, same_number
from dialerd.core.caller_commands import (
    FindCaller,
    ForgetCaller,
    ForgetLostCaller,
    LeaveCaller,
    RecordCaller,
    SaveCaller,
    TakeCaller,
)
from dialerd.core.caller_end import following_of, outcome_of
from dialerd.core.caller_events import (
    CallArrived,
    CallerBack,
    CallerFound,
    CallerLeft,
    CallerRecorded,
    CallerTaken,
)
from dialerd.core.caller_flows import welcome
from dialerd.core.caller_run import CallerRun
from dialerd.core.caller_walk import HELD_S, CallerWalking
from dialerd.core.campaign import CampaignSettings, channel_variables
from dialerd.core.commands import HangUp, HoldDeadMan, ProbeChannel, RenderPrompts
from dialerd.core.contact_events import ContactsEdited
from dialerd.core.desk import Desk
from dialerd.core.events import ChannelProbed, PromptsFailed, PromptsRendered
from dialerd.core.floor import Floor
from dialerd.core.flow.nodes import texts_of
from dialerd.core.flow.prompts import ColumnMissing
from dialerd.core.list_edits import ListEdits
from dialerd.core.opting_out import OptingOut
from dialerd.core.placing import GONE_WATCH_S, WATCH_S, Placing
from dialerd.core.prompt_texts import own_language, utterances

LOOKED_UP_S = 2.0
"""So long the record may take to say who calls; then it is somebody unknown."""
SPEECH_S = 4.0
"""So long speech may take; then the dialplan plays the site's message. Meanwhile the caller hears ringing."""
CALLED_BACK = "called_back"
"""Why a call is not placed: the person calls us at this moment."""

_S = CallerState


class Callers:
    """Looks after people who call in."""

    def __init__(self, floor: Floor, desk: Desk, placing: Placing, opting_out: OptingOut, edits: ListEdits) -> None:
        self._floor = floor
        self._placing = placing
        self._edits = edits
        self.walking = CallerWalking(floor, desk, opting_out, self._hung_up)
        self._wishes = 0

    # --- who is it? --------------------------------------------------------------------------------------

    def arrived(self, event: CallArrived, now: float) -> None:
        """Somebody calls a number of ours."""
        floor = self._floor
        if event.channel_id in floor.callers:
            return
        call_id = ids.of_channel(ids.INBOUND, event.channel_id)
        record = CallerRecord(call_id, event.channel_id, event.shown, now, caller=event.caller)
        caller = floor.callers[event.channel_id] = CallerRun(record)
        floor.timers.set("caller_probe", caller.channel, now + WATCH_S)
        shown_by = self.take_on(caller)
        if not shown_by or floor.conditions.shutting_down:
            record.reason = "no_campaign_shows_it" if not shown_by else "shutting_down"
            self.leave(caller)
            return
        floor.do(SaveCaller(record))
        self.look_up(caller, shown_by, now)

    def take_on(self, caller: CallerRun) -> dict[str, CampaignSettings]:
        """Campaigns that show the number; the first of them looks after the caller until it is known who they are."""
        shown_by = self.shown_by(caller.record.shown)
        if shown_by:
            first = min(shown_by.values(), key=lambda settings: (-settings.priority, settings.name))
            caller.settings, caller.record.campaign = first, first.name
        return shown_by

    def shown_by(self, shown: str) -> dict[str, CampaignSettings]:
        """Campaigns that show this number."""
        return {
            name: campaign.settings
            for name, campaign in self._floor.campaigns.items()
            if same_number(campaign.settings.caller_id, shown)
        }

    def look_up(self, caller: CallerRun, shown_by: Mapping[str, CampaignSettings], now: float) -> None:
        """Ask who calls."""
        floor, record = self._floor, caller.record
        caller.asked = True
        if floor.conditions.record is not None or not record.caller:
            self.found(CallerFound(record.id), now)
            return
        floor.timers.set("caller_lookup", caller.channel, now + LOOKED_UP_S)
        floor.do(FindCaller(record.id, record.caller, {name: one.caller_id for name, one in shown_by.items()}))

    def nobody_said(self, caller: CallerRun, now: float) -> None:
        """The record did not say in time who calls."""
        self._floor.tell("warning", "caller_not_looked_up", call=caller.record.id)
        self.found(CallerFound(caller.record.id, caller.record.number), now)

    def found(self, event: CallerFound, now: float) -> None:
        """Now it is known who calls: nobody dials them meanwhile, and they get what the campaign says."""
        caller = self._by_id(event.call_id)
        if caller is None or not caller.asked:
            return
        floor, record = self._floor, caller.record
        caller.asked = False
        floor.timers.cancel("caller_lookup", caller.channel)
        record.number, record.attempt_id, caller.contact = event.number, event.attempt_id, event.contact
        if event.campaign in floor.campaigns:
            caller.settings, record.campaign = floor.campaigns[event.campaign].settings, event.campaign
        self._rung_just_now(caller)
        assert caller.settings is not None
        if (contact := caller.contact) is not None:
            record.contact_id, record.contact_list, record.contact_key = contact.id, contact.contact_list, contact.key
            record.language = own_language(caller.settings, contact.columns)
            numbers = [number.e164 for number in contact.numbers]
            record.number_index = numbers.index(record.number) if record.number in numbers else contact.number_index
            if record.number in numbers:
                number = contact.numbers[record.number_index]
                record.called_zone = zones_said(caller.settings.callable_time.locate(contact, number))
        if caller.state is _S.LEFT:
            self._known_too_late(caller, now)
            return
        if record.number:
            self._lock(caller, now)
        chosen = welcome(caller.settings, bool(record.attempt_id), now)
        record.treatment, caller.flow, caller.flows = chosen.treatment, chosen.flow, chosen.flows
        floor.do(SaveCaller(record))
        self._speak(caller, now)

    def _known_too_late(self, caller: CallerRun, now: float) -> None:
        """The dialplan took care of them; what they asked for counts all the same."""
        self.walking.put_on_list(caller, now)
        self._floor.do(SaveCaller(caller.record))
        if caller.gone:
            self.ended(caller, now)

    def _rung_just_now(self, caller: CallerRun) -> None:
        """The person is called at this moment, and what they saw on their phone is that call."""
        floor, record = self._floor, caller.record
        attempt = floor.attempts.get(floor.numbers.get(record.number, "")) if record.number else None
        if attempt is not None and same_number(attempt.record.caller_id, record.shown):
            record.attempt_id = attempt.id
            record.campaign, caller.settings = attempt.record.campaign, attempt.settings
            caller.contact = attempt.contact or caller.contact

    def _lock(self, caller: CallerRun, now: float) -> None:
        """Nobody dials the number while its owner talks to us; what is on its way there is ended."""
        floor, number = self._floor, caller.record.number
        floor.calling[number] = caller.record.id
        attempt = floor.attempts.get(floor.numbers.get(number, ""))
        if attempt is not None:
            self._placing.cancel(attempt, CALLED_BACK, now)

    # --- what is said ------------------------------------------------------------------------------------

    def _speak(self, caller: CallerRun, now: float) -> None:
        """Have speech made of what may be said; the call is answered when it is there."""
        floor, settings, record = self._floor, caller.settings, caller.record
        assert settings is not None
        texts = tuple((text, flow.language) for flow in caller.flows.values() for text in texts_of(flow))
        columns = caller.contact.columns if caller.contact is not None else {}
        try:
            wanted = utterances(texts, settings, columns)
        except ColumnMissing as missing:
            record.reason = f"prompt_column_missing: {missing.column}"
            self._without_speech(caller)
            return
        if not wanted:
            self._begin(caller, now)
            return
        self._wishes -= 1
        caller.wish = self._wishes
        floor.timers.set("caller_speech", caller.channel, now + SPEECH_S)
        floor.do(RenderPrompts(settings.name, record.contact_id or 0, caller.wish, settings.voice, wanted))

    def rendered(self, event: PromptsRendered, now: float) -> None:
        """The speech is there."""
        caller = self._waiting_for(event.serial)
        if caller is not None:
            caller.prompts = event.media
            self._begin(caller, now)

    def not_rendered(self, event: PromptsFailed) -> None:
        """There will be no speech."""
        caller = self._waiting_for(event.serial)
        if caller is not None:
            caller.record.reason = f"prompt_failed: {event.reason}"
            self._without_speech(caller)

    def speech_is_late(self, caller: CallerRun, now: float) -> None:
        """Nobody is let ring for ever."""
        if caller.state is _S.ARRIVED:
            caller.record.reason = "prompt_late"
            self._without_speech(caller)

    def _without_speech(self, caller: CallerRun) -> None:
        self._floor.tell(
            "error", "caller_without_speech", call=caller.record.id, campaign=caller.record.campaign,
            reason=caller.record.reason,
        )  # fmt: skip
        self.leave(caller)

    def _waiting_for(self, wish: int) -> CallerRun | None:
        every = self._floor.callers.values()
        return next((one for one in every if one.wish == wish and one.state is _S.ARRIVED), None)

    def _begin(self, caller: CallerRun, now: float) -> None:
        floor, record = self._floor, caller.record
        floor.timers.cancel("caller_speech", caller.channel)
        settings = caller.settings
        assert settings is not None
        caller.move(_S.TREATING)
        record.answered_at = now
        floor.do(TakeCaller(caller.channel, self._variables(caller), record.language or settings.language))
        floor.do(HoldDeadMan(caller.channel, HELD_S))
        self.walking.begin(caller, now)

    @staticmethod
    def _variables(caller: CallerRun) -> Mapping[str, str]:
        """What the agent's phone and the dialplan see: as on a call of the campaign's own, and which call it is."""
        record, settings = caller.record, caller.settings
        assert settings is not None
        columns = caller.contact.columns if caller.contact is not None else {}
        return channel_variables(settings.variables, columns) | {
            "DIALERD_INBOUND": record.id, "DIALERD_CAMPAIGN": record.campaign,
            "DIALERD_CONTACT": record.contact_key, "DIALERD_ATTEMPT": record.attempt_id,
        }  # fmt: skip

    # --- agents, other numbers ---------------------------------------------------------------------------

    def taken(self, event: CallerTaken, now: float) -> None:
        """An agent speaks with the caller."""
        caller = self._floor.callers.get(event.channel_id)
        if caller is None or caller.state is not _S.QUEUED:
            return
        self._waited(caller, now)
        caller.move(_S.CONNECTED)
        caller.record.agent, caller.record.connected_at = event.agent, now
        self.walking.taken(caller)

    def back(self, event: CallerBack, now: float) -> None:
        """No agent, or the other number did not answer."""
        caller = self._floor.callers.get(event.channel_id)
        if caller is None or caller.state not in (_S.QUEUED, _S.DIALING):
            return
        self._waited(caller, now)
        caller.record.reason = caller.record.reason or event.reason.lower()
        caller.move(_S.TREATING)
        self._floor.do(HoldDeadMan(caller.channel, HELD_S))
        if not self.walking.back(caller, now):
            self.flow_gone(caller)

    def _waited(self, caller: CallerRun, now: float) -> None:
        record = caller.record
        if caller.state is _S.QUEUED and record.queued_at is not None:
            record.waited_s += max(0.0, now - record.queued_at)
            record.queued_at = None
            self._floor.wake_queue(record.queue)

    def flow_gone(self, caller: CallerRun) -> None:
        """The flow in which the caller was is there no more."""
        caller.record.reason = "flow_gone"
        self._floor.tell(
            "warning", "flow_gone", call=caller.record.id, flow=str((caller.record.flow or {}).get("flow"))
        )
        self.leave(caller)

    # --- the end -----------------------------------------------------------------------------------------

    def leave(self, caller: CallerRun) -> None:
        """The dialplan is to say what there is to say."""
        if caller.state in (_S.ARRIVED, _S.TREATING):
            caller.move(_S.LEFT)
            caller.left, caller.asked = True, False
            for timer in ("caller_lookup", "caller_speech", "caller_flow", "caller_end", "caller_prompt"):
                self._floor.timers.cancel(timer, caller.channel)
            self._floor.do(SaveCaller(caller.record))
            self._floor.do(LeaveCaller(caller.channel))

    def _hung_up(self, caller: CallerRun, now: float) -> None:
        self._floor.timers.set("caller_probe", caller.channel, now + GONE_WATCH_S)

    def left_app(self, event: CallerLeft, now: float) -> None:
        """Gone where we led them, or hung up; if that is not told, it is asked for."""
        if event.channel_id in self._floor.callers:
            self._floor.timers.set("caller_probe", event.channel_id, now + GONE_WATCH_S)

    def probe(self, caller: CallerRun, now: float) -> None:
        """Nothing was heard of the caller for long: is the channel still there?"""
        if caller.state is not _S.ENDED:
            self._floor.do(ProbeChannel(caller.channel))
            self._floor.timers.set("caller_probe", caller.channel, now + WATCH_S)

    def probed(self, caller: CallerRun, event: ChannelProbed, now: float) -> None:
        """What the channel was found to be."""
        if event.state is None:
            self.ended(caller, now)
        elif caller.hang_up_sent:
            self._floor.do(HangUp(caller.channel))  # it may not have reached Asterisk
            self._hung_up(caller, now)

    def ended(self, caller: CallerRun, now: float) -> None:
        """The channel is gone, whoever hung up: the outcome, and what becomes of the contact."""
        if caller.state is _S.ENDED:
            return
        floor, record = self._floor, caller.record
        self._waited(caller, now)
        record.outcome = outcome_of(record, caller.state).value
        caller.move(_S.ENDED)
        record.ended_at = now
        # A call of ours to another number of theirs is under way: that call decides.
        busy = any(attempt.record.contact_id == record.contact_id for attempt in floor.attempts.values())
        record.following = None if busy else following_of(record, caller.settings, now)
        floor.timers.cancel_all(caller.channel)
        if caller.playback is not None:
            floor.playbacks.pop(caller.playback, None)
        if floor.calling.get(record.number) == record.id:
            del floor.calling[record.number]
        floor.do(SaveCaller(record))
        if record.following is not None and record.contact_id is not None:
            # What the hopper holds of the contact is old; it goes back before the record changes it.
            self._edits.edited(ContactsEdited(record.contact_list, (record.contact_id,)), now)
        floor.do(RecordCaller(record))
        floor.dirty.update(floor.campaigns)

    def recorded(self, event: CallerRecorded, now: float) -> None:
        """The call is in the record."""
        caller = self._by_id(event.call_id)
        if caller is not None and caller.state is _S.ENDED:
            caller.move(_S.CLOSED)
            self._floor.do(ForgetCaller(event.call_id))
            if caller.left or caller.record.answered_at is None:
                self._floor.do(ForgetLostCaller(caller.channel))
            del self._floor.callers[caller.channel]

    def _by_id(self, call_id: str) -> CallerRun | None:
        return next((one for one in self._floor.callers.values() if one.record.id == call_id), None)
