"""`flows:` of a campaigns file: what they become, and every mistake at its place.

``«`` in the changed text marks where the problem must be reported; it is taken out before the check."""

from __future__ import annotations

import pytest
from config_texts import BASE, changed, marked

from dialerd.config.campaigns_file import check
from dialerd.config.plan_diff import plan_diff
from dialerd.config.problems import Severity
from dialerd.core.campaign import AbandonKey, CampaignSettings
from dialerd.core.flow import nodes as n
from dialerd.core.flow.prompts import Media, Prompt, Slot, Text
from dialerd.core.treatment import CallAnalysis, Treatment

FLOWS = """\
version: 1
trunks:
  carrier: {dial: "PJSIP/{digits}@carrier", max_lines: 30, cps: 5}
contact_lists:
  customers:
    phones: [{column: mobile}]
dnc_lists:
  optouts: {}
flows:
  delivery:
    longest: 5m
    always: {9: out}
    nodes:
      greet: {play: custom/hello, next: which}
      which:
        branch:
          - {when: 'region = "GB"', next: ask}
          - {agents: service, hours: "mon-fri 9-17, sat 10:00-12:00", next: agent}
        otherwise: elsewhere
      ask:
        gather:
          prompt: [sound:custom/ask, sound:custom/keys]
          keys: {1: confirm, 2: move, 0: agent}
          timeout: 4s
          retries: 1
          wrong: sound:custom/wrong
        on_no_input: later
      move:
        gather: {prompt: sound:custom/day, digits: 4, pattern: "[0-3][0-9][01][0-9]", into: new_day}
        next: note
      note: {set: {answer: "moved to {new_day}"}, next: bye}
      confirm: {set: {answer: confirmed}, next: bye}
      agent: {queue: service, prompt: sound:custom/wait, patience: 20s, otherwise: later}
      elsewhere: {number: "{branch}", ring_timeout: 20s, otherwise: memo}
      memo: {record: {prompt: sound:custom/speak, into: memo, longest: 20s}, next: bye}
      later: {callback: 2h, next: bye}
      out: {opt_out: true, next: gone}
      gone: {flow: farewell}
      bye: {hang_up: done, prompt: sound:custom/bye}
  farewell:
    nodes:
      end: {hang_up: opted_out}
campaigns:
  notice:
    mode: agentless
    contact_list: customers
    flow: delivery
    opt_out_list: optouts
    trunk: carrier
    caller_id: "+441632960000"
"""


def settings_of(text: str, name: str = "notice") -> CampaignSettings:
    result = check(text)
    assert result.plan is not None, [str(p) for p in result.problems]
    assert result.problems == ()
    return result.plan.campaigns[name]


def sounds(*names: str) -> Prompt:
    return Prompt(tuple(Media(f"sound:custom/{name}") for name in names))


def test_a_flow_becomes_what_it_says() -> None:
    campaign = settings_of(FLOWS)
    assert campaign.flow == "delivery"
    assert set(campaign.flows) == {"delivery", "farewell"}
    flow = campaign.flows["delivery"]
    assert (flow.start, flow.longest_s, flow.always, flow.language) == ("greet", 300.0, {"9": "out"}, "")
    nodes = dict(flow.nodes)
    which = nodes.pop("which")
    assert isinstance(which, n.Branch)
    assert (which.otherwise, [case.next for case in which.cases]) == ("elsewhere", ["ask", "agent"])
    assert str(which.cases[0].condition) == 'region = "GB"'
    assert str(which.cases[1].hours) == "mon-fri 09:00-17:00, sat 10:00-12:00"
    assert which.cases[1].idle_agents == "service"
    assert nodes == {
        "greet": n.Play(sounds("hello"), "which"),
        "ask": n.Gather(
            sounds("ask", "keys"), {"1": "confirm", "2": "move", "0": "agent"}, timeout_s=4.0, retries=1,
            wrong_prompt=sounds("wrong"), on_no_input="later",
        ),
        "move": n.Gather(
            sounds("day"), least=4, most=4, pattern="[0-3][0-9][01][0-9]", into="new_day", next="note"
        ),
        "note": n.SetColumns({"answer": Text(("moved to ", Slot("new_day")))}, "bye"),
        "confirm": n.SetColumns({"answer": Text(("confirmed",))}, "bye"),
        "agent": n.ToQueue("service", "later", 20.0, sounds("wait")),
        "elsewhere": n.ToNumber(Text((Slot("branch"),)), "memo", 20.0),
        "memo": n.Record(sounds("speak"), "bye", "memo", longest_s=20.0),
        "later": n.Callback("bye", 7200.0),
        "out": n.OptOut("gone"),
        "gone": n.ToFlow("farewell"),
        "bye": n.HangUp("done", sounds("bye")),
    }  # fmt: skip
    assert campaign.queues == {"service"}
    assert campaign.flow_columns == {"region", "branch"}
    assert {"sound:custom/hello", "sound:custom/wrong", "sound:custom/wait", "sound:custom/bye"} < campaign.sounds


