"""Every kind of mistake in a campaigns file: one message, at the exact place, with the way out of it.

``«`` in the changed text marks where the problem must be reported; it is taken out before the check.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from config_texts import AGENTLESS, AHEAD, BASE, changed, marked

from dialerd.config.campaigns_file import check
from dialerd.config.problems import Severity


@dataclass(frozen=True)
class Case:
    name: str
    old: str
    new: str
    path: str
    says: str
    expected: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR


C = "campaigns.sale"
Q = "queue: sales"
NEXT = Q + "\n    "
W = Severity.WARNING
SYNTAX = [
    Case("tab", "    queue: sales", "«\tqueue: sales", "", "a tab", "", "spaces"),
    Case("control character", Q, "queue: sa«\x07les", "", "does not allow", "", "U+0007"),
    Case("open quote", Q, 'queue: «"sales', "", "never closed"),
    Case("colon in text", Q, "queue: sales«: west", "", "a `:` that cannot be here", "", "quote"),
    Case("two documents", "campaigns:\n", "«---\ncampaigns:\n", "", "second document", "", "---"),
    Case("unknown alias", Q, "queue: «*queue", "", "undefined alias", "", "anchor"),
    Case("escape out of range", Q, 'queue: "\\U«FFFFFFFF"', "", "out of range"),
]
STRUCTURE = [
    Case("duplicate setting", "    queue: sales\n", "    queue: sales\n    «queue: other\n", f"{C}.queue",
         "written twice; first in line 15, column 5", "once"),
    Case("duplicate campaign", "+441632960000\n", "+441632960000\n  «sale: {}\n", "campaigns.sale",
         "written twice; first in line 12, column 3"),
    Case("unknown setting", "    queue: sales", "    queue: sales\n    «ringtimeout: 30s", f"{C}.ringtimeout",
         "not a setting here", "", "did you mean `ring_timeout`?"),
    Case("unknown, nothing near", "    queue: sales", "    queue: sales\n    «xyzzy: 1", f"{C}.xyzzy",
         "not a setting here", "", "known: "),
    Case("unknown section", "trunks:\n", "«trunk_groups: {}\ntrunks:\n", "trunk_groups", "not a setting here"),
    Case("setting in the wrong section", "    queue: sales", "    queue: sales\n    «connection: ring",
         f"{C}.connection", "not a setting here", "", "it belongs under `agents:`"),
    Case("nothing behind the colon", Q, "queue:«", f"{C}.queue", "nothing is written behind `queue:`"),
    Case("merge key", "    queue: sales", "    queue: sales\n    «<<: {weight: 2}", f"{C}.<<", "merge keys", "",
         "defaults"),
    Case("key is a list", "    queue: sales", "    queue: sales\n    «[a]: 1", C, "as a key"),
    Case("no key", Q, NEXT + "«'': x", C, "a key without a name"),
    Case("half a surrogate pair", Q, 'queue: «"\\ud83d"', f"{C}.queue", "surrogate"),
    Case("tag", Q, "queue: «!!python/name:os.system sales", f"{C}.queue", "is not known here", "",
         "remove the `!"),
    Case("list for mapping", "trunks:\n", "trunks:\n  other: «[1, 2]\n", "trunks.other", "a list of 2",
         "a mapping"),
    Case("mapping for list", "    phones:\n      - column: mobile", "    phones: «{column: mobile}",
         "contact_lists.customers.phones", "a mapping where", "a list"),
    Case("empty list", "    phones:\n      - column: mobile", "    phones: «[]", "contact_lists.customers.phones",
         "an empty list", "at least 1"),
    Case("mapping for value", Q, "queue: «{name: sales}", f"{C}.queue", "a mapping where a single value"),
    Case("null for value", Q, NEXT + "weight: «null", f"{C}.weight", "`null`"),
    Case("missing in trunk", "    cps: 5\n", "", "trunks.carrier.cps", "`cps` is missing", "", "add `cps:`"),
    Case("misspelt requirement is one mistake", "    cps: 5", "    «cbs: 5", "trunks.carrier.cbs", "not a setting",
         "", "did you mean `cps`?"),
    Case("alias within itself", Q, NEXT + "variables: «&v {A: *v}", f"{C}.variables.A",
         "contains itself"),
]  # fmt: skip
VALUES = [
    Case("mode", "mode: progressive", "mode: «progresive", f"{C}.mode", "`progresive`", "`agentless`",
         "did you mean `progressive`?"),
    Case("version", "version: 1", "version: «2", "version", "too large", "from 1 to 1"),
    Case("number", "max_lines: 30", "max_lines: «many", "trunks.carrier.max_lines", "not a whole number"),
    Case("number with fraction", "max_lines: 30", "max_lines: «3.5", "trunks.carrier.max_lines",
         "not a whole number"),
    Case("number too small", "max_lines: 30", "max_lines: «0", "trunks.carrier.max_lines", "too small", "from 1"),
    Case("cps", "cps: 5", "cps: «nan", "trunks.carrier.cps", "`nan` is not a number"),
    Case("priority", Q, NEXT + "priority: «6", f"{C}.priority", "too large", "from 1 to 5"),
    Case("ring timeout floor", Q, NEXT + "ring_timeout: «10s", f"{C}.ring_timeout",
         "too short", "from 15s to 2m", "16 CFR 310.4"),
    Case("duration words", Q, NEXT + "wrap_up: «2 minutes", f"{C}.wrap_up", "not a duration",
         "`30s`", "did you mean `2m`?"),
    Case("sexagesimal trap", Q, NEXT + "wrap_up: «1:30", f"{C}.wrap_up", "not a duration", "",
         "did you mean `1m30s`?"),
    Case("negative duration", Q, NEXT + "wrap_up: «-5", f"{C}.wrap_up", "too short"),
    Case("caller id without plus", "+441632960000", "«441632960000", f"{C}.caller_id", "no country code", "E.164",
         "did you mean `+441632960000`?"),
    Case("caller id with 00", "+441632960000", "«00441632960000", f"{C}.caller_id", "no country code", "",
         "did you mean `+441632960000`?"),
    Case("caller id too short", "+441632960000", "«+44163296", f"{C}.caller_id", "wrong length"),
    Case("caller id is a name", "+441632960000", "«Sales Ltd", f"{C}.caller_id", "no country code"),
    Case("placeholder", "PJSIP/{digits}@", "«PJSIP/{digit}@", "trunks.carrier.dial", "`{digit}` is not known",
         "`{digits}`", "did you mean `digits`?"),
    Case("no placeholder", "PJSIP/{digits}@carrier", "«PJSIP/100@carrier", "trunks.carrier.dial", "no placeholder"),
    Case("open brace", "PJSIP/{digits}@carrier", "«PJSIP/{digits@carrier", "trunks.carrier.dial", "do not match"),
    Case("format in placeholder", "PJSIP/{digits}@carrier", "«PJSIP/{digits!r}@carrier", "trunks.carrier.dial",
         "more than a name"),
    Case("two destinations", "PJSIP/{digits}@carrier", "«PJSIP/{digits}@carrier&PJSIP/1", "trunks.carrier.dial",
         "not a dial string"),
    Case("agent placeholder", Q, NEXT + "agents: {dial: «'PJSIP/{member}'}", f"{C}.agents.dial",
         "`{member}` is not known", "`{agent}`"),
    Case("sound with extension", Q, NEXT + "abandon_message: «sound:sorry.wav",
         f"{C}.abandon_message", "file extension", "", "did you mean `sound:sorry`?"),
    Case("sound with dialplan code", Q, NEXT + "abandon_message: «'a,${SHELL(x)}'",
         f"{C}.abandon_message", "is not a sound"),
    Case("campaign name", "  sale:", "  «Spring Sale:", "campaigns.Spring Sale", "cannot be used", "small letters",
         "did you mean `spring_sale`?"),
    Case("variable name", Q, NEXT + "variables: {«A-B: x}", f"{C}.variables.A-B",
         "cannot be used"),
    Case("our own variable", Q, NEXT + "variables: {«DIALERD_APP: x}",
         f"{C}.variables.DIALERD_APP", "cannot be used"),
    Case("disposition", Q, NEXT + "retry: {«bussy: {gap: 5m}}", f"{C}.retry.bussy",
         "`bussy` is not known", "`busy`", "did you mean `busy`?"),
    Case("answer", Q, NEXT + "responses: {«human: agent}", f"{C}.responses.human", "not known"),
    Case("treatment", Q, NEXT + "responses: {machine: «hangup}", f"{C}.responses.machine",
         "not known", "", "did you mean `hang_up`?"),
    Case("profile", Q, NEXT + "call_analysis: {profile: «fast}", f"{C}.call_analysis.profile",
         "not known", "`off`, `connect_first`, `balanced`, `catch_machines`"),
    Case("AMD figure", Q, NEXT + "call_analysis: {amd: {«greeting: 1500}}",
         f"{C}.call_analysis.amd.greeting", "not a setting", "", "did you mean `greeting_ms`?"),
    Case("region", "    phones:", "    region: «UK\n    phones:", "contact_lists.customers.region", "not a country",
         "", "`GB`"),
    Case("encoding", "    phones:", "    encoding: «utf-88\n    phones:", "contact_lists.customers.encoding",
         "not a text encoding"),
    Case("delimiter", "    phones:", "    delimiter: «abc\n    phones:", "contact_lists.customers.delimiter",
         "cannot separate"),
]  # fmt: skip
BETWEEN = [
    Case("no version", "version: 1\n", "", "version", "`version` is missing"),
    Case("no queue", "    queue: sales\n", "", f"{C}.queue", "`queue` is missing: a campaign in mode `progressive`"),
    Case("null is no queue", Q, "«queue: null", f"{C}.queue", "`queue` is missing"),
    Case("no mode", "    mode: progressive\n", "", f"{C}.mode", "`mode` is missing", "`agentless`", "`defaults:`"),
    Case("trunk unknown", "trunk: carrier", "trunk: «carier", f"{C}.trunk", "no trunk `carier`", "",
         "did you mean `carrier`?"),
    Case("list unknown", "contact_list: customers", "contact_list: «custommers", f"{C}.contact_list",
         "no contact list", "", "did you mean `customers`?"),
    Case("trunk unknown, in defaults", "campaigns:\n", "defaults:\n  trunk: «nobody\ncampaigns:\n", "defaults.trunk",
         "no trunk `nobody`"),
    Case("event source", "PJSIP/{digits}@carrier", "«Local/{digits}@out", "trunks.carrier.event_source",
         "cannot be told", "PJSIP/carrier"),
    Case("column twice", "      - column: mobile\n", "      - column: mobile\n      - column: «mobile\n",
         "contact_lists.customers.phones[1].column", "named twice; first in line 10"),
    Case("message missing", Q, NEXT + "responses: {machine: «message}", f"{C}.responses.machine",
         "no `message`"),
    Case("off and AMD", Q, NEXT + "call_analysis: {profile: off, «amd: {max_words: 3}}",
         f"{C}.call_analysis.amd", "contradicts"),
    Case("off and deadline", Q, NEXT + "call_analysis: {profile: off, «deadline: 2s}",
         f"{C}.call_analysis.deadline", "contradicts"),
    Case("AMD figures", Q, NEXT + "call_analysis: {amd: {min_word_ms: «6000}}",
         f"{C}.call_analysis.amd.min_word_ms", "`min_word_ms` (6000) is larger than `max_word_ms` (5000)"),
    Case("retry after success", Q, NEXT + "retry: {«answered_agent: {max_tries: 2}}",
         f"{C}.retry.answered_agent", "nothing to retry"),
    Case("retry without defaults", Q, NEXT + "retry: {«invalid_number: {max_tries: 2}}",
         f"{C}.retry.invalid_number", "`max_tries` and `gap` are both needed"),
    Case("tries beyond attempts", Q, NEXT + "retry: {busy: {max_tries: «9}}",
         f"{C}.retry.busy.max_tries", "`max_attempts` ends it after 3", severity=W),
    Case("more lines than the trunk", Q, NEXT + "max_lines: «31", f"{C}.max_lines",
         "more lines than the trunk `carrier` has (30)", severity=W),
    Case("people hung up on", Q, NEXT + "responses: {person: «hang_up}",
         f"{C}.responses.person", "count as abandoned", severity=W),
    Case("message never played", Q, NEXT + "message: «sound:x", f"{C}.message", "never played",
         severity=W),
    Case("late deadline", Q, NEXT + "call_analysis: «{deadline: 3s}", f"{C}.call_analysis",
         "later than the abandon threshold of 2s", severity=W),
    Case("no deadline", Q, NEXT + "call_analysis: «{profile: catch_machines}",
         f"{C}.call_analysis", "may wait longer than 2s", severity=W),
    Case("long threshold", Q, NEXT + "abandon_threshold: «4s", f"{C}.abandon_threshold",
         "4s is looser than profile `default` allows: at most 2s", "at most 2s", "looser: {abandon_threshold"),
    Case("short ringing", Q, NEXT + "ring_timeout: «16s", f"{C}.ring_timeout",
         "16s is looser than profile `default` allows: at least 20s", "at least 20s", "`compliance:`"),
    Case("variable from a phone column", Q, NEXT + "variables: {A: «mobile}", f"{C}.variables.A", "always empty",
         "", "another name", severity=W),
    Case("rule file", Q, NEXT + "rules: «no/such.py", f"{C}.rules", "cannot be read"),
]  # fmt: skip
IN_AGENTLESS = [
    Case("no message", "    message: sound:custom/notice\n", "", "campaigns.notice.message", "`message` is missing"),
    Case("queue", "    trunk:", "    «queue: sales\n    trunk:", "campaigns.notice.queue", "no agents"),
    Case("wrap-up", "    trunk:", "    «wrap_up: 5s\n    trunk:", "campaigns.notice.wrap_up", "contradicts"),
    Case("agents", "    trunk:", "    «agents: {connection: ring}\n    trunk:", "campaigns.notice.agents",
         "no agents"),
    Case("pacing", "    trunk:", "    «pacing: {ratio: 2}\n    trunk:", "campaigns.notice.pacing", "no agents"),
    Case("agent as treatment", "    trunk:", "    responses: {person: «agent}\n    trunk:",
         "campaigns.notice.responses.person", "no agents to connect", "`message`, `flow` or `hang_up`"),
]  # fmt: skip

PACING = [
    Case("ratio too large", "ratio: 2", "ratio: «16", f"{C}.pacing.ratio", "too large", "from 1 to 15"),
    Case("ratio too small", "ratio: 2", "ratio: «0.5", f"{C}.pacing.ratio", "too small", "from 1 to 15"),
    Case("calls per agent", "ratio: 2", "max_calls_per_agent: «20", f"{C}.pacing.max_calls_per_agent", "too large"),
    Case("ratio in another mode", "mode: power\n    pacing: {ratio", "mode: predictive\n    pacing: {«ratio",
         f"{C}.pacing.ratio", "mode `predictive` has no ratio", "", "choose mode `power`"),
    Case("target above the cap", "ratio: 2", "abandon_target: «4%", f"{C}.pacing.abandon_target",
         "the target (4%) is above the cap (3%)", "at most `abandon_cap`"),
    Case("share without a sign", "ratio: 2", "abandon_cap: «0.02", f"{C}.pacing.abandon_cap",
         "not a percentage", "such as `2%`", "did you mean `2%`?"),
    Case("share in percent without a sign", "ratio: 2", "abandon_cap: «2.5", f"{C}.pacing.abandon_cap",
         "not a percentage", "", "did you mean `2.5%`?"),
    Case("share too large", "ratio: 2", "abandon_cap: «11%", f"{C}.pacing.abandon_cap", "too large", "to 10%"),
    Case("cap above the law", "ratio: 2", "abandon_cap: «5%", f"{C}.pacing.abandon_cap",
         "5% is looser than profile `default` allows: at most 3%", "at most 3%", "looser: {abandon_cap"),
    Case("ahead too early", "ratio: 2", "progressive_until: «49", f"{C}.pacing.progressive_until",
         "49 is looser than profile `default` allows: at least 50", "at least 50"),
    Case("shadow of itself", "ratio: 2", "shadow: «power", f"{C}.pacing.shadow", "the campaign's own mode"),
    Case("shadow without agents", "ratio: 2", "shadow: «agentless", f"{C}.pacing.shadow", "`agentless`",
         "`predictive`"),
    Case("pacing without effect", "mode: power\n    pacing: {ratio: 2}",
         "mode: progressive\n    «pacing: {progressive_until: 10}", f"{C}.pacing", "`pacing` changes nothing",
         severity=W),
    Case("no queue in power", "    queue: sales\n", "", f"{C}.queue", "a campaign in mode `power` needs it"),
    Case("ringing phones", Q, NEXT + "agents: {connection: «ring}", f"{C}.agents.connection",
         "rung while the person waits", "", "choose `nailed`", severity=W),
    Case("time zone", Q, NEXT + "time_zone: «Europe/Londn", f"{C}.time_zone", "not a time zone", "an IANA name",
         "did you mean `Europe/London`?"),
]  # fmt: skip

WHERE_UNMARKED = {
    # What is missing is reported at what lacks it, outside the changed text.
    "missing in trunk": (3, 3), "no version": (1, 1), "no queue": (12, 3), "no mode": (12, 3), "no message": (12, 3),
    "no queue in power": (12, 3),
}  # fmt: skip


def _examine(base: str, case: Case) -> None:
    text, mark = marked(changed(base, case.old, case.new))
    result = check(text, "campaigns.yaml")
    assert [str(p) for p in result.problems] == [str(p) for p in result.problems[:1]], "one mistake, one message"
    assert result.problems, "the mistake is not seen"
    problem = result.problems[0]
    assert (problem.line, problem.column) == (mark or WHERE_UNMARKED[case.name])
    assert problem.file == "campaigns.yaml"
    assert problem.path == case.path
    assert case.says in problem.message
    assert case.expected in problem.expected
    assert case.hint in problem.hint
    assert problem.severity is case.severity
    assert result.ok is (case.severity is Severity.WARNING)


@pytest.mark.parametrize("case", SYNTAX + STRUCTURE + VALUES + BETWEEN, ids=lambda case: case.name)
def test_one_mistake_in_a_campaign_with_agents(case: Case) -> None:
    _examine(BASE, case)


@pytest.mark.parametrize("case", PACING, ids=lambda case: case.name)
def test_one_mistake_in_a_campaign_that_dials_ahead(case: Case) -> None:
    _examine(AHEAD, case)


@pytest.mark.parametrize("case", IN_AGENTLESS, ids=lambda case: case.name)
def test_one_mistake_in_an_agentless_campaign(case: Case) -> None:
    _examine(AGENTLESS, case)


def test_the_texts_are_right_without_the_mistakes() -> None:
    assert check(BASE).problems == ()
    assert check(AGENTLESS).problems == ()
    assert check(AHEAD).problems == ()
    assert check(BASE).ok
    assert check(AGENTLESS).ok
