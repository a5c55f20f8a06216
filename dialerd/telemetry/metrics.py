"""Prometheus metrics: counters and histograms fed by the engine. Gauges of the present moment are in
:mod:`dialerd.telemetry.present`.

Labels are bounded: campaigns, trunks and queues are what the configuration and Asterisk name, everything else comes
from a fixed list. Time series begin at zero with the daemon; the record has the history.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Mapping, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from dialerd import __version__
from dialerd.core.attempt import AttemptRecord
from dialerd.core.attempts_control import CAP_REASON
from dialerd.core.commands import (
    Claim,
    CloseAttempt,
    Command,
    MarkCall,
    OptOut,
    OriginateCall,
    RecordCaller,
    RetireContacts,
)
from dialerd.core.disposition import Disposition
from dialerd.core.dnc import DNC_REASON
from dialerd.core.events import ClaimRefused, Event, ListeningFailed, PlanChanged, ToneHeard
from dialerd.core.treatment import MAY_BE_PERSON
from dialerd.core.view import DialerView
from dialerd.telemetry.amd_metrics import AmdMetrics
from dialerd.telemetry.callback_metrics import CallbackMetrics
from dialerd.telemetry.caller_metrics import CallerMetrics
from dialerd.telemetry.handled_events import HandledEvents
from dialerd.telemetry.import_metrics import ImportMetrics
from dialerd.telemetry.notice_table import NOTICES
from dialerd.telemetry.present import PresentCollector

disable_created_metrics()  # type: ignore[no-untyped-call]
CLAIM_REFUSALS = frozenset(
    {"number_locked", "no_line", "no_cps", "agent_reserved", "lease_lost", "dnc_loading", "call_log_incomplete"}
)
INVARIANTS = frozenset(
    {
        "one_live_attempt_per_number", "stopping_never_originates", "one_disposition_per_attempt",
        "agent_in_one_call", "no_defect_in_the_core",
    }
)  # fmt: skip
PARKED_FOR = frozenset({
    "prompt_rendering", "prompt_failed",
    "retry", "callback", "callable_time", "callable_time_never", "time_zone_unknown", "cap", "dnc", "dnc_provider",
    "rule", "rule_failed", "precise_dialing", "max_attempts_today", "max_attempts_of_number_today",
    "guaranteed_agent_lane_full", "number_in_use",
})  # fmt: skip
"""What contacts are parked for, as labels."""
OTHER = "other"
"""The label of whatever is not on its list."""
_PERSON_VALUES = frozenset(analysis.value for analysis in MAY_BE_PERSON)

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Metrics:
    """All metrics of one daemon, in a registry of their own.

    :meth:`observe` is an engine observer; :meth:`watch` gives it the present to look at when it is scraped."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self._campaign_of: dict[str, str] = {}
        """Attempt -> campaign, between claim and close: some events carry the attempt's id alone."""
        campaign = ("campaign",)
        self._attempts = self._counter("attempts", "Finished attempts.", ("campaign", "disposition"))
        self._placed = self._counter("calls_placed", "Calls handed to Asterisk.", campaign)
        self._persons = self._counter("persons_answered", "Calls answered by what may be a person.", campaign)
        self._abandoned = self._counter(
            "calls_abandoned", "A of the abandon rate: persons not connected within the threshold.", campaign
        )
        self._live = self._counter(
            "live_calls", "L of the abandon rate: persons connected in time to an agent or the message.", campaign
        )
        self._refused = self._counter("claims_refused", "Claims that the store refused.", ("campaign", "reason"))
        self._notices = self._counter("notices", "Notices given to operators.", ("name", "level"))
        self._violations = self._counter("invariant_violations", "Broken promises; any is a defect.", ("invariant",))
        self._answer_to_connect = self._histogram(
            "answer_to_connect_seconds", "From answer to the agent.", campaign,
            (0.05, 0.1, 0.25, 0.5, 1, 1.5, 2, 2.5, 3, 5, 10, 30),
        )  # fmt: skip
        self._analysis = self._histogram(
            "analysis_seconds", "From answer to the verdict of the call analysis.", campaign,
            (0.1, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 7, 10),
        )  # fmt: skip
        self._ring = self._histogram(
            "ring_seconds", "From dialing to answer, or to the end without one.", ("campaign", "answered"),
            (1, 2, 5, 8, 12, 16, 20, 25, 30, 45, 60),
        )  # fmt: skip
        self._handled = HandledEvents((0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25))
        self.registry.register(self._handled)
        self._flow_results = self._counter(
            "flow_results", "Calls that walked through a flow, by how that ended.", ("campaign", "flow", "result")
        )
        self._opt_outs = self._counter("opt_outs", "People who opted out during a call.", ("campaign", "how"))
        self._callbacks = CallbackMetrics(self.registry)
        self._callers = CallerMetrics(self.registry)
        self._capped = self._counter(
            "capped_total", "Claims that a rolling cap on attempts refused.", ("cap", "campaign")
        )
        self._dnc_blocked = self._counter(
            "dnc_blocked_total", "Claims that a do-not-call list refused.", ("dnc_list", "campaign")
        )
        self._dnc_provider = self._histogram(
            "dnc_provider_seconds", "Requests to providers of do-not-call lists.", ("dnc_list", "outcome"),
            (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0),
        )  # fmt: skip
        self._dnc_answers = self._counter(
            "dnc_provider_numbers", "Numbers about which a provider's answer was wanted, by where it came from: "
            "`memory`, `redis`, `asked`, or `failed` where there was none.", ("dnc_list", "origin"),
        )  # fmt: skip
        self._dnc_unkept = self._counter(
            "dnc_provider_store_failures", "Times when Redis did not tell or take answers of providers.", ("what",)
        )
        self._dnc_entries = Gauge(
            "dialerd_dnc_entries", "Entries of do-not-call lists.", ("dnc_list", "kind"), registry=self.registry
        )
        self._dnc_waiting = Gauge(
            "dialerd_dnc_waiting", "Entries that claims heed and the record has yet to be told of.",
            registry=self.registry,
        )  # fmt: skip
        self._set_aside = Gauge(
            "dialerd_outcomes_set_aside", "Finished attempts that the record would not take; see `dialerd outcomes`.",
            registry=self.registry,
        )  # fmt: skip
        self._contacts = Gauge(
            "dialerd_campaign_contacts", "Contacts of a campaign, as they were counted last.", ("campaign", "kind"),
            registry=self.registry,
        )  # fmt: skip
        self._parked = Gauge(
            "dialerd_campaign_contacts_parked", "Contacts parked until later, by what they wait for.",
            ("campaign", "reason"), registry=self.registry,
        )  # fmt: skip
        self._marked = self._counter(
            "calls_marked", "Calls that somebody said were a machine or a person.", ("mark",)
        )
        self._rule_failures = self._counter(
            "site_rule_failures", "Failures of a site's own Python rules, by `module:function`.", ("function",)
        )
        self._webhooks = self._histogram(
            "webhook_seconds", "Tries to tell a webhook, by outcome.", ("webhook", "outcome"),
            (0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30),
        )  # fmt: skip
        self._webhooks_dead = self._counter("webhooks_given_up", "Deliveries that were given up.", ("webhook",))
        self._webhooks_waiting = Gauge(
            "dialerd_webhook_deliveries", "Deliveries that wait, and that were given up and are kept (dead).",
            ("webhook", "state"), registry=self.registry,
        )  # fmt: skip
        self._spoken = self._histogram(
            "speech_seconds", "Texts turned into speech, or found in the cache, by voice and outcome.",
            ("voice", "outcome"), (0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30),
        )  # fmt: skip
        self._speech_bytes = Gauge(
            "dialerd_speech_cache_bytes", "Bytes of speech that are kept.", registry=self.registry
        )
        of_ledger = ("campaign", "window", "formula")
        self._abandon_rate = Gauge(
            "dialerd_abandon_rate", "Abandon rate (a fraction) of the window that holds today, by its formula.",
            of_ledger, registry=self.registry,
        )  # fmt: skip
        self._abandon_limit = Gauge(
            "dialerd_abandon_limit", "What the compliance profile allows, where it applies formula and window.",
            of_ledger, registry=self.registry,
        )  # fmt: skip
        self.amd = AmdMetrics(self.registry)
        """How good call analysis is."""
        self.imports = ImportMetrics(self.registry)
        """Imports of contact files."""
        build = Gauge("dialerd_build_info", "The running version.", ("version", "python"), registry=self.registry)
        build.labels(__version__, platform.python_version()).set(1)
        for invariant in sorted(INVARIANTS):
            # An alert on an increase sees the first one only if the series was there before.
            self._violations.labels(invariant)
        self._present = PresentCollector()
        self.registry.register(self._present)

    # --- what feeds it ----------------------------------------------------------------------------------

    def observe(self, event: Event, commands: Sequence[Command], now: float) -> None:
        """One event and the commands it led to; ``now`` in epoch seconds. The engine calls it."""
        self._handled.count(type(event))
        if isinstance(event, PlanChanged):
            self._begin_at_zero(event.plan.campaigns)
        if isinstance(event, ClaimRefused):
            campaign = self._campaign_of.pop(event.attempt_id, None)
            if campaign is not None:
                reason = event.reason if event.reason in CLAIM_REFUSALS else OTHER
                if event.reason.startswith(DNC_REASON):
                    reason = "dnc"
                    self._dnc_blocked.labels(event.reason.removeprefix(DNC_REASON), campaign).inc()
                elif event.reason.startswith(CAP_REASON):
                    reason = "cap"
                    self._capped.labels(event.reason.removeprefix(CAP_REASON), campaign).inc()
                self._refused.labels(campaign, reason).inc()
        elif isinstance(event, ToneHeard):
            self.amd.tone_heard(event, commands)
        elif isinstance(event, ListeningFailed):
            self.amd.listening_failed()
        for command in commands:
            if isinstance(command, Claim):
                self._campaign_of[command.record.id] = command.record.campaign
            elif isinstance(command, OriginateCall):
                campaign = self._campaign_of.get(command.attempt_id)
                if campaign is not None:
                    self._placed.labels(campaign).inc()
            elif isinstance(command, OptOut):
                campaign = self._campaign_of.get(command.attempt_id)
                if campaign is not None:
                    self._opt_outs.labels(campaign, command.how).inc()
            elif isinstance(command, RecordCaller):
                self._callers.over(command.record)
            elif isinstance(command, MarkCall):
                self._marked.labels(command.mark.value).inc()
            elif isinstance(command, CloseAttempt):
                self._campaign_of.pop(command.outcome.record.id, None)
                self._count(command.outcome.record)
                self._callbacks.closed(command.outcome.record)
            elif isinstance(command, RetireContacts):
                self._callbacks.retired(command)

    def dnc_counted(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Entries of the do-not-call lists: list -> kind -> how many."""
        for dnc_list, of_kind in counts.items():
            for kind, count in of_kind.items():
                self._dnc_entries.labels(dnc_list, kind).set(count)

    def dnc_waiting(self, count: int) -> None:
        """So many entries of do-not-call lists wait for the record."""
        self._dnc_waiting.set(count)

    def outcomes_set_aside(self, count: int) -> None:
        """So many outcomes are set aside."""
        self._set_aside.set(count)

    def abandon_counted(self, told: Mapping[tuple[str, str, str], tuple[float, float | None]]) -> None:
        """The abandon ledger of today: (campaign, window, formula) -> (rate, limit); fractions."""
        self._abandon_rate.clear()
        self._abandon_limit.clear()
        for labels, (rate, limit) in told.items():
            self._abandon_rate.labels(*labels).set(rate)
            if limit is not None:
                self._abandon_limit.labels(*labels).set(limit)

    def contacts_counted(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Contacts of all campaigns: campaign -> kind (``matching``, ``fresh`` …) -> how many."""
        self._contacts.clear()
        for campaign, of_campaign in counts.items():
            for kind, count in of_campaign.items():
                self._contacts.labels(campaign, kind).set(count)

    def contacts_parked(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Parked contacts of all campaigns: campaign -> reason -> how many. Only a reason's bounded first word
        becomes a label."""
        self._parked.clear()
        for campaign, of_campaign in counts.items():
            for reason, count in of_campaign.items():
                word = reason.partition(":")[0]
                self._parked.labels(campaign, word if word in PARKED_FOR else OTHER).inc(count)

    def provider_asked(self, dnc_list: str, outcome: str, seconds: float) -> None:
        """A provider of a do-not-call list was asked, and how that went."""
        self._dnc_provider.labels(dnc_list, outcome).observe(seconds)

    def provider_answers(self, dnc_list: str, origin: str, count: int) -> None:
        """Where the answers about so many numbers came from."""
        self._dnc_answers.labels(dnc_list, origin).inc(count)

    def provider_answers_unkept(self, what: str) -> None:
        """Redis did not tell (``read``) or take (``keep``) answers of a provider."""
        self._dnc_unkept.labels(what).inc()

    def spoken(self, voice: str, outcome: str, seconds: float) -> None:
        """A text was turned into speech (``rendered``), found (``cached``), or neither."""
        self._spoken.labels(voice or "espeak-ng", outcome).observe(seconds)

    def watch_speech(self, kept_bytes: Callable[[], float]) -> None:
        """How many bytes of speech are kept, asked for at each scrape."""
        self._speech_bytes.set_function(kept_bytes)

    def rule_failed(self, function: str) -> None:
        """A site's own rule failed; ``function`` is empty for the answer rule of a campaign."""
        self._rule_failures.labels(function or "classify").inc()

    def webhook_tried(self, webhook: str, outcome: str, seconds: float) -> None:
        """A delivery was tried, or (``dead``) given up."""
        if outcome == "dead":
            self._webhooks_dead.labels(webhook).inc()
        else:
            self._webhooks.labels(webhook, outcome).observe(seconds)

    def webhooks_counted(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Webhook -> ``waiting`` or ``dead`` -> how many deliveries."""
        self._webhooks_waiting.clear()
        for webhook, of_webhook in counts.items():
            for state in ("waiting", "dead"):
                self._webhooks_waiting.labels(webhook, state).set(of_webhook.get(state, 0))

    def handled(self, seconds: float) -> None:
        """One event took so long; :class:`dialerd.engine.EngineLoop` calls it."""
        self._handled.took(seconds)

    def count_notice(self, name: str, level: str) -> None:
        """One notice; the watcher calls it."""
        self._notices.labels(name if name in NOTICES else OTHER, level).inc()

    def count_violation(self, invariant: str) -> None:
        """One broken promise; the watcher calls it."""
        self._violations.labels(invariant if invariant in INVARIANTS else OTHER).inc()

    def watch(
        self, view: Callable[[], DialerView], backlog: Callable[[], int], loop_lag_s: Callable[[], float]
    ) -> None:
        """Where the gauges come from: the core's view, the inbox's length and the event loop's lag, asked for at each
        scrape, on the event loop's thread."""
        self._present.view, self._present.backlog, self._present.loop_lag_s = view, backlog, loop_lag_s

    # --- what reads it ----------------------------------------------------------------------------------

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format, of content type :data:`CONTENT_TYPE`."""
        return generate_latest(self.registry)

    # --- inside -----------------------------------------------------------------------------------------

    def _begin_at_zero(self, campaigns: Iterable[str]) -> None:
        # Prometheus sees an increase only from a value that it has seen: the first abandoned call must not be lost.
        for campaign in campaigns:
            for counter in (self._placed, self._persons, self._abandoned, self._live):
                counter.labels(campaign)
            for disposition in Disposition:
                self._attempts.labels(campaign, disposition.value)
            self._opt_outs.labels(campaign, "key")
            self._callers.begin_at_zero(campaign)

    def _count(self, record: AttemptRecord) -> None:
        campaign = record.campaign
        self._attempts.labels(campaign, record.disposition or Disposition.UNMAPPED.value).inc()
        if record.flow is not None and record.flow_result is not None:
            self._flow_results.labels(campaign, str(record.flow.get("flow", OTHER)), record.flow_result).inc()
        if record.abandoned:
            self._abandoned.labels(campaign).inc()
        elif record.reached:
            self._live.labels(campaign).inc()
        if record.abandoned or (record.answered_at is not None and record.analysis in _PERSON_VALUES):
            self._persons.labels(campaign).inc()
        if record.dialed_at is not None:
            until = record.answered_at if record.answered_at is not None else record.ended_at
            if until is not None and record.disposition != Disposition.NOT_PLACED:
                answered = "yes" if record.answered_at is not None else "no"
                self._ring.labels(campaign, answered).observe(max(0.0, until - record.dialed_at))
        if record.answered_at is None:
            return
        self.amd.closed(record)
        if record.analysed_at is not None:
            self._analysis.labels(campaign).observe(max(0.0, record.analysed_at - record.answered_at))
        if record.connected_at is not None:
            self._answer_to_connect.labels(campaign).observe(max(0.0, record.connected_at - record.answered_at))

    def _counter(self, name: str, text: str, labels: Sequence[str]) -> Counter:
        return Counter(f"dialerd_{name}", text, labels, registry=self.registry)

    def _histogram(self, name: str, text: str, labels: Sequence[str], buckets: Sequence[float]) -> Histogram:
        return Histogram(f"dialerd_{name}", text, labels, buckets=buckets, registry=self.registry)
