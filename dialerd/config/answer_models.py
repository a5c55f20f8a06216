"""The shape of parts of a campaign in `campaigns.yaml`: how an answer is analysed, its agents, its pacing."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.pacing_scalars import Percent
from dialerd.config.prompt_scalars import Prompts
from dialerd.config.recording_models import ReviewModel
from dialerd.config.scalars import Choice, Duration, Rate, Switch, Whole
from dialerd.config.section import SNAKE_NAME, Section, written
from dialerd.config.telephony_scalars import DialTemplate
from dialerd.core.analysis import PROFILE_NAMES
from dialerd.core.campaign import Connection
from dialerd.core.flow.prompts import Prompt
from dialerd.core.voicemail import SpokenOver

AGENT_DIAL = DialTemplate(("agent",), "PJSIP/{agent}")
_MS = Whole(1, 60_000)


class AmdModel(Section):
    """Single figures of Asterisk's AMD(), in place of the profile's. Times in milliseconds, as AMD() has them."""

    initial_silence_ms: Annotated[int, _MS] | None = Field(
        default=None, description="Silence at the start that ends the analysis, in milliseconds."
    )
    greeting_ms: Annotated[int, _MS] | None = Field(
        default=None, description="A greeting longer than this is a machine's, in milliseconds."
    )
    after_greeting_silence_ms: Annotated[int, _MS] | None = Field(
        default=None, description="Silence after a greeting that makes it a person's, in milliseconds."
    )
    total_analysis_ms: Annotated[int, _MS] | None = Field(
        default=None, description="Longest analysis, in milliseconds."
    )
    min_word_ms: Annotated[int, _MS] | None = Field(
        default=None, description="Shortest sound that counts as a word, in milliseconds."
    )
    between_words_silence_ms: Annotated[int, _MS] | None = Field(
        default=None, description="Shortest silence between two words, in milliseconds."
    )
    max_words: Annotated[int, Whole(1, 50)] | None = Field(
        default=None, description="A greeting of more words than this is a machine's."
    )
    silence_threshold: Annotated[int, Whole(1, 32_767)] | None = Field(
        default=None, description="Average level below which it is silence, 1 to 32767."
    )
    max_word_ms: Annotated[int, _MS] | None = Field(
        default=None, description="A single word longer than this is a machine's, in milliseconds."
    )


class AnalysisModel(Section):
    """How it is found out what answered."""

    profile: Annotated[str, Choice(PROFILE_NAMES)] = Field(
        default="connect_first",
        description="`off`: every answer is a person. `connect_first`: an agent at the deadline at the latest. "
        "`balanced`: the deadline counts from the end of the greeting. `catch_machines`: longer analysis; nobody "
        "should be waiting for an agent.",
    )
    amd: AmdModel | None = Field(default=None, description="Single figures of AMD() in place of the profile's.")
    deadline: Annotated[float, Duration(0.2, 30)] | None = Field(
        default=None,
        description="Without a verdict so long after the first sound (or the greeting's end) a person is assumed; "
        "`null` waits for the verdict. Not stated: the profile's own.",
    )
    tones: Annotated[bool, Switch()] | None = Field(
        default=None,
        description="Faxes, special information tones and beeps are listened for during the analysis. `true` if not "
        "stated.",
    )


class CallAnalysisModel(AnalysisModel):
    """How it is found out what answered, and for which types of numbers otherwise."""

    by_number_type: dict[Annotated[str, SNAKE_NAME], AnalysisModel] = Field(
        default_factory=dict,
        description="For numbers of one type, as `phones` names it (`mobile`): in place of all that stands above.",
    )
    sample_machines: Annotated[float, Percent(0, 100)] = Field(
        default=written("0%"),
        description="Share of the machine verdicts that are given to an agent who is free, to be marked: how often a "
        "person is taken for a machine cannot be measured otherwise. Campaigns with agents.",
    )
    review: ReviewModel = Field(
        default_factory=ReviewModel,
        description="Machine verdicts that are kept to be listened to: the other way to measure it.",
    )


class LeaveMessageModel(Section):
    """How the treatment `message_after_beep` leaves a message on an answering machine."""

    message: Annotated[Prompt, Prompts()] | None = Field(
        default=None, description="What is left, as `message` is written. Not stated: the campaign's `message`."
    )
    wait_for: list[Annotated[str, Choice(("tone", "silence"))]] = Field(
        default_factory=lambda: ["tone", "silence"],
        min_length=1,
        max_length=2,
        description="What ends the greeting, whichever comes first: `tone` (the end of the beep), `silence`.",
    )
    silence: Annotated[float, Duration(0.8, 10)] = Field(
        default=written("4s"), description="So long it must be quiet; longer than the pause before a beep."
    )
    timeout: Annotated[float, Duration(3, 120)] = Field(
        default=written("30s"), description="Longest wait for the end of the greeting, from the verdict."
    )
    at_timeout: Annotated[str, Choice(("message", "hang_up"))] = Field(
        default="message", description="What is done then: leave the `message` all the same, or `hang_up`."
    )
    if_spoken_over: Annotated[SpokenOver, Choice(SpokenOver)] = Field(
        default=written("unsure"),
        description="Somebody speaks while the message plays: `unsure` (perhaps a person: what `responses` says for "
        "`unsure`), or `go_on`.",
    )


class AgentsModel(Section):
    """How agents are reached."""

    connection: Annotated[Connection, Choice(Connection)] = Field(
        default=written("nailed"),
        description="`nailed`: the agent's line stays open between calls. `ring`: the phone is rung for each call.",
    )
    dial: Annotated[str, AGENT_DIAL] = Field(
        default="PJSIP/{agent}", description="Dial string of an agent's phone; `{agent}` is the member's extension."
    )
    ring_timeout: Annotated[float, Duration(3, 120)] = Field(
        default=written("15s"), description="How long an agent's phone is rung."
    )


class PacingModel(Section):
    """How far ahead of its agents a campaign dials. Modes `power` and `predictive`."""

    ratio: Annotated[float, Rate(1, 15)] | None = Field(
        default=None, description="Calls for each idle agent, 1 to 15. Mode `power` only; 1.5 if not stated."
    )
    max_calls_per_agent: Annotated[float, Rate(1, 15)] = Field(
        default=15.0,
        description="Calls in progress and conversations, over agents at work, are at most this; 1 to 15.",
    )
    abandon_target: Annotated[float, Percent(0, 10)] | None = Field(
        default=None,
        description="Share of the people who answer that may find no agent in time: aimed at. 2%, or the cap if that "
        "is lower.",
    )
    abandon_cap: Annotated[float, Percent(0, 10)] = Field(
        default=written("3%"),
        description="The same share: never exceeded, neither in a calendar day nor in 30 days. Not stated: the "
        "compliance profile's.",
    )
    progressive_until: Annotated[int, Whole(0, 10_000)] = Field(
        default=50, description="So many people must have answered today before calls are placed ahead of agents."
    )
    shadow: Annotated[str, Choice(("progressive", "power", "predictive"))] | None = Field(
        default=None, description="Another mode that is asked as well; what it would do is told, and not done."
    )
