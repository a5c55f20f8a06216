"""`sequences:` and `campaign_rules:` of the campaigns file: shapes, the core's values, what contradicts itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from dialerd.config.document import Document
from dialerd.config.problems import Path, Problem, Severity, did_you_mean, dotted, quoted
from dialerd.config.scalars import Choice, Duration, Scalar, Switch, Whole
from dialerd.config.section import CAMPAIGN_NAME, Section, written
from dialerd.core.campaign import Mode
from dialerd.core.direction import CampaignRule, Condition, Measure, Order, Sequence, Threshold
from dialerd.core.schedule import Schedule

if TYPE_CHECKING:
    from dialerd.config.models import CampaignModel, CampaignsFile

_THRESHOLD = re.compile(r"(above|below)\s+([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*(%?)")
_MODES = ("progressive", "power", "predictive")


@dataclass(frozen=True, slots=True)
class Beyond(Scalar):
    """Above or below a value: ``above 2.5%``, ``below 3``."""

    share: bool

    def parse(self, text: str) -> tuple[bool, float]:
        found = _THRESHOLD.fullmatch(text)
        if found is None:
            sign = re.fullmatch(r"([<>])=?\s*(.+)", text)
            hint = f"did you mean `{'above' if sign[1] == '>' else 'below'} {sign[2]}`?" if sign else ""
            raise self.refuse(f"{quoted(text)} is no threshold", hint)
        side, number, percent = found.groups()
        if bool(percent) is not self.share:
            raise self.refuse(f"{quoted(text)} should {'be' if self.share else 'not be'} a percentage")
        value = float(number) / 100 if self.share else float(number)
        if self.share and value > 1:
            raise self.refuse(f"{quoted(text)} is more than all")
        return side == "above", value

    def expected(self) -> str:
        return (
            "`above` or `below` and a percentage, such as `above 2.5%`"
            if self.share
            else ("`above` or `below` and a number, such as `below 3`")
        )

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^(above|below)\s+[0-9]+(\.[0-9]+)?\s*%?$"}


_Share = Annotated[tuple[bool, float], Beyond(share=True)] | None
_Count = Annotated[tuple[bool, float], Beyond(share=False)] | None


class ConditionModel(Section):
    """All that is stated must hold."""

    progress: _Share = Field(default=None, description="Share of the contacts that will not be called again.")
    agents: _Count = Field(default=None, description="Agents in the queue who are logged in and not paused.")
    idle_agents: _Count = Field(default=None, description="Agents in the queue who are idle.")
    abandon_rate: _Share = Field(default=None, description="Today's A/(A+L); no rate below 20 people who answered.")
    connect_rate: _Share = Field(
        default=None, description="People reached per call placed, of the last 15 minutes; no rate below 20 calls."
    )
    inside: Annotated[str, CAMPAIGN_NAME] | None = Field(default=None, description="Within this schedule.")
    outside: Annotated[str, CAMPAIGN_NAME] | None = Field(default=None, description="Outside of this schedule.")


class CampaignRuleModel(Section):
    """When the figures of a campaign are so, another (or the same) campaign is ordered or set otherwise."""

    campaign: Annotated[str, CAMPAIGN_NAME] = Field(description="Whose figures are looked at.")
    target: Annotated[str, CAMPAIGN_NAME] | None = Field(
        default=None, description="The campaign that it is done to; the same one if not stated."
    )
    when: ConditionModel = Field(description="What must hold.")
    hold: Annotated[float, Duration(0, 86400)] = Field(
        default=written("1m"), alias="for", description="How long `when` must hold."
    )
    until: ConditionModel | None = Field(
        default=None, description="What must hold for all to be undone: the opposite, at some distance."
    )
    until_for: Annotated[float, Duration(0, 86400)] = Field(
        default=written("1m"), description="How long `until` must hold."
    )
    order: Annotated[Order, Choice(Order)] | None = Field(
        default=None, description="`start`, `stop` or `pause` the target; undone by its opposite."
    )
    mode: Annotated[str, Choice(_MODES)] | None = Field(default=None, description="The target's mode meanwhile.")
    max_lines: Annotated[int, Whole(1, 10_000)] | None = Field(default=None, description="Its lines meanwhile.")
    priority: Annotated[int, Whole(1, 5)] | None = Field(default=None, description="Its priority meanwhile.")
    weight: Annotated[int, Whole(1, 100)] | None = Field(default=None, description="Its weight meanwhile.")


class SequenceModel(Section):
    """Campaigns one after another: when one is complete, the next is started."""

    campaigns: list[Annotated[str, CAMPAIGN_NAME]] = Field(
        min_length=1, max_length=100, description="The campaigns in their order."
    )
    loop: Annotated[bool, Switch()] = Field(
        default=False, description="After the last one the first begins anew, if there is somebody to call."
    )


def sequence_of(name: str, model: SequenceModel) -> Sequence:
    """The core's value."""
    return Sequence(name, tuple(model.campaigns), model.loop)


