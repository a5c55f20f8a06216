"""An attempt from answer to end: analysis, tones, the legal clock, message."""

from __future__ import annotations

from dialerd.core import ids
from dialerd.core.amd_truth import SAMPLED, is_sampled
from dialerd.core.analysis import AMD_GRACE_S, Clock, Evidence, Verdict, judge
from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import Connection
from dialerd.core.commands import PlayMessage, SaveAttempt, StartAmd
from dialerd.core.events import AmdFinished, ListeningFailed, PlaybackFinished, ToneHeard
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.flow.prompts import Prompt
from dialerd.core.flowing import Flowing
from dialerd.core.forecasting import Forecasting
from dialerd.core.hearing import start_listening, stop_amd, stop_listening
from dialerd.core.joining import BRIDGE_GRACE_S, Joining
from dialerd.core.leaving import Leaving, message_to_leave
from dialerd.core.placing import WATCH_S, Placing
from dialerd.core.prompting import Prompting, message_media
from dialerd.core.reviewing import keep_for_review, kept_s
from dialerd.core.tones import Tone
from dialerd.core.treatment import AGENT_RESPONSES, AGENTLESS_RESPONSES, PERSON_VALUES, CallAnalysis, Treatment

HANG_UP_FOLLOWS_S = 0.5
"""A hang-up in the middle of a message is reported so soon after the playback's failure."""
RESUMED_TREATMENT_S = 30.0
LISTEN_S = 8.0
"""From the answer: a fax that has not sounded by then will not; so long a connected call is listened to."""
TREATMENT_GUARD_S = 120.0
"""A message that has not ended by then is ended with the call."""

_S = AttemptState
_MAY_SPEAK = frozenset({_S.ORIGINATING, _S.RINGING, _S.ANSWERED, _S.ANALYSING, _S.WAITING_AGENT})


