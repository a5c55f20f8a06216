"""`inbound:` of a campaign: what it becomes, and every mistake at its place.

``«`` in the text marks where the problem must be reported; it is taken out before the check."""

from __future__ import annotations

import pytest
from config_texts import AGENTLESS, BASE, changed, marked

from dialerd.config.campaigns_file import check
from dialerd.config.plan_diff import plan_diff
from dialerd.config.problems import Severity
from dialerd.core.campaign import CampaignSettings
from dialerd.core.flow.prompts import sound
from dialerd.core.inbound_settings import AfterConversation, InboundKey, InboundSettings, InboundTreatment

LISTS = "dnc_lists:\n  stop: {}\n"
FLOWS = """\
flows:
  door:
    nodes:
      hello: {play: custom/hello, next: agent}
      agent: {queue: reception, otherwise: out}
      out: {opt_out: true, next: bye}
      bye: {hang_up: gone}
  hall:
    nodes:
      bye: {hang_up: gone}
"""
WITH_LISTS = changed(BASE, "campaigns:\n", LISTS + FLOWS + "campaigns:\n")
OPT_OUTS = WITH_LISTS + "    opt_out_list: stop\n"


def sale(text: str) -> CampaignSettings:
    checked = check(text)
    assert checked.plan is not None, [problem.message for problem in checked.problems]
    return checked.plan.campaigns["sale"]


def test_without_a_word_it_is_the_message_and_key_9_opts_out_where_a_list_takes_it() -> None:
    assert sale(BASE).inbound == InboundSettings()
    assert sale(OPT_OUTS).inbound == InboundSettings(keys={"9": InboundKey.OPT_OUT})


def test_everything_that_can_be_stated() -> None:
    settings = sale(
        OPT_OUTS
        + "    inbound:\n      treatment: queue\n      unknown: flow\n      flow: door\n      hours: mon-fri 9-17\n"
        "      message: sound:custom/who\n      keys: {9: opt_out, 1: callback, '*': agent}\n      patience: 90s\n"
        "      callback_after: 10m\n      after_conversation: keep\n"
    )
    inbound = settings.inbound
    assert (inbound.known, inbound.unknown, inbound.flow) == (InboundTreatment.QUEUE, InboundTreatment.FLOW, "door")
    assert list(inbound.flows) == ["door"]
    assert inbound.hours is not None
    assert inbound.message == sound("sound:custom/who")
    assert inbound.keys == {"9": InboundKey.OPT_OUT, "1": InboundKey.CALLBACK, "*": InboundKey.AGENT}
    assert (inbound.patience_s, inbound.callback_after_s) == (90.0, 600.0)
    assert inbound.after_conversation is AfterConversation.KEEP
    # Its agents are known, and its sounds are looked for in Asterisk.
    assert settings.queues == {"sales", "reception"}
    assert {"sound:custom/who", "sound:custom/hello"} <= settings.sounds
    # What only callers hear is not rendered for people who are called.
    assert settings.flows == {}


MISTAKES = [
    ("no queue", AGENTLESS + "    inbound:\n      treatment: «queue\n", "no queue to lead callers to"),
    ("no queue for unknown", AGENTLESS + "    inbound: {unknown: «queue}\n", "no queue to lead callers to"),
    ("no flow", BASE + "    inbound: {treatment: «flow}\n", "there is no `flow` to walk through"),
    (
        "unknown flow", OPT_OUTS + "    inbound: {treatment: flow, flow: «dor}\n",
        "there is no flow `dor`",
    ),
    ("flow without a list", WITH_LISTS + "    inbound: {treatment: flow, flow: «door}\n", "no list takes them"),
    ("key without a list", BASE + "    inbound: {keys: {9: «opt_out}}\n", "key 9 opts people out"),
    ("key without a queue", AGENTLESS + "    inbound: {keys: {1: «agent}}\n", "no queue to lead callers to"),
    ("no such treatment", BASE + "    inbound: {treatment: «agent}\n", ""),
    ("no such key", BASE + "    inbound: {keys: {«10: callback}}\n", ""),
    ("no hours", BASE + "    inbound: {hours: «sometimes}\n", ""),
    ("too patient", BASE + "    inbound: {patience: «1d}\n", ""),
    ("unknown setting", BASE + "    inbound: {«quene: sales}\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "words"), [row[1:] for row in MISTAKES], ids=[row[0] for row in MISTAKES])
def test_a_mistake_is_told_at_its_place(text: str, words: str) -> None:
    plain, place = marked(text)
    checked = check(plain)
    assert checked.plan is None
    errors = [problem for problem in checked.problems if problem.severity is Severity.ERROR]
    assert [(problem.line, problem.column) for problem in errors] == [place]
    assert words in errors[0].message


def test_a_flow_that_no_caller_walks_through_is_worth_a_word() -> None:
    checked = check(OPT_OUTS + "    inbound: {flow: hall}\n")
    assert [problem.message for problem in checked.problems] == ["no caller walks through this flow"]
    assert checked.plan is not None


def test_a_reload_tells_that_it_changed() -> None:
    old, new = check(OPT_OUTS).plan, check(OPT_OUTS + "    inbound: {treatment: queue}\n").plan
    assert old is not None
    assert new is not None
    assert "inbound" in str(plan_diff(old, new))
