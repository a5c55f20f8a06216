"""The end of an attempt: its verdict, what it held is free again, and its outcome goes to the outbox."""

from __future__ import annotations

from dataclasses import replace

from dialerd.core.attempt import NOT_DIALED_YET, AttemptRecord, AttemptState, Outcome
from dialerd.core.call_recording import recording_over
from dialerd.core.campaign import CampaignState
from dialerd.core.commands import CloseAttempt
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.desk import Desk
from dialerd.core.disposition import NEVER_DIALED, Disposition
from dialerd.core.dnc import DNC_REASON
from dialerd.core.floor import Floor, LiveAttempt
from dialerd.core.forecasting import Forecasting
from dialerd.core.gate_verdicts import Hold
from dialerd.core.hearing import stop_amd, stop_listening
from dialerd.core.offers import Offers
from dialerd.core.retry import next_for_contact
from dialerd.core.verdict import disposition_of
from dialerd.core.wrapping_up import after_rules

_S = AttemptState


class Closing:
    """Closes attempts, each once."""

    def __init__(self, floor: Floor, desk: Desk, forecasting: Forecasting, offers: Offers) -> None:
        self._floor = floor
        self._desk = desk
        self._forecasting = forecasting
        self._offers = offers

    def not_placed(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        """Nobody was called."""
        attempt.record.reason = reason
        self._floor.move_attempt(attempt, _S.ENDED)
        attempt.record.ended_at = now
        self.close(attempt, Disposition.NOT_PLACED, now)

    def ended(
        self, attempt: LiveAttempt, cause: int | None, sip_status: int | None, cause_text: str, now: float
    ) -> None:
        """The channel is gone, whoever ended it: find the disposition and close."""
        if attempt.state in NOT_DIALED_YET or attempt.state in (_S.ENDED, _S.CLOSED):
            return
        record = attempt.record
        record.ended_at, record.cause, record.sip_status, record.cause_text = now, cause, sip_status, cause_text
        if not record.hung_up_by:
            record.hung_up_by = "dialerd" if attempt.hang_up_sent or record.cancelled else "callee"
        disposition = disposition_of(attempt, now)
        self._floor.move_attempt(attempt, _S.ENDED)
        self.close(attempt, disposition, now)

    def close(self, attempt: LiveAttempt, disposition: Disposition, now: float) -> None:
        """Write the verdict, free what the attempt held, hand the outcome to the outbox."""
        floor, record = self._floor, attempt.record
        if record.disposition is not None:
            floor.violated("one_disposition_per_attempt", f"{record.id}: {record.disposition}, {disposition}")
            return
        record.disposition = disposition.value
        if disposition in (Disposition.UNMAPPED, Disposition.OUTCOME_UNKNOWN):
            floor.tell(
                "warning", f"disposition_{disposition.value}", attempt=record.id, campaign=record.campaign,
                cause=str(record.cause), sip_status=str(record.sip_status),
            )  # fmt: skip
        trunk = floor.trunks.get(record.trunk)
        rang = record.ringing_at is not None or record.answered_at is not None
        counts = disposition not in NEVER_DIALED or record.reason.startswith("refused:")
        if trunk is not None and counts and trunk.ended(disposition, rang, now):
            floor.tell(
                "error", "trunk_refuses_everything", trunk=record.trunk, last=disposition.value,
                hold_s=f"{trunk.hold_until - now:.0f}",
            )  # fmt: skip
            for name, campaign in floor.campaigns.items():
                if campaign.settings.trunk == record.trunk:
                    floor.timers.set("pace", name, trunk.hold_until)
        stop_amd(floor, attempt)
        stop_listening(floor, attempt)
        recording_over(floor, attempt, now)
        self._desk.let_go(attempt)
        contact = next_for_contact(record, attempt.settings, disposition, now)
        contact = self._until_over(record, contact)
        contact = after_rules(floor, attempt, contact, disposition, now)
        if record.preview is not None and record.dialed_at is None:
            self._offers.over(attempt, now)
        floor.do(CloseAttempt(Outcome(record, contact)))
        self._count(record)
        self.free(attempt)
        self._forecasting.closed(record, now)
        campaign_run = floor.campaigns.get(record.campaign)
        if campaign_run is not None:
            campaign_run.closing.add(record.id)
        self._desk.call_over(record.agent, record.id, attempt.settings.wrap_up_s, now)

    def _until_over(self, record: AttemptRecord, following: ContactNext) -> ContactNext:
        """A do-not-call entry that ends stands in the way until then, and not for good."""
        campaign = self._floor.campaigns.get(record.campaign)
        verdict = campaign.barred.get(record.number) if campaign is not None else None
        for_the_list = following.state is ContactState.UNCALLABLE and following.reason.startswith(DNC_REASON)
        if not for_the_list or not isinstance(verdict, Hold) or verdict.until is None:
            return following
        return replace(following, state=ContactState.WAITING, at=verdict.until)

    def _count(self, record: AttemptRecord) -> None:
        campaign = self._floor.campaigns.get(record.campaign)
        if campaign is None or record.disposition is None:
            return
        campaign.dispositions[record.disposition] = campaign.dispositions.get(record.disposition, 0) + 1
        campaign.answered += record.answered_at is not None
        campaign.connected += record.connected_at is not None
        campaign.abandoned += record.abandoned
        campaign.reached += record.reached

    def free(self, attempt: LiveAttempt) -> None:
        """Free the core's own picture of what the attempt held."""
        floor, record = self._floor, attempt.record
        floor.timers.cancel_all(record.id)
        if attempt.playback is not None:
            floor.playbacks.pop(attempt.playback, None)
        if floor.numbers.get(record.number) == record.id:
            del floor.numbers[record.number]
        campaign = floor.campaigns.get(record.campaign)
        if campaign is not None:
            campaign.live.discard(record.id)
        trunk = floor.trunks.get(record.trunk)
        if trunk is not None:
            trunk.release()
            floor.wake_trunk(record.trunk)
        if attempt.state is _S.CLOSED:
            del floor.attempts[record.id]

    def closed(self, attempt: LiveAttempt) -> None:
        """The store has the outcome."""
        if attempt.state is not _S.ENDED:
            return
        floor = self._floor
        floor.move_attempt(attempt, _S.CLOSED)
        del floor.attempts[attempt.id]
        campaign = floor.campaigns.get(attempt.record.campaign)
        if campaign is not None:
            campaign.closing.discard(attempt.id)
            # Whoever dials was looked at when the call ended. This last step may let the campaign stop or complete.
            if campaign.dry or campaign.state is not CampaignState.ON or campaign.settings.mode.dials_ahead:
                floor.dirty.add(attempt.record.campaign)
