"""What binds each campaign: its compliance profiles and callable times, and what of its settings contradicts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from dialerd.config.build import analysis_profile
from dialerd.config.callable_build import callable_set, check_callable_set
from dialerd.config.called_places import CalledPlaces, PlacesByList, PlaceTable
from dialerd.config.document import Document
from dialerd.config.models import CampaignModel, CampaignsFile
from dialerd.config.place_file import read_places
from dialerd.config.problems import Path, Problem, Severity, did_you_mean, dotted, quoted
from dialerd.config.profiles import DEFAULT, ProfileSet, load_profiles, rule_field
from dialerd.config.scalars import spoken
from dialerd.config.supply_models import ContactListModel
from dialerd.core.analysis import Clock
from dialerd.core.callable_time import ANY_TIME, CallableSet, CallableTime
from dialerd.core.campaign import Mode
from dialerd.core.compliance import UNBOUND, Profile, strictest


@dataclass(frozen=True, slots=True)
class Bound:
    """What binds one campaign."""

    profile: Profile = UNBOUND
    callable_time: CallableTime = ANY_TIME


def bind(
    document: Document, file: CampaignsFile, campaigns: Mapping[str, CampaignModel], folder: FilePath
) -> dict[str, Bound]:
    """What binds each campaign; tells what is wrong with it. ``campaigns`` have their defaults filled in; file names
    are relative to ``folder``."""
    known = load_profiles(folder / file.compliance_profiles if file.compliance_profiles is not None else None)
    document.problems += known.problems
    sets = {name: callable_set(name, model) for name, model in file.callable_times.items()}
    for name, model in file.callable_times.items():
        check_callable_set(document, ("callable_times", name), model)
    tables = {name: _table(document, name, model, folder) for name, model in file.contact_lists.items()}
    bound = {}
    for name, campaign in campaigns.items():
        profile = _profile(document, name, campaign, known)
        for rule in _RULES:
            _refuse_looser(document, name, campaign, profile, rule)
        _warn_of_consent(document, name, campaign, profile)
        _warn_of_recording(document, name, campaign, profile)
        _warn_of_clock(document, name, campaign, profile)
        own = _own_set(document, name, campaign, sets)
        names = [share.name for share in campaign.contact_lists or ()] or [campaign.contact_list or ""]
        places = {each: _places(each, file.contact_lists.get(each), campaign, profile, tables) for each in names}
        by_list = PlacesByList(places)
        times = CallableTime((*own, *profile.callable_sets), by_list, by_list.digest())
        bound[name] = Bound(profile, times)
    return bound


def _where(document: Document, name: str, *keys: str) -> Path:
    """The path of a setting in the campaign, else in the defaults, else of the campaign itself."""
    for path in (("campaigns", name, *keys), ("defaults", *keys)):
        if document.has(path):
            return path
    return ("campaigns", name)


def _tell(
    document: Document, path: Path, message: str, expected: str = "", hint: str = "", *, warning: bool = False
) -> None:
    mark = document.mark(path)
    severity = Severity.WARNING if warning else Severity.ERROR
    problem = Problem(document.file, mark.line, mark.column, dotted(path), message, expected, hint, severity)
    # What is wrong in the defaults is told once, and so is what is wrong in itself already.
    if not any((told.path, told.severity) == (problem.path, severity) for told in document.problems):
        document.problems.append(problem)


def _profile(document: Document, name: str, campaign: CampaignModel, known: ProfileSet) -> Profile:
    chosen: list[Profile] = []
    for index, wanted in enumerate(campaign.compliance.profiles):
        if wanted in known.profiles:
            chosen.append(known.profiles[wanted])
            continue
        path = (*_where(document, name, "compliance", "profiles"), index)
        if not any(FilePath(problem.file).stem == wanted for problem in known.problems):
            hint = did_you_mean(wanted, known.profiles)
            _tell(document, path, f"there is no profile {quoted(wanted)}", "a name of `dialerd profiles list`", hint)
    profile = strictest(chosen, known.profiles.get(DEFAULT, UNBOUND))
    loosened = dict(campaign.compliance.looser)
    if not loosened:
        return profile
    figures = {rule: figure for rule, figure in profile.figures.items() if rule not in map(rule_field, loosened)}
    return replace(strictest([replace(profile, figures=figures)]), loosened=loosened)


# --- settings that are looser than the law -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Rule:
    """A setting that a profile limits. ``stated`` is the campaign's value, None where it says nothing of its own."""

    name: str
    keys: tuple[str, ...]
    stated: Callable[[CampaignModel], float | None]
    least: bool
    """The profile's value is the least that is allowed; else the most."""
    said: Callable[[float], str]


