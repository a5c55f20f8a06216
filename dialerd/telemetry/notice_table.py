"""Every notice that dialerd gives, with its cause and what to do. A test holds it against the names in the code."""

from __future__ import annotations

from dataclasses import dataclass

INVARIANT = "invariant_violated"


@dataclass(frozen=True, slots=True)
class Advice:
    """What a notice means (``cause``) and what to do about it (``remedy``; empty: nothing)."""

    cause: str
    remedy: str = ""


UNKNOWN = Advice("This version of dialerd gives no explanation for the notice.", "Report it with the log line.")

NOTICES: dict[str, Advice] = {
    # --- sequences and campaign rules ----------------------------------------------------------------------
    "sequence_on": Advice("The sequence was started."),
    "sequence_off": Advice("The sequence was stopped, and the campaign whose turn it was."),
    "sequence_campaign": Advice("It is this campaign's turn in the sequence: it was started."),
    "sequence_complete": Advice("The last campaign of the sequence is complete."),
    "sequence_rests": Advice(
        "The sequence begins anew after its last campaign, and found nobody to call in a whole round.",
        "Nothing. It goes on when one of its lists changes, and looks again after 15 minutes.",
    ),
    "campaign_rule_acted": Advice(
        "The condition of a campaign rule has held for long enough: the campaign was ordered or set otherwise.",
        "Nothing. To have it otherwise, start or stop the campaign: the rule acts again at its next edge only.",
    ),
    "campaign_rule_undone": Advice("The condition `until` of a campaign rule has held: what it had done is undone."),
    # --- campaigns by the clock ------------------------------------------------------------------------------
    "schedule_opened": Advice("The campaign is on, and its schedule has opened: it dials again."),
    "schedule_closed": Advice("The campaign is on, and its schedule has closed: calls in progress finish."),
    # --- calls ---------------------------------------------------------------------------------------------
    "call_abandoned": Advice(
        "A person answered and no agent was free within the threshold; the abandoned-call message was played.",
        "One now and then is within the budget. If the rate climbs: more agents, shorter wrap-up, or a campaign "
        "with fewer lines.",
    ),
    "connected_late": Advice(
        "A person reached an agent only after the threshold; the call counts as abandoned.",
        "With connection `ring`, agents must pick up faster or use `nailed`. With `nailed`, look at Asterisk's load.",
    ),
    "bridge_failed": Advice(
        "Asterisk could not put the answered call into the agent's bridge; another agent is tried.",
        "Once: the line just dropped. Repeated: look at Asterisk's log for the bridge named in `reason`.",
    ),
    "message_not_played": Advice(
        "A message could not be played to somebody who answered; the campaign is suspended so that nobody else hears "
        "silence.",
        "Check that Asterisk has the sound (`dialerd doctor`), then start the campaign again.",
    ),
    "listening_failed": Advice(
        "The sound of a call did not reach dialerd: faxes, special information tones and beeps in it go unnoticed.",
        "Asterisk needs app_audiosocket and the context dialerd-ear, and must reach the address of `listening:` in "
        "dialerd.yaml; `dialerd doctor` looks at the first two. Where `reason` names a frame, something else than "
        "Asterisk's AudioSocket() connects there.",
    ),
    "call_not_recorded": Advice(
        "A conversation that was to be recorded is not, or no longer; the call goes on. `reason` says why.",
        "`consent_not_played`: see whether Asterisk has the sound. Otherwise look at the disk of Asterisk's machine "
        "and at the rights of its folder `recording`; the attempt says that its recording failed.",
    ),
    "nothing_to_pause": Advice("Somebody wanted to pause the recording of a call that is not recorded."),
    "pause_not_allowed": Advice(
        "An agent wanted to pause a recording, and the campaign does not allow it.",
        "If agents may: `recording: agents_may_pause: true`.",
    ),
    "recording_paused": Advice("The recording of a call is paused: silence is recorded."),
    "recording_resumed": Advice("The recording of a call goes on."),
    "recording_not_paused": Advice(
        "The recording of a call could not be paused: what is said is still recorded.",
        "Ask the agent not to take card numbers now; remove the recording afterwards if one was said.",
    ),
    "recording_not_resumed": Advice("The recording of a call that was paused could not be resumed.", "Try again."),
    "recordings_unreachable": Advice(
        "Recordings cannot be fetched from Asterisk; they wait there.",
        "Is Asterisk up? The ARI user needs no further rights. It is tried again by itself.",
    ),
    "recordings_disk_full": Advice(
        "The disk with the folder of recordings is full; recordings wait on Asterisk's disk.",
        "Make room, or keep recordings for a shorter time (`recording: keep:`). It is tried again by itself.",
    ),
    "recordings_not_written": Advice(
        "A recording cannot be written into the folder; recordings wait on Asterisk's disk.",
        "Correct `recordings: folder:` or its rights (`dialerd doctor`). It is tried again by itself.",
    ),
    "recording_short": Advice(
        "A recording is shorter than the conversation was.",
        "Look at the disk of Asterisk's machine: it may have been full for a time.",
    ),
    "recording_lost": Advice(
        "Asterisk has not the recording that it was to make, or it cannot be read.",
        "Look at the disk of Asterisk's machine, and whether something else removes files there.",
    ),
    "answer_not_kept": Advice(
        "What was heard of an answer that was taken for a machine was to be kept for review, and is not here.",
        "Nothing, where the daemon was started anew meanwhile: it was in memory. Otherwise see `listening_failed`.",
    ),
    "recordings_removed": Advice("Recordings whose time was over were removed."),
    "opted_out": Advice(
        "Somebody asked in a call, by key, not to be called again: the number is on the opt-out list."
    ),
    "prompt_failed": Advice(
        "Speech of a text could not be rendered for a contact, who is not called: the voice failed, or the contact's "
        "data cannot be spoken (`dialerd why` says which).",
        "`dialerd prompts check` tries every voice. Data that cannot be spoken: mend the column, import again.",
    ),
    "prompt_not_played": Advice(
        "A prompt of a flow could not be played to the caller; the call was ended.",
        "Check that Asterisk has the sounds of the flow and node named here (`dialerd doctor`).",
    ),
    "caller_not_looked_up": Advice(
        "Somebody called back, and the database did not say in time who it was; they were treated as unknown.",
        "Look at the database's load and at earlier notices about it.",
    ),
    "caller_without_speech": Advice(
        "Somebody called back, and what they were to hear could not be turned into speech; they heard the dialplan's "
        "own message.",
        "Look for earlier notices about the speech engine. Texts for unknown callers need a fallback in each column: "
        "`{name|there}`.",
    ),
    "prompt_not_rendered": Advice(
        "A text of a flow had not been turned into speech when the call needed it; the call was ended.",
        "Look for earlier notices about the speech engine.",
    ),
    "recording_failed": Advice(
        "What a caller said could not be recorded; the flow ended.",
        "Look at the disk of Asterisk's spool folder, and whether it may write there.",
    ),
    "flow_gone": Advice(
        "A caller was in a flow, or at one of its nodes, that the configuration no longer has; the call was ended.",
        "Nothing. It happens when a flow is taken out while the daemon restarts.",
    ),
    "late_machine_hint": Advice("AMD said machine after the call was already with an agent."),
    "amd_failed": Advice(
        "Asterisk could not run AMD() on a call; it was treated as unsure.",
        "Check that app_amd is loaded and that the dialplan has dialerd's AMD context (`dialerd doctor`).",
    ),
    "amd_unmapped": Advice(
        "AMD gave a status that dialerd does not know; the call was treated as unsure.",
        "Report the status in `status`; a site rule can map it meanwhile.",
    ),
    "disposition_unmapped": Advice(
        "A call ended with a cause and SIP status that the disposition table does not know.",
        "Report `cause` and `sip_status`; the contact is retried like one without an answer.",
    ),
    "disposition_outcome_unknown": Advice(
        "A call ended while Asterisk was out of sight, so how it ended is not known.",
        "Expected after a restart of Asterisk. Otherwise look for `telephony_lost` just before.",
    ),
    "call_cancelled_agent_left": Advice(
        "The reserved agent logged out, paused or took another call before anybody answered, and no other was free; "
        "the ringing call was ended."
    ),
    "originate_refused": Advice(
        "Asterisk refused to create the call.",
        "Look at `status` and `reason`: usually a dial string or an endpoint that does not exist (`dialerd doctor`).",
    ),
    "site_rule_failed": Advice(
        "The site's own answer rule raised an error or returned no verdict; dialerd's rules judged the call.",
        "Correct the file at the line named; try it with `dialerd amd dry-run --rules FILE`.",
    ),
    "mark_without_call": Advice(
        "An agent said that a call was a machine or a person, and dialerd knows of no call of that agent.",
        "The code is dialed with the extension of another agent, or the call was not one of dialerd's.",
    ),
    "rule_function_failed": Advice(
        "A site's own function in a rule set raised, gave no answer that can be used, or took too long. Before a "
        "call the number was held for 15 minutes; after one the rule counted as not fired.",
        "Correct the file at the line named; try it with `dialerd rules test CAMPAIGN`, then `dialerd reload`.",
    ),
    "webhook_failing": Advice(
        "A webhook did not take what it was told; it is tried again, with longer and longer gaps.",
        "Look at `reason`, and at the address under `webhooks:`. Calls do not wait for it.",
    ),
    "webhook_works_again": Advice("A webhook that had failed has taken a delivery."),
    "webhook_given_up": Advice(
        "A webhook was not told of a call: all tries are used up, or it was taken out of the campaigns file.",
        "Put it right, then `dialerd webhooks again --webhook NAME`; or `dialerd webhooks drop`.",
    ),
    # --- trunks --------------------------------------------------------------------------------------------
    "trunk_refuses_everything": Advice(
        "Twenty calls in a row failed at the trunk and not one rang; it is left alone for a while.",
        "Check the trunk's registration, credentials and credit (`pjsip show endpoint` in Asterisk), and `last`.",
    ),
    # --- agents --------------------------------------------------------------------------------------------
    "agent_not_responding": Advice(
        "The agent's phone did not answer a call, or the agent let a contact run out that was offered; the "
        "agent is paused in the queue.",
        "Ask the agent to check phone and screen, and unpause.",
    ),
    "preview_agent_left": Advice(
        "An agent who had read a contact paused or left before anybody answered: the offer was closed, or the call "
        "ended. The contact is offered anew."
    ),
    "agent_line_up": Advice("The agent's nailed-up line is open."),
    "agent_line_down": Advice(
        "The agent's nailed-up line ended or was not answered; it is dialed again.",
        "If it repeats: the phone does not answer, or the dial string in `agents: dial:` is wrong.",
    ),
    # --- connections ---------------------------------------------------------------------------------------
    "telephony_lost": Advice(
        "The event connection to Asterisk is gone: dialing holds and ringing calls are ended.",
        "It reconnects by itself. If not: is Asterisk running, and is `ari: url:` right (`dialerd doctor`)?",
    ),
    "telephony_back": Advice("The event connection to Asterisk is up."),
    "roster_lost": Advice(
        "The connection to Asterisk's manager interface is gone: nobody knows who is free, so dialing holds.",
        "It reconnects by itself. If not: check manager.conf and `ami:` in dialerd.yaml (`dialerd doctor`).",
    ),
    "roster_back": Advice("The connection to Asterisk's manager interface is up."),
    "store_lost": Advice(
        "Redis does not answer, or another daemon holds this shard's lease: dialing holds.",
        "Check Redis (`dialerd doctor`). With two daemons on one shard, only one dials: that is as it should be.",
    ),
    "dnc_contacts_free": Advice(
        "Something was taken off a do-not-call list: contacts that were retired for it alone are callable again.",
    ),
    "outcome_set_aside": Advice(
        "The record would not take a finished attempt, or nobody can read it: it is kept, its contact is not called.",
        "`dialerd outcomes list` says why. Mend that (an older dialerd may not read what a newer one wrote), then "
        "`dialerd outcomes put-back`.",
    ),
    "dnc_loading": Advice(
        "The copy of a do-not-call list in Redis is not whole (Redis lost it, or a new load came): campaigns that "
        "ask the list hold until it is copied from the record.",
        "Wait; `dialerd dnc lists` says how far it is.",
    ),
    "store_back": Advice("Redis answers and the lease is ours."),
    "record_lost": Advice(
        "The database does not answer: no contacts can be fetched; finished attempts wait in the outbox.",
        "Check the database and its disk (`dialerd doctor`). Nothing is lost meanwhile.",
    ),
    "record_back": Advice("The database answers again."),
    "store_absent": Advice(
        "Redis does not answer, or its data cannot be used yet; the daemon waits and dials nothing.",
        "Start Redis, or correct `redis: url:` (`dialerd doctor`). `reason` says what it waits for.",
    ),
    "record_absent": Advice(
        "The database cannot be opened at start; the daemon waits and dials nothing.",
        "Start the database, or correct `sql: url:` (`dialerd doctor`).",
    ),
    "asterisk_lacks": Advice(
        "Asterisk has not what is named in `what`. Without its modules, its half of the dialplan or the right to "
        "write (level error) no call is placed; other things are missed by the calls that need them.",
        "Do what `todo` says. What keeps dialerd from dialing is looked at again every few seconds, the rest when "
        "Asterisk was restarted or reloaded, and by `dialerd doctor`.",
    ),
    # --- restart and reconciliation ------------------------------------------------------------------------
    "attempts_adopted": Advice("Calls of an earlier run of the daemon were taken over from the ledger."),
    "lost_calls_already_closed": Advice(
        "Asterisk's marks of calls that were answered while nobody listened name attempts that are closed already: "
        "marks are kept for a minute, and an earlier run has counted these.",
    ),
    "orphan_channel": Advice(
        "Asterisk held a channel with one of our ids that belongs to no attempt; it was hung up.",
        "Expected once after a crash. If it repeats, two daemons use the same ARI application name.",
    ),
    # --- campaigns -----------------------------------------------------------------------------------------
    "campaign_on": Advice("The campaign was started, or what made it invalid is gone."),
    "campaign_stopping": Advice("The campaign places no new calls; live ones finish."),
    "campaign_off": Advice("The campaign is off and its last call has ended."),
    "campaign_complete": Advice("No contact of the campaign's list can ever be called again."),
    "campaign_suspended": Advice(
        "The campaign suspended itself.", "Put right what `reason` says and start it again."
    ),
    "campaign_invalid": Advice(
        "The campaign is wanted on and cannot work in the world as it was found; `reason` says what is not there.",
        "Put it right. dialerd looks again every few seconds and goes on by itself.",
    ),
    "complete_campaign_has_contacts": Advice(
        "A finished campaign has callable contacts again: some were added or set free.",
        "Start the campaign to dial them.",
    ),
    "pacing_cold": Advice(
        "A predictive pacer begins without what an earlier run learned; `reason` says why. It is progressive until "
        "enough people have answered, and then dials ahead.",
        "Expected for a new campaign. Otherwise: was Redis emptied?",
    ),
    "pacing_warm": Advice("A predictive pacer goes on with what an earlier run learned."),
    "pacing_shadow": Advice(
        "What the mode in `shadow:` would have placed in the last minute, beside what was placed. Nothing was done."
    ),
    "reloaded": Advice("The campaigns file was read again and is in force."),
    "reload_refused": Advice(
        "The campaigns file has mistakes; what was in force before stays.", "Run `dialerd check` and correct them."
    ),
    # --- dialerd itself ------------------------------------------------------------------------------------
    "core_defect": Advice(
        "An event met a defect in dialerd; the one call concerned may be handled wrongly, all others go on.",
        "Report `detail` with the log around it.",
    ),
    "adapter_defect": Advice(
        "A connection to Asterisk met a defect in dialerd; it is opened again.",
        "Report `detail` with the log around it.",
    ),
    INVARIANT: Advice(
        "One of the promises that dialerd makes was broken. This is a defect.", "Report `invariant` and `detail`."
    ),
}


def advice_for(name: str) -> Advice:
    """The cause and remedy of a notice."""
    return NOTICES.get(name, UNKNOWN)