def test_an_agentless_campaign_leads_people_through_its_flow() -> None:
    campaign = settings_of(FLOWS)
    assert campaign.responses[CallAnalysis.PERSON] is Treatment.FLOW
    assert campaign.responses[CallAnalysis.MACHINE] is Treatment.HANG_UP
    with_message = settings_of(
        changed(FLOWS, "    trunk: carrier\n", "    trunk: carrier\n    message: x\n    responses: {unsure: flow}\n")
    )
    assert with_message.responses[CallAnalysis.PERSON] is Treatment.MESSAGE
    assert with_message.responses[CallAnalysis.UNSURE] is Treatment.FLOW


def test_agents_of_a_flows_queue_have_a_connection_and_a_wrap_up() -> None:
    campaign = settings_of(
        changed(
            FLOWS, "    trunk: carrier\n", "    trunk: carrier\n    wrap_up: 5s\n    agents: {connection: ring}\n"
        )
    )
    assert (campaign.wrap_up_s, str(campaign.connection)) == (5.0, "ring")


def test_keys_in_the_abandoned_call_message() -> None:
    text = changed(BASE, "campaigns:\n", "dnc_lists:\n  optouts: {}\ncampaigns:\n")
    campaign = settings_of(
        text + "    opt_out_list: optouts\n    abandon_keys: {9: opt_out, '*': callback}\n", "sale"
    )
    assert campaign.abandon_keys == {"9": AbandonKey.OPT_OUT, "*": AbandonKey.CALLBACK}


def test_a_reload_tells_what_a_flow_does_otherwise() -> None:
    text = changed(changed(FLOWS, "4s", "6s"), "{callback: 2h, next: bye}", "{hang_up: later, prompt: x}")
    old, new = check(FLOWS).plan, check(text).plan
    assert old is not None
    assert new is not None
    lines = plan_diff(old, new).lines()
    assert "~ campaign notice: flows.delivery.nodes.ask.timeout_s: 4 -> 6" in lines
    assert "~ campaign notice: flows.delivery.nodes.later.does: Callback -> HangUp" in lines
    assert "~ campaign notice: flows.delivery.nodes.later.prompt: not set -> sound:x" in lines
    assert plan_diff(old, old).empty


