"""Compliance profiles: those that come with dialerd, and a site's own, from text to values."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from dialerd.config.callable_build import callable_set, check_callable_set
from dialerd.config.document import Document, read
from dialerd.config.problems import Problem, did_you_mean, has_errors, quoted
from dialerd.config.profile_models import ProfileFile, RulesModel
from dialerd.config.settle import settle
from dialerd.config.text_file import read_text
from dialerd.core.attempts_control import AttemptCap
from dialerd.core.compliance import Figure, Profile

DEFAULT = "default"
"""The profile of campaigns that name none, and the rules that no named one states."""
_FIELDS = {
    "abandon_threshold": "abandon_threshold_s", "least_ring": "least_ring_s",
    "abandoned_redial": "abandoned_redial_s", "machine_redial": "machine_redial_s",
    "after_conversation": "after_conversation_s", "after_refusal": "after_refusal_s",
    "records_kept": "records_kept_s", "callable_hours": "callable_sets",
}  # fmt: skip
"""Names in files -> names of :class:`~dialerd.core.compliance.Profile`, where the two differ."""


def rule_field(name: str) -> str:
    """The field of :class:`~dialerd.core.compliance.Profile` that a rule of a file sets."""
    return _FIELDS.get(name, name)


@dataclass(frozen=True, slots=True)
class ProfileSet:
    """Profiles by name, and what is wrong with the files of those that are missing from it."""

    profiles: Mapping[str, Profile] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Read:
    document: Document
    file: ProfileFile


def load_profiles(folder: Path | None = None) -> ProfileSet:
    """The profiles of dialerd, and those of the ``*.yaml`` files of a site's ``folder``, which may extend or replace
    them."""
    if folder is None:
        return _shipped()
    texts: dict[str, str | Problem] = {}
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix in (".yaml", ".yml"):
                texts[str(path)] = read_text(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        told = Problem(str(folder), 0, 0, "", f"cannot be read: {reason}", "a folder of profiles", "check the name")
        return replace(_shipped(), problems=(told,))
    return _resolved(texts, _read_all(_shipped_texts())[0])


@cache
def _shipped() -> ProfileSet:
    return _resolved(_shipped_texts(), {})


@cache
def _shipped_texts() -> dict[str, str | Problem]:
    found = resources.files("dialerd.compliance").iterdir()
    return {each.name: each.read_text("utf-8") for each in sorted(found, key=str) if each.name.endswith(".yaml")}


def _resolved(texts: Mapping[str, str | Problem], below: Mapping[str, _Read]) -> ProfileSet:
    own, problems = _read_all(texts)
    every = {**below, **own}
    profiles: dict[str, Profile] = {}
    for name in every:
        lineage = list(_lineage(name, every, problems if name in own else []))
        if lineage:
            profiles[name] = _profile(lineage)
    notes = {name: tuple(note for each in _lineage(name, every, []) for note in each.file.notes) for name in profiles}
    return ProfileSet(profiles, tuple(problems), notes)


def _read_all(texts: Mapping[str, str | Problem]) -> tuple[dict[str, _Read], list[Problem]]:
    found: dict[str, _Read] = {}
    problems: list[Problem] = []
    for file_name, text in texts.items():
        if isinstance(text, Problem):
            problems.append(text)
            continue
        document = read(text, file_name)
        file = None if document.unreadable else settle(document, ProfileFile)
        if file is not None and not document.problems:
            _check(document, file)
        if file is not None and not has_errors(document.problems):
            found[file.profile] = _Read(document, file)
        problems += document.problems
    return found, problems


def _check(document: Document, file: ProfileFile) -> None:
    stem = Path(document.file).stem
    if file.profile != stem:
        document.problem(
            document.mark(("profile",)), ("profile",), f"the file of {quoted(file.profile)} is called {quoted(stem)}",
            "a profile in a file of its own name", f"rename the file, or write `profile: {stem}`",
        )  # fmt: skip
    rules = file.rules
    if rules.callable_hours is not None:
        check_callable_set(document, ("rules", "callable_hours", "value"), rules.callable_hours.value)
    target, cap = rules.abandon_target, rules.abandon_cap
    if target is not None and cap is not None and target.value > cap.value:
        path = ("rules", "abandon_target", "value")
        document.problem(document.mark(path), path, "the target is above the cap", "at most `abandon_cap`")


def _lineage(name: str, every: Mapping[str, _Read], problems: list[Problem]) -> Iterator[_Read]:
    """The profile and those that it extends, the nearest first; nothing, and a problem, where that cannot be."""
    line: list[_Read] = []
    following: str | None = name
    while following is not None:
        if any(each.file.profile == following for each in line) or following not in every:
            document = line[-1].document
            known = [other for other in every if other != name]
            wrong = f"there is no profile {quoted(following)}" if following not in every else "it extends itself"
            hint = did_you_mean(following, known) if following not in every else "remove `extends:` from one of them"
            document.problem(document.mark(("extends",)), ("extends",), wrong, "the name of another profile", hint)
            problems.append(document.problems[-1])
            return
        line.append(every[following])
        following = line[-1].file.extends
    yield from line


def _profile(lineage: list[_Read]) -> Profile:
    nearest = lineage[0].file
    values: dict[str, Any] = {}
    figures: dict[str, Figure] = {}
    for each in lineage:
        for name in RulesModel.model_fields:
            rule, target = getattr(each.file.rules, name), rule_field(name)
            if rule is None or target in figures:
                continue
            values[target] = _value(name, rule.value, each.file)
            said = _said(_raw(each.document, ("rules", name, "value")))
            figures[target] = Figure(said, rule.source, rule.verified, each.file.profile)
        if each.file.fallback_zone is not None and "fallback_zone" not in figures:
            zone = each.file.fallback_zone
            values["fallback_zone"] = zone
            figures["fallback_zone"] = Figure(zone, "the profile's own", True, each.file.profile)
    written = json.dumps([each.document.data for each in lineage], sort_keys=True)
    digest = hashlib.sha256(written.encode()).hexdigest()[:8]
    return Profile(nearest.profile, f"{nearest.version}.{digest}", nearest.title, figures=figures, **values)


def _value(name: str, value: Any, file: ProfileFile) -> Any:
    if name == "callable_hours":
        return (callable_set(file.profile, value, file.regions),)
    if name == "attempt_caps":
        plain = file.profile.replace("-", "_")
        names = [plain if len(value) == 1 else f"{plain}_{place}" for place in range(1, len(value) + 1)]
        return tuple(AttemptCap(cap.per, cap.calls, cap.within, name=n) for n, cap in zip(names, value, strict=True))
    return tuple(value) if isinstance(value, list) else value


def _raw(document: Document, path: tuple[str, ...]) -> Any:
    value: Any = document.data
    for step in path:
        value = value[step]
    return value


def _said(value: Any) -> str:
    """A value in one line, as it is written in YAML."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_said(part)}" for key, part in value.items())
    if isinstance(value, list):
        return "; ".join(_said(part) for part in value)
    return str(value)
