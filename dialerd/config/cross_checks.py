"""What no single value shows: missing settings, names that lead nowhere, settings that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from dialerd.config.answer_checks import check_after_beep, check_analysis
from dialerd.config.attempt_limits import check_limits
from dialerd.config.build import analysis_profile, response_table, retry_rule, trunk_settings
from dialerd.config.dnc_checks import check_dnc
from dialerd.config.document import Document
from dialerd.config.flow_checks import check_campaign_flow, check_flows
from dialerd.config.inbound_checks import check_inbound
from dialerd.config.models import CampaignModel, CampaignsFile
from dialerd.config.order_settings import check_order
from dialerd.config.pacing_checks import check_pacing
from dialerd.config.preview_checks import check_preview
from dialerd.config.problems import Path, Problem, Severity, did_you_mean, dotted, quoted
from dialerd.config.prompt_checks import check_said
from dialerd.config.retry_rules import check_hand_overs
from dialerd.config.scalars import spoken
from dialerd.config.schedules import check_schedules
from dialerd.config.voices import check_voices
from dialerd.core.analysis import Clock
from dialerd.core.campaign import Mode
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.treatment import MAY_BE_PERSON, CallAnalysis, Treatment

_NEVER_RETRIED = frozenset(
    {
        Disposition.ANSWERED_AGENT,
        Disposition.ANSWERED_MESSAGE,
        Disposition.MACHINE_MESSAGE,
        Disposition.MACHINE_MESSAGE_LEFT,
        Disposition.NOT_PLACED,
        Disposition.ANSWERED_FLOW,
    }
)
_AGENTS_ONLY = ("queue", "agents", "wrap_up", "pacing")


class _Checks:
    """Tells problems about one campaign, at the place where the setting in question stands."""

    def __init__(self, document: Document, file: CampaignsFile, name: str, campaign: CampaignModel) -> None:
        self.document, self.file, self.name, self.campaign = document, file, name, campaign
        self.told_of_defaults: set[tuple[Path, str]] = set()
        """Shared by all campaigns: what is wrong in the defaults is told once, for the first of them."""

    def own(self, *keys: str) -> Path:
        return ("campaigns", self.name, *keys)

    def where(self, *keys: str) -> Path:
        """The path of a setting in the campaign, else in the defaults, else of the campaign itself."""
        for path in (self.own(*keys), ("defaults", *keys)):
            if self.document.has(path):
                return path
        return self.own()

    def known_as(self, section: str, name: str) -> bool:
        """The file describes it, whatever may be wrong with that."""
        return self.document.has((section, name))

    def states(self, *keys: str) -> bool:
        return self.document.has(self.own(*keys))

    def given(self, key: str) -> bool:
        """The setting has a value, or had one that is refused already; `null` is none."""
        path = self.where(key)
        return getattr(self.campaign, key) is not None or (path != self.own() and not _is_null(self.document, path))

    def tell(
        self, path: Path, message: str, expected: str = "", hint: str = "", severity: Severity = Severity.ERROR,
        of_key: bool = False, at: Path | None = None, within: tuple[str, int] | None = None,
    ) -> None:  # fmt: skip
        """Tell of the setting at ``path``; ``at`` is the place to look at, where that is another one; ``within``: the
        value, and the character of it that is meant."""
        mark = self.document.mark(at or path, of_key)
        if within is not None:
            mark = self.document.mark_within(path, *within)
        if path[0] == "defaults":
            if (path, message) in self.told_of_defaults:
                return
            self.told_of_defaults.add((path, message))
            message = f"{message} (campaign {self.name})"
        self.document.problems.append(
            Problem(self.document.file, mark.line, mark.column, dotted(path), message, expected, hint, severity)
        )

    def phone_columns(self) -> frozenset[str]:
        """Columns of its lists that hold numbers, and are not kept with the others."""
        names = {self.campaign.contact_list or "", *(one.name for one in self.campaign.contact_lists or ())}
        lists = [self.file.contact_lists[name] for name in names if name in self.file.contact_lists]
        return frozenset(phone.column for one in lists for phone in one.phones)

    def phone_types(self) -> Iterable[str]:
        """Types of the numbers of its lists."""
        names = {self.campaign.contact_list or "", *(one.name for one in self.campaign.contact_lists or ())}
        lists = [self.file.contact_lists[name] for name in names if name in self.file.contact_lists]
        return [phone.type for one in lists for phone in one.phones]

    def list_names(self) -> Iterable[str]:
        """Contact lists that there are."""
        return self.file.contact_lists

    def warn(self, path: Path, message: str, hint: str = "", of_key: bool = False) -> None:
        self.tell(path, message, "", hint, Severity.WARNING, of_key)


def cross_check(document: Document, file: CampaignsFile, campaigns: dict[str, CampaignModel]) -> None:
    """Tell what is wrong between settings; ``campaigns`` have their defaults filled in."""
    _version(document)
    _trunks(document, file)
    _phone_columns(document, file)
    _references(document, file)
    check_schedules(document, file.schedules)
    check_dnc(document, file)
    flows = check_flows(document, file.flows)
    check_said(document, flows)
    check_voices(document, file.voices)
    told: set[tuple[Path, str]] = set()
    for name, campaign in campaigns.items():
        checks = _Checks(document, file, name, campaign)
        checks.told_of_defaults = told
        for check in _CAMPAIGN_CHECKS:
            check(checks)
        check_campaign_flow(checks, flows)
        check_inbound(checks, flows, frozenset(file.flows))
    _shared_lists(document, file, campaigns)
    _shared_limits(document, file, campaigns)
    check_hand_overs(document, campaigns)


def _is_null(document: Document, path: Path) -> bool:
    value: object = document.data
    for step in path:
        if not isinstance(value, dict) or step not in value:
            return False
        value = value[step]
    return value is None


def _version(document: Document) -> None:
    for key, hint in (("version", "add `version: 1` as the first line"), ("campaigns", "add `campaigns:`")):
        if not document.has((key,)):
            document.problem(document.mark(()), (key,), f"`{key}` is missing", "", hint)


def _trunks(document: Document, file: CampaignsFile) -> None:
    for name, trunk in file.trunks.items():
        path: Path = ("trunks", name)
        if trunk_settings(name, trunk) is None and not document.has((*path, "event_source")):
            document.problem(
                document.mark((*path, "dial")), (*path, "event_source"),
                f"the endpoint of {quoted(trunk.dial)} cannot be told from the dial string",
                "`event_source` beside `dial`, such as `PJSIP/carrier`", "add `event_source:`",
            )  # fmt: skip


def _phone_columns(document: Document, file: CampaignsFile) -> None:
    for name, contact_list in file.contact_lists.items():
        seen: dict[str, int] = {}
        for index, phone in enumerate(contact_list.phones):
            path: Path = ("contact_lists", name, "phones", index, "column")
            if phone.column in seen:
                first = document.mark(("contact_lists", name, "phones", seen[phone.column], "column"))
                document.problem(
                    document.mark(path), path,
                    f"column {quoted(phone.column)} is named twice; first in line {first.line}",
                    "each column once", "remove one of the two",
                )  # fmt: skip
            seen.setdefault(phone.column, index)


def _required(checks: _Checks) -> None:
    needed = {
        "mode": "`preview`, `progressive`, `power`, `predictive` or `agentless`",
        "contact_list": "a name under `contact_lists`",
        "trunk": "a name under `trunks`",
        "caller_id": "a phone number in E.164, such as `+441632960000`",
    }
    if checks.campaign.mode not in (None, Mode.AGENTLESS):
        needed["queue"] = "the Asterisk queue whose members take the calls"
    if checks.campaign.mode is Mode.AGENTLESS and Treatment.MESSAGE in response_table(checks.campaign).values():
        needed["message"] = "the sound that is played, such as `sound:custom/spring`"
    for key, expected in needed.items():
        if not checks.given(key):
            message = f"`{key}` is missing"
            if key in ("queue", "message"):
                message += f": a campaign in mode `{checks.campaign.mode}` needs it"
            hint = f"add `{key}:` to the campaign, or to `defaults:`"
            checks.tell(checks.own(key), message, expected, hint, of_key=True, at=checks.where(key))


def _references(document: Document, file: CampaignsFile) -> None:
    """Names of trunks and lists, in the defaults too, whether a campaign relies on them or not."""
    stating: list[tuple[Path, CampaignModel]] = [(("defaults",), file.defaults)]
    stating += [(("campaigns", name), campaign) for name, campaign in file.campaigns.items()]
    for path, model in stating:
        for key, section, what in (
            ("trunk", "trunks", "trunk"), ("contact_list", "contact_lists", "contact list"),
            ("schedule", "schedules", "schedule"), ("flow", "flows", "flow"), ("voice", "voices", "voice"),
        ):  # fmt: skip
            name = getattr(model, key)
            if name is None or document.has((section, name)):
                continue
            known = [str(other[1]) for other in document.keys if len(other) == 2 and other[0] == section]
            hint = did_you_mean(name, known) or f"describe it under `{section}:`"
            here = (*path, key)
            message = f"there is no {what} {quoted(name)}"
            document.problem(document.mark(here), here, message, f"a name under `{section}`", hint)


def _agentless(checks: _Checks) -> None:
    if checks.campaign.mode is not Mode.AGENTLESS:
        return
    # Agents of a flow's queue have a connection and a time for notes, too.
    led_to_agents = frozenset({"agents", "wrap_up"}) if checks.campaign.flow is not None else frozenset[str]()
    for key in _AGENTS_ONLY:
        if key not in led_to_agents and checks.states(key) and not _is_null(checks.document, checks.own(key)):
            checks.tell(
                checks.own(key), f"an agentless campaign has no agents: `{key}` contradicts it", "",
                "remove the line, or choose mode `progressive`", of_key=True,
            )  # fmt: skip
    for analysis, treatment in checks.campaign.responses.items():
        if treatment is Treatment.AGENT:
            checks.tell(
                checks.where("responses", analysis.value), "an agentless campaign has no agents to connect",
                "`message`, `flow` or `hang_up`", "",
            )  # fmt: skip


def _with_agents(checks: _Checks) -> None:
    campaign = checks.campaign
    if campaign.mode in (None, Mode.AGENTLESS):
        return
    for analysis, treatment in campaign.responses.items():
        path = checks.where("responses", analysis.value)
        if treatment is Treatment.MESSAGE and not checks.given("message"):
            checks.tell(path, "there is no `message` to play", "", "add `message:` to the campaign")
        if analysis in MAY_BE_PERSON and treatment not in (Treatment.AGENT, Treatment.FLOW):
            kind = "people" if analysis is CallAnalysis.PERSON else "answers that may be people"
            checks.warn(path, f"{kind} will not be connected to an agent, and count as abandoned")
    played = {Treatment.MESSAGE, Treatment.MESSAGE_AFTER_BEEP} & set(response_table(campaign).values())
    if checks.states("message") and campaign.message and not played:
        checks.warn(checks.own("message"), "this message is never played", "add `machine: message` to `responses:`")
    profile = analysis_profile(campaign.call_analysis)
    path = checks.where("call_analysis")
    limit = spoken(campaign.abandon_threshold)
    if profile.amd is not None and profile.deadline_s is None:
        checks.warn(path, f"people may wait longer than {limit} for an agent while the call is analysed",
                    "state `deadline:`, or choose profile `connect_first`")  # fmt: skip
    elif (
        profile.deadline_s is not None
        and profile.clock is Clock.SPEECH_START
        and profile.deadline_s > campaign.abandon_threshold
    ):
        checks.warn(path, f"the deadline is later than the abandon threshold of {limit}",
                    "people who wait for the verdict will count as abandoned")  # fmt: skip


def _retry(checks: _Checks) -> None:
    for disposition, stated in checks.campaign.retry.items():
        path = checks.where("retry", disposition.value)
        if disposition in _NEVER_RETRIED:
            checks.tell(path, f"after `{disposition}` there is nothing to retry", "", "remove the line", of_key=True)
        elif retry_rule(disposition, stated) is None and not any(
            checks.document.has((*path, key)) and getattr(stated, key) is None for key in ("max_tries", "gap")
        ):
            checks.tell(
                path, f"`{disposition}` has no defaults: `max_tries` and `gap` are both needed",
                "`max_tries` and `gap`", "", of_key=True,
            )  # fmt: skip
        elif (
            stated.max_tries is not None
            and stated.max_tries > checks.campaign.max_attempts
            and disposition not in NEVER_DIALED
        ):
            checks.warn(
                checks.where("retry", disposition.value, "max_tries"),
                f"never reached: `max_attempts` ends it after {checks.campaign.max_attempts}", "raise `max_attempts`",
            )  # fmt: skip


def _lines(checks: _Checks) -> None:
    trunk = checks.file.trunks.get(checks.campaign.trunk or "")
    if trunk is None or "max_lines" not in checks.campaign.model_fields_set:
        return
    if checks.campaign.max_lines > trunk.max_lines:
        checks.warn(
            checks.where("max_lines"),
            f"more lines than the trunk {quoted(checks.campaign.trunk or '')} has ({trunk.max_lines})",
        )


def _variables(checks: _Checks) -> None:
    """The import keeps the numbers apart from the other columns, where variables are filled from."""
    apart = checks.phone_columns()
    for name, source in checks.campaign.variables.items():
        if source in apart:
            checks.warn(
                checks.where("variables", name),
                f"{quoted(source)} is a phone column: always empty",
                "copy it into a column of another name",
            )  # fmt: skip


def _limits(checks: _Checks) -> None:
    contact_list = checks.file.contact_lists.get(checks.campaign.contact_list or "")
    has_key = contact_list is None or contact_list.key is not None

    def tell(place: Path, message: str, hint: str) -> None:
        checks.tell(checks.where("attempt_limits", *(str(step) for step in place[:1])), message, "", hint)

    check_limits(checks.campaign.attempt_limits, has_key, tell)
    if checks.campaign.guaranteed_agent_lane and checks.states("guaranteed_agent_lane"):
        mode = checks.campaign.mode
        if mode is Mode.AGENTLESS:
            checks.tell(
                checks.own("guaranteed_agent_lane"), "an agentless campaign has no agents to guarantee", "",
                "remove the line, or choose mode `predictive`", of_key=True,
            )  # fmt: skip
        elif mode is not None and not mode.dials_ahead:
            checks.warn(
                checks.own("guaranteed_agent_lane"), f"mode `{mode}` reserves an agent for every call anyway",
                "remove the line",
            )  # fmt: skip


def _shared_limits(document: Document, file: CampaignsFile, campaigns: dict[str, CampaignModel]) -> None:
    used = [file.contact_lists.get(campaign.contact_list or "") for campaign in campaigns.values()]
    has_key = all(contact_list is None or contact_list.key is not None for contact_list in used)

    def tell(place: Path, message: str, hint: str) -> None:
        path: Path = ("attempt_limits", *place)
        document.problem(document.mark(path), path, message, "", hint)

    check_limits(file.attempt_limits, has_key, tell)


def _shared_lists(document: Document, file: CampaignsFile, campaigns: dict[str, CampaignModel]) -> None:
    first: dict[str, str] = {}
    for name, campaign in campaigns.items():
        one_list = [campaign.contact_list] if campaign.contact_list is not None else []
        lists = [one.name for one in campaign.contact_lists or ()] or one_list
        shared = [first[key] for key in lists if key in first]
        # Filters may well divide a list among campaigns.
        if shared and campaign.filter is None:
            _Checks(document, file, name, campaign).warn(
                ("campaigns", name), f"dials the same contact list as campaign {quoted(shared[0])}",
                "a contact that one of them has finished with is not called by the other", of_key=True,
            )  # fmt: skip
        for key in lists:
            first.setdefault(key, name)


_CAMPAIGN_CHECKS: Iterable[Callable[[_Checks], None]] = (
    _required, _agentless, _with_agents, check_pacing, check_analysis, check_after_beep, _retry, _lines, _variables,
    _limits, check_order, check_preview,
)  # fmt: skip