def _of_campaign(key: str) -> Callable[[CampaignModel], float | None]:
    return lambda campaign: getattr(campaign, key) if key in campaign.model_fields_set else None


def _of_pacing(key: str) -> Callable[[CampaignModel], float | None]:
    def stated(campaign: CampaignModel) -> float | None:
        ahead = campaign.mode is not None and campaign.mode.dials_ahead
        return getattr(campaign.pacing, key) if ahead and key in campaign.pacing.model_fields_set else None

    return stated


def _of_limits(key: str) -> Callable[[CampaignModel], float | None]:
    def stated(campaign: CampaignModel) -> float | None:
        limits = campaign.attempt_limits
        # `null` is a value too: no such rule at all.
        return (getattr(limits, key) or 0.0) if key in limits.model_fields_set else None

    return stated


def _gap(seconds: float) -> str:
    return spoken(seconds) if seconds else "no rule at all"


def _percent(share: float) -> str:
    return f"{share * 100:g}%"


_RULES = (
    _Rule("least_ring", ("ring_timeout",), _of_campaign("ring_timeout"), True, spoken),
    _Rule("abandon_threshold", ("abandon_threshold",), _of_campaign("abandon_threshold"), False, spoken),
    _Rule("abandon_target", ("pacing", "abandon_target"), _of_pacing("abandon_target"), False, _percent),
    _Rule("abandon_cap", ("pacing", "abandon_cap"), _of_pacing("abandon_cap"), False, _percent),
    _Rule("abandoned_redial", ("attempt_limits", "after_abandoned"), _of_limits("after_abandoned"), True, _gap),
    _Rule("machine_redial", ("attempt_limits", "after_machine"), _of_limits("after_machine"), True, _gap),
    _Rule("progressive_until", ("pacing", "progressive_until"), _of_pacing("progressive_until"), True, str),
)  # fmt: skip


def _refuse_looser(document: Document, name: str, campaign: CampaignModel, profile: Profile, rule: _Rule) -> None:
    field = rule_field(rule.name)
    limit, stated = getattr(profile, field), rule.stated(campaign)
    if limit is None or stated is None or (stated >= limit if rule.least else stated <= limit):
        return
    path = _where(document, name, *rule.keys)
    if path == ("campaigns", name):
        path = (*path, *rule.keys)
    figure = profile.figures[field]
    side = "least" if rule.least else "most"
    _tell(
        document, path,
        f"{rule.said(stated)} is looser than profile {quoted(figure.profile)} allows: at {side} {rule.said(limit)} "
        f"({figure.source})",
        f"{'at least' if rule.least else 'at most'} {rule.said(limit)}",
        f"choose profiles that fit under `compliance:`, or state the reason there: `looser: {{{rule.name}: ...}}`",
    )  # fmt: skip


def _warn_of_consent(document: Document, name: str, campaign: CampaignModel, profile: Profile) -> None:
    if campaign.mode is Mode.AGENTLESS and profile.automated_needs_consent:
        source = profile.figures["automated_needs_consent"].source
        path = _where(document, name, "compliance", "profiles")
        _tell(
            document, path, f"calls without agents need the consent of the people called ({source})", "",
            "make sure that everybody on the list has given it", warning=True,
        )  # fmt: skip


def _warn_of_recording(document: Document, name: str, campaign: CampaignModel, profile: Profile) -> None:
    """What was heard before a machine verdict may have been a person, who has consented to nothing."""
    if not profile.recording_needs_consent:
        return
    figure = profile.figures["recording_needs_consent"]
    law = f"profile {quoted(figure.profile)}: recording needs consent ({figure.source})"
    hint = "if counsel says otherwise: `compliance: {looser: {recording_needs_consent: the reason}}`"
    if campaign.call_analysis.review.share:
        path = _where(document, name, "call_analysis", "review")
        _tell(document, path, f"nothing is kept for review; {law}", "", hint, warning=True)
    if campaign.recording.share and campaign.recording.consent is None:
        path = _where(document, name, "recording")
        _tell(document, path, f"conversations are recorded without a word; {law}", "", "add `consent:`", warning=True)


