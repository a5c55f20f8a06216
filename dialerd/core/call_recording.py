"""Conversations that are recorded: begins when both have heard so, pauses, and notices when it does not work.

In a campaign without agents the whole call is recorded, from the flow's beginning on.

A call is never held up or ended for the sake of its recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialerd.core import ids
from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import Mode
from dialerd.core.commands import (
    AnnounceRecording,
    PauseCallRecording,
    PlayMessage,
    SaveAttempt,
    StartCallRecording,
    StopPlayback,
)
from dialerd.core.events import (
    CallRecordingFailed,
    CallRecordingPaused,
    CallRecordingStarted,
    PlaybackFinished,
    PlaybackStarted,
    RecordingPauseAsked,
)
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.recording import LIVE, REVIEW, RecordingState, ended, is_chosen, kind_of, state_of

CONSENT_GUARD_S = 60.0
"""A prompt of whose end nothing was heard by then has not been heard to its end."""

END_FOLLOWS_S = 2.0
HANG_UP_FOLLOWS_S = 0.5
ENDED_EARLY = "ended_early"
"""Reason of a recording that is over, whyever."""

_R = RecordingState
_GOES_ON = frozenset({AttemptState.CONNECTED, AttemptState.TREATING, AttemptState.WAITING_AGENT})


class CallRecording:
    """Leads the recordings of live calls."""

    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self.on_announced: Callable[[LiveAttempt, float], None] = lambda attempt, now: None
        """Called when a caller has heard that the call is recorded, or could not be told: the flow may begin."""

    def connected(self, attempt: LiveAttempt, now: float) -> None:
        """Both are in the bridge. Asked again for the same call, it changes nothing."""
        if attempt.state is not AttemptState.CONNECTED:
            return
        if not _may_begin(attempt.record.recording):
            self._agent_joins(attempt)
        elif self._choose(attempt):
            self._ask_or_start(attempt, now)

    def _choose(self, attempt: LiveAttempt) -> bool:
        settings, record = attempt.settings.recording, attempt.record
        if not is_chosen(settings.share, record.id):
            return False
        record.recording = {
            "state": _R.CONSENT.value, "name": settings.name, "keep_s": settings.keep_s, "pauses": [],
            "began_at": None,
        }  # fmt: skip
        return True

    def _ask_or_start(self, attempt: LiveAttempt, now: float) -> None:
        consent = attempt.settings.recording.consent
        if consent is None:
            self._start(attempt, now)
        else:
            self._ask(attempt, consent, now)

    # --- flows of campaigns without agents ---------------------------------------------------------------

    def announces(self, attempt: LiveAttempt) -> bool:
        """The caller must hear that the call is recorded before the flow begins; :attr:`on_announced` tells when."""
        settings = attempt.settings
        if settings.mode is not Mode.AGENTLESS or not _may_begin(attempt.record.recording):
            return False
        if not self._choose(attempt):
            return False
        return settings.recording.consent is not None

    def flow_begins(self, attempt: LiveAttempt, now: float) -> None:
        """The caller is about to hear the flow, or, if that is to be announced, the prompt that says so."""
        if self.has_to_begin(attempt):
            self._ask_or_start(attempt, now)

    @staticmethod
    def has_to_begin(attempt: LiveAttempt) -> bool:
        """It was chosen, and nothing was done about it yet."""
        recording = attempt.record.recording
        return state_of(recording) is _R.CONSENT and recording is not None and not recording.get("asked_to_start")

    def away(self, attempt: LiveAttempt) -> None:
        """The flow connects the caller to somebody else, who knows of no recording: silence is recorded meanwhile."""
        recording = attempt.record.recording
        if recording is not None and state_of(recording) is _R.RECORDING:
            recording["away"] = True
            self._floor.do(PauseCallRecording(attempt.id, True))

    def back(self, attempt: LiveAttempt) -> None:
        """The caller is back in the flow."""
        recording = attempt.record.recording
        if recording is not None and recording.pop("away", False) and state_of(recording) in LIVE:
            self._floor.do(PauseCallRecording(attempt.id, False))

    def _agent_joins(self, attempt: LiveAttempt) -> None:
        """A flow that is recorded led the caller to an agent, who hears and sees it too."""
        if state_of(attempt.record.recording) not in LIVE or attempt.walk is None:
            return
        agent, consent = _agent_channel(self._floor, attempt), attempt.settings.recording.consent
        if agent is not None and consent is not None:
            self._floor.do(PlayMessage(agent, ids.sibling(attempt.id, ids.CONSENT_OF_AGENT), (consent,)))
        _announce(self._floor, attempt)

    # --- from consent to the end -------------------------------------------------------------------------

    def resume(self, attempt: LiveAttempt, recorded: bool, now: float) -> None:
        """Asterisk was out of sight, or an earlier run began the call. ``recorded``: Asterisk holds the channels that
        do it."""
        record = attempt.record
        state = state_of(record.recording)
        if state is None:
            self.connected(attempt, now)
        elif state in LIVE and record.recording is not None:
            walking = bool((record.flow or {}).get("node"))
            if (record.recording["began_at"] is not None or walking) and not recorded:
                self._fail(attempt, "lost", now)
            elif walking:
                pass  # it is being recorded, and goes on with the flow
            elif record.recording["began_at"] is None and attempt.settings.recording.consent is not None:
                # Whether the prompt was heard to its end is not known: it is heard once more.
                self._ask(attempt, attempt.settings.recording.consent, now)
            elif record.recording["began_at"] is None:
                self._start(attempt, now)
                self.on_announced(attempt, now)

    def _ask(self, attempt: LiveAttempt, consent: str, now: float) -> None:
        floor, record = self._floor, attempt.record
        floor.timers.set("consent", record.id, now + CONSENT_GUARD_S)
        # On each one's own channel: a third party in the bridge, for a prompt, would change how it mixes.
        floor.do(PlayMessage(record.id, ids.sibling(record.id, ids.CONSENT), (consent,)))
        agent = _agent_channel(floor, attempt)
        if agent is not None:
            floor.do(PlayMessage(agent, ids.sibling(record.id, ids.CONSENT_OF_AGENT), (consent,)))
        floor.do(SaveAttempt(record))

    def prompt(self, event: PlaybackStarted | PlaybackFinished, now: float) -> None:
        """Something is told of the prompt, of the called party or the agent."""
        attempt = self._floor.attempts.get(ids.sibling(event.playback_id, ids.ATTEMPT))
        of_callee = event.playback_id.startswith(ids.CONSENT)
        if attempt is None or not of_callee:
            return
        if isinstance(event, PlaybackFinished):
            self._consent_over(attempt, event, now)
        elif attempt.record.message_at is None and attempt.state is AttemptState.TREATING:
            # The first that somebody hears whom a flow awaits.
            attempt.record.message_at = now
            self._floor.do(SaveAttempt(attempt.record))

    def _consent_over(self, attempt: LiveAttempt, event: PlaybackFinished, now: float) -> None:
        """The prompt was heard to its end, or could not be played."""
        if self._waits_for_consent(attempt) is None:
            return
        if event.failed:
            # Asterisk says so too when somebody hangs up; then the channel's end is on its way.
            self._floor.timers.set("consent", attempt.id, now + HANG_UP_FOLLOWS_S)
            return
        self._start(attempt, now)
        self.on_announced(attempt, now)

    def consent_late(self, attempt: LiveAttempt, now: float) -> None:
        """Nothing was heard of the prompt's end: what was not announced is not recorded."""
        if self._waits_for_consent(attempt) is not None:
            self._fail(attempt, "consent_not_played", now)
            self.on_announced(attempt, now)

    @staticmethod
    def _waits_for_consent(attempt: LiveAttempt) -> dict[str, Any] | None:
        recording = attempt.record.recording
        if recording is None or state_of(recording) not in LIVE or recording["began_at"] is not None:
            return None
        return None if recording.get("asked_to_start") else recording

    def _start(self, attempt: LiveAttempt, now: float) -> None:
        record, recording = attempt.record, attempt.record.recording
        assert recording is not None
        self._floor.timers.cancel("consent", record.id)
        recording["asked_to_start"] = True
        self._floor.do(StartCallRecording(record.id, state_of(recording) is _R.PAUSED))
        self._floor.do(SaveAttempt(record))

    def started(self, attempt: LiveAttempt, event: CallRecordingStarted, now: float) -> None:
        """It is being recorded."""
        recording = attempt.record.recording
        if recording is None or state_of(recording) not in LIVE or recording["began_at"] is not None:
            return
        recording["began_at"] = now
        if state_of(recording) is _R.PAUSED:
            recording["pauses"].append([now, None])
        else:
            recording["state"] = _R.RECORDING.value
        _announce(self._floor, attempt)
        self._floor.do(SaveAttempt(attempt.record))

    def failed(self, attempt: LiveAttempt, event: CallRecordingFailed, now: float) -> None:
        """It could not be begun, or broke off while they were speaking."""
        if state_of(attempt.record.recording) not in LIVE or attempt.hang_up_sent:
            return
        if event.reason == ENDED_EARLY:
            # The call's own end ends its recording, and is told a moment later.
            self._floor.timers.set("recording_ended", attempt.id, now + END_FOLLOWS_S)
            return
        self._fail(attempt, event.reason, now)

    def broke_off(self, attempt: LiveAttempt, now: float) -> None:
        """It ended, and the call goes on."""
        if state_of(attempt.record.recording) in LIVE and attempt.state in _GOES_ON and not attempt.hang_up_sent:
            self._fail(attempt, ENDED_EARLY, now)

    def _fail(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        record, recording = attempt.record, attempt.record.recording
        assert recording is not None
        self._floor.timers.cancel("consent", record.id)
        recording["state"], recording["reason"], recording["ended_at"] = _R.FAILED.value, reason, now
        self._floor.tell(
            "error", "call_not_recorded", attempt=record.id, campaign=record.campaign, agent=record.agent or "",
            reason=reason,
        )  # fmt: skip
        _announce(self._floor, attempt)
        self._floor.do(SaveAttempt(record))

    # --- pauses ------------------------------------------------------------------------------------------

    def pause_asked(self, event: RecordingPauseAsked, now: float) -> None:
        """By the attempt's id, or by the agent who speaks. An agent whose campaign does not allow it is told to
        operators and changes nothing."""
        floor = self._floor
        agent = floor.agents.get(event.agent or "")
        attempt = floor.attempts.get(event.attempt_id or (agent.attempt if agent is not None else None) or "")
        recording = attempt.record.recording if attempt is not None else None
        if attempt is None or recording is None or state_of(recording) not in LIVE:
            floor.tell("info", "nothing_to_pause", agent=event.agent or "", attempt=event.attempt_id or "")
            return
        if event.agent is not None and not attempt.settings.recording.agents_may_pause:
            floor.tell("warning", "pause_not_allowed", agent=event.agent, attempt=attempt.id)
            return
        recording["asked_by"] = event.who
        if recording["began_at"] is None:
            recording["state"] = _R.PAUSED.value if event.paused else _R.CONSENT.value
            if recording.get("asked_to_start"):
                floor.do(PauseCallRecording(attempt.id, event.paused))
        else:
            floor.do(PauseCallRecording(attempt.id, event.paused))
        floor.do(SaveAttempt(attempt.record))

    def paused(self, attempt: LiveAttempt, event: CallRecordingPaused, now: float) -> None:
        """Asterisk has done it, or could not."""
        recording = attempt.record.recording
        if recording is None or state_of(recording) not in LIVE:
            return
        if event.failed:
            name = "recording_not_paused" if event.paused else "recording_not_resumed"
            self._floor.tell("error", name, attempt=attempt.id, agent=attempt.record.agent or "")
            return
        open_pause = bool(recording["pauses"]) and recording["pauses"][-1][1] is None
        if event.paused and not open_pause:
            recording["pauses"].append([now, None])
        elif not event.paused and open_pause:
            recording["pauses"][-1][1] = now
        if recording["began_at"] is not None:
            recording["state"] = (_R.PAUSED if event.paused else _R.RECORDING).value
        _announce(self._floor, attempt)
        self._floor.tell(
            "info", "recording_paused" if event.paused else "recording_resumed", attempt=attempt.id,
            agent=attempt.record.agent or "", by=str(recording.get("asked_by", "")),
        )  # fmt: skip
        self._floor.do(SaveAttempt(attempt.record))


def recording_over(floor: Floor, attempt: LiveAttempt, now: float) -> None:
    """The call has ended, and its recording with it; nobody else is to hear the rest of the prompt."""
    recording = attempt.record.recording
    if recording is None:
        return
    if state_of(recording) in LIVE and not recording.get("asked_to_start"):
        agent = _agent_channel(floor, attempt)
        if agent is not None:
            floor.do(StopPlayback(agent, ids.sibling(attempt.id, ids.CONSENT_OF_AGENT)))
    began = recording["began_at"] is not None and state_of(recording) in LIVE
    ended(recording, now)
    if began:
        _announce(floor, attempt)


def _may_begin(recording: dict[str, Any] | None) -> bool:
    """There is none yet; or only what was kept of the answer, for which a conversation is worth more."""
    return recording is None or kind_of(recording) == REVIEW


def _agent_channel(floor: Floor, attempt: LiveAttempt) -> str | None:
    agent = floor.agents.get(attempt.record.agent or "")
    return attempt.agent_channel or (agent.line if agent is not None else None)


_SHOWN = {_R.RECORDING: "INUSE", _R.PAUSED: "ONHOLD"}


def _announce(floor: Floor, attempt: LiveAttempt) -> None:
    """The agent's phone may have a lamp for it."""
    state = state_of(attempt.record.recording)
    if attempt.record.agent is not None and state is not None:
        floor.do(AnnounceRecording(attempt.record.agent, _SHOWN.get(state, "NOT_INUSE")))
