"""Preview at work: an agent accepts, skips, or lets an offer run out; or it is withdrawn.

While an offer is open its attempt is ``offered``: the number is locked, the agent reserved, a line held, and nothing
was dialed. Minutes may pass, so whoever accepts has all gates asked again, the do-not-call lists in the store among
them (:class:`~dialerd.core.commands.ConfirmClaim`). Only then may the call go out; a ledger entry that says
``offered`` was therefore never dialed, whatever became of the daemon.
"""

from __future__ import annotations

from collections.abc import Callable

from dialerd.core.attempt import AttemptState
from dialerd.core.campaign import Mode
from dialerd.core.choosing import LAST_MOMENT_GATES
from dialerd.core.closing import Closing
from dialerd.core.commands import ConfirmClaim
from dialerd.core.contact import Contact
from dialerd.core.desk import Desk
from dialerd.core.disposition import Disposition
from dialerd.core.dnc import DNC_REASON
from dialerd.core.events import ClaimNotConfirmed, PreviewAccepted, PreviewSkipped
from dialerd.core.floor import CampaignRun, Floor, LiveAttempt
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.gates import Case, campaign_on, first_objection, in_schedule, not_paused, running
from dialerd.core.offers import Offers
from dialerd.core.placing import Placing
from dialerd.core.preview import Decision, OnTimeout

BY_CLOCK = "time-out"
ASK_AGAIN_S = 0.25

_S = AttemptState
_MAY_SHOW = (campaign_on, not_paused, in_schedule, running)
"""What a campaign needs for an offer to stay open. What else it needs to dial may be well again by the time the agent
has read."""


class Previewing:
    """Takes decisions to offers."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        closing: Closing,
        placing: Placing,
        offers: Offers,
        case_for: Callable[[CampaignRun, Contact | None, float], Case],
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._closing = closing
        self._placing = placing
        self.offers = offers
        self._case_for = case_for

    # --- decisions -------------------------------------------------------------------------------------

    def accepted(self, attempt: LiveAttempt, event: PreviewAccepted, now: float) -> None:
        """The agent wants the call."""
        if attempt.state is _S.OFFERED:
            self._go(attempt, Decision.ACCEPTED, event.who, now)

    def skipped(self, attempt: LiveAttempt, event: PreviewSkipped, now: float) -> None:
        """The agent does not."""
        if attempt.state is _S.OFFERED and attempt.settings.preview.may_skip:
            self._skip(attempt, Decision.SKIPPED, event.who, now)

    def ran_out(self, attempt: LiveAttempt, now: float) -> None:
        """The agent said nothing."""
        if attempt.state is not _S.OFFERED:
            return
        if attempt.settings.preview.on_timeout is OnTimeout.DIAL:
            self._go(attempt, Decision.TIMED_OUT, BY_CLOCK, now)
        else:
            self._skip(attempt, Decision.TIMED_OUT, BY_CLOCK, now)

    def _go(self, attempt: LiveAttempt, decision: Decision, who: str, now: float) -> None:
        self.offers.decide(attempt, decision, who, now)
        # While the store is silent, its word is waited for; the gates are asked once more when it has come.
        if self._floor.conditions.store is not None or self._placing.may_go(attempt, now):
            self._floor.move_attempt(attempt, _S.ACCEPTED)
            self.confirm(attempt, now)

    def _skip(self, attempt: LiveAttempt, decision: Decision, who: str, now: float) -> None:
        record = attempt.record
        self.offers.decide(attempt, decision, who, now)
        record.reason = "skipped_by_agent" if decision is Decision.SKIPPED else "preview_timed_out"
        self._floor.move_attempt(attempt, _S.ENDED)
        record.ended_at = now
        # Whoever let it run out is not there: the next contact would wait as long for nobody.
        self._desk.release(record.agent, record.id, now, missed=decision is Decision.TIMED_OUT)
        self._closing.close(attempt, Disposition.PREVIEW_SKIPPED, now)

    # --- the store's word on accepted ones ---------------------------------------------------------------

    def confirm(self, attempt: LiveAttempt, now: float) -> None:
        """Ask the store whether the claim may be used."""
        if attempt.state is not _S.ACCEPTED:
            return
        floor, record = self._floor, attempt.record
        campaign = floor.campaigns.get(record.campaign)
        lists = attempt.settings.dnc + (campaign.settings.dnc if campaign is not None else ())
        floor.do(ConfirmClaim(record, floor.trunks[record.trunk].settings.cps, tuple(dict.fromkeys(lists))))

    def confirmed(self, attempt: LiveAttempt, now: float) -> None:
        """The call may go out."""
        if attempt.state is not _S.ACCEPTED:
            return
        if self._floor.conditions.store is not None:
            # It answers what was asked before it says that it is back.
            self._floor.timers.set("confirm", attempt.id, now + ASK_AGAIN_S)
        else:
            self._placing.dial(attempt, now)

    def not_confirmed(self, attempt: LiveAttempt, event: ClaimNotConfirmed, now: float) -> None:
        """It may not, or not yet."""
        if attempt.state is not _S.ACCEPTED:
            return
        if event.reason == "no_cps":
            at = event.retry_at if event.retry_at is not None else now + ASK_AGAIN_S
            self._floor.timers.set("confirm", attempt.id, at)
            return
        record, until = attempt.record, event.retry_at
        if event.reason.startswith(DNC_REASON):
            campaign = self._floor.campaigns[record.campaign]
            campaign.bar(record.number, Refuse(event.reason) if until is None else Hold(event.reason, until))
        self._closing.not_placed(attempt, event.reason, now)

    # --- what withdraws them -------------------------------------------------------------------------------

    def keep(self, campaign: CampaignRun, now: float) -> None:
        """Something happened to the campaign: its offers end when it may show none."""
        if not self.offers.open:
            return
        mine = [self.offers.open[each] for each in sorted(campaign.live) if each in self.offers.open]
        if not mine:
            return
        objection = first_objection(_MAY_SHOW, self._case_for(campaign, None, now))
        if objection is not None:
            for attempt in mine:
                self._withdraw(attempt, objection.reason, now)

    def plan_changed(self, now: float) -> None:
        """Settings are others: offers that would not be made by them end."""
        for attempt in list(self.offers.open.values()):
            campaign = self._floor.campaigns.get(attempt.record.campaign)
            if campaign is None or not self._would_offer(campaign, attempt):
                self._withdraw(attempt, "configuration_changed", now)
                continue
            objection = first_objection(LAST_MOMENT_GATES, self._placing.last_case(campaign, attempt, now))
            if objection is not None:
                self._withdraw(attempt, objection.reason, now)

    @staticmethod
    def _would_offer(campaign: CampaignRun, attempt: LiveAttempt) -> bool:
        settings, record = campaign.settings, attempt.record
        by_rule = (record.preview or {}).get("rule")
        return (
            settings.dials(record.contact_list)
            and settings.queue == attempt.settings.queue
            and (settings.mode is Mode.PREVIEW or bool(by_rule))
        )

    def _withdraw(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        if attempt.state in (_S.OFFERED, _S.ACCEPTED):
            self._closing.not_placed(attempt, reason, now)