def _warn_of_clock(document: Document, name: str, campaign: CampaignModel, profile: Profile) -> None:
    """Some call analysis waits for the greeting's end, and the law's clock may run before it."""
    analysis = analysis_profile(campaign.call_analysis)
    agents = campaign.mode not in (None, Mode.AGENTLESS)
    if agents and analysis.amd is not None and analysis.clock is Clock.GREETING_END and profile.clock in _EARLIER:
        figure = profile.figures["clock"]
        _tell(
            document, _where(document, name, "call_analysis"),
            f"the verdict may come after the greeting's end, and the clock runs from the {_EARLIER[profile.clock]} "
            f"(profile {quoted(figure.profile)}): people who wait longer for an agent count as abandoned", "",
            "choose profile `connect_first`", warning=True,
        )  # fmt: skip


_EARLIER = {Clock.SPEECH_START: "start of speech", Clock.ANSWER: "answer"}


# --- where and when -------------------------------------------------------------------------------------------------


def _own_set(
    document: Document, name: str, campaign: CampaignModel, sets: Mapping[str, CallableSet]
) -> tuple[CallableSet, ...]:
    wanted = campaign.callable_time
    if wanted is None:
        return ()
    if wanted in sets:
        return (sets[wanted],)
    if not document.has(("callable_times", wanted)):
        hint = did_you_mean(wanted, sets) or "describe it under `callable_times:`"
        path = _where(document, name, "callable_time")
        _tell(document, path, f"there is no callable time {quoted(wanted)}", "a name under `callable_times`", hint)
    return ()


def _table(document: Document, name: str, model: ContactListModel, folder: FilePath) -> PlaceTable:
    """The list's own table of places; what is wrong with it is told with its file and line."""
    stated, path = model.local_time, ("contact_lists", name, "local_time")
    if stated is None:
        return PlaceTable()
    if (stated.code_column is None) is not (stated.code_file is None):
        missing = "code_column" if stated.code_column is None else "code_file"
        other = "code_file" if stated.code_column is None else "code_column"
        _tell(document, (*path, other), f"`{other}` is of no use without `{missing}`", "both", f"add `{missing}:`")
    if stated.state_column is not None and model.region is None:
        _tell(
            document, (*path, "state_column"), "states of which country?", "`region:` beside `phones:`",
            "add `region: US`, for instance",
        )  # fmt: skip
    phones = {phone.column for phone in model.phones}
    for key in ("time_zone_column", "state_column", "code_column"):
        if getattr(stated, key) in phones:
            _tell(document, (*path, key), f"{quoted(getattr(stated, key))} is a phone column", "another column")
    if stated.code_file is None:
        return PlaceTable()
    read = read_places(folder / stated.code_file)
    if isinstance(read, PlaceTable):
        return read
    where = dotted((*path, "code_file"))
    mark = document.mark((*path, "code_file"))
    for problem in read:
        if problem.line:
            document.problems.append(replace(problem, path=where))
        else:
            message = f"{problem.file} {problem.message}"
            document.problems.append(Problem(document.file, mark.line, mark.column, where, message, "", problem.hint))
    return PlaceTable()


def _places(
    name: str,
    model: ContactListModel | None,
    campaign: CampaignModel,
    profile: Profile,
    tables: Mapping[str, PlaceTable],
) -> CalledPlaces:
    stated = model.local_time if model is not None else None
    fallbacks = (stated.fallback_zone if stated else None, campaign.fallback_zone, profile.fallback_zone)
    fallback = next((zone for zone in fallbacks if zone is not None), None)
    if stated is None:
        return CalledPlaces(fallback_zone=fallback)
    return CalledPlaces(
        stated.time_zone_column, stated.state_column, stated.code_column,
        tables.get(name, PlaceTable()), model.region if model else None, fallback,
    )  # fmt: skip
