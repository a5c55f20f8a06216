"""What is wrong with `inbound:`: treatments without what they need, keys that lead nowhere."""

from __future__ import annotations

from collections.abc import Mapping

from dialerd.config.answer_checks import Checks
from dialerd.config.flow_build import flows_from
from dialerd.config.opt_out_checks import check_flow_opt_outs, check_key_opt_out
from dialerd.config.problems import did_you_mean, quoted
from dialerd.core.campaign import Mode
from dialerd.core.flow.nodes import Flow
from dialerd.core.inbound_settings import InboundKey, InboundTreatment


def check_inbound(checks: Checks, flows: Mapping[str, Flow], written: frozenset[str]) -> None:
    """Tell what is wrong with one campaign's ``inbound:``; ``written``: names of all flows, those with mistakes
    among them."""
    campaign, inbound = checks.campaign, checks.campaign.inbound
    has_queue = campaign.queue is not None and campaign.mode is not Mode.AGENTLESS
    for key in ("treatment", "unknown"):
        treatment = getattr(inbound, key)
        path = checks.where("inbound", key)
        if treatment is InboundTreatment.QUEUE and not has_queue:
            checks.tell(
                path, "the campaign has no queue to lead callers to", "`message` or `flow`",
                "a flow may lead to a queue of its own",
            )  # fmt: skip
        if treatment is InboundTreatment.FLOW and inbound.flow is None:
            checks.tell(path, "there is no `flow` to walk through", "", "add `flow:` to `inbound:`")
    if inbound.flow is not None:
        path = checks.where("inbound", "flow")
        if inbound.flow not in written:
            hint = did_you_mean(inbound.flow, sorted(written)) or "describe it under `flows:`"
            checks.tell(path, f"there is no flow {quoted(inbound.flow)}", "a name under `flows`", hint)
        elif InboundTreatment.FLOW not in (inbound.treatment, inbound.unknown):
            checks.warn(path, "no caller walks through this flow", "add `treatment: flow`")
        check_flow_opt_outs(checks, path, flows_from(inbound.flow, flows).values())
    for key, meaning in (inbound.keys or {}).items():
        path = checks.where("inbound", "keys", key)
        if meaning is InboundKey.OPT_OUT:
            check_key_opt_out(checks, path, key)
        if meaning is InboundKey.AGENT and not has_queue:
            checks.tell(path, "the campaign has no queue to lead callers to", "`opt_out` or `callback`", "")
