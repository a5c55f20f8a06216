"""The shape of `campaigns.yaml`: every setting, its kind, its default and its description.

Settings that a campaign must have are optional here, because ``defaults:`` may give them; what is missing in the
end is told by :mod:`dialerd.config.cross_checks`. Names in YAML have no unit, since durations carry their own.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from dialerd.config.answer_models import AgentsModel, CallAnalysisModel, LeaveMessageModel, PacingModel
from dialerd.config.attempt_limits import LimitsModel, SharedLimitsModel
from dialerd.config.callable_models import CallableSetModel
from dialerd.config.compliance_models import ComplianceModel
from dialerd.config.directions import CampaignRuleModel, SequenceModel
from dialerd.config.dnc_lists import DncListModel
from dialerd.config.flow_models import QUEUE_NAME, FlowModel
from dialerd.config.flow_scalars import Key
from dialerd.config.inbound_models import InboundModel
from dialerd.config.order_settings import Expression, ListShareModel, MixModel, SortKeyModel
from dialerd.config.pacing_scalars import TimeZone
from dialerd.config.preview_models import PreviewModel
from dialerd.config.prompt_scalars import LANGUAGE, Prompts
from dialerd.config.recording_models import RecordingModel
from dialerd.config.retry_model import RetryModel
from dialerd.config.rule_sets import RuleSetModel
from dialerd.config.scalars import Choice, Duration, Switch, Text, Whole
from dialerd.config.schedules import ScheduleModel
from dialerd.config.section import CAMPAIGN_NAME, SNAKE_NAME, VARIABLE_NAME, Section, written
from dialerd.config.skills import SkillModel
from dialerd.config.supply_models import COLUMN, ContactListModel, TrunkModel
from dialerd.config.telephony_scalars import (
    PhoneNumber,
)
from dialerd.config.voices import VoiceModel
from dialerd.config.webhooks import WebhookModel
from dialerd.core.campaign import AbandonKey, Mode
from dialerd.core.disposition import Disposition
from dialerd.core.flow.prompts import Prompt
from dialerd.core.treatment import CallAnalysis, Treatment


class CampaignModel(Section):
    """A campaign."""

    mode: Annotated[Mode, Choice(Mode)] | None = Field(
        default=None,
        description="`progressive`: an idle agent is reserved for each call. `power`: a fixed number of calls for "
        "each idle agent. `predictive`: as many as a forecast allows. `agentless`: a message is played. `preview`: "
        "an idle agent is shown each contact and says whether it is called.",
    )
    contact_list: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="Whom to call: a name under `contact_lists`."
    )
    contact_lists: list[ListShareModel] | None = Field(
        default=None, min_length=1, max_length=20, description="Several lists in place of one, each with its share."
    )
    filter: Annotated[str, Expression()] | None = Field(
        default=None,
        description='Which contacts of the list: `region = "GB" and attempts < 2`. Not stated: all of them.',
    )
    sort: list[SortKeyModel] = Field(default_factory=list, description="Whom first: up to four keys.")
    order: Annotated[str, Choice(("dynamic", "static"))] = Field(
        default="dynamic",
        description="`dynamic`: the order follows the data. `static`: a contact keeps the place that it had when it "
        "was first seen.",
    )
    mix: MixModel | None = Field(
        default=None,
        description="How fresh and retried contacts take turns. Not stated: a retry that is due comes first.",
    )
    queue: Annotated[str, QUEUE_NAME] | None = Field(
        default=None, description="Asterisk queue whose members take the calls. Modes with agents only."
    )
    trunk: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="Which route the calls take: a name under `trunks`."
    )
    caller_id: Annotated[str, PhoneNumber()] | None = Field(
        default=None, description="The number shown to the people called, in E.164. It must be possible to call it."
    )
    ring_timeout: Annotated[
        float, Duration(15, 120, "people must be given 15 seconds to answer (16 CFR 310.4(b)(4), Ofcom)")
    ] = Field(default=written("30s"), description="How long a call rings; at least 15 seconds.")
    max_lines: Annotated[int, Whole(1, 10_000)] = Field(
        default=10, description="Most calls of this campaign at the same time."
    )
    priority: Annotated[int, Whole(1, 5)] = Field(
        default=3,
        description="1 to 5: where campaigns share agents or lines, a step up counts as four times the weight.",
    )
    weight: Annotated[int, Whole(1, 100)] = Field(
        default=1, description="Where campaigns share agents or lines: twice the weight, twice the calls."
    )
    max_attempts: Annotated[int, Whole(1, 100)] = Field(
        default=3, description="Attempts per contact that were really dialed, however they ended."
    )
    attempt_limits: LimitsModel = Field(
        default_factory=LimitsModel, description="How often a number, contact or person is called, by any campaign."
    )
    day_parts: list[Annotated[str, Text("a time of day, such as `08:00`", r"(?:[01]?[0-9]|2[0-3]):[0-5][0-9]")]] = (
        Field(
            default_factory=lambda: ["08:00", "12:00", "17:00"],
            min_length=2,
            max_length=6,
            description="When the parts of the day begin, by the called party's clock; for `retry` and its `next`.",
        )
    )
    guaranteed_agent_lane: Annotated[bool, Switch()] = Field(
        default=written("false"),
        description="Modes `power` and `predictive`: numbers that may only be called with an agent guaranteed are "
        "called with one reserved; `false`: they wait until the rule has run out.",
    )
    retry: dict[Annotated[Disposition, Choice(Disposition)], RetryModel] = Field(
        default_factory=dict, description="By disposition: how often and after what time to try again."
    )
    call_analysis: CallAnalysisModel = Field(
        default_factory=CallAnalysisModel, description="How it is found out what answered."
    )
    responses: dict[Annotated[CallAnalysis, Choice(CallAnalysis)], Annotated[Treatment, Choice(Treatment)]] = Field(
        default_factory=dict,
        description="What is done with each kind of answer: `agent`, `message`, `message_after_beep`, `flow`, "
        "`hang_up`.",
    )
    message_after_beep: LeaveMessageModel = Field(
        default_factory=LeaveMessageModel, description="How that treatment leaves messages on answering machines."
    )
    flow: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="What the treatment `flow` walks through: a name under `flows`."
    )
    message: Annotated[Prompt, Prompts()] | None = Field(
        default=None, description="What the treatment `message` plays: a sound, `say: text`, or a list of them."
    )
    abandon_message: Annotated[Prompt, Prompts()] = Field(
        default=written("sound:dialerd/abandoned"),
        description="What a person hears who answered when no agent could be found in time.",
    )
    language: Annotated[str, LANGUAGE] | None = Field(
        default=None, description="Language of sounds and texts, such as `de`. Not stated: texts are in English."
    )
    language_column: Annotated[str, COLUMN] | None = Field(
        default=None, description="The contact's column with its own language."
    )
    voice: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="Who says the texts: a name under `voices`. Not stated: espeak-ng."
    )
    abandon_keys: dict[Annotated[str, Key()], Annotated[AbandonKey, Choice(AbandonKey)]] = Field(
        default_factory=dict,
        description="What a key does while that sound plays, and just after: `opt_out`, `callback`.",
    )
    abandon_connect: Annotated[bool, Switch()] = Field(
        default=written("false"),
        description="Whoever hears that sound is still connected when an agent comes free meanwhile. They count as "
        "abandoned all the same.",
    )
    abandon_threshold: Annotated[float, Duration(0.5, 10)] = Field(
        default=written("2s"), description="A person not connected within this time counts as abandoned."
    )
    inbound: InboundModel = Field(
        default_factory=InboundModel, description="What people get who call back the number that it shows."
    )
    agents: AgentsModel = Field(default_factory=AgentsModel, description="How agents are reached.")
    wrap_up: Annotated[float, Duration(0, 3600)] = Field(
        default=written("15s"), description="An agent's time for notes after a call."
    )
    recording: RecordingModel = Field(
        default_factory=RecordingModel, description="Which conversations with agents are recorded, and how."
    )
    preview: PreviewModel = Field(
        default_factory=PreviewModel, description="How contacts are offered to agents before they are called."
    )
    pacing: PacingModel = Field(default_factory=PacingModel, description="How far ahead of its agents it dials.")
    time_zone: Annotated[str, TimeZone()] = Field(
        default="UTC",
        description="Time zone in which a new day of abandoned calls begins, of `hours` in flows, and of numbers of "
        "which nobody knows where they are.",
    )
    schedule: Annotated[str, CAMPAIGN_NAME] | None = Field(
        default=None,
        description="When it may dial by your own calendar: a name under `schedules`.",
    )
    dnc: list[Annotated[str, SNAKE_NAME]] = Field(
        default_factory=list,
        max_length=20,
        description="Do-not-call lists that are asked before each call: names under `dnc_lists`.",
    )
    opt_out_list: Annotated[str, SNAKE_NAME] | None = Field(
        default=None,
        description="Where people go who ask not to be called again: a name under `dnc_lists`. It is asked as well.",
    )
    callable_time: Annotated[str, SNAKE_NAME] | None = Field(
        default=None,
        description="When people may be called, by the clock on their own wall: a name under `callable_times`.",
    )
    fallback_zone: Annotated[str, TimeZone()] | None = Field(
        default=None, description="Time zone of numbers that do not say where they are, such as toll-free ones."
    )
    compliance: ComplianceModel = Field(
        default_factory=ComplianceModel, description="Which laws bind this campaign: compliance profiles by name."
    )
    variables: dict[
        Annotated[str, VARIABLE_NAME], Annotated[str, Text("a column, or `=` and text", most=200, loose=True)]
    ] = Field(default_factory=dict, description="Channel variables: name, and a column or `=` and the text.")
    rule_sets: list[Annotated[str, CAMPAIGN_NAME]] = Field(
        default_factory=list, max_length=20, description="Rules before each call: names under `rule_sets`, in order."
    )
    rules: Annotated[str, Text("the name of a Python file", most=1000)] | None = Field(
        default=None, description="Python file with your own `classify(evidence)`, relative to this file."
    )


class CampaignsFile(Section):
    """Campaigns of dialerd, the open outbound dialer for Asterisk."""

    model_config = ConfigDict(json_schema_extra={"required": ["version", "campaigns"]})

    version: Annotated[int, Whole(1, 1)] = Field(default=1, description="Version of this format: 1.")
    trunks: dict[Annotated[str, SNAKE_NAME], TrunkModel] = Field(
        default_factory=dict, description="Carrier routes by name."
    )
    contact_lists: dict[Annotated[str, SNAKE_NAME], ContactListModel] = Field(
        default_factory=dict, description="Whom to call: contact lists by name, and how their files are read."
    )
    schedules: dict[Annotated[str, CAMPAIGN_NAME], ScheduleModel] = Field(
        default_factory=dict, description="When campaigns may dial by your own calendar: schedules by name."
    )
    attempt_limits: SharedLimitsModel = Field(
        default_factory=SharedLimitsModel, description="How often anybody may be called, by all campaigns together."
    )
    dnc_lists: dict[Annotated[str, SNAKE_NAME], DncListModel] = Field(
        default_factory=dict, description="Whom not to call: do-not-call lists by name."
    )
    webhooks: dict[Annotated[str, SNAKE_NAME], WebhookModel] = Field(
        default_factory=dict, description="Addresses that are told of calls and offers: webhooks by name."
    )
    rule_sets: dict[Annotated[str, CAMPAIGN_NAME], RuleSetModel] = Field(
        default_factory=dict, description="What is done, or not, before a call: rule sets by name."
    )
    skills: dict[Annotated[str, SNAKE_NAME], SkillModel] = Field(
        default_factory=dict, description="What agents can do, for conditions of rules: skills by name."
    )
    sequences: dict[Annotated[str, CAMPAIGN_NAME], SequenceModel] = Field(
        default_factory=dict, description="Campaigns one after another: sequences by name."
    )
    campaign_rules: dict[Annotated[str, CAMPAIGN_NAME], CampaignRuleModel] = Field(
        default_factory=dict, description="What is done to campaigns when figures are so: rules by name."
    )
    callable_times: dict[Annotated[str, SNAKE_NAME], CallableSetModel] = Field(
        default_factory=dict, description="When people may be called: sets of hours by name."
    )
    compliance_profiles: Annotated[str, Text("the name of a folder", most=1000)] | None = Field(
        default=None, description="Folder with compliance profiles of your own, relative to this file."
    )
    voices: dict[Annotated[str, SNAKE_NAME], VoiceModel] = Field(
        default_factory=dict, description="Who says the texts of campaigns: voices by name."
    )
    flows: dict[Annotated[str, SNAKE_NAME], FlowModel] = Field(
        default_factory=dict, description="What people hear who answer, and what their keys do: flows by name."
    )
    defaults: CampaignModel = Field(
        default_factory=CampaignModel, description="What campaigns have in common; each may state it otherwise."
    )
    campaigns: dict[Annotated[str, CAMPAIGN_NAME], CampaignModel] = Field(
        default_factory=dict, description="Campaigns by name."
    )
