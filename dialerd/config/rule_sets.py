"""`rule_sets:` of the campaigns file: the shape, the core's value, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from dialerd.config.callable_models import COLUMN
from dialerd.config.document import Document
from dialerd.config.order_settings import Expression
from dialerd.config.problems import Path as Step
from dialerd.config.problems import did_you_mean, quoted
from dialerd.config.rule_functions import Names, SiteFunction, load_function
from dialerd.config.scalars import Choice, Duration, Text
from dialerd.config.section import SNAKE_NAME, VARIABLE_NAME, Section, written
from dialerd.config.site_rules import OnRuleFailure, SiteRuleError, placed
from dialerd.config.telephony_scalars import PhoneNumber
from dialerd.core.filtering.conditions import (
    BEFORE_CALL,
    AgentFact,
    CallFact,
    Comparison,
    Empty,
    Filter,
    Match,
    Membership,
    SkilledIdle,
    leaves,
)
from dialerd.core.filtering.conditions import Field as Asked
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.filtering.words import FilterError
from dialerd.core.pre_call import PreCallAction, PreCallRule, RuleSet
from dialerd.core.wrap_up import Uncallable, WrapUpRule

if TYPE_CHECKING:
    from dialerd.config.models import CampaignModel, CampaignsFile


_SOURCE = Text("a word of the call, a column, or `=` and text", most=200, loose=True)


_FUNCTION = Text("`module:function`, as `house:vip`", r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", 200)


class PreCallRuleModel(Section):
    """A rule that is asked before a number is dialed."""

    name: Annotated[str, SNAKE_NAME] = Field(description="Name of the rule, as `why` and the reports tell it.")
    if_: Annotated[str, Expression()] | None = Field(
        default=None,
        alias="if",
        description="A condition as in `filter:`, which may also ask for `hour` and `weekday` (the called party's), "
        "`campaign`, and `tries_busy` and the like. Not stated: always.",
    )
    do: Annotated[PreCallAction, Choice(PreCallAction)] = Field(
        default=written("dial"),
        description="`dial`; `skip`: not the contact, for a time; `other_number`: not this number, for a time; "
        "`uncallable`: never this number; `preview`: only when an agent was shown the contact and "
        "has accepted.",
    )
    hold: Annotated[float, Duration(60, 90 * 86400)] = Field(
        default=written("1d"), alias="for", description="How long `skip` and `other_number` hold."
    )
    caller_id: Annotated[str, PhoneNumber()] | None = Field(
        default=None, description="The number shown, in E.164, in place of the campaign's."
    )
    variables: dict[
        Annotated[str, VARIABLE_NAME], Annotated[str, Text("a column, or `=` and text", most=200, loose=True)]
    ] = Field(default_factory=dict, description="Channel variables: name, and a column or `=` and the text.")
    webhook: Annotated[str, SNAKE_NAME] | None = Field(
        default=None,
        description="Told of the call once it is over: a name under `webhooks`. Only with `do: dial` or `preview`.",
    )
    python: Annotated[str, _FUNCTION] | None = Field(
        default=None,
        description="A function of yours, `module:function`, asked where the condition holds: whether the rule "
        "fires, and if you like with what. The module is a file beside this one.",
    )


class WrapUpRuleModel(Section):
    """A rule that is asked when a call is over."""

    name: Annotated[str, SNAKE_NAME] = Field(description="Name of the rule.")
    if_: Annotated[str, Expression()] | None = Field(
        default=None,
        alias="if",
        description="A condition as before a call, which may also ask for `disposition`, `analysis`, `treatment`, "
        "`agent`, `talk_time`, `flow_result`, `tries`, `hung_up_by`. Not stated: always.",
    )
    uncallable: Annotated[Uncallable, Choice(Uncallable)] | None = Field(
        default=None, description="`number` or `contact`: not called again."
    )
    callback: Annotated[float, Duration(60, 90 * 86400)] | None = Field(
        default=None, description="Called back at this number after so long, also beyond the campaign's attempts."
    )
    retry: Annotated[float, Duration(60, 90 * 86400)] | None = Field(
        default=None, description="Tried again after so long, within the campaign's attempts."
    )
    number: Annotated[str, Choice(("same", "other"))] = Field(
        default="same", description="Which number `retry` takes."
    )
    dnc: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="The number goes on this do-not-call list."
    )
    columns: dict[Annotated[str, COLUMN], Annotated[str, _SOURCE]] = Field(
        default_factory=dict,
        description="Columns of the contact that are written: a word of the call (`disposition`, `agent` ...), a "
        "column, or `=` and the text.",
    )
    move_to: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="The contact goes into this contact list."
    )
    append_to: Annotated[str, SNAKE_NAME] | None = Field(
        default=None,
        description="A copy of the contact, which was never called, comes into this contact list.",
    )
    webhook: Annotated[str, SNAKE_NAME] | None = Field(
        default=None, description="Told of the call: a name under `webhooks`."
    )
    python: Annotated[str, _FUNCTION] | None = Field(
        default=None,
        description="A function of yours, `module:function`, asked where the condition holds: whether the rule "
        "fires, and if you like with what. The module is a file beside this one.",
    )


class RuleSetModel(Section):
    """Rules in their order."""

    match: Annotated[str, Choice(("first", "all"))] = Field(
        default="first", description="`first`: after a rule that fired no further one is read. `all`: all are."
    )
    pre_call: list[PreCallRuleModel] = Field(
        default_factory=list, max_length=200, description="Rules asked before a number is dialed."
    )
    wrap_up: list[WrapUpRuleModel] = Field(
        default_factory=list, max_length=200, description="Rules asked when a call is over."
    )


def rule_set_of(name: str, model: RuleSetModel, functions: Mapping[str, SiteFunction]) -> RuleSet:
    """The core's value; every check has passed. ``functions``: by their `module:function`."""
    rules = tuple(
        PreCallRule(
            rule.name, _condition(rule.if_), rule.do, rule.hold, rule.caller_id, dict(rule.variables), rule.webhook,
            functions[rule.python] if rule.python is not None else None,
        )
        for rule in model.pre_call
    )  # fmt: skip
    after = tuple(
        WrapUpRule(
            rule.name, _condition(rule.if_), rule.uncallable, rule.callback, rule.retry, rule.number == "other",
            rule.dnc, dict(rule.columns), rule.move_to, rule.append_to, rule.webhook,
            functions[rule.python] if rule.python is not None else None,
        )
        for rule in model.wrap_up
    )  # fmt: skip
    return RuleSet(name, rules, model.match == "first", after)


