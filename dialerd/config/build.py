"""From the checked models to the core's own values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from dialerd.config.answer_models import AnalysisModel, LeaveMessageModel, PacingModel
from dialerd.config.attempt_limits import caps_of, caps_of_profile, limits_of, united
from dialerd.config.flow_build import flows_from
from dialerd.config.inbound_models import inbound_settings
from dialerd.config.models import CampaignModel
from dialerd.config.order_settings import dial_order
from dialerd.config.preview_models import preview_settings
from dialerd.config.recording_models import recording_settings, review_settings
from dialerd.config.retry_model import RetryModel
from dialerd.config.retry_rules import day_parts
from dialerd.config.supply_models import TrunkModel
from dialerd.core.abandon_ledger import Estimates
from dialerd.core.analysis import AnalysisProfile, profile_named
from dialerd.core.attempts_control import AttemptCap
from dialerd.core.callable_time import ANY_TIME, CallableTime
from dialerd.core.campaign import CampaignSettings, Mode, PacingSettings, RetryRule, SiteRule, TrunkSettings
from dialerd.core.compliance import UNBOUND, Profile
from dialerd.core.disposition import Disposition
from dialerd.core.flow.nodes import Flow
from dialerd.core.pre_call import RuleSet
from dialerd.core.retry import DEFAULT_RETRY
from dialerd.core.schedule import Schedule
from dialerd.core.treatment import AGENT_RESPONSES, AGENTLESS_RESPONSES, MAY_BE_PERSON, CallAnalysis, Treatment
from dialerd.core.voicemail import LeaveMessage

_ENDPOINT = re.compile(r"PJSIP/(?:[^@/]+@(?P<at>[A-Za-z0-9_.-]+)|(?P<slash>[A-Za-z0-9_.-]+)/sips?:.+)", re.IGNORECASE)


def event_source_of(dial: str) -> str | None:
    """The ARI endpoint that a PJSIP dial string goes through; None where it cannot be told."""
    found = _ENDPOINT.fullmatch(dial)
    return f"PJSIP/{found['at'] or found['slash']}" if found else None


def trunk_settings(name: str, model: TrunkModel) -> TrunkSettings | None:
    """The trunk; None when its event source is neither stated nor evident."""
    source = model.event_source or event_source_of(model.dial)
    return TrunkSettings(name, model.dial, source, model.max_lines, model.cps) if source is not None else None


def retry_rule(disposition: Disposition, model: RetryModel) -> RetryRule | None:
    """What is stated, completed from the defaults of the disposition; None when a part is found in neither."""
    default = DEFAULT_RETRY.get(disposition)
    max_tries = model.max_tries if model.max_tries is not None or default is None else default.max_tries
    gap_s = model.gap if model.gap is not None or default is None else default.gap_s
    if max_tries == 1 and gap_s is None:
        gap_s = 0.0
    if max_tries is None or gap_s is None:
        return None
    to = model.hand_over_to if model.then == "hand_over" else None
    return RetryRule(max_tries, gap_s, model.next, to)


def analysis_profile(model: AnalysisModel) -> AnalysisProfile:
    """The named profile with the figures that the campaign states itself."""
    profile = profile_named(model.profile)
    if model.amd is not None and profile.amd is not None:
        profile = replace(profile, amd=replace(profile.amd, **model.amd.model_dump(exclude_none=True)))
    if "deadline" in model.model_fields_set and profile.amd is not None:
        profile = replace(profile, deadline_s=model.deadline)
    return profile if model.tones is None else replace(profile, tones=model.tones)


def leave_message(model: LeaveMessageModel) -> LeaveMessage:
    """How messages are left on machines."""
    return LeaveMessage(
        message=model.message,
        tone="tone" in model.wait_for,
        silence_s=model.silence if "silence" in model.wait_for else None,
        timeout_s=model.timeout,
        at_timeout=model.at_timeout == "message",
        if_spoken_over=model.if_spoken_over,
    )


def response_table(model: CampaignModel) -> Mapping[CallAnalysis, Treatment]:
    """The whole table: what is stated over the mode's defaults. An agentless campaign that has a flow and no message
    leads people through the flow."""
    base = AGENTLESS_RESPONSES if model.mode is Mode.AGENTLESS else AGENT_RESPONSES
    if model.mode is Mode.AGENTLESS and model.flow is not None and model.message is None:
        base = {**base, **dict.fromkeys(MAY_BE_PERSON, Treatment.FLOW)}
    return {**base, **model.responses}


USUAL_TARGET = 0.02
USUAL_RATIO = 1.5


def abandon_target(model: PacingModel) -> float:
    """What is stated, else the usual one, which a lower cap brings down with it."""
    return model.abandon_target if model.abandon_target is not None else min(USUAL_TARGET, model.abandon_cap)


def pacing_settings(model: PacingModel, profile: Profile = UNBOUND) -> PacingSettings:
    """Pacing with its defaults, which are the compliance profile's where it has one."""
    cap, least = model.abandon_cap, model.progressive_until
    if "abandon_cap" not in model.model_fields_set and profile.abandon_cap is not None:
        cap = profile.abandon_cap
    if "progressive_until" not in model.model_fields_set and profile.progressive_until is not None:
        least = profile.progressive_until
    target = abandon_target(model)
    if model.abandon_target is None:
        target = min(target, cap, profile.abandon_target if profile.abandon_target is not None else cap)
    return PacingSettings(
        ratio=model.ratio if model.ratio is not None else USUAL_RATIO,
        max_calls_per_agent=model.max_calls_per_agent,
        abandon_target=target,
        abandon_cap=cap,
        progressive_until=least,
        shadow=Mode(model.shadow) if model.shadow is not None else None,
    )