NODE = "flows.delivery.nodes"
MISTAKES = [
    ("unknown target", "next: which}", "next: «wich}", f"{NODE}.greet.next", "leads to `wich`, which does not exist",
     "did you mean `which`?"),
    ("unknown target of a key", "{1: confirm", "{1: «confrm", f"{NODE}.ask.gather.keys.1", "leads to `confrm`",
     "confirm"),
    ("unknown target of always", "{9: out}", "{9: «aus}", "flows.delivery.always.9", "key 9 leads to `aus`", ""),
    ("unknown start", "    longest: 5m", "    start: «gret\n    longest: 5m", "flows.delivery.start",
     "begins at `gret`", "did you mean `greet`?"),
    ("unknown flow within", "{flow: farewell}", "{flow: «farwell}", f"{NODE}.gone.flow", "no flow `farwell`",
     "did you mean `farewell`?"),
    ("nobody gets there", "      bye: {h", "      «lost: {play: x, next: bye}\n      bye: {h", f"{NODE}.lost",
     "no way leads here", ""),
    ("no end", "      end: {hang_up: opted_out}", "      «end: {play: x, next: end}", "flows.farewell.nodes.end",
     "can never end", ""),
    ("a circle", "otherwise: elsewhere", "otherwise: greet", "", "goes round in a circle", ""),
    ("does nothing", "{callback: 2h, next: bye}", "{next: bye}", f"{NODE}.later", "does nothing", ""),
    ("does two things", "{callback: 2h, next: bye}", "{callback: 2h, play: x, next: bye}", f"{NODE}.later",
     "does several things: `play`, `callback`", "a node of each"),
    ("nothing follows", "{callback: 2h, next: bye}", "{callback: 2h}", f"{NODE}.later.next",
     "`next` is missing: a node with `callback` needs it", ""),
    ("nothing to fall back to", "patience: 20s, otherwise: later}", "patience: 20s}", f"{NODE}.agent.otherwise",
     "`otherwise` is missing", ""),
    ("out of place", "{callback: 2h, next", "{callback: 2h, «patience: 5s, next", f"{NODE}.later.patience",
     "`patience` says nothing beside `callback`", "remove"),
    ("unknown setting", "timeout: 4s", "«tiemout: 4s", f"{NODE}.ask.gather.tiemout", "not a setting",
     "did you mean `timeout`?"),
    ("no key", "{1: confirm", "{«x: confirm", f"{NODE}.ask.gather.keys.x", "no row of keys", ""),
    ("no key, always", "{9: out}", "{«99: out}", "flows.delivery.always.99", "no key of a telephone", ""),
    ("condition", "'region = \"GB\"'", "'region = «= 3'", f"{NODE}.which.branch[0].when", "", ""),
    ("case without condition", "- {agents: service, hours: \"mon-fri 9-17, sat 10:00-12:00\", next: agent}",
     "- «{next: agent}", f"{NODE}.which.branch[1]", "without a condition", "otherwise"),
    ("hours", '"mon-fri 9-17, sat 10:00-12:00"', '«"mon-fry 9-17"', f"{NODE}.which.branch[1].hours", "not a day", ""),
    ("hours twice", '"mon-fri 9-17, sat 10:00-12:00"', '«"mon-fri 9-17, fri 18-20"', f"{NODE}.which.branch[1].hours",
     "names `fri` twice", "and"),
    ("pattern", '"[0-3][0-9][01][0-9]"', '«"[0-3"', f"{NODE}.move.gather.pattern", "no regular expression", ""),
    ("pattern", '"[0-3][0-9][01][0-9]"', '«"[[]"', f"{NODE}.move.gather.pattern", "no regular expression", ""),
    ("digits and most", "digits: 4,", "digits: 4, «most: 5,", f"{NODE}.move.gather.most", "beside `digits`",
     "remove"),
    ("braces", '"moved to {new_day}"', '«"moved to {new_day"', f"{NODE}.note.set.answer", "braces do not match", ""),
    ("form", '"moved to {new_day}"', '«"moved to {new_day:dat}"', f"{NODE}.note.set.answer", "`dat` is no form",
     "did you mean `date`?"),
    ("number", '"{branch}"', '«"0163296"', f"{NODE}.elsewhere.number", "not a phone number", "country code"),
    ("sound", "sound:custom/bye", "«sound:custom/bye.wav", f"{NODE}.bye.prompt", "file extension",
     "sound:custom/bye"),
    ("sounds", "[sound:custom/ask, sound:custom/keys]", "«[]", f"{NODE}.ask.gather.prompt", "a list of 0", ""),
    ("callback", "callback: 2h", "callback: «later", f"{NODE}.later.callback", "not a duration", ""),
    ("opt out or not", "{opt_out: true", "{opt_out: «false", f"{NODE}.out.opt_out", "does not opt out", "remove"),
    ("no list for opt-outs", "    opt_out_list: optouts\n    trunk: carrier", "    trunk: carrier", "",
     "no list takes them", "opt_out_list"),
    ("unknown flow", "    flow: delivery\n", "    flow: «delivry\n", "campaigns.notice.flow", "no flow `delivry`",
     "did you mean `delivery`?"),
    ("phone column", "'region = \"GB\"'", "'mobile = \"1\"'", "", "a phone column", ""),
    ("reserved", "  farewell:\n", "  «abandoned:\n    nodes: {a: {hang_up: a}}\n  farewell:\n", "flows.abandoned",
     "what dialerd calls", ""),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "path", "says", "hint"), MISTAKES, ids=[one[0] for one in MISTAKES])
def test_one_mistake(name: str, old: str, new: str, path: str, says: str, hint: str) -> None:
    text, mark = marked(changed(FLOWS, old, new))
    result = check(text, "campaigns.yaml")
    assert result.plan is None
    problem = result.problems[0]
    told = [str(p) for p in result.problems]
    # A circle is told for each node on it, and what a node needs may be missed by others.
    assert all(says in one for one in told[:1]) or len(told) == 1, told
    assert problem.severity is Severity.ERROR
    if mark is not None and name != "no end":
        assert (problem.line, problem.column) == mark, told
    if name == "no end":
        problem = result.problems[-1]
        assert (problem.line, problem.column) == mark, "told of the nodes that lead to it as well"
    if path:
        assert problem.path == path, told
    assert says in problem.message, told
    assert hint in problem.hint, told
    if name not in ("a circle", "no end"):
        assert len(told) == 1, told


def test_a_treatment_without_a_flow() -> None:
    text, mark = marked(BASE + "    responses: {machine: «flow}\n")
    (problem,) = check(text).problems
    assert (problem.line, problem.column) == mark
    assert "no `flow`" in problem.message


def test_a_flow_that_nobody_walks() -> None:
    text = BASE.replace("campaigns:\n", "flows:\n  a: {nodes: {b: {hang_up: c}}}\ncampaigns:\n") + "    flow: a\n"
    (problem,) = check(text).problems
    assert problem.severity is Severity.WARNING
    assert "nobody walks through this flow" in problem.message


def test_opt_out_key_without_a_list() -> None:
    text, mark = marked(BASE + "    abandon_keys: {9: «opt_out}\n")
    (problem,) = check(text).problems
    assert (problem.line, problem.column) == mark
    assert "no list takes them" in problem.message


def test_a_flow_with_a_mistake_says_nothing_about_those_that_lead_to_it() -> None:
    text = changed(FLOWS, "end: {hang_up: opted_out}", "end: {hang_up: Opted Out}")
    assert [p.path for p in check(text).problems] == ["flows.farewell.nodes.end.hang_up"]