def condition_of(model: ConditionModel, for_s: float, schedules: Mapping[str, Schedule]) -> Condition:
    """The core's value."""
    stated = ((measure, getattr(model, measure.value)) for measure in Measure)
    thresholds = tuple(Threshold(measure, *value) for measure, value in stated if value is not None)
    name = model.inside or model.outside
    schedule = schedules.get(name) if name is not None else None
    return Condition(thresholds, schedule, model.inside is not None, for_s)


def rule_of(name: str, model: CampaignRuleModel, schedules: Mapping[str, Schedule]) -> CampaignRule:
    """The core's value."""
    settings: dict[str, object] = {"mode": Mode(model.mode)} if model.mode is not None else {}
    for key in ("max_lines", "priority", "weight"):
        if getattr(model, key) is not None:
            settings[key] = getattr(model, key)
    return CampaignRule(
        name=name,
        campaign=model.campaign,
        target=model.target or model.campaign,
        when=condition_of(model.when, model.hold, schedules),
        until=condition_of(model.until, model.until_for, schedules) if model.until is not None else None,
        order=model.order,
        settings=settings,
    )


class _Teller:
    def __init__(self, document: Document, *base: str) -> None:
        self.document, self.base = document, base

    def __call__(
        self, keys: tuple[str | int, ...], message: str, expected: str = "", hint: str = "",
        severity: Severity = Severity.ERROR,
    ) -> None:  # fmt: skip
        path: Path = (*self.base, *keys)
        mark = self.document.mark(path)
        self.document.problems.append(
            Problem(self.document.file, mark.line, mark.column, dotted(path), message, expected, hint, severity)
        )


def check_directions(
    document: Document, file: CampaignsFile, campaigns: Mapping[str, CampaignModel], schedules: Mapping[str, Schedule]
) -> None:
    """Tell what leads nowhere or contradicts itself."""
    of_sequence: dict[str, str] = {}
    for name, sequence in file.sequences.items():
        tell = _Teller(document, "sequences", name)
        for index, campaign in enumerate(sequence.campaigns):
            _known(tell, ("campaigns", index), campaign, campaigns)
            if campaign in of_sequence:
                other = of_sequence[campaign]
                where = "in it already" if other == name else f"in sequence {quoted(other)} already"
                tell(("campaigns", index), f"campaign {quoted(campaign)} is {where}", "each campaign once")
            of_sequence.setdefault(campaign, name)
    seen: dict[tuple[str, str, str], tuple[str, CampaignRule]] = {}
    for name, model in file.campaign_rules.items():
        tell = _Teller(document, "campaign_rules", name)
        before = len(document.problems)
        _check_names(tell, model, campaigns, document)
        inner = dotted(("campaign_rules", name)) + "."
        if len(document.problems) > before or any(p.path.startswith(inner) for p in document.problems):
            continue  # what was left out for a mistake would be missed
        rule = rule_of(name, model, schedules)
        _check_rule(tell, model, rule, campaigns)
        key = (rule.campaign, rule.target, str(rule.when))
        if key in seen:
            other_name, other_rule = seen[key]
            clash = [k for k, v in rule.settings.items() if other_rule.settings.get(k, v) != v]
            if clash or (rule.order is not other_rule.order and rule.order and other_rule.order):
                tell((), f"contradicts rule {quoted(other_name)}: the same condition, and something else is done")
        seen.setdefault(key, (name, rule))


