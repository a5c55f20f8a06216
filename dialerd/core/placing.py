"""An attempt from claim to answer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from dialerd.core.asked_gates import AskedOfCampaigns
from dialerd.core.attempt import GUARANTEED_LANE, AttemptRecord, AttemptState
from dialerd.core.attempts_control import CAP_REASON
from dialerd.core.callable_time import local_time, zones_said
from dialerd.core.called_days import stamp_of
from dialerd.core.campaign import CampaignState, Mode, channel_variables
from dialerd.core.choosing import ALL_ALLOWED, LAST_MOMENT_GATES, verdicts_said
from dialerd.core.closing import Closing
from dialerd.core.commands import (
    Claim,
    HangUp,
    MoveReservation,
    OriginateCall,
    ProbeChannel,
)
from dialerd.core.contact import Contact
from dialerd.core.desk import Desk
from dialerd.core.dial_string import dial_string
from dialerd.core.dnc import DNC_REASON
from dialerd.core.events import ChannelProbed, ClaimRefused, OriginateRefused
from dialerd.core.floor import CampaignRun, Floor, LiveAttempt, Parked
from dialerd.core.forecasting import Forecasting
from dialerd.core.gate_verdicts import Hold, Refuse
from dialerd.core.gates import Case, first_objection
from dialerd.core.idle_look import IdleNow
from dialerd.core.offers import Offers
from dialerd.core.pre_call_gate import ruling_for
from dialerd.core.preview import was_shown
from dialerd.core.prompt_texts import own_language
from dialerd.core.prompting import message_media
from dialerd.core.queue_picture import BEFORE_ANSWER, somebody_at_work
from dialerd.core.rule_stamp import rules_stamp

RING_GRACE_S = 1.0
"""Asterisk's own ring time-out goes first; ours acts when it did not."""
WATCH_S = 30.0
"""A live channel of which nothing was heard for so long is asked for by its id."""
CONNECTED_WATCH_S = 300.0
GONE_WATCH_S = 2.0
"""So long after a hang-up the channel's end should have been told."""
REPARK_S = 5.0

_S = AttemptState