def load_functions(
    document: Document, file: CampaignsFile, folder: Path, on_failure: OnRuleFailure | None
) -> dict[str, SiteFunction]:
    """The functions that rules ask, by `module:function`; what cannot be loaded is told once for each."""
    names = Names(file.dnc_lists.keys(), file.contact_lists.keys(), file.webhooks.keys())
    modules: dict[str, tuple[ModuleType, str]] = {}
    found: dict[str, SiteFunction] = {}
    refused: set[str] = set()
    for name, model in file.rule_sets.items():
        rules: list[tuple[str, int, PreCallRuleModel | WrapUpRuleModel]] = []
        rules += [("pre_call", i, one) for i, one in enumerate(model.pre_call)]
        rules += [("wrap_up", i, one) for i, one in enumerate(model.wrap_up)]
        for kind, index, rule in rules:
            wanted = rule.python
            if wanted is None or wanted in found or wanted in refused:
                continue
            try:
                found[wanted] = load_function(wanted, folder, names, on_failure, modules)
            except SiteRuleError as error:
                refused.add(wanted)
                path: Step = ("rule_sets", name, kind, index, "python")
                document.problems.append(placed(document, path, error.problem, "module"))
    return found


def _condition(text: str | None) -> Filter | None:
    return None if text is None else parse_filter(text, of_call=True)


def check_rule_sets(document: Document, file: CampaignsFile, campaigns: Mapping[str, CampaignModel]) -> None:
    """Tell conditions that cannot be understood, rules that are never read, and names that lead nowhere."""
    for name, model in file.rule_sets.items():
        skills = file.skills.keys()
        _check(document, ("rule_sets", name, "pre_call"), model.pre_call, model.match, skills, of_call=False)
        _check(document, ("rule_sets", name, "wrap_up"), model.wrap_up, model.match, skills, of_call=True)
        for index, before in enumerate(model.pre_call):
            _check_webhook(document, file, ("rule_sets", name, "pre_call", index), before)
        for index, rule in enumerate(model.wrap_up):
            _check_actions(document, file, ("rule_sets", name, "wrap_up", index), rule)
    for name, campaign in campaigns.items():
        for index, wanted in enumerate(campaign.rule_sets):
            if not document.has(("rule_sets", wanted)):
                own: Step = ("campaigns", name, "rule_sets", index)
                path = own if document.has(own) else ("defaults", "rule_sets", index)
                hint = did_you_mean(wanted, file.rule_sets) or "describe it under `rule_sets:`"
                document.problem(
                    document.mark(path),
                    path,
                    f"there is no rule set {quoted(wanted)}",
                    "a name under `rule_sets`",
                    hint,
                )


