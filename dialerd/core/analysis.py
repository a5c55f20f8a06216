"""Call analysis: what the evidence about an answered call means.

The figures of the profiles were measured on recorded clips played through a real Asterisk; `docs/amd.md` has
the table. The argument order is that of Asterisk's ``AMD()`` application.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from dialerd.core.treatment import CallAnalysis

AMD_GRACE_S = 2.0
"""AMD that has not spoken so long after its total analysis time will not."""


class Clock(StrEnum):
    """Where the legal two seconds begin."""

    ANSWER = "answer"
    """At the answer itself."""
    SPEECH_START = "speech_start"
    """At the start of the called person's speech (Ofcom)."""
    GREETING_END = "greeting_end"
    """At the end of the completed greeting (16 CFR 310.4(b)(4))."""


@dataclass(frozen=True, slots=True)
class AmdArguments:
    """Arguments of Asterisk's ``AMD()``, in its order; times in milliseconds."""

    initial_silence_ms: int
    greeting_ms: int
    after_greeting_silence_ms: int
    total_analysis_ms: int
    min_word_ms: int
    between_words_silence_ms: int
    max_words: int
    silence_threshold: int
    max_word_ms: int

    def values(self) -> tuple[int, ...]:
        """The nine figures in the order that ``AMD()`` takes them."""
        return (
            self.initial_silence_ms, self.greeting_ms, self.after_greeting_silence_ms, self.total_analysis_ms,
            self.min_word_ms, self.between_words_silence_ms, self.max_words, self.silence_threshold,
            self.max_word_ms,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class AnalysisProfile:
    """A named way to analyse answers.

    ``amd`` is None when every answer counts as a person at once. ``deadline_s`` is rule R3: without a verdict
    that many seconds after the first sound (``clock`` speech_start) or after the greeting's end (greeting_end)
    the result is unsure; None waits for the verdict. ``tones``: faxes, special information tones and beeps are
    listened for while the analysis goes on.
    """

    name: str
    amd: AmdArguments | None
    deadline_s: float | None
    clock: Clock
    tones: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about an answer when it is judged. Times in seconds since the answer; None: not known."""

    campaign: str
    number: str
    amd_status: str | None
    """AMDSTATUS: HUMAN, MACHINE, NOTSURE, HANGUP; None when the deadline came first."""
    amd_cause: str | None
    """AMDCAUSE, for example ``LONGGREETING-1500-1500``."""
    verdict_after_s: float | None
    first_sound_after_s: float | None
    attempts_before: int
    last_disposition: str | None
    tone: str | None = None
    """A tone that was heard: ``fax_ced``, ``fax_cng``, ``sit``, ``sit_…``, ``beep``."""
    number_type: str = ""
    """As in the contact list: ``mobile``, ``home`` …"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The judgement of an answer and the rule that gave it."""

    analysis: CallAnalysis
    rule: str


_TONE_MEANS = {"fax": CallAnalysis.FAX, "sit": CallAnalysis.SIT, "beep": CallAnalysis.MACHINE}
_UNSURE_CAUSES = ("INITIALSILENCE", "TOOLONG", "NOTSURE")


def judge(evidence: Evidence, site_rule: Callable[[Evidence], CallAnalysis | None] | None = None) -> Verdict:
    """Say what answered. A site's own rule goes first; then a tone, R1, R3 and AMD's own word; nothing is unmapped.

    A tone is certain: people do not sound like a fax, and only machines beep.
    R1: INITIALSILENCE, NOTSURE and TOOLONG say nothing about a machine: unsure. R3: no verdict by the deadline:
    unsure. A status that nobody knows is unsure by the rule ``unmapped``, which raises an alert.
    """
    if site_rule is not None:
        own = site_rule(evidence)
        if own is not None:
            return Verdict(own, "site")
    if evidence.tone is not None:
        return Verdict(_TONE_MEANS[evidence.tone.split("_", 1)[0]], f"tone_{evidence.tone}")
    status, cause = evidence.amd_status, evidence.amd_cause or ""
    if status is None:
        return Verdict(CallAnalysis.UNSURE, "R3_deadline")
    if status == "FAILED":
        return Verdict(CallAnalysis.UNSURE, "amd_failed")
    if status == "NOTSURE" or cause.split("-", 1)[0] in _UNSURE_CAUSES:
        return Verdict(CallAnalysis.UNSURE, "R1_no_evidence")
    if status == "HUMAN":
        return Verdict(CallAnalysis.PERSON, "amd_human")
    if status == "MACHINE":
        return Verdict(CallAnalysis.MACHINE, "amd_machine")
    return Verdict(CallAnalysis.UNSURE, "unmapped")


_PROFILES = {
    "off": AnalysisProfile("off", None, None, Clock.SPEECH_START),
    "connect_first": AnalysisProfile(
        "connect_first", AmdArguments(9000, 1700, 1000, 5000, 200, 240, 2, 512, 5000), 1.75, Clock.SPEECH_START
    ),
    "balanced": AnalysisProfile(
        "balanced", AmdArguments(9000, 2000, 1000, 6000, 160, 120, 4, 256, 5000), 1.8, Clock.GREETING_END
    ),
    "catch_machines": AnalysisProfile(
        "catch_machines", AmdArguments(9000, 2000, 1000, 8000, 160, 120, 4, 256, 5000), None, Clock.GREETING_END
    ),
}

PROFILE_NAMES = tuple(_PROFILES)


def profile_named(name: str) -> AnalysisProfile:
    """The profile called ``name``; KeyError for a name that is not in :data:`PROFILE_NAMES`."""
    return _PROFILES[name]