class Placing:
    """Claims, originates, watches over ringing calls."""

    def __init__(
        self,
        floor: Floor,
        desk: Desk,
        forecasting: Forecasting,
        closing: Closing,
        offers: Offers,
        case_for: Callable[[CampaignRun, Contact, float, int], Case],
    ) -> None:
        self._floor = floor
        self._desk = desk
        self._forecasting = forecasting
        self._closing = closing
        self._offers = offers
        self._case_for = case_for
        self._asked = AskedOfCampaigns()

    # --- claim -----------------------------------------------------------------------------------------

    def begin(
        self, campaign: CampaignRun, contact: Contact, index: int, attempt_id: str, agent: str | None, now: float
    ) -> None:
        """Ask for the claim on one of the contact's numbers; ``index``: its place among them."""
        floor, settings = self._floor, campaign.settings
        trunk = floor.trunks[settings.trunk]
        number = contact.numbers[index]
        ruling = ruling_for(floor, settings, contact, index, now, attempt_id)
        record = AttemptRecord(
            id=attempt_id,
            campaign=settings.name,
            contact_id=contact.id,
            contact_list=contact.contact_list,
            contact_key=contact.key,
            number=number.e164,
            number_kind=number.kind,
            trunk=settings.trunk,
            caller_id=ruling.caller_id if ruling.caller_id is not None else settings.caller_id,
            mode=settings.mode.value,
            ring_timeout_s=settings.ring_timeout_s,
            agent=agent,
            claimed_at=now,
            contact_attempts=contact.attempts,
            number_index=index,
            number_count=len(contact.numbers),
            contact_tries=stamp_of(settings, contact, index, now),
            lane=GUARANTEED_LANE if agent is not None and settings.mode.dials_ahead else "",
            profile=settings.profile.said,
            profile_version=settings.profile.version,
            called_zone=zones_said(settings.callable_time.locate(contact, number)),
            rules=rules_stamp(
                settings.rule_sets,
                ruling,
                contact.columns,
                IdleNow(floor, settings.queue, contact.id, attempt_id),
            ),
            prompts=floor.prompts.take(settings.name, contact.id),
            language=own_language(settings, contact.columns),
            preview={"rule": ruling.preview} if ruling.preview or settings.mode is Mode.PREVIEW else None,
        )
        attempt = LiveAttempt(record, settings, contact=contact, more_variables=ruling.variables)
        floor.attempts[attempt_id] = attempt
        if number.e164 in floor.numbers:
            floor.violated("one_live_attempt_per_number", f"{floor.numbers[number.e164]} and {attempt_id}")
        floor.numbers[number.e164] = attempt_id
        campaign.live.add(attempt_id)
        trunk.take(now)
        caps = settings.attempt_caps
        if agent is not None:
            caps = tuple(cap for cap in caps if not cap.unless_guaranteed)
        floor.do(Claim(record, trunk.settings.max_lines, trunk.settings.cps, settings.max_lines, caps, settings.dnc))

    def granted(self, attempt: LiveAttempt, now: float) -> None:
        """The claim holds: the call may go out."""
        if attempt.state is not _S.CLAIMING:
            return
        self._floor.move_attempt(attempt, _S.CLAIMED)
        if attempt.record.preview is None:
            self.dial(attempt, now)
        elif self.may_go(attempt, now):
            self._offers.make(attempt, now)

    def last_case(self, campaign: CampaignRun, attempt: LiveAttempt, now: float) -> Case:
        """What the gates of the last moment judge."""
        contact, record = attempt.contact, attempt.record
        assert contact is not None
        case = self._case_for(campaign, contact, now, record.number_index)
        if not case.campaign.settings.rule_sets:
            return case
        # A rule that wants a preview since the claim is not met by a call that nobody was shown.
        return replace(case, previews=record.preview is not None)

    def may_go(self, attempt: LiveAttempt, now: float) -> bool:
        """Run the gates once more. False: something is in the way, and the attempt was closed without a call."""
        record = attempt.record
        campaign = self._floor.campaigns[record.campaign]
        if record.cancelled:
            self._closing.not_placed(attempt, record.reason, now)
            return False
        case = self.last_case(campaign, attempt, now)
        objection = first_objection(self._asked.of(campaign.settings).last_moment, case)
        if objection is not None:
            record.gate_verdicts = verdicts_said(LAST_MOMENT_GATES, case)
            self._closing.not_placed(attempt, objection.reason, now)
            return False
        if not self._has_agents(attempt, now):
            self._closing.not_placed(attempt, "agent_left", now)
            return False
        return True

    def dial(self, attempt: LiveAttempt, now: float) -> None:
        """Run the gates once more and dial, or wait for the trunk's next moment."""
        if attempt.state not in (_S.CLAIMED, _S.ACCEPTED) or not self.may_go(attempt, now):
            return
        floor, record, settings = self._floor, attempt.record, attempt.settings
        campaign, contact = floor.campaigns[record.campaign], attempt.contact
        assert contact is not None
        trunk = floor.trunks[record.trunk]
        moment = trunk.dial(now)
        if moment > now:
            floor.timers.set("dial", record.id, moment)
            return
        if campaign.state is not CampaignState.ON:
            floor.violated("stopping_never_originates", record.id)
        floor.move_attempt(attempt, _S.ORIGINATING)
        record.dialed_at = now
        record.gate_verdicts = ALL_ALLOWED
        record.called_local = local_time(record.called_zone, now)
        if record.claimed_at is None or now // 60 != record.claimed_at // 60:
            # It may have become another day, or part of it, between claim and call.
            record.contact_tries = stamp_of(settings, contact, record.number_index, now)
        campaign.placed += 1
        self._forecasting.dialed(attempt, now)
        if record.preview is not None:
            self._offers.over(attempt, now)
        variables = channel_variables({**settings.variables, **attempt.more_variables}, contact.columns)
        floor.do(
            OriginateCall(
                attempt_id=record.id,
                dial_string=dial_string(trunk.settings.dial, record.number),
                caller_id=record.caller_id,
                ring_timeout_s=settings.ring_timeout_s,
                abandon_message=message_media(attempt, settings.abandon_message) or (),
                dead_man_s=settings.dead_man_s,
                variables=variables,
                language=record.language or settings.language,
            )
        )
        floor.timers.set("ring", record.id, now + settings.ring_timeout_s + RING_GRACE_S)

    def _has_agents(self, attempt: LiveAttempt, now: float) -> bool:
        """Agents may have left between claim and reply; where one was reserved, another one may do."""
        queue = attempt.settings.queue
        if queue is None or attempt.record.agent is not None:
            return True
        if attempt.settings.mode.dials_ahead and not attempt.record.lane:
            return somebody_at_work(self._floor, queue)
        self._reassign(attempt, now)
        return attempt.record.agent is not None

    def _reassign(self, attempt: LiveAttempt, now: float) -> None:
        old = attempt.record.agent
        attempt.record.agent = self._desk.reserve(attempt.settings.queue, attempt.id, now)
        self._floor.do(MoveReservation(attempt.record, old))

    def refused(self, attempt: LiveAttempt, event: ClaimRefused, now: float) -> None:
        """The store said no: nothing was taken, so nothing is written; the contact keeps its place."""
        if attempt.state is not _S.CLAIMING:
            return
        floor, record = self._floor, attempt.record
        campaign = floor.campaigns[record.campaign]
        campaign.refused[event.reason] = campaign.refused.get(event.reason, 0) + 1
        floor.move_attempt(attempt, _S.CLOSED)
        self._closing.free(attempt)
        self._desk.release(record.agent, record.id, now)
        contact = attempt.contact
        assert contact is not None
        if event.reason.startswith(CAP_REASON) and event.retry_at is not None:
            # Another number of the contact may do; if not, it waits until the cap allows.
            floor.capped.note(record, attempt.settings.attempt_caps, event.reason, event.retry_at)
            campaign.hopper.appendleft(contact)
        elif event.reason == "number_locked":
            campaign.parked[contact.id] = Parked(event.retry_at or now + REPARK_S, contact, "number_in_use")
            floor.timers.set("parked", record.campaign, now + REPARK_S)
        elif event.reason.startswith(DNC_REASON):
            until = event.retry_at
            campaign.bar(record.number, Refuse(event.reason) if until is None else Hold(event.reason, until))
            campaign.hopper.appendleft(contact)  # another number of the contact may do
        else:
            campaign.hopper.appendleft(contact)
            campaign.hold_until = event.retry_at if event.retry_at is not None else now + 0.25
            campaign.hold_reason = event.reason
            floor.timers.set("pace", record.campaign, campaign.hold_until)
        floor.dirty.add(record.campaign)

    # --- originate to answer ---------------------------------------------------------------------------

    def originate_refused(self, attempt: LiveAttempt, event: OriginateRefused, now: float) -> None:
        """Asterisk made no channel: nobody was called."""
        if attempt.state not in (_S.ORIGINATING, _S.UNCONFIRMED):
            return
        self._floor.tell(
            "warning", "originate_refused", attempt=attempt.id, campaign=attempt.record.campaign,
            status=str(event.status), reason=event.reason,
        )  # fmt: skip
        self._closing.not_placed(attempt, f"refused:{event.status} {event.reason}", now)

    def originate_unknown(self, attempt: LiveAttempt, now: float) -> None:
        """The reply was lost: ask by id, never dial again."""
        if attempt.state is _S.ORIGINATING:
            self._floor.move_attempt(attempt, _S.UNCONFIRMED)
            self._floor.do(ProbeChannel(attempt.id))

    def probed(self, attempt: LiveAttempt, event: ChannelProbed, now: float) -> str:
        """What the channel's state says: ``gone``, ``up`` or ``alive``; and the next look, if there must be one."""
        if attempt.state in (_S.ENDED, _S.CLOSED):
            return "alive"  # asked before the end was told
        if event.state is None:
            if attempt.state in BEFORE_ANSWER and attempt.probes < 1:
                # The request may still be on its way, or the end event in the socket.
                attempt.probes += 1
                self._floor.timers.set("probe", attempt.id, now + 1.0)
                return "alive"
            return "gone"
        attempt.probes = 0
        if attempt.record.cancelled or attempt.hang_up_sent:
            self.hang_up(attempt, now)  # it may not have reached Asterisk
            return "alive"
        if attempt.state is _S.UNCONFIRMED:
            self._floor.move_attempt(attempt, _S.ORIGINATING)
        self._floor.timers.set("probe", attempt.id, now + WATCH_S)
        return "up" if event.state == "Up" and attempt.state in BEFORE_ANSWER else "alive"

    def ringing(self, attempt: LiveAttempt, now: float) -> None:
        """The far end rings."""
        if attempt.state in (_S.ORIGINATING, _S.UNCONFIRMED):
            self._floor.move_attempt(attempt, _S.RINGING)
            attempt.record.ringing_at = now

    def ring_timed_out(self, attempt: LiveAttempt, now: float) -> None:
        """Asterisk's own time-out did not end the call: do it, until it has happened."""
        if attempt.state in BEFORE_ANSWER:
            attempt.record.reason = attempt.record.reason or "ring_timeout"
            self.hang_up(attempt, now)
            self._floor.timers.set("ring", attempt.id, now + WATCH_S)

    def hang_up(self, attempt: LiveAttempt, now: float) -> None:
        """End the channel, and look soon whether it is gone."""
        self._floor.do(HangUp(attempt.id))
        self._floor.timers.set("probe", attempt.id, now + GONE_WATCH_S)

    def cancel(self, attempt: LiveAttempt, reason: str, now: float) -> None:
        """End a call that was not answered yet."""
        if attempt.state not in BEFORE_ANSWER or attempt.record.cancelled:
            return
        attempt.record.cancelled = True
        attempt.record.reason = reason
        if attempt.state in (_S.CLAIMING, _S.CLAIMED):
            return  # nothing was dialed, and nothing will be
        if attempt.state in (_S.OFFERED, _S.ACCEPTED):
            self._closing.not_placed(attempt, reason, now)
        else:
            self.hang_up(attempt, now)

    def agent_vanished(self, attempt: LiveAttempt, now: float) -> None:
        """The reserved agent is not to be had before anybody answered: another one, or no call. Where an agent was
        to read first, no other one will do."""
        old = attempt.record.agent
        if was_shown(attempt.record.preview):
            self._floor.tell("info", "preview_agent_left", attempt=attempt.id, agent=old or "")
            self.cancel(attempt, "agent_left", now)
            return
        self._reassign(attempt, now)
        if attempt.record.agent is None and attempt.state is not _S.CLAIMING:
            self._floor.tell("info", "call_cancelled_agent_left", attempt=attempt.id, agent=old or "")
            self.cancel(attempt, "agent_left", now)