def with_first_list(model: CampaignModel) -> CampaignModel:
    """A campaign with several lists is known by the first of them."""
    if model.contact_lists and (model.contact_list is None or "contact_lists" in model.model_fields_set):
        return model.model_copy(update={"contact_list": model.contact_lists[0].name})
    return model


def dnc_names(model: CampaignModel) -> tuple[str, ...]:
    """Every list that is asked, the opt-out list last."""
    return tuple(dict.fromkeys([*model.dnc, *([model.opt_out_list] if model.opt_out_list else [])]))


def ring_timeout_s(model: CampaignModel, profile: Profile) -> float:
    """What is stated, else the usual time or, where that is longer, the least that the profile allows."""
    least = 0.0 if "ring_timeout" in model.model_fields_set else profile.least_ring_s or 0.0
    return max(model.ring_timeout, least)


def abandon_threshold_s(model: CampaignModel, profile: Profile) -> float:
    """What is stated, else the usual time or, where that is shorter, the profile's."""
    most = profile.abandon_threshold_s
    if "abandon_threshold" in model.model_fields_set or most is None:
        return model.abandon_threshold
    return min(model.abandon_threshold, most)


def campaign_settings(
    name: str,
    model: CampaignModel,
    site_rule: SiteRule | None,
    schedule: Schedule | None = None,
    shared_caps: tuple[AttemptCap, ...] = (),
    providers: frozenset[str] = frozenset(),
    profile: Profile = UNBOUND,
    callable_time: CallableTime = ANY_TIME,
    rule_sets: tuple[RuleSet, ...] = (),
    flows: Mapping[str, Flow] | None = None,
) -> CampaignSettings:
    """The campaign; ``model`` has its defaults filled in and every check passed."""
    if model.mode is None or model.contact_list is None or model.trunk is None or model.caller_id is None:
        raise ValueError(f"campaign {name} has not passed its checks")
    rules = {disposition: retry_rule(disposition, stated) for disposition, stated in model.retry.items()}
    return CampaignSettings(
        name=name,
        mode=model.mode,
        contact_list=model.contact_list,
        trunk=model.trunk,
        caller_id=model.caller_id,
        queue=None if model.mode is Mode.AGENTLESS else model.queue,
        connection=model.agents.connection,
        ring_timeout_s=ring_timeout_s(model, profile),
        max_lines=model.max_lines,
        priority=model.priority,
        weight=model.weight,
        max_attempts=model.max_attempts,
        attempt_limits=limits_of(model.attempt_limits),
        day_parts=day_parts(model.day_parts),
        guaranteed_agent_lane=model.guaranteed_agent_lane,
        attempt_caps=united(caps_of(model.attempt_limits), shared_caps, caps_of_profile(profile)),
        retry={disposition: rule for disposition, rule in rules.items() if rule is not None},
        analysis=analysis_profile(model.call_analysis),
        analysis_by_type={
            kind: analysis_profile(of_type) for kind, of_type in model.call_analysis.by_number_type.items()
        },
        responses=response_table(model),
        leave_message=leave_message(model.message_after_beep),
        flow=model.flow,
        flows=flows_from(model.flow, flows or {}),
        abandon_keys=dict(model.abandon_keys),
        abandon_connect=model.abandon_connect,
        message=model.message,
        abandon_message=model.abandon_message,
        language=model.language or "",
        language_column=model.language_column,
        voice=model.voice or "",
        abandon_threshold_s=abandon_threshold_s(model, profile),
        recording=recording_settings(model.recording),
        inbound=inbound_settings(model.inbound, model.opt_out_list, flows or {}),
        review=review_settings(model.call_analysis.review, profile),
        wrap_up_s=model.wrap_up,
        agent_ring_timeout_s=model.agents.ring_timeout,
        agent_dial=model.agents.dial,
        variables=dict(model.variables),
        site_rule=site_rule,
        pacing=pacing_settings(model.pacing, profile),
        preview=preview_settings(model.preview),
        time_zone=model.time_zone,
        order=dial_order(model),
        schedule=schedule,
        rule_sets=rule_sets,
        dnc=dnc_names(model),
        dnc_providers=tuple(name for name in dnc_names(model) if name in providers),
        opt_out_list=model.opt_out_list,
        profile=profile,
        machine_sample=model.call_analysis.sample_machines,
        estimates=Estimates(model.compliance.false_machine_share, model.compliance.machine_share),
        callable_time=callable_time,
    )