def _known(tell: _Teller, keys: tuple[str | int, ...], name: str, campaigns: Mapping[str, CampaignModel]) -> None:
    if name not in campaigns and not tell.document.has(("campaigns", name)):
        tell(keys, f"there is no campaign {quoted(name)}", "a name under `campaigns`", did_you_mean(name, campaigns))


def _check_names(
    tell: _Teller, model: CampaignRuleModel, campaigns: Mapping[str, CampaignModel], document: Document
) -> None:
    _known(tell, ("campaign",), model.campaign, campaigns)
    if model.target is not None:
        _known(tell, ("target",), model.target, campaigns)
    for key, condition in (("when", model.when), ("until", model.until)):
        if condition is None:
            continue
        if condition.inside is not None and condition.outside is not None:
            tell((key, "outside"), "`inside` and `outside` do not go together", "one of the two")
        for word in ("inside", "outside"):
            name = getattr(condition, word)
            if name is not None and not document.has(("schedules", name)):
                tell((key, word), f"there is no schedule {quoted(name)}", "a name under `schedules`")


def _check_rule(
    tell: _Teller, model: CampaignRuleModel, rule: CampaignRule, campaigns: Mapping[str, CampaignModel]
) -> None:
    of = campaigns.get(rule.campaign)
    target = campaigns.get(rule.target)
    for key, condition in (("when", rule.when), ("until", rule.until)):
        if condition is not None and not condition.thresholds and condition.schedule is None:
            tell((key,), "nothing is stated that could hold", "a measure, such as `abandon_rate: above 2.5%`")
            return
        for threshold in condition.thresholds if condition is not None else ():
            if of is not None and of.mode is Mode.AGENTLESS and "agents" in threshold.measure.value:
                tell((key, threshold.measure.value), f"campaign {quoted(rule.campaign)} has no agents")
    if rule.order is None and not rule.settings:
        tell((), "does nothing", "`order:`, `mode:`, `max_lines:`, `priority:` or `weight:`")
        return
    if rule.until is None and (rule.settings or rule.order is Order.PAUSE):
        tell(
            (),
            "`until` is missing: what the rule does would never be undone",
            "the opposite of `when`",
            "add `until:`",
        )
    elif rule.until is not None and not rule.until.excludes(rule.when):
        tell(("until",), "`when` and `until` can hold at the same time: the rule would act and be undone in turns",
             "the opposite of `when`, such as `below 1.5%` to `above 2.5%`")  # fmt: skip
    elif rule.until is not None and _touching(rule.when, rule.until) and not (rule.when.for_s or rule.until.for_s):
        tell(("until",), "no distance between `when` and `until`: the rule may act every few seconds", "",
             "leave a distance, or state `for:`", Severity.WARNING)  # fmt: skip
    if rule.order is Order.STOP and rule.settings:
        tell(("order",), "a campaign that is stopped needs no other settings", "one of the two")
    if model.mode is not None and target is not None and target.mode is Mode.AGENTLESS:
        tell(("mode",), f"campaign {quoted(rule.target)} is agentless: it has no agents for this mode")


def _touching(one: Condition, other: Condition) -> bool:
    return any(
        mine.measure is theirs.measure and mine.value == theirs.value
        for mine in one.thresholds
        for theirs in other.thresholds
    )
