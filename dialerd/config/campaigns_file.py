"""`campaigns.yaml`, from text to a :class:`~dialerd.core.campaign.Plan`, with every mistake told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dialerd.config.attempt_limits import caps_of
from dialerd.config.build import campaign_settings, trunk_settings, with_first_list
from dialerd.config.compliance_build import Bound, bind
from dialerd.config.contact_lists import ContactListSettings, list_settings
from dialerd.config.cross_checks import cross_check
from dialerd.config.directions import check_directions, rule_of, sequence_of
from dialerd.config.dnc_lists import DncListSettings, dnc_list_settings
from dialerd.config.document import Document, read
from dialerd.config.flow_build import flow_of
from dialerd.config.layers import layered
from dialerd.config.models import CampaignModel, CampaignsFile
from dialerd.config.problems import Problem, has_errors, in_file_order
from dialerd.config.prompt_checks import with_later
from dialerd.config.retry_rules import handing_over
from dialerd.config.rule_functions import SiteFunction
from dialerd.config.rule_sets import check_rule_sets, load_functions, rule_set_of
from dialerd.config.schedules import schedule_of
from dialerd.config.settle import settle
from dialerd.config.site_rules import OnRuleFailure, SiteRule, SiteRuleError, load_site_rule, placed
from dialerd.config.skills import check_skills, skill_of
from dialerd.config.text_file import read_text
from dialerd.config.voices import VoiceSettings, voice_settings
from dialerd.config.webhooks import webhook_settings
from dialerd.core.campaign import Plan
from dialerd.core.flow.nodes import Flow
from dialerd.core.schedule import Schedule
from dialerd.core.webhook import WebhookSettings


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a campaigns file says. ``plan`` is None exactly when a problem is an error; warnings come with a plan."""

    plan: Plan | None
    contact_lists: Mapping[str, ContactListSettings] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    dnc_lists: Mapping[str, DncListSettings] = field(default_factory=dict)
    webhooks: Mapping[str, WebhookSettings] = field(default_factory=dict)
    flows: Mapping[str, Flow] = field(default_factory=dict)
    """Every flow of a file without errors, whether a campaign uses it or not."""
    voices: Mapping[str, VoiceSettings] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """The file can be used."""
        return self.plan is not None


def check(
    text: str,
    filename: str = "campaigns.yaml",
    base: Path | None = None,
    on_rule_failure: OnRuleFailure | None = None,
    overlay: Callable[[Document], None] | None = None,
) -> CheckResult:
    """Check a campaigns file and, if it has no errors, return its plan.

    Rule files and contact files are looked for relative to ``base``, by default the folder of ``filename``; rule
    files are loaded, which runs their top level. ``on_rule_failure`` is told when a rule fails later, judging a
    call. ``overlay`` may change what was read before it is checked. Never raises for anything that is written in the
    files.
    """
    folder = Path(filename).parent if base is None else base
    document = read(text, filename)
    if overlay is not None and isinstance(document.data, dict):
        overlay(document)
    file = None if document.unreadable else settle(document, CampaignsFile)
    if file is None:
        return CheckResult(None, {}, in_file_order(document.problems))
    campaigns = {name: with_first_list(layered(file.defaults, campaign)) for name, campaign in file.campaigns.items()}
    cross_check(document, file, campaigns)
    bound = bind(document, file, campaigns, folder)
    schedules = {name: schedule_of(name, model) for name, model in file.schedules.items()}
    check_directions(document, file, campaigns, schedules)
    check_skills(document, file.skills)
    check_rule_sets(document, file, campaigns)
    rules = _rules(document, campaigns, folder, on_rule_failure)
    functions = load_functions(document, file, folder, on_rule_failure)
    lists = {name: list_settings(name, model, folder) for name, model in file.contact_lists.items()}
    sound = not has_errors(document.problems)
    flows = with_later({name: flow_of(name, model) for name, model in file.flows.items()}) if sound else {}
    plan = _plan(file, campaigns, rules, functions, schedules, bound, flows) if sound else None
    dnc = {name: dnc_list_settings(name, model) for name, model in file.dnc_lists.items()}
    webhooks = {name: webhook_settings(name, model) for name, model in file.webhooks.items()}
    voices = {name: voice_settings(name, model) for name, model in file.voices.items()}
    return CheckResult(plan, lists, in_file_order(document.problems), dnc, webhooks, flows, voices)


def load_campaigns(
    path: Path, on_rule_failure: OnRuleFailure | None = None, overlay: Callable[[Document], None] | None = None
) -> CheckResult:
    """Read and check a campaigns file; a file that cannot be read is a problem too."""
    text = read_text(path)
    if isinstance(text, Problem):
        return CheckResult(None, {}, (text,))
    return check(text, str(path), path.parent, on_rule_failure, overlay)


def _rules(
    document: Document, campaigns: dict[str, CampaignModel], base: Path, on_rule_failure: OnRuleFailure | None
) -> dict[str, SiteRule]:
    """Campaign name -> rule; what cannot be loaded is told once for each file."""
    loaded: dict[str, SiteRule] = {}
    refused: set[str] = set()
    result: dict[str, SiteRule] = {}
    for name, campaign in campaigns.items():
        if campaign.rules is None or campaign.rules in refused:
            continue
        if campaign.rules not in loaded:
            try:
                loaded[campaign.rules] = load_site_rule(base / campaign.rules, on_rule_failure)
            except SiteRuleError as error:
                refused.add(campaign.rules)
                own, shared = ("campaigns", name, "rules"), ("defaults", "rules")
                path = own if document.has(own) else shared
                document.problems.append(placed(document, path, error.problem, "rule file"))
                continue
        result[name] = loaded[campaign.rules]
    return result


def _plan(
    file: CampaignsFile,
    campaigns: dict[str, CampaignModel],
    rules: dict[str, SiteRule],
    functions: dict[str, SiteFunction],
    schedules: dict[str, Schedule],
    bound: dict[str, Bound],
    flows: Mapping[str, Flow],
) -> Plan:
    providers = frozenset(name for name, model in file.dnc_lists.items() if model.provider is not None)
    trunks = {name: trunk_settings(name, model) for name, model in file.trunks.items()}
    shared_caps = caps_of(file.attempt_limits)
    sets = {name: rule_set_of(name, model, functions) for name, model in file.rule_sets.items()}
    plan = Plan(
        {
            name: campaign_settings(
                name,
                model,
                rules.get(name),
                schedules.get(model.schedule or ""),
                shared_caps,
                providers,
                profile=bound[name].profile,
                callable_time=bound[name].callable_time,
                rule_sets=tuple(sets[wanted] for wanted in model.rule_sets),
                flows=flows,
            )
            for name, model in campaigns.items()
        },
        {name: trunk for name, trunk in trunks.items() if trunk is not None},
        {name: sequence_of(name, model) for name, model in file.sequences.items()},
        {name: rule_of(name, model, schedules) for name, model in file.campaign_rules.items()},
        {name: skill_of(name, model) for name, model in file.skills.items()},
    )
    return handing_over(plan)
