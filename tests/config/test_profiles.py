"""Compliance profiles: the ones that come with dialerd, a site's own, and campaigns that would be looser."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_texts import AGENTLESS, AHEAD, BASE, changed

from dialerd.config.campaigns_file import CheckResult, check
from dialerd.config.plan_diff import plan_diff
from dialerd.config.problems import Severity
from dialerd.config.profiles import load_profiles
from dialerd.core.analysis import Clock
from dialerd.core.attempts_control import AttemptCap, Counted, Scope
from dialerd.core.campaign import CampaignSettings, Plan
from dialerd.core.compliance import AbandonWindow
from dialerd.core.recording import NOT_REVIEWED, ReviewSettings

DAY, H = 86_400.0, 3600.0
SHIPPED = load_profiles()


def test_every_profile_of_the_table_is_there_and_without_mistakes() -> None:
    assert SHIPPED.problems == ()
    assert set(SHIPPED.profiles) == {
        "us-ftc", "us-fcc", "uk-ofcom-2010", "uk-ofcom-2017", "us-reg-f", "us-fl", "us-ok", "us-md", "fr", "es",
        "default",
    }  # fmt: skip
    for profile in SHIPPED.profiles.values():
        assert profile.figures, profile.name
        assert all(figure.source for figure in profile.figures.values())


def test_the_figures_of_the_table() -> None:
    ftc, fcc, ofcom = (SHIPPED.profiles[name] for name in ("us-ftc", "us-fcc", "uk-ofcom-2010"))
    for profile in (ftc, fcc):
        assert (profile.abandon_threshold_s, profile.clock, profile.abandon_cap) == (2.0, Clock.GREETING_END, 0.03)
        assert (profile.least_ring_s, profile.formulas) == (15.0, ("us_ratio",))
        assert str(profile.callable_sets[0].hours) == "mon-sun 08:00-21:00"
        assert AbandonWindow.ROLLING_30_DAYS in profile.abandon_windows
    assert (ftc.records_kept_s or 0) >= 5 * 365 * DAY
    assert (ofcom.abandon_threshold_s, ofcom.clock, ofcom.abandon_cap) == (2.0, Clock.SPEECH_START, 0.03)
    assert (ofcom.abandoned_redial_s, ofcom.machine_redial_s, ofcom.least_ring_s) == (72 * H, 24 * H, 15.0)
    assert ofcom.abandon_windows == (AbandonWindow.CALENDAR_DAY,)
    later = SHIPPED.profiles["uk-ofcom-2017"]
    assert (later.safe_harbour, ofcom.safe_harbour, later.abandon_cap) == (False, True, 0.03)
    assert SHIPPED.profiles["us-reg-f"].attempt_caps == (AttemptCap(Scope.CONTACT, 7, 7 * DAY, name="us_reg_f"),)
    assert SHIPPED.profiles["us-reg-f"].after_conversation_s == 7 * DAY
    for state in ("us-fl", "us-ok", "us-md"):
        profile = SHIPPED.profiles[state]
        assert profile.attempt_caps == (AttemptCap(Scope.CONTACT, 3, DAY, name=state.replace("-", "_")),)
        assert str(profile.callable_sets[0].hours) == "mon-sun 08:00-20:00"
        assert profile.callable_sets[0].only_in == (state.upper(),)
    french = SHIPPED.profiles["fr"]
    assert str(french.callable_sets[0].hours) == "mon-fri 10:00-13:00 and 14:00-20:00, holiday closed"
    assert (french.attempt_caps, french.after_refusal_s) == (
        (AttemptCap(Scope.CONTACT, 4, 30 * DAY, name="fr"),),
        60 * DAY,
    )
    spanish = SHIPPED.profiles["es"]
    assert str(spanish.callable_sets[0].hours) == "mon-fri 09:00-21:00, holiday closed"
    assert spanish.automated_needs_consent
    default = SHIPPED.profiles["default"]
    assert (default.abandon_target, default.abandon_cap, default.least_ring_s) == (0.02, 0.03, 20.0)
    assert default.abandon_windows == (AbandonWindow.CALENDAR_DAY, AbandonWindow.ROLLING_30_DAYS)
    assert (default.clock, default.progressive_until, default.unsure_to_agent) == (Clock.SPEECH_START, 50, True)
    assert (default.abandoned_redial_s, default.machine_redial_s) == (72 * H, 24 * H)


def test_what_is_to_be_verified_says_so() -> None:
    unverified = {
        (name, rule)
        for name, profile in SHIPPED.profiles.items()
        for rule, figure in profile.figures.items()
        if not figure.verified
    }
    states = {(state, rule) for state in ("us-ok", "us-md") for rule in ("callable_sets", "attempt_caps")}
    recording = {(name, "recording_needs_consent") for name in ("fr", "us-fl", "us-md")}
    assert unverified == {("us-fcc", "least_ring_s"), *states, *recording}


# --- campaigns ----------------------------------------------------------------------------------------------


def sale(result: CheckResult, name: str = "sale") -> CampaignSettings:
    assert [str(p) for p in result.problems if p.severity == "error"] == []
    assert result.plan is not None
    return result.plan.campaigns[name]


def under(profiles: str, base: str = BASE, looser: str = "{}", more: str = "") -> CheckResult:
    return check(base + f"    compliance: {{profiles: {profiles}, looser: {looser}}}\n{more}")


def test_several_profiles_bind_together_and_the_default_fills_the_rest() -> None:
    settings = sale(under("[us-ftc, us-fl]"))
    assert settings.profile.name == "us-ftc+us-fl"
    assert settings.clock is Clock.GREETING_END
    assert [s.name for s in settings.callable_time.sets] == ["us-ftc", "us-fl"]
    assert AttemptCap(Scope.CONTACT, 3, DAY, name="us_fl") in settings.attempt_caps
    assert settings.profile.abandoned_redial_s == 72 * H, "no American rule: dialerd's own"
    assert sale(check(BASE)).profile.name == "default"
    assert sale(under("[us-ftc, uk-ofcom-2010]")).clock is Clock.SPEECH_START


def test_settings_that_are_not_stated_follow_the_profile(tmp_path: Path) -> None:
    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "strict.yaml").write_text(STRICT)
    text = "compliance_profiles: laws\n" + AHEAD + "    compliance: {profiles: [strict]}\n"
    settings = sale(check(text, "campaigns.yaml", tmp_path))
    assert (settings.ring_timeout_s, settings.abandon_threshold_s) == (45.0, 1.0)
    assert (settings.pacing.abandon_cap, settings.pacing.abandon_target) == (0.01, 0.01)
    assert settings.pacing.progressive_until == 80
    assert settings.profile.fallback_zone == "Europe/Dublin"


def test_a_looser_setting_is_refused_with_its_source_and_a_reason_makes_it_possible() -> None:
    slack = "    ring_timeout: 16s\n"
    (problem,) = check(BASE + slack).problems
    assert problem.path == "campaigns.sale.ring_timeout"
    assert "16s is looser than profile `default` allows: at least 20s" in problem.message
    assert "looser: {least_ring: ...}" in problem.hint
    assert sale(under("[us-ftc]", more=slack)).ring_timeout_s == 16.0
    loosened = sale(under("[]", looser='{least_ring: "agreed with counsel"}', more=slack))
    assert (loosened.ring_timeout_s, loosened.profile.least_ring_s) == (16.0, None)
    assert loosened.profile.said == "default -least_ring"
    assert loosened.profile.loosened == {"least_ring": "agreed with counsel"}


def test_hours_and_caps_can_be_done_without_for_a_reason() -> None:
    settings = sale(under("[us-fl]", looser='{callable_hours: "business numbers", attempt_caps: "business numbers"}'))
    assert settings.callable_time.sets == ()
    assert not any(cap.calls == 3 for cap in settings.attempt_caps)


REVIEWED = "    call_analysis: {review: {share: 5%, after: 2s, keep: 7d}}\n"


def test_a_law_that_forbids_recording_without_consent_switches_the_review_off() -> None:
    free = under("[us-ftc]", more=REVIEWED)
    assert sale(free).review == ReviewSettings(0.05, 2.0, 7 * DAY)
    assert not free.problems
    result = under("[us-ftc, us-fl]", more=REVIEWED)
    assert sale(result).review == NOT_REVIEWED
    (told,) = result.problems
    assert (told.severity, told.path, told.line) == (Severity.WARNING, "campaigns.sale.call_analysis.review", 19)
    law = "Fla. Stat. 934.03(2)(d): consent of all parties"
    assert told.message == f"nothing is kept for review; profile `us-fl`: recording needs consent ({law})"
    assert "recording_needs_consent" in told.hint
    loosened = under("[us-fl]", looser='{recording_needs_consent: "announced by the trunk"}', more=REVIEWED)
    assert (sale(loosened).review.share, loosened.problems) == (0.05, ())
    assert loosened.plan.campaigns["sale"].profile.said == "us-fl -recording_needs_consent"


def test_conversations_without_a_word_are_warned_of() -> None:
    silent = under("[us-md]", more="    recording: {share: 10%}\n")
    assert [told.path for told in silent.problems] == ["campaigns.sale.recording"]
    assert sale(silent).recording.share == 0.1, "the operator's word: the agent may say it"
    assert not under("[us-md]", more="    recording: {share: 10%, consent: 'sound:x'}\n").problems
    assert not under("[us-md]").problems


def test_a_review_without_an_analysis_is_of_nothing() -> None:
    result = check(BASE + '    call_analysis: {profile: "off", review: {share: 5%}}\n')
    (told,) = result.problems
    assert (told.severity, "no verdict to review" in told.message) == (Severity.WARNING, True)


def test_a_conversation_keeps_everybody_else_away() -> None:
    caps = sale(under("[us-reg-f]")).attempt_caps
    assert AttemptCap(Scope.PERSON, 1, 7 * DAY, Counted.CONVERSATIONS, name="after_conversation_by_law") in caps


@pytest.mark.parametrize(
    ("looser", "says"),
    [
        ("{least_ring: no}", "cannot be used here"),
        ("{least_rings: agreed with counsel}", "not known here"),
        ("{clock: agreed with counsel}", "not known here"),
    ],
)
def test_a_reason_must_be_one(looser: str, says: str) -> None:
    (problem,) = under("[us-ftc]", looser=looser).problems
    assert problem.path.startswith("campaigns.sale.compliance.looser")
    assert says in problem.message


def test_a_profile_that_is_not_there() -> None:
    (problem,) = under("[us-ftcc]").problems
    assert (problem.path, problem.hint) == ("campaigns.sale.compliance.profiles[0]", "did you mean `us-ftc`?")
    defaults = changed(BASE, "campaigns:\n", "defaults: {compliance: {profiles: [nobody]}}\ncampaigns:\n")
    (problem,) = check(defaults + BASE.split("campaigns:\n")[1].replace("sale:", "other:")).problems[:1]
    assert problem.path == "defaults.compliance.profiles[0]"


def test_calls_without_agents_that_need_consent_are_warned_of() -> None:
    (problem,) = under("[es]", base=AGENTLESS).problems
    assert (problem.severity, problem.path) == ("warning", "campaigns.notice.compliance.profiles")
    assert "consent" in problem.message


def test_an_analysis_that_outlasts_the_clock_of_the_law_is_warned_of() -> None:
    balanced = "    call_analysis: {profile: balanced}\n"
    (problem,) = under("[uk-ofcom-2010]", more=balanced).problems
    assert (problem.severity, problem.path) == ("warning", "campaigns.sale.call_analysis")
    assert under("[us-ftc]", more=balanced).problems == ()


def test_a_plan_tells_that_the_law_changed() -> None:
    old, new = under("[us-ftc]").plan, under("[us-ftc, us-fl]").plan
    assert isinstance(old, Plan)
    assert isinstance(new, Plan)
    changes = {change.field for change in plan_diff(old, new).campaigns.changed["sale"]}
    assert {"profile.name", "profile.attempt_caps", "callable_time.sets"} <= changes
    assert plan_diff(old, old).empty


# --- a site's own -------------------------------------------------------------------------------------------

NEVER = "{value: {hours: {mon: closed}}, source: x}"
STRICT = """\
profile: strict
version: 2026-11
title: A house rule
extends: uk-ofcom-2010
fallback_zone: Europe/Dublin
rules:
  least_ring: {value: 45s, source: house rule}
  abandon_threshold: {value: 1s, source: house rule}
  abandon_cap: {value: 1%, source: house rule}
  progressive_until: {value: 80, source: house rule}