class Answering:
    """Decides what is done with answered calls, and does it in time."""

    def __init__(
        self,
        floor: Floor,
        placing: Placing,
        joining: Joining,
        forecasting: Forecasting,
        flowing: Flowing,
        prompting: Prompting,
    ) -> None:
        self._floor = floor
        self._flowing = flowing
        self._prompting = prompting
        self._forecasting = forecasting
        self._placing = placing
        self._joining = joining
        self.leaving = Leaving(floor, self._say, self._end)

    # --- analysis --------------------------------------------------------------------------------------

    def answered(
        self, attempt: LiveAttempt, now: float, out_of_sight: bool = False, answered_at: float | None = None
    ) -> None:
        """Somebody, or something, picked up. ``out_of_sight``: some time ago, while nobody looked; whoever it is has
        said hello already and is not left to an analysis. ``answered_at``: when that was at the earliest, epoch
        seconds; None: now."""
        if attempt.state not in (_S.ORIGINATING, _S.UNCONFIRMED, _S.RINGING):
            return
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.ANSWERED)
        record.answered_at = answered_at if answered_at is not None else now
        floor.timers.cancel("ring", record.id)
        floor.timers.set("probe", record.id, now + WATCH_S)
        if record.cancelled:
            # Our hang-up crossed the answer, or was lost. It is counted when the channel ends.
            floor.do(SaveAttempt(record))
            self._end(attempt, now)
            return
        self._forecasting.answered(attempt, now)
        attempt.quiet_since = record.answered_at
        profile = attempt.analysis
        record.analysis_profile = profile.name
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
        if profile.tones or kept_s(attempt):
            start_listening(floor, attempt)
        floor.timers.set("amd", record.id, now + profile.amd.total_analysis_ms / 1000 + AMD_GRACE_S)
        # Until a sound is heard, the silence of the line itself is what the person has to bear.
        self._set_deadline(attempt, record.speech_at if record.speech_at is not None else now)

    def talking_started(self, attempt: LiveAttempt, now: float) -> None:
        """The first sound of the called party: the legal clock's start, and rule R3's."""
        record = attempt.record
        attempt.talking, attempt.quiet_since = True, None
        if self.leaving.spoke(attempt, now):
            self._spoken_over(attempt, now)
            return
        if record.speech_at is not None or attempt.state not in _MAY_SPEAK:
            return
        record.speech_at = now
        if attempt.state is _S.ANALYSING:
            self._set_deadline(attempt, now)
            if attempt.settings.connection is Connection.RING and attempt.settings.queue is not None:
                # A phone takes its time to answer; the person has two seconds.
                self._joining.ring(attempt, now)

    def talking_stopped(self, attempt: LiveAttempt, silence_s: float, now: float) -> None:
        """The greeting's end lies ``silence_s`` before now."""
        attempt.talking, attempt.quiet_since = False, now - silence_s
        self.leaving.quiet(attempt, now)
        if attempt.greeting_end_at is None and attempt.state is _S.ANALYSING:
            attempt.greeting_end_at = now - silence_s
            profile = attempt.analysis
            if profile.clock is Clock.GREETING_END and profile.deadline_s is not None:
                self._floor.timers.set("deadline", attempt.id, attempt.greeting_end_at + profile.deadline_s)

    def _set_deadline(self, attempt: LiveAttempt, clock_start: float) -> None:
        profile = attempt.analysis
        if profile.clock is Clock.SPEECH_START and profile.deadline_s is not None:
            self._floor.timers.set("deadline", attempt.id, clock_start + profile.deadline_s)

    def amd_finished(self, attempt: LiveAttempt, event: AmdFinished, now: float) -> None:
        """AMD's word, in time or as a late hint."""
        attempt.amd_running = False
        record = attempt.record
        if attempt.state in (_S.ENDED, _S.CLOSED) or record.amd_status is not None:
            return
        record.amd_status, record.amd_cause = event.status, event.cause
        amd = attempt.analysis.amd
        if event.status == "HUMAN" and attempt.greeting_end_at is None and amd is not None:
            attempt.greeting_end_at = now - amd.after_greeting_silence_ms / 1000
        if attempt.state is _S.ANALYSING:
            if event.status != "HANGUP":
                self._judge(attempt, now)
        elif attempt.state is _S.CONNECTED and event.status == "MACHINE":
            self._hint(attempt, CallAnalysis.MACHINE)

    def _hint(self, attempt: LiveAttempt, what: CallAnalysis) -> None:
        """Found out too late: the agent is told, and the conversation goes on."""
        record = attempt.record
        record.late_hint = what.value
        self._floor.tell("info", "late_machine_hint", attempt=record.id, agent=record.agent or "", heard=what.value)
        self._floor.do(SaveAttempt(record))

    def tone_heard(self, attempt: LiveAttempt, event: ToneHeard, now: float) -> None:
        """A fax, special information tones, or the end of a beep."""
        record = attempt.record
        if attempt.state in (_S.ENDED, _S.CLOSED) or attempt.hang_up_sent:
            return
        if not attempt.analysis.tones and not attempt.awaiting_beep:
            return  # only what is heard was wanted, to be kept
        if attempt.state is _S.ANALYSING:
            record.tone = event.tone.value
            self._judge(attempt, now)
        elif attempt.awaiting_beep and event.tone is Tone.BEEP:
            record.tone = event.tone.value
            self.leaving.beeped(attempt, now)
        elif attempt.state is _S.WAITING_AGENT and attempt.walk is None and not attempt.entering:
            record.tone = event.tone.value
            verdict = judge(self._evidence(attempt, now), attempt.settings.site_rule)
            if self._treatment(attempt, verdict.analysis) is not Treatment.AGENT:
                self._floor.timers.cancel("legal", record.id)
                self._analysed(attempt, verdict.analysis, verdict.rule, now)
        elif attempt.state in (_S.CONNECTED, _S.WAITING_AGENT) and not record.late_hint:
            record.tone = event.tone.value
            self._hint(attempt, judge(self._evidence(attempt, now)).analysis)

    def listening_failed(self, attempt: LiveAttempt, event: ListeningFailed, now: float) -> None:
        """Without tones: AMD, silence and time-outs decide alone."""
        if attempt.listening:
            attempt.listening = False
            self._floor.tell("warning", "listening_failed", attempt=attempt.id, reason=event.reason)

    def stop_listening(self, attempt: LiveAttempt, now: float) -> None:
        """Nothing more is expected to be heard."""
        self._floor.timers.cancel("listen", attempt.id)
        stop_listening(self._floor, attempt)

    def no_verdict(self, attempt: LiveAttempt, now: float) -> None:
        """The deadline came before AMD's word."""
        if attempt.state is _S.ANALYSING:
            self._judge(attempt, now)

    def _evidence(self, attempt: LiveAttempt, now: float) -> Evidence:
        record = attempt.record
        answered_at = record.answered_at if record.answered_at is not None else now
        return Evidence(
            campaign=record.campaign,
            number=record.number,
            amd_status=record.amd_status,
            amd_cause=record.amd_cause,
            verdict_after_s=now - answered_at if record.amd_status is not None else None,
            first_sound_after_s=record.speech_at - answered_at if record.speech_at is not None else None,
            attempts_before=record.contact_attempts,
            last_disposition=attempt.contact.last_disposition if attempt.contact is not None else None,
            tone=record.tone,
            number_type=record.number_kind,
        )

    def _judge(self, attempt: LiveAttempt, now: float) -> None:
        record = attempt.record
        verdict = judge(self._evidence(attempt, now), attempt.settings.site_rule)
        if verdict.rule in ("unmapped", "amd_failed"):
            self._floor.tell(
                "warning", f"amd_{verdict.rule.removeprefix('amd_')}", attempt=record.id,
                status=str(record.amd_status), cause=str(record.amd_cause),
            )  # fmt: skip
        if self._is_sample(attempt, verdict.analysis):
            verdict = Verdict(CallAnalysis.UNSURE, f"{SAMPLED}:{verdict.rule}")
        self._analysed(attempt, verdict.analysis, verdict.rule, now)

    def _is_sample(self, attempt: LiveAttempt, analysis: CallAnalysis) -> bool:
        """A machine verdict that an agent is to check: only where one is there for it at once."""
        settings, record = attempt.settings, attempt.record
        if analysis is not CallAnalysis.MACHINE or settings.queue is None or settings.machine_sample <= 0:
            return False
        machine, unsure = (self._treatment(attempt, one) for one in (CallAnalysis.MACHINE, CallAnalysis.UNSURE))
        if machine is Treatment.AGENT or unsure is not Treatment.AGENT:
            return False
        free = record.agent is not None or bool(self._floor.available.get(settings.queue))
        return free and is_sampled(record.id, settings.machine_sample)

    def _analysed(self, attempt: LiveAttempt, analysis: CallAnalysis, rule: str, now: float) -> None:
        record, settings = attempt.record, attempt.settings
        self._floor.timers.cancel("deadline", record.id)
        self._floor.timers.cancel("amd", record.id)
        record.analysis, record.analysis_rule, record.analysed_at = analysis.value, rule, now
        keep_for_review(self._floor, attempt, analysis, now)
        treatment = self._treatment(attempt, analysis)
        record.treatment = treatment.value
        if treatment is not Treatment.MESSAGE_AFTER_BEEP:
            self._listen_no_longer(attempt, treatment, now)
        if treatment is not Treatment.AGENT:
            self._joining.give_back(attempt, now)
        if treatment is Treatment.AGENT:
            self._joining.wait(attempt, now)
        elif treatment is Treatment.MESSAGE and settings.message is not None:
            self._play(attempt, settings.message, now)
        elif treatment is Treatment.MESSAGE_AFTER_BEEP and message_to_leave(attempt) is not None:
            self.leaving.begin(attempt, now)
        elif treatment is Treatment.FLOW and settings.flow in settings.flows:
            self._flowing.begin(attempt, now)
        else:
            self._hang_up(attempt, now)

    @staticmethod
    def _treatment(attempt: LiveAttempt, analysis: CallAnalysis) -> Treatment:
        settings = attempt.settings
        defaults = AGENT_RESPONSES if settings.queue is not None else AGENTLESS_RESPONSES
        return settings.responses.get(analysis, defaults[analysis])

    def _listen_no_longer(self, attempt: LiveAttempt, treatment: Treatment, now: float) -> None:
        """A fax may take two seconds before it sounds: who goes to an agent is listened to for a while longer."""
        record = attempt.record
        until = (record.answered_at if record.answered_at is not None else now) + LISTEN_S
        if treatment is Treatment.AGENT and now < until:
            self._floor.timers.set("listen", record.id, until)
        else:
            self.stop_listening(attempt, now)

    def _spoken_over(self, attempt: LiveAttempt, now: float) -> None:
        """Somebody speaks while our message to a machine plays: perhaps a person, and treated as one who may be."""
        record = attempt.record
        treatment = self._treatment(attempt, CallAnalysis.UNSURE)
        record.analysis, record.analysis_rule = CallAnalysis.UNSURE.value, "spoke_over_message"
        if treatment is Treatment.AGENT:
            record.treatment = treatment.value
            self.leaving.hush(attempt)
            self._joining.wait(attempt, now)
        self._floor.do(SaveAttempt(record))

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
        self._forecasting.abandoned(attempt, now)
        self._joining.give_back(attempt, now)
        floor.tell("warning", "call_abandoned", attempt=record.id, campaign=record.campaign)
        if attempt.settings.abandon_keys or attempt.settings.abandon_connect:
            self._flowing.begin_abandoned(attempt, now)
        else:
            self._play(attempt, attempt.settings.abandon_message, now)

    def _play(self, attempt: LiveAttempt, prompt: Prompt, now: float) -> None:
        self._floor.move_attempt(attempt, _S.TREATING)
        stop_amd(self._floor, attempt)
        self._say(attempt, prompt, now)

    def _say(self, attempt: LiveAttempt, prompt: Prompt, now: float) -> None:
        self._start(attempt, prompt, now)
        self._floor.do(SaveAttempt(attempt.record))
        guard_s = 0.0 if attempt.playback_failed else TREATMENT_GUARD_S
        self._floor.timers.set("treatment", attempt.id, now + guard_s)

    def _start(self, attempt: LiveAttempt, prompt: Prompt, now: float) -> None:
        record = attempt.record
        media = message_media(attempt, prompt)
        if not media:
            attempt.playback_failed = True
            return
        language = record.language or attempt.settings.language
        self._floor.do(PlayMessage(record.id, ids.sibling(record.id, ids.PLAYBACK), media, language))

    def resume_treatment(self, attempt: LiveAttempt, now: float) -> None:
        """Asterisk was out of sight during the treatment: make sure that it is going on."""
        record, floor = attempt.record, self._floor
        if attempt.hang_up_sent:
            return
        attempt.playback_started = record.message_at is not None
        if record.flow is not None:
            self._flowing.resume(attempt, now)
            return
        prompt = _message_of(attempt)
        if record.treatment == Treatment.MESSAGE_AFTER_BEEP and not record.abandoned and record.message_at is None:
            self.leaving.resume(attempt, now)
            return
        if record.treatment == Treatment.HANG_UP and not record.abandoned:
            self._end(attempt, now)
        elif record.message_at is None and prompt is not None:
            self._start(attempt, prompt, now)
        floor.timers.set("treatment", record.id, now + (0.0 if attempt.playback_failed else RESUMED_TREATMENT_S))

    def playback_started(self, attempt: LiveAttempt, now: float) -> None:
        """The person hears the message, or a prompt of a flow."""
        attempt.playback_started = True
        if attempt.record.message_at is None:
            attempt.record.message_at = now
            self._floor.do(SaveAttempt(attempt.record))

    def playback_finished(self, attempt: LiveAttempt, event: PlaybackFinished, now: float) -> None:
        """The message is over: so is the call."""
        if attempt.state is not _S.TREATING:
            return
        if event.failed and self._floor.conditions.telephony is not None:
            return  # nothing reaches Asterisk now; what became of the call is seen when it is back
        if event.failed and not attempt.hang_up_sent:
            # Asterisk says so too when the person hangs up in the middle; then the channel's end follows at once.
            attempt.playback_failed = True
            self._floor.timers.set("treatment", attempt.id, now + HANG_UP_FOLLOWS_S)
            return
        self._prompting.heard(attempt)
        attempt.message_over = not event.failed
        self._end(attempt, now)

    def treatment_over(self, attempt: LiveAttempt, now: float) -> None:
        """The message could not be played, which stops the campaign; or its end was never reported."""
        if attempt.state is not _S.TREATING:
            return
        if attempt.playback_failed:
            record, prompt = attempt.record, _message_of(attempt)
            record.reason = "message_not_played"
            if record.analysis in PERSON_VALUES:
                record.abandoned = True
            attempt.playback_started = False
            self._floor.tell("error", "message_not_played", attempt=record.id, campaign=record.campaign)
            self._prompting.not_played(attempt, (prompt,) if prompt is not None else ())
        self._end(attempt, now)

    def _hang_up(self, attempt: LiveAttempt, now: float) -> None:
        self._floor.move_attempt(attempt, _S.TREATING)
        self._end(attempt, now)
        self._floor.do(SaveAttempt(attempt.record))

    def _end(self, attempt: LiveAttempt, now: float) -> None:
        attempt.hang_up_sent = True
        self._placing.hang_up(attempt, now)


def _message_of(attempt: LiveAttempt) -> Prompt | None:
    """What an attempt under treatment hears."""
    if attempt.record.abandoned:
        return attempt.settings.abandon_message
    after_beep = attempt.record.treatment == Treatment.MESSAGE_AFTER_BEEP
    return message_to_leave(attempt) if after_beep else attempt.settings.message
