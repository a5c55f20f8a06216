"""People who call in, after a restart, and when Asterisk was out of sight: nobody is left in silence."""

from __future__ import annotations

from dialerd.core import ids
from dialerd.core.caller import CallerRecord, CallerState
from dialerd.core.caller_commands import LeaveCaller, RecordCaller, SaveCaller
from dialerd.core.caller_events import CallArrived, CallerBack, CallerTaken, LiveCaller, LostCaller
from dialerd.core.caller_run import CallerRun
from dialerd.core.caller_walk import DIALPLANS_OPT_OUT
from dialerd.core.callers import Callers
from dialerd.core.floor import Floor
from dialerd.core.placing import WATCH_S

_S = CallerState


class CallerRecovery:
    """Makes the picture of inbound calls true again."""

    def __init__(self, floor: Floor, callers: Callers) -> None:
        self._floor = floor
        self._callers = callers

    def recovered(self, records: tuple[CallerRecord, ...], now: float) -> None:
        """Calls that an earlier run looked after; where they are is seen when Asterisk's own picture has come."""
        floor = self._floor
        for record in records:
            campaign = floor.campaigns.get(record.campaign)
            settings = campaign.settings if campaign is not None else None
            caller = CallerRun(record, CallerState(record.state), settings)
            floor.callers[record.channel] = caller
            self._callers.walking.put_on_list(caller, now)
            if caller.state is _S.ENDED:
                floor.do(RecordCaller(record))
            elif record.number:
                floor.calling[record.number] = record.id

    def store_back(self) -> None:
        """The hot store may have lost what it was told."""
        for caller in self._floor.callers.values():
            self._floor.do(SaveCaller(caller.record))

    def telephony_back(self, seen: tuple[LiveCaller, ...], lost: tuple[LostCaller, ...], now: float) -> None:
        """Compare every caller with what Asterisk holds. Who is in our application is looked after again, or heard by
        the dialplan; of whom the dialplan took care is known by its mark."""
        floor = self._floor
        there = {one.channel_id: one for one in seen}
        for mark in lost:
            self._was_lost(mark, mark.channel_id in there, now)
        for caller in list(floor.callers.values()):
            live = there.get(caller.channel)
            if caller.gone:
                continue
            if live is None:
                caller.record.reason = caller.record.reason or "ended_out_of_sight"
                self._callers.ended(caller, now)
            else:
                self._compare(caller, live, now)
        for channel, live in there.items():
            if channel not in floor.callers and live.in_app:
                self._callers.arrived(CallArrived(channel, live.caller, live.shown), now)

    def _was_lost(self, mark: LostCaller, is_there: bool, now: float) -> None:
        """The dialplan took care of a caller, or still does."""
        floor, callers = self._floor, self._callers
        opted_out = mark.key == DIALPLANS_OPT_OUT
        caller = floor.callers.get(mark.channel_id)
        if caller is not None:
            caller.left = True
            if opted_out and caller.state is not _S.ENDED:
                callers.walking.opts_out(caller, now)
            return
        call_id = ids.of_channel(ids.INBOUND, mark.channel_id)
        record = CallerRecord(call_id, mark.channel_id, mark.shown, mark.at, caller=mark.caller)
        record.state, record.reason = _S.LEFT.value, "no_daemon"
        caller = CallerRun(record, _S.LEFT, left=True, gone=not is_there)
        floor.callers[mark.channel_id] = caller
        shown_by = callers.take_on(caller)
        if opted_out:
            callers.walking.opts_out(caller, now)
        floor.do(SaveCaller(record))
        if shown_by:
            callers.look_up(caller, shown_by, now)
        elif caller.gone:
            callers.ended(caller, now)

    def _compare(self, caller: CallerRun, live: LiveCaller, now: float) -> None:
        callers = self._callers
        self._floor.timers.set("caller_probe", caller.channel, now + WATCH_S)
        if live.left:
            caller.left = True
            if caller.state not in (_S.LEFT, _S.ENDED, _S.CONNECTED):
                caller.move(_S.LEFT)
        elif live.queued:
            if caller.state is _S.QUEUED and live.talking:
                callers.taken(CallerTaken(caller.channel, ""), now)
        elif not live.in_app:
            pass  # On the way, or connected with another number.
        elif caller.state is _S.ARRIVED:
            shown_by = callers.shown_by(caller.record.shown)
            if shown_by and caller.settings is not None:
                callers.look_up(caller, shown_by, now)
            else:
                callers.leave(caller)
        elif caller.state in (_S.QUEUED, _S.DIALING):
            callers.back(CallerBack(caller.channel, "back_out_of_sight"), now)
        elif caller.state is _S.TREATING and not callers.walking.resume(caller, now):
            callers.flow_gone(caller)
        elif caller.state is _S.LEFT:
            self._floor.do(LeaveCaller(caller.channel))

    def shutdown(self) -> None:
        """The daemon ends: the dialplan says the rest to those who would be left in silence."""
        for caller in list(self._floor.callers.values()):
            if caller.state in (_S.ARRIVED, _S.TREATING):
                caller.record.reason = caller.record.reason or "shutting_down"
                self._callers.leave(caller)