"""


def folder(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return tmp_path


def test_a_profile_that_extends_another(tmp_path: Path) -> None:
    found = load_profiles(folder(tmp_path, strict=STRICT))
    assert found.problems == ()
    strict = found.profiles["strict"]
    assert (strict.least_ring_s, strict.abandoned_redial_s, strict.clock) == (45.0, 72 * H, Clock.SPEECH_START)
    assert strict.figures["abandoned_redial_s"].profile == "uk-ofcom-2010"
    assert strict.figures["least_ring_s"].said == "45s"
    assert strict.version.startswith("2026-11.")
    assert set(SHIPPED.profiles) < set(found.profiles)
    changed_later = load_profiles(folder(tmp_path, strict=STRICT.replace("45s", "46s"))).profiles["strict"]
    assert changed_later.version != strict.version, "a file that was changed without a new version is another one"


def test_a_site_may_replace_what_comes_with_dialerd(tmp_path: Path) -> None:
    own = "profile: default\nversion: 9\ntitle: ours\nrules: {least_ring: {value: 25s, source: ours}}\n"
    assert load_profiles(folder(tmp_path, default=own)).profiles["default"].least_ring_s == 25.0


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("45s", "45 parsecs", (7, 23, "rules.least_ring.value"), "not a duration"),
        ("1%", "1", (9, 24, "rules.abandon_cap.value"), "not a percentage"),
        (
            ", source: house rule}\n  abandon_cap",
            "}\n  abandon_cap",
            (8, 3, "rules.abandon_threshold.source"),
            "missing",
        ),
        ("  least_ring", "  least_rings", (7, 3, "rules.least_rings"), "not a setting here"),
        ("uk-ofcom-2010", "uk-ofcom-2011", (4, 1, "extends"), "there is no profile `uk-ofcom-2011`"),
        ("uk-ofcom-2010", "strict", (4, 1, "extends"), "it extends itself"),
        ("profile: strict", "profile: stricter", (1, 1, "profile"), "the file of `stricter` is called `strict`"),
        ("profile: strict", "profile: [strict", (2, 8, ""), "not valid YAML"),
        ("Europe/Dublin", "Europe/Dubln", (5, 16, "fallback_zone"), "not a time zone"),
        (
            "rules:",
            f"rules:\n  callable_hours: {NEVER}",
            (7, 20, "rules.callable_hours.value"),
            "nobody could ever be called",
        ),
        (
            "rules:",
            "rules:\n  abandon_target: {value: 2%, source: x}",
            (7, 20, "rules.abandon_target.value"),
            "above the cap",
        ),
    ],
)
def test_mistakes_in_a_profile(tmp_path: Path, old: str, new: str, place: tuple[int, int, str], says: str) -> None:
    found = load_profiles(folder(tmp_path, strict=changed(STRICT, old, new)))
    (problem,) = found.problems
    assert says in problem.message
    assert (problem.line, problem.path) == (place[0], place[2])
    assert "strict" not in found.profiles
    assert set(SHIPPED.profiles) <= set(found.profiles), "the others are there all the same"


def test_a_campaign_of_a_broken_profile_is_told_once(tmp_path: Path) -> None:
    folder(tmp_path, strict=STRICT.replace("45s", "45"[:0] + "soon"))
    text = "compliance_profiles: .\n" + BASE + "    compliance: {profiles: [strict]}\n"
    result = check(text, "campaigns.yaml", tmp_path)
    assert [Path(p.file).name for p in result.problems] == ["strict.yaml"]
    missing = check("compliance_profiles: nowhere\n" + BASE, "campaigns.yaml", tmp_path)
    assert "cannot be read" in missing.problems[0].message


def test_a_folder_may_hold_other_files(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("not a profile")
    assert load_profiles(tmp_path).problems == ()
