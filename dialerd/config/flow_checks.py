"""What is wrong with flows: nodes that do nothing or two things, ways that lead nowhere, circles, columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol

from dialerd.config.build import response_table
from dialerd.config.document import Document
from dialerd.config.flow_build import flow_of, flows_from
from dialerd.config.flow_models import FlowModel, NodeModel
from dialerd.config.models import CampaignModel
from dialerd.config.opt_out_checks import check_flow_opt_outs, check_key_opt_out
from dialerd.config.problems import Path, did_you_mean, dotted, quoted
from dialerd.core.abandoned_flow import ABANDONED_FLOW
from dialerd.core.campaign import AbandonKey, Mode
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.filtering.words import FilterError
from dialerd.core.flow.nodes import Flow, columns_used
from dialerd.core.flow.soundness import Flaw, flaws
from dialerd.core.treatment import Treatment

_NEEDED = {
    "play": ("next",), "say": ("next",), "gather": (), "branch": ("otherwise",), "record": ("next",),
    "set": ("next",), "opt_out": ("next",), "callback": ("next",), "queue": ("otherwise",), "number": ("otherwise",),
    "flow": (), "hang_up": (),
}  # fmt: skip
"""What a node can do -> what else it must state."""
_ALLOWED = {
    "gather": ("next", "on_wrong", "on_no_input"), "queue": ("prompt", "patience"), "number": ("ring_timeout",),
    "hang_up": ("prompt",),
}  # fmt: skip
_KINDS = ", ".join(f"`{kind}`" for kind in _NEEDED)


def check_flows(document: Document, flows: Mapping[str, FlowModel]) -> dict[str, Flow]:
    """Tell what is wrong with each flow, and with their ways into each other. Returns those without mistakes."""
    told = {name for name in flows if _is_told(document, ("flows", name))}
    for name, model in flows.items():
        before = len(document.problems)
        _check_flow(document, name, model)
        if len(document.problems) > before:
            told.add(name)
    right = {name: flow_of(name, model) for name, model in flows.items() if name not in told}
    # Of flows that lead to one with mistakes nothing is known for certain.
    written = {str(path[1]) for path in document.keys if len(path) == 2 and path[0] == "flows"}
    judged = {name: flow for name, flow in right.items() if not (_leads_to(flow, right) & (written - right.keys()))}
    for flaw in flaws(judged):
        _tell_flaw(document, flaw)
        right.pop(flaw.flow, None)
    return right


def _is_told(document: Document, path: Path) -> bool:
    said = dotted(path)
    return any(problem.path == said or problem.path.startswith(said + ".") for problem in document.problems)


def _leads_to(flow: Flow, flows: Mapping[str, Flow]) -> set[str]:
    """Names of flows that it may come to, those that are not known among them."""
    found = flows_from(flow.name, flows)
    return {
        getattr(node, "flow", "") for one in found.values() for node in one.nodes.values() if hasattr(node, "flow")
    }


def _check_flow(document: Document, name: str, model: FlowModel) -> None:
    path: Path = ("flows", name)
    if name == ABANDONED_FLOW:
        document.problem(
            document.mark(path, of_key=True), path,
            f"{quoted(name)} is what dialerd calls the abandoned-call message", "another name",
        )  # fmt: skip
    if not model.nodes and not _is_told(document, path):
        document.problem(document.mark((*path, "nodes")), (*path, "nodes"), "a flow without nodes", "a node")
    for key, node in model.nodes.items():
        _check_node(document, (*path, "nodes", key), node)


def _check_node(document: Document, path: Path, node: NodeModel) -> None:
    if _is_told(document, path):
        return
    stated = [
        key for key in NodeModel.model_fields if key in node.model_fields_set and getattr(node, key) is not None
    ]
    kinds = [key for key in stated if key in _NEEDED]
    if len(kinds) != 1:
        what = f"does several things: {', '.join(map(quoted, kinds))}" if kinds else "does nothing"
        document.problem(document.mark(path, of_key=True), path, f"this node {what}", f"one of {_KINDS}",
                         "make a node of each" if kinds else "")  # fmt: skip
        return
    (kind,) = kinds
    for key in _NEEDED[kind]:
        if key not in stated:
            document.problem(
                document.mark(path, of_key=True), (*path, key), f"`{key}` is missing: a node with `{kind}` needs it",
                "the name of a node", f"add `{key}:`",
            )  # fmt: skip
    usable = {kind, *_NEEDED[kind], *_ALLOWED.get(kind, ())}
    for key in stated:
        if key not in usable:
            document.problem(
                document.mark((*path, key), of_key=True), (*path, key), f"`{key}` says nothing beside `{kind}`", "",
                "remove it",
            )  # fmt: skip
    if node.opt_out is False:
        document.problem(document.mark((*path, "opt_out")), (*path, "opt_out"), "a node that does not opt out",
                         "`true`", "remove the node")  # fmt: skip
    _check_gather(document, path, node)
    _check_cases(document, path, node)


def _check_gather(document: Document, path: Path, node: NodeModel) -> None:
    gather = node.gather
    if gather is None:
        return
    here = (*path, "gather")
    if gather.digits is not None:
        for key in ("least", "most"):
            if getattr(gather, key) is not None:
                document.problem(document.mark((*here, key), of_key=True), (*here, key), f"`{key}` beside `digits`",
                                 "one of the two", "remove one")  # fmt: skip
    elif gather.least is not None and gather.most is not None and gather.least > gather.most:
        document.problem(document.mark((*here, "least")), (*here, "least"),
                         f"`least` ({gather.least}) is above `most` ({gather.most})", "at most `most`")  # fmt: skip
    for key in ("pattern", "digits", "least", "most"):
        if getattr(gather, key) is not None and node.next is None and key != "most":
            document.problem(
                document.mark((*here, key), of_key=True), (*path, "next"),
                f"`{key}` is about inputs that `keys` does not name, and nothing follows them",
                "`next` beside `gather`", "add `next:`",
            )  # fmt: skip
            return


def _check_cases(document: Document, path: Path, node: NodeModel) -> None:
    for index, case in enumerate(node.branch or ()):
        here: Path = (*path, "branch", index)
        if (case.when, case.hours, case.local_hours, case.agents) == (None,) * 4:
            document.problem(document.mark(here), here, "a case without a condition always holds",
                             "`when`, `hours`, `local_hours` or `agents`",
                             "use `otherwise` for what is left")  # fmt: skip
        if case.when is None:
            continue
        at: Path = (*here, "when")
        try:
            parse_filter(case.when)
        except FilterError as error:
            hint = did_you_mean(error.word, error.known) if error.word else error.hint
            mark = document.mark_within(at, case.when, error.at)
            document.problem(mark, at, error.message, error.expected, hint)


def _tell_flaw(document: Document, flaw: Flaw) -> None:
    path: Path = ("flows", flaw.flow, "nodes", flaw.node) if flaw.node else ("flows", flaw.flow)
    hint = flaw.hint
    if flaw.target:
        place = next(_values(document.data, path, flaw.target), None)
        if flaw.node == "":
            near = [key for key in (("start",), *((("always", k)) for k in _always(document, flaw.flow)))
                    if _at(document.data, (*path, *key)) == flaw.target]  # fmt: skip
            place = (*path, *near[0]) if near else None
        known = [str(key[-1]) for key in document.keys if len(key) == 4 and key[:3] == ("flows", flaw.flow, "nodes")]
        if "there is no flow" in flaw.what:
            known = [str(key[1]) for key in document.keys if len(key) == 2 and key[0] == "flows"]
        hint = did_you_mean(flaw.target, known) or hint
        if place is not None:
            document.problem(document.mark(place), place, flaw.what, "", hint)
            return
    document.problem(document.mark(path, of_key=True), path, flaw.what, "", hint)


def _always(document: Document, flow: str) -> Iterable[str]:
    found = _at(document.data, ("flows", flow, "always"))
    return found if isinstance(found, dict) else ()


def _at(data: Any, path: Path) -> Any:
    for step in path:
        if isinstance(data, dict):
            data = data.get(step)
        elif isinstance(data, list) and isinstance(step, int) and step < len(data):
            data = data[step]
        else:
            return None
    return data


_TARGETS = frozenset({"next", "otherwise", "on_wrong", "on_no_input", "flow"})


def _values(data: Any, path: Path, target: str) -> Iterator[Path]:
    """Places below ``path`` that name this node (or flow), in the order of the file."""
    value = _at(data, path)
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inside:
        if isinstance(one, str):
            if one.strip() == target and (key in _TARGETS or path[-1:] == ("keys",)):
                yield (*path, key)
        else:
            yield from _values(data, (*path, key), target)


class Checks(Protocol):
    """What tells the problems of one campaign; see :mod:`dialerd.config.cross_checks`."""

    @property
    def document(self) -> Document: ...
    @property
    def campaign(self) -> CampaignModel: ...
    def where(self, *keys: str) -> Path: ...
    def own(self, *keys: str) -> Path: ...
    def states(self, *keys: str) -> bool: ...
    def given(self, key: str) -> bool: ...
    def phone_columns(self) -> frozenset[str]: ...
    def tell(self, path: Path, message: str, expected: str = "", hint: str = "", *, of_key: bool = False) -> None: ...
    def warn(self, path: Path, message: str, hint: str = "", of_key: bool = False) -> None: ...


def check_campaign_flow(checks: Checks, flows: Mapping[str, Flow]) -> None:
    """Tell of treatments without a flow, opt-outs without a list, and phone columns in a flow."""
    campaign = checks.campaign
    used = flows_from(campaign.flow, flows)
    for analysis, treatment in campaign.responses.items():
        if treatment is Treatment.FLOW and not checks.given("flow"):
            checks.tell(checks.where("responses", analysis.value), "there is no `flow` to walk through", "",
                        "add `flow:` to the campaign")  # fmt: skip
    if checks.states("flow") and campaign.flow and Treatment.FLOW not in response_table(campaign).values():
        checks.warn(checks.own("flow"), "nobody walks through this flow", "add `person: flow` to `responses:`")
    check_flow_opt_outs(checks, checks.where("flow"), used.values())
    for key, meaning in campaign.abandon_keys.items():
        if meaning is AbandonKey.OPT_OUT:
            check_key_opt_out(checks, checks.where("abandon_keys", key), key)
    if campaign.mode is Mode.AGENTLESS and checks.states("abandon_keys"):
        checks.warn(checks.own("abandon_keys"), "an agentless campaign abandons nobody: these keys are never offered",
                    "remove them, or make them part of a flow")  # fmt: skip
    apart = checks.phone_columns()
    for flow in used.values():
        for column in sorted(columns_used(flow) & apart):
            checks.tell(
                checks.where("flow"),
                f"flow {quoted(flow.name)} looks at {quoted(column)}, a phone column: it is kept apart from others",
                "another column", "copy it into a column of another name",
            )  # fmt: skip
