"""Messages on answering machines: waits for the end of the greeting, then speaks.

Nobody hears anything of us while we wait, so this is only done to what was judged a machine. If a person was
misjudged so, they hear the message after the silence that they leave; if they speak while it plays, they are treated
as an unsure answer (setting ``if_spoken_over``).
"""

from __future__ import annotations

from collections.abc import Callable

from dialerd.core import ids
from dialerd.core.attempt import AttemptState
from dialerd.core.commands import HoldDeadMan, SaveAttempt, StopPlayback
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.flow.prompts import Prompt
from dialerd.core.hearing import start_listening, stop_amd, stop_listening
from dialerd.core.treatment import Treatment
from dialerd.core.voicemail import GreetingEnd, SpokenOver

DEAD_MAN_AFTER_S = 10.0
"""So long after the time-out the dialplan takes a call whose daemon is gone."""

_S = AttemptState


class Leaving:
    """Leaves messages."""

    def __init__(
        self,
        floor: Floor,
        say: Callable[[LiveAttempt, Prompt, float], None],
        end: Callable[[LiveAttempt, float], None],
    ) -> None:
        """``say`` plays a prompt, ``end`` ends the call."""
        self._floor = floor
        self._say = say
        self._end = end

    def begin(self, attempt: LiveAttempt, now: float) -> None:
        """A machine: wait for the end of its greeting, of which a beep that was heard already is one."""
        floor, record = self._floor, attempt.record
        floor.move_attempt(attempt, _S.TREATING)
        stop_amd(floor, attempt)
        if record.tone == "beep" and attempt.settings.leave_message.tone:
            self._speak(attempt, GreetingEnd.TONE, now)
        else:
            self._wait(attempt, now)

    def _wait(self, attempt: LiveAttempt, now: float) -> None:
        floor, settings = self._floor, attempt.settings.leave_message
        attempt.awaiting_beep = True
        floor.do(HoldDeadMan(attempt.id, settings.timeout_s + DEAD_MAN_AFTER_S))
        if settings.tone:
            start_listening(floor, attempt)
        floor.do(SaveAttempt(attempt.record))
        floor.timers.set("greeting", attempt.id, now + settings.timeout_s)
        if not attempt.talking:
            self.quiet(attempt, now)

    def resume(self, attempt: LiveAttempt, now: float) -> None:
        """Asterisk was out of sight, or an earlier run began to wait: it begins anew, for there may have been a beep
        that nobody heard; then silence or the time-out tells."""
        attempt.listening = False
        attempt.talking, attempt.quiet_since = False, now
        self._wait(attempt, now)

    # --- what is heard -----------------------------------------------------------------------------------

    def quiet(self, attempt: LiveAttempt, now: float) -> None:
        """Silence has begun."""
        settings = attempt.settings.leave_message
        if attempt.awaiting_beep and settings.silence_s is not None:
            since = attempt.quiet_since if attempt.quiet_since is not None else now
            self._floor.timers.set("quiet", attempt.id, max(now, since + settings.silence_s))

    def spoke(self, attempt: LiveAttempt, now: float) -> bool:
        """The called party makes a sound. True when it was over our message, and they may be a person."""
        self._floor.timers.cancel("quiet", attempt.id)
        over_message = (
            attempt.state is _S.TREATING
            and attempt.record.treatment == Treatment.MESSAGE_AFTER_BEEP
            and attempt.playback_started
            and not attempt.hang_up_sent
        )
        return over_message and attempt.settings.leave_message.if_spoken_over is SpokenOver.UNSURE

    def beeped(self, attempt: LiveAttempt, now: float) -> None:
        """The beep is over."""
        if attempt.awaiting_beep and attempt.settings.leave_message.tone:
            self._speak(attempt, GreetingEnd.TONE, now)

    def silence(self, attempt: LiveAttempt, now: float) -> None:
        """It was quiet for long enough."""
        if attempt.awaiting_beep and not attempt.talking:
            self._speak(attempt, GreetingEnd.SILENCE, now)

    def timed_out(self, attempt: LiveAttempt, now: float) -> None:
        """The greeting has no end that we know."""
        if not attempt.awaiting_beep:
            return
        if attempt.settings.leave_message.at_timeout:
            self._speak(attempt, GreetingEnd.TIMEOUT, now)
            return
        self._stop_waiting(attempt)
        attempt.record.reason = "greeting_never_ended"
        self._end(attempt, now)
        self._floor.do(SaveAttempt(attempt.record))

    # --- the message -------------------------------------------------------------------------------------

    def _speak(self, attempt: LiveAttempt, sign: GreetingEnd, now: float) -> None:
        self._stop_waiting(attempt)
        attempt.record.greeting_end = sign.value
        prompt = message_to_leave(attempt)
        if prompt is None:
            self._end(attempt, now)
        else:
            self._say(attempt, prompt, now)

    def _stop_waiting(self, attempt: LiveAttempt) -> None:
        attempt.awaiting_beep = False
        self._floor.timers.cancel("greeting", attempt.id)
        self._floor.timers.cancel("quiet", attempt.id)
        stop_listening(self._floor, attempt)

    def hush(self, attempt: LiveAttempt) -> None:
        """Stop the message: somebody else is to be heard."""
        self._floor.timers.cancel("treatment", attempt.id)
        self._floor.do(StopPlayback(attempt.id, ids.sibling(attempt.id, ids.PLAYBACK)))


def message_to_leave(attempt: LiveAttempt) -> Prompt | None:
    """What a machine gets to hear."""
    settings = attempt.settings
    return settings.leave_message.message if settings.leave_message.message is not None else settings.message