def _check_actions(document: Document, file: CampaignsFile, path: Step, rule: WrapUpRuleModel) -> None:
    stated = [name for name in ("uncallable", "callback", "retry") if getattr(rule, name) is not None]
    if len(stated) > 1:
        message = f"{quoted(stated[0])} and {quoted(stated[1])} contradict each other"
        document.problem(document.mark((*path, stated[1])), (*path, stated[1]), message, "one of them", "")
    if rule.number == "other" and rule.retry is None:
        message = "`number` says nothing without `retry`"
        document.problem(document.mark((*path, "number")), (*path, "number"), message, "", "state `retry:`")
    if not (stated or rule.dnc or rule.columns or rule.move_to or rule.append_to or rule.webhook or rule.python):
        document.problem(document.mark(path), path, f"rule {quoted(rule.name)} does nothing", "an action", "")
    if rule.append_to is not None and rule.append_to == rule.move_to:
        message = "`append_to` and `move_to` name the same list"
        document.problem(document.mark((*path, "append_to")), (*path, "append_to"), message, "one of them", "")
    lists = "contact_lists"
    _check_name(document, (*path, "dnc"), rule.dnc, file.dnc_lists, "dnc_lists", "list")
    _check_name(document, (*path, "move_to"), rule.move_to, file.contact_lists, lists, "list")
    _check_name(document, (*path, "append_to"), rule.append_to, file.contact_lists, lists, "list")
    _check_name(document, (*path, "webhook"), rule.webhook, file.webhooks, "webhooks", "webhook")


def _check_webhook(document: Document, file: CampaignsFile, path: Step, rule: PreCallRuleModel) -> None:
    own = (*path, "webhook")
    _check_name(document, own, rule.webhook, file.webhooks, "webhooks", "webhook")
    if rule.webhook is not None and rule.do not in (PreCallAction.DIAL, PreCallAction.PREVIEW):
        message = f"with `do: {rule.do}` there is no call that a webhook could be told of"
        document.problem(document.mark(own), own, message, "", "put the webhook into a rule that dials")


def _check_name(
    document: Document, path: Step, wanted: str | None, known: Collection[str], where: str, what: str
) -> None:
    if wanted is not None and not document.has((where, wanted)):
        hint = did_you_mean(wanted, known) or f"describe it under `{where}:`"
        expected = f"a name under `{where}`"
        document.problem(document.mark(path), path, f"there is no {what} {quoted(wanted)}", expected, hint)


def _check(
    document: Document, base: Step, rules: Sequence[PreCallRuleModel | WrapUpRuleModel], match: str,
    skills: Collection[str], *, of_call: bool,
) -> None:  # fmt: skip
    seen: set[str] = set()
    always = ""
    for index, rule in enumerate(rules):
        path: Step = (*base, index)
        if rule.name in seen:
            document.problem(
                document.mark((*path, "name")), (*path, "name"), f"a rule {quoted(rule.name)} is there already",
                "a name of its own", "",
            )  # fmt: skip
        seen.add(rule.name)
        if always:
            document.problem(
                document.mark(path), path, f"never read: rule {quoted(always)} before it always fires", "",
                "put it first, or state `match: all`",
            )  # fmt: skip
            always = ""
        if rule.if_ is None and rule.python is None and match == "first":
            always = rule.name
        if rule.if_ is not None:
            _check_condition(document, (*path, "if"), rule.if_, of_call, skills)


def _check_condition(document: Document, path: Step, text: str, of_call: bool, skills: Collection[str]) -> None:
    try:
        condition = parse_filter(text, of_call=True).condition
    except FilterError as error:
        hint = did_you_mean(error.word, error.known) if error.word else error.hint
        document.problem(document.mark(path), path, error.message, error.expected, hint)
        return
    for leaf in leaves(condition):
        if not of_call and _known_after(leaf.field):
            message = f"{quoted(str(leaf.field))} is not known when a number is about to be dialed"
            hint = "put it into a rule under `wrap_up:`; a column of this name is written with backquotes"
            document.problem(document.mark(path), path, message, "", hint)
        for skill in _skills_named(leaf):
            if skill not in skills:
                hint = did_you_mean(skill, skills) or "describe it under `skills:`"
                message = f"there is no skill {quoted(skill)}"
                document.problem(document.mark(path), path, message, "a name under `skills`", hint)


def _known_after(field: Asked) -> bool:
    return field is AgentFact.AGENT_SKILL or (isinstance(field, CallFact) and field not in BEFORE_CALL)


def _skills_named(leaf: Comparison | Membership | Match | Empty) -> list[str]:
    if isinstance(leaf.field, SkilledIdle):
        return [leaf.field.skill]
    if leaf.field not in (AgentFact.IDLE_SKILL, AgentFact.AGENT_SKILL):
        return []
    values = [leaf.value] if isinstance(leaf, Comparison) else leaf.values if isinstance(leaf, Membership) else ()
    return [str(value) for value in values]
