"""What is written means what an operator expects, YAML 1.1's surprises included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from config_texts import AGENTLESS, BASE, changed

from dialerd.config.attempt_limits import LimitsModel, caps_of
from dialerd.config.build import event_source_of
from dialerd.config.campaigns_file import check
from dialerd.config.contact_lists import ContactListSettings, PhoneColumn
from dialerd.config.profiles import load_profiles
from dialerd.config.scalars import Duration, spoken
from dialerd.core.analysis import profile_named
from dialerd.core.callable_time import ANY_TIME
from dialerd.core.campaign import CampaignSettings, Connection, RetryRule, TrunkSettings
from dialerd.core.disposition import Disposition
from dialerd.core.flow.prompts import sound
from dialerd.core.treatment import AGENT_RESPONSES, CallAnalysis, Treatment


def sale(added: str = "", defaults: str = "", **replaced: str) -> CampaignSettings:
    """The settings of campaign `sale` with lines added to it and to the defaults."""
    text = BASE + "".join(f"    {line}\n" for line in added.splitlines())
    if defaults:
        lines = "".join(f"  {line}\n" for line in defaults.splitlines())
        text = changed(text, "campaigns:\n", f"defaults:\n{lines}campaigns:\n")
    for key, value in replaced.items():
        text = changed(text, f"    {key}: ", f"    {key}: {value} #")
    result = check(text)
    assert [str(p) for p in result.problems if p.severity == "error"] == []
    assert result.plan is not None
    return result.plan.campaigns["sale"]


def test_defaults_of_a_campaign() -> None:
    default = load_profiles().profiles["default"]
    assert replace(sale(), callable_time=ANY_TIME) == CampaignSettings(
        name="sale", mode=sale().mode, contact_list="customers", trunk="carrier", caller_id="+441632960000",
        queue="sales", responses=AGENT_RESPONSES, attempt_caps=caps_of(LimitsModel()),
        profile=default,
    )  # fmt: skip


@pytest.mark.parametrize("word", ["on", "yes", "off", "no", "y", "500", "007", "1.10", "true", "0x1F", "1_000"])
def test_a_queue_keeps_the_name_that_was_written(word: str) -> None:
    assert sale(queue=word).queue == word


def test_profile_off_is_a_word() -> None:
    assert sale("call_analysis: {profile: off}").analysis == profile_named("off")


@pytest.mark.parametrize("written", ["+441632960000", '"+441632960000"', "+44 1632 960000", "+44 (1632) 960-000"])
def test_caller_id_quoted_or_not(written: str) -> None:
    assert sale(caller_id=written).caller_id == "+441632960000"


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30", 30.0), ("30s", 30.0), ("0.5m", 30.0), ("1m30s", 90.0), ("1m 30s", 90.0), ("500ms", 0.5), ("0", 0.0),
     ("1h", 3600.0), ("2.5", 2.5), ("060", 60.0)],
)  # fmt: skip
def test_durations(written: str, seconds: float) -> None:
    assert sale(f"wrap_up: {written}").wrap_up_s == seconds


@pytest.mark.parametrize("seconds", [0.5, 1.9, 2.0, 15.0, 90.0, 3600.0, 5400.0, 90061.0])
def test_a_spoken_duration_reads_back(seconds: float) -> None:
    assert Duration().parse(spoken(seconds)) == seconds


def test_a_campaign_goes_over_the_defaults_key_by_key() -> None:
    settings = sale(
        "retry: {busy: {gap: 1m}}\nagents: {ring_timeout: 9s}\nresponses: {fax: message}\nweight: 2",
        "retry: {busy: {max_tries: 7, gap: 2m}, no_answer: {gap: 1h}}\nagents: {connection: ring}\n"
        "responses: {machine: message, fax: hang_up}\nmessage: beep\nweight: 5\npriority: 1",
    )
    assert settings.retry == {
        Disposition.BUSY: RetryRule(7, 60.0),
        Disposition.NO_ANSWER: RetryRule(3, 3600.0),  # max_tries by the table of the core
    }
    assert (settings.connection, settings.agent_ring_timeout_s) == (Connection.RING, 9.0)
    assert settings.responses == {
        **AGENT_RESPONSES, CallAnalysis.MACHINE: Treatment.MESSAGE, CallAnalysis.FAX: Treatment.MESSAGE,
    }  # fmt: skip
    assert (settings.message, settings.weight, settings.priority) == (sound("sound:beep"), 2, 1)


def test_the_deadline_of_the_profile_its_own_and_none() -> None:
    assert sale("call_analysis: {profile: connect_first}").analysis.deadline_s == 1.75
    assert sale("call_analysis: {deadline: 1500ms}").analysis.deadline_s == 1.5
    assert sale("call_analysis: {deadline: null}").analysis.deadline_s is None
    assert sale("call_analysis: {deadline: null}", "call_analysis: {deadline: 1s}").analysis.deadline_s is None
    assert sale("weight: 2", "call_analysis: {deadline: 1s}").analysis.deadline_s == 1.0


def test_single_figures_of_amd() -> None:
    stated = sale("call_analysis: {profile: balanced, amd: {max_words: 4, greeting_ms: 1500}}").analysis.amd
    usual = profile_named("balanced").amd
    assert stated is not None
    assert usual is not None
    assert (stated.max_words, stated.greeting_ms) == (4, 1500)
    assert stated.values()[2:6] == usual.values()[2:6]


def test_an_agentless_campaign_has_no_queue_from_the_defaults() -> None:
    text = changed(AGENTLESS, "campaigns:\n", "defaults:\n  queue: sales\n  wrap_up: 5s\ncampaigns:\n")
    result = check(text)
    assert result.problems == ()
    assert result.plan is not None
    assert result.plan.campaigns["notice"].queue is None


def test_a_retry_that_is_none() -> None:
    assert sale("retry: {invalid_number: {max_tries: 1}}").retry == {Disposition.INVALID_NUMBER: RetryRule(1, 0.0)}


@pytest.mark.parametrize(
    ("dial", "source"),
    [("PJSIP/{digits}@carrier", "PJSIP/carrier"), ("PJSIP/00{digits}@car-rier_2", "PJSIP/car-rier_2"),
     ("PJSIP/carrier/sip:{e164}@10.0.0.1:5060", "PJSIP/carrier"), ("Local/{digits}@out/n", None),
     ("PJSIP/{digits}", None)],
)  # fmt: skip
def test_the_event_source_of_a_dial_string(dial: str, source: str | None) -> None:
    assert event_source_of(dial) == source


def test_how_a_contact_file_is_read() -> None:
    text = changed(
        BASE,
        "    phones:\n",
        "    delimiter: tab\n    encoding: Windows-1252\n    key: id\n    region: gb\n    file: lists/a.csv\n"
        "    duplicate_numbers: keep\n    duplicate_keys: update\n    duplicates_elsewhere: skip\n    quote: none\n"
        "    rename: {Post Code: postcode}\n    ignore: [notes]\n    constants: {time_zone: Europe/London}\n"
        "    refuse: [pager, premium_rate]\n    phones:\n",
    )
    stated = check(text, "/etc/dialerd/campaigns.yaml").contact_lists["customers"]
    assert stated == ContactListSettings(
        "customers", Path("/etc/dialerd/lists/a.csv"), "\t", "windows-1252", "id", (PhoneColumn("mobile", "phone"),),
        "GB", "keep", "update", "skip", "", {"Post Code": "postcode"}, ("notes",), {"time_zone": "Europe/London"},
        ("pager", "premium_rate"),
    )  # fmt: skip
    bare = check(BASE).contact_lists["customers"]
    assert (bare.file, bare.delimiter, bare.encoding, bare.key, bare.region) == (None, None, None, None, None)


def test_an_event_source_that_is_stated() -> None:
    text = changed(BASE, "dial: PJSIP/{digits}@carrier", "dial: Local/{digits}@out/n\n    event_source: PJSIP/trunk1")
    result = check(text)
    assert result.plan is not None
    assert result.plan.trunks["carrier"] == TrunkSettings("carrier", "Local/{digits}@out/n", "PJSIP/trunk1", 30, 5.0)
