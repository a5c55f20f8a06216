"""The examples that come with dialerd are right, and say what they seem to say."""

from __future__ import annotations

from pathlib import Path

from dialerd.config.campaigns_file import load_campaigns
from dialerd.config.daemon import DaemonSettings
from dialerd.config.daemon_file import load_settings
from dialerd.core.campaign import AbandonKey, Connection, Mode, NextTry, PacingSettings, RetryRule
from dialerd.core.disposition import Disposition
from dialerd.core.flow.prompts import sound
from dialerd.core.preview import OnTimeout, PreviewSettings
from dialerd.core.treatment import CallAnalysis, Treatment

ROOT = Path(__file__).parents[2]
SECRETS = {"DIALERD_ARI__PASSWORD": "a", "DIALERD_AMI__SECRET": "b"}


def test_the_campaigns_example_loads_without_a_word() -> None:
    result = load_campaigns(ROOT / "campaigns.example.yaml")
    assert result.problems == ()
    assert result.plan is not None
    assert set(result.plan.campaigns) == {
        "spring-sale", "renewals", "arrears", "delivery-notice", "delivery-date",
    }  # fmt: skip
    carrier = result.plan.trunks["carrier"]
    assert (carrier.dial, carrier.event_source) == ("PJSIP/{digits}@carrier", "PJSIP/carrier")
    sale = result.plan.campaigns["spring-sale"]
    assert (sale.mode, sale.queue, sale.connection) == (Mode.PROGRESSIVE, "sales", Connection.NAILED)
    assert sale.caller_id == "+441632960000"
    assert (sale.ring_timeout_s, sale.wrap_up_s, sale.max_attempts) == (30.0, 20.0, 4)
    assert sale.variables == {"CUSTOMER_NAME": "name", "CAMPAIGN_TEXT": "=Spring sale"}
    renewals = result.plan.campaigns["renewals"]
    assert (renewals.mode, renewals.queue, renewals.time_zone) == (Mode.PREDICTIVE, "renewals", "Europe/London")
    assert renewals.pacing == PacingSettings(
        max_calls_per_agent=6.0, abandon_target=0.02, abandon_cap=0.03, progressive_until=50
    )
    arrears = result.plan.campaigns["arrears"]
    assert (arrears.mode, arrears.preview) == (
        Mode.PREVIEW, PreviewSettings(90.0, OnTimeout.SKIP, may_skip=True, webhook="crm"),
    )  # fmt: skip
    assert arrears.retry[Disposition.PREVIEW_SKIPPED] == RetryRule(max_tries=3, gap_s=4 * 3600.0)
    notice = result.plan.campaigns["delivery-notice"]
    assert (notice.mode, notice.queue, notice.message) == (
        Mode.AGENTLESS,
        None,
        sound("sound:custom/delivery-notice"),
    )
    assert notice.responses[CallAnalysis.MACHINE] is Treatment.MESSAGE_AFTER_BEEP
    assert notice.retry[Disposition.BUSY] == RetryRule(max_tries=4, gap_s=300.0, next=NextTry.SAME_NUMBER)
    date = result.plan.campaigns["delivery-date"]
    assert (date.flow, set(date.flows), date.queues) == ("delivery", {"delivery"}, {"service"})
    assert date.responses[CallAnalysis.PERSON] is Treatment.FLOW
    assert date.flow_columns == {"delivery_day"}
    assert (date.voice, date.language_column) == ("anna", "language")
    assert sale.abandon_keys == {"9": AbandonKey.OPT_OUT, "1": AbandonKey.CALLBACK}
    customers = result.contact_lists["customers"]
    phones = [(phone.column, phone.kind) for phone in customers.phones]
    assert phones == [("mobile", "mobile"), ("phone_home", "home")]
    assert result.contact_lists["subscribers"].delimiter == ";"


def test_the_settings_example_states_the_defaults() -> None:
    result = load_settings(ROOT / "dialerd.example.yaml", SECRETS)
    assert result.problems == ()
    bare = load_settings(None, SECRETS)
    assert isinstance(result.settings, DaemonSettings)
    assert isinstance(bare.settings, DaemonSettings)
    stated, default = result.settings.model_dump(mode="python"), bare.settings.model_dump(mode="python")
    for different_folder in ("campaigns", "sql"):
        del stated[different_folder], default[different_folder]
    assert stated == default
    assert result.settings.campaigns == ROOT / "campaigns.yaml"
    assert result.settings.sql.url.get_secret_value() == f"sqlite+aiosqlite:///{ROOT}/dialerd.db"
