"""The dialer: one event in, commands out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from dialerd.core import dnc_events as d
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.core.answering import Answering
from dialerd.core.attempt import AttemptState
from dialerd.core.call_recording import CallRecording
from dialerd.core.caller_recovery import CallerRecovery
from dialerd.core.caller_run import CallerRun
from dialerd.core.callers import Callers
from dialerd.core.closing import Closing
from dialerd.core.commands import Command
from dialerd.core.desk import Desk
from dialerd.core.directing import Directing
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.flowing import Flowing
from dialerd.core.forecasting import Forecasting
from dialerd.core.ids import SerialNumbers
from dialerd.core.inbound import Inbound
from dialerd.core.inspection import Inspecting
from dialerd.core.joining import Joining
from dialerd.core.list_edits import ListEdits
from dialerd.core.marking import Marking
from dialerd.core.offers import Offers
from dialerd.core.opting_out import OptingOut
from dialerd.core.placing import Placing
from dialerd.core.previewing import Previewing
from dialerd.core.recovery import Recovery
from dialerd.core.rounds import Rounds
from dialerd.core.running import Running
from dialerd.core.sequencing import Sequencing
from dialerd.core.switchboard import Switchboard
from dialerd.core.view import Viewer

MAX_TIMERS_PER_EVENT = 100_000
"""A timer that sets itself again in the past would never end; this many in one go is a defect."""


Subject = TypeVar("Subject")


def _timer(among: Mapping[str, Subject], act: Callable[[Subject, float], None]) -> Callable[[str, float], None]:
    """A timer of somebody or something on the floor; whoever is gone by then is let be."""

    def run(subject: str, now: float) -> None:
        one = among.get(subject)
        if one is not None:
            act(one, now)

    return run


class Dialer:
    """All decisions, for one shard. Not thread-safe and never waiting: one task owns it.

    The same events at the same times give the same commands: there is no clock and no randomness inside.
    """

    def __init__(self, serials: SerialNumbers) -> None:
        floor = self.floor = Floor(serials)
        desk = self._desk = Desk(self.floor)
        forecasting = self._forecasting = Forecasting(self.floor)
        running = self._running = Running(self.floor, desk, forecasting)
        self.offers = Offers(self.floor)
        closing = Closing(self.floor, desk, forecasting, self.offers)
        placing = self._placing = Placing(self.floor, desk, forecasting, closing, self.offers, running.case_for)
        previewing = self._previewing = Previewing(self.floor, desk, closing, placing, self.offers, running.case_for)
        inbound = Inbound(self.floor, desk)
        joining = self._joining = Joining(self.floor, desk, placing, forecasting)
        opting_out = OptingOut(self.floor, placing, running.case_for)
        recording = self._recording = CallRecording(self.floor)
        flowing = self._flowing = Flowing(
            self.floor, desk, placing, joining, opting_out, running.prompting, recording
        )
        answering = Answering(self.floor, placing, joining, forecasting, flowing, running.prompting)
        edits = self._edits = ListEdits(self.floor, running, placing)
        callers = self._callers = Callers(self.floor, desk, placing, opting_out, edits)
        again = self._callers_again = CallerRecovery(self.floor, callers)
        recovery = self._recovery = Recovery(
            self.floor, desk, placing, closing, answering, joining, inbound, flowing, recording, again
        )
        self.sequencing = Sequencing(self.floor, running)
        self.directing = Directing(self.floor, running, forecasting)
        self._rounds = Rounds(self.floor, desk, forecasting, running, placing, previewing)
        self.viewer = Viewer(self.floor, desk, forecasting, running.case_for)
        self.inspecting = Inspecting(self.floor, desk, running.case_for)
        self.viewer.sequencing, self.viewer.directing = self.sequencing, self.directing
        switchboard = Switchboard(self.floor, desk, placing, closing, answering, joining, flowing, recording, inbound)
        desk.on_vanished = switchboard.agent_vanished
        desk.on_line_lost = switchboard.agent_line_lost
        self._handlers: dict[type, Callable[[Any, float], None]] = {
            e.PlanChanged: self._plan_changed,
            e.SequenceStartAsked: lambda ev, now: self.sequencing.start(ev.sequence, now),
            e.SequenceStopAsked: lambda ev, now: self.sequencing.stop(ev.sequence),
            e.ContactsCounted: lambda ev, now: self.directing.counted(ev),
            e.CampaignStartAsked: self._start_asked,
            e.CampaignStopAsked: self._stop_asked,
            e.CampaignFound: lambda ev, now: running.found(ev),
            e.ShutdownAsked: self._shutdown_asked,
            e.TimePassed: lambda ev, now: None,
            e.Recovered: self._recovered,
            e.ClaimGranted: self._for_attempt(lambda a, ev, now: placing.granted(a, now)),
            e.ClaimRefused: self._for_attempt(self._claim_refused),
            e.PreviewAccepted: self._for_attempt(previewing.accepted),
            e.PreviewSkipped: self._for_attempt(previewing.skipped),
            e.ClaimConfirmed: self._for_attempt(lambda a, ev, now: previewing.confirmed(a, now)),
            e.ClaimNotConfirmed: self._for_attempt(previewing.not_confirmed),
            e.AttemptClosed: self._for_attempt(lambda a, ev, now: closing.closed(a)),
            e.StoreLost: lambda ev, now: self._lost("store", ev.reason),
            e.StoreBack: self._store_back,
            d.DncStandingChanged: opting_out.standing_changed,
            d.OptedOut: opting_out.opted_out,
            d.DncLifted: opting_out.lifted,
            d.ProviderAnswered: running.inquiring.answered,
            d.ProviderFailed: running.inquiring.failed,
            d.ProviderForgotten: running.inquiring.forgotten,
            e.PromptsRendered: self._prompts_rendered,
            e.PromptsFailed: self._prompts_failed,
            e.ContactsFetched: edits.fetched,
            e.ContactsEdited: edits.edited,
            e.OutcomesRecorded: self._outcomes_recorded,
            e.ContactsChanged: self._contacts_changed,
            e.RecordLost: self._record_lost,
            e.RecordBack: lambda ev, now: self._back("record"),
            e.OriginateAccepted: lambda ev, now: None,
            e.OriginateRefused: self._for_attempt(placing.originate_refused),
            e.OriginateUnknown: self._for_attempt(lambda a, ev, now: placing.originate_unknown(a, now)),
            e.ChannelProbed: self._of_caller(callers.probed, switchboard.probed),
            e.ChannelRinging: self._on_channel(lambda a, ev, now: placing.ringing(a, now)),
            e.ChannelAnswered: switchboard.answered,
            e.TalkingStarted: self._on_channel(lambda a, ev, now: answering.talking_started(a, now)),
            e.TalkingStopped: self._on_channel(lambda a, ev, now: answering.talking_stopped(a, ev.silence_s, now)),
            e.AmdFinished: self._for_attempt(answering.amd_finished),
            e.ToneHeard: self._for_attempt(answering.tone_heard),
            e.ListeningFailed: self._for_attempt(answering.listening_failed),
            e.BridgeEntered: switchboard.bridge_entered,
            e.BridgeFailed: switchboard.bridge_failed,
            e.PlaybackStarted: self._on_playback(lambda a, ev, now: answering.playback_started(a, now)),
            e.PlaybackFinished: self._on_playback(answering.playback_finished, flowing.playback_finished),
            e.DigitPressed: self._of_caller(callers.walking.pressed, self._on_channel(flowing.pressed)),
            e.RecordingFinished: self._of_caller(callers.walking.recorded, self._on_channel(flowing.recorded)),
            e.CallRecordingStarted: self._for_attempt(recording.started),
            e.CallRecordingFailed: self._for_attempt(recording.failed),
            e.CallRecordingPaused: self._for_attempt(recording.paused),
            e.RecordingPauseAsked: recording.pause_asked,
            e.TransferFailed: self._on_channel(flowing.transfer_failed),
            e.ChannelEnded: self._of_caller(lambda c, ev, now: callers.ended(c, now), switchboard.channel_ended),
            e.CallLost: self._for_attempt(lambda a, ev, now: recovery.call_lost(a, now)),
            e.InboundOffered: inbound.offered,
            e.CallArrived: callers.arrived,
            e.CallerFound: callers.found,
            e.CallerTaken: callers.taken,
            e.CallerBack: callers.back,
            e.CallerLeft: callers.left_app,
            e.CallerRecorded: self._caller_recorded,
            e.TelephonyLost: lambda ev, now: recovery.telephony_lost(ev.reason, now),
            e.TelephonyBack: recovery.telephony_back,
            e.MemberSeen: desk.member_seen,
            e.MemberGone: desk.member_gone,
            e.RosterLost: lambda ev, now: self._lost("roster", ev.reason),
            e.RosterSynced: self._synced,
            e.CallMarked: Marking(self.floor).marked,
        }
        self._timer_handlers: dict[str, Callable[[str, float], None]] = {
            "dial": _timer(floor.attempts, placing.dial),
            "offer": _timer(floor.attempts, previewing.ran_out),
            "confirm": _timer(floor.attempts, previewing.confirm),
            "ring": _timer(floor.attempts, placing.ring_timed_out),
            "probe": switchboard.probe,
            "deadline": _timer(floor.attempts, answering.no_verdict),
            "amd": _timer(floor.attempts, answering.no_verdict),
            "legal": _timer(floor.attempts, answering.clock_ran_out),
            "treatment": _timer(floor.attempts, answering.treatment_over),
            "listen": _timer(floor.attempts, answering.stop_listening),
            "greeting": _timer(floor.attempts, answering.leaving.timed_out),
            "quiet": _timer(floor.attempts, answering.leaving.silence),
            "flow": _timer(floor.attempts, flowing.timed_out),
            "flow_end": _timer(floor.attempts, flowing.lasts_too_long),
            "prompt_failed": _timer(floor.attempts, flowing.prompt_failed),
            "consent": _timer(floor.attempts, recording.consent_late),
            "recording_ended": _timer(floor.attempts, recording.broke_off),
            "caller_lookup": _timer(floor.callers, callers.nobody_said),
            "caller_speech": _timer(floor.callers, callers.speech_is_late),
            "caller_flow": _timer(floor.callers, callers.walking.timed_out),
            "caller_end": _timer(floor.callers, callers.walking.lasts_too_long),
            "caller_prompt": _timer(floor.callers, callers.walking.prompt_failed),
            "caller_probe": _timer(floor.callers, callers.probe),
            "wrap_up": _timer(floor.agents, desk.finish_wrap_up),
            "agent_line": desk.redial,
            "line_watch": desk.watch_line,
            "pace": lambda subject, now: self.floor.dirty.add(subject),
            "rules": lambda subject, now: self.directing.look(now),
            "sequence": lambda subject, now: self.sequencing.wake(subject, now),
            "schedule": lambda subject, now: self.floor.dirty.add(subject),
            "parked": _timer(floor.campaigns, running.parking.due),
            "fetch": _timer(floor.campaigns, lambda c, now: running.fetch_timed_out(c)),
            "fetch_again": _timer(floor.campaigns, lambda c, now: running.fetch_again(c)),
        }

    def handle(self, event: e.Event, now: float) -> list[Command]:
        """Take one fact into account at ``now`` (epoch seconds, not going back) and say what is to be done.

        Timers that are due come first. Raises only for defects (ImpossibleTransition, KeyError …), never for
        anything that the outside world can send.
        """
        floor = self.floor
        if floor.timers.soonest <= now:
            self._run_due_timers(now)
        self._handlers[type(event)](event, now)
        if floor.woken:
            self._joining.serve_waiting(now)
        if self.sequencing.moves_seen != floor.campaign_moves:
            self.sequencing.look(now)
        if floor.dirty:
            self._rounds.pace_dirty(now)
            # What was completed just now may have a successor.
            self.sequencing.look(now)
        return floor.take_commands()

    def next_wakeup(self) -> float | None:
        """When :class:`TimePassed` is wanted at the latest, in epoch seconds; None: no timer runs."""
        return self.floor.timers.next()

    # --- timers ----------------------------------------------------------------------------------------

    def _run_due_timers(self, now: float) -> None:
        timers = self.floor.timers
        for _ in range(MAX_TIMERS_PER_EVENT):
            key = timers.pop_due(now)
            if key is None:
                return
            self._timer_handlers[key[0]](key[1], now)
        raise RuntimeError("timers never end")

    # --- finding whom an event concerns ----------------------------------------------------------------

    def _for_attempt(self, act: Callable[[LiveAttempt, Any, float], None]) -> Callable[[Any, float], None]:
        def run(event: Any, now: float) -> None:
            attempt = self.floor.attempts.get(event.attempt_id)
            if attempt is not None:
                act(attempt, event, now)

        return run

    def _on_channel(self, act: Callable[[LiveAttempt, Any, float], None]) -> Callable[[Any, float], None]:
        def run(event: Any, now: float) -> None:
            attempt = self.floor.attempts.get(event.channel_id)
            if attempt is not None:
                act(attempt, event, now)

        return run

    def _of_caller(
        self, act: Callable[[CallerRun, Any, float], None], otherwise: Callable[[Any, float], None]
    ) -> Callable[[Any, float], None]:
        """What is told of a channel concerns somebody who called in, or it is another's."""

        def run(event: Any, now: float) -> None:
            caller = self.floor.callers.get(event.channel_id)
            if caller is not None:
                act(caller, event, now)
            else:
                otherwise(event, now)

        return run

    def _on_playback(
        self,
        message: Callable[[LiveAttempt, Any, float], None],
        prompt: Callable[[LiveAttempt, Any, float], None] | None = None,
    ) -> Callable[[Any, float], None]:
        """``prompt``: for the prompts of flows, where they are another matter."""

        def run(event: Any, now: float) -> None:
            if event.playback_id.startswith((ids.CONSENT, ids.CONSENT_OF_AGENT)):
                self._recording.prompt(event, now)
                return
            walker = self.floor.playbacks.get(event.playback_id)
            caller = self.floor.callers.get(walker or "")
            if caller is not None:
                if isinstance(event, e.PlaybackFinished):
                    self._callers.walking.playback_finished(caller, event, now)
                return
            attempt = self.floor.attempts.get(walker or ids.sibling(event.playback_id, ids.ATTEMPT))
            if attempt is not None:
                (message if walker is None or prompt is None else prompt)(attempt, event, now)

        return run

    # --- operators -------------------------------------------------------------------------------------

    def _start_asked(self, event: e.CampaignStartAsked, now: float) -> None:
        campaign = self.floor.campaigns.get(event.campaign)
        if campaign is not None:
            self.directing.started_by_hand(campaign)
            self._running.start(campaign)

    def _plan_changed(self, event: e.PlanChanged, now: float) -> None:
        self.directing.plan_changed(event.plan, now)
        self.sequencing.plan_changed(event.plan.sequences)
        self._previewing.plan_changed(now)

    def _contacts_changed(self, event: e.ContactsChanged, now: float) -> None:
        self._edits.changed(event)
        self.sequencing.list_changed(event.contact_list, now)

    def _stop_asked(self, event: e.CampaignStopAsked, now: float) -> None:
        campaign = self.floor.campaigns.get(event.campaign)
        if campaign is not None:
            self._running.stop(campaign, "")

    def _shutdown_asked(self, event: e.ShutdownAsked, now: float) -> None:
        self._recovery.shutdown(event.cancel_ringing, now)
        self._forecasting.save_all(now)

    def _claim_refused(self, attempt: LiveAttempt, event: e.ClaimRefused, now: float) -> None:
        if attempt.state is AttemptState.CLAIMING:
            self._rounds.refused(attempt)
        self._placing.refused(attempt, event, now)

    # --- stores ----------------------------------------------------------------------------------------

    def _recovered(self, event: e.Recovered, now: float) -> None:
        self._forecasting.recovered(event, now)
        self._recovery.recovered(event, now)
        self._running.restore_all()
        left = event.directions
        self.sequencing.recovered({name: state for (kind, name), state in left.items() if kind == "sequence"})
        self.directing.recovered({name: state for (kind, name), state in left.items() if kind == "rule"}, now)
        self._back("store")

    def _store_back(self, event: e.StoreBack, now: float) -> None:
        self._callers_again.store_back()
        self._back("store")

    def _caller_recorded(self, event: e.CallerRecorded, now: float) -> None:
        self._callers.recorded(event, now)
        if event.contact_list:
            self._running.list_changed(event.contact_list)

    def _prompts_rendered(self, event: e.PromptsRendered, now: float) -> None:
        # Wishes for people who call in have numbers below zero.
        if event.serial < 0:
            self._callers.rendered(event, now)
        else:
            self._running.prompting.rendered(event, now)

    def _prompts_failed(self, event: e.PromptsFailed, now: float) -> None:
        if event.serial < 0:
            self._callers.not_rendered(event)
        else:
            self._running.prompting.failed(event, now)

    def _lost(self, what: str, reason: str) -> None:
        self.floor.condition(**{what: reason})
        self.floor.tell("error", f"{what}_lost", reason=reason)

    def _back(self, what: str) -> None:
        self.floor.condition(**{what: None})
        self.floor.tell("info", f"{what}_back")

    def _record_lost(self, event: e.RecordLost, now: float) -> None:
        self._lost("record", event.reason)
        for campaign in self.floor.campaigns.values():
            campaign.fetching = False

    def _outcomes_recorded(self, event: e.OutcomesRecorded, now: float) -> None:
        for contact_list in event.contact_lists:
            self._running.list_changed(contact_list)

    def _synced(self, event: e.RosterSynced, now: float) -> None:
        self._desk.synced(event, now)
        self._running.queues_seen()
