"""People call back the number that a campaign shows."""

from __future__ import annotations

from typing import Any

from lab import Behaviour, Caller, TruthCall
from tests.harness.aftermath import assert_at_rest
from tests.harness.redis_keys import lines
from tests.harness.site import CALLER, Site, progressive
from tests.harness.stage import Stage
from tests.harness.waiting import until, until_equal, while_true

LIMIT_S = 60.0
"""Somebody speaks, listens and waits in each of these: a busy machine makes that long."""
BUSY_ONCE = {"retry": {"busy": {"max_tries": 3, "gap": "1h"}}}


def campaign(**inbound: Any) -> dict[str, Any]:
    """A campaign that tries busy people again after an hour, and takes their calls meanwhile."""
    return progressive(opt_out_list="stop", variables={"CUSTOMER": "name"}, inbound=inbound, **BUSY_ONCE)


def called_in_vain(stage: Stage, site: Site) -> str:
    """Somebody whom the campaign has called, and who was busy."""
    person = stage.person(behaviour=Behaviour.BUSY)
    site.api.import_csv("people", f"phone,name\n{person},Ada\n")
    site.api.start("calls")
    until_equal({person: ["busy"]}, site.dispositions, LIMIT_S)
    return person


def inbound(site: Site) -> list[dict[str, Any]]:
    """Inbound calls in the record."""
    return site.rows("select * from inbound_calls order by arrived_at")


def opted_out(site: Site, number: str) -> bool:
    """The number is on the list of people who opted out."""
    return bool(site.rows(f"select * from dnc_entries where dnc_list = 'stop' and field like '%{number}'"))


def ended(stage: Stage, site: Site) -> tuple[dict[str, Any], TruthCall]:
    """The one inbound call when it is over: as it is in the record, and as the caller saw it."""
    (row,) = until("recorded", lambda: inbound(site), LIMIT_S)
    until("hung up", lambda: all(call.ended_by for call in _callers(stage)), LIMIT_S)
    return row, _callers(stage)[-1]


def test_known_caller_reaches_an_agent_with_their_record(stage: Stage) -> None:
    """The queue's agent speaks with them, the agent's channel has the contact's columns, and nobody calls the contact
    again; no attempt comes of it."""
    site = stage.open({"calls": campaign(treatment="queue")}, nailed=["8001"])
    person = called_in_vain(stage, site)
    stage.lab.call_back(CALLER, person, Caller(talk_s=90))
    line = lines(stage.lab)["8001"]
    bridge = f"brg-{line.removeprefix('agt-')}"

    def others() -> list[str]:
        return [channel for channel in stage.pbx.bridges().get(bridge, ()) if channel != line]

    (other,) = until("bridged", others, LIMIT_S)
    shown = stage.pbx.ari(f"channels/{other}/variable?variable=CUSTOMER")
    assert shown == {"value": "Ada"}
    while_true("they speak", others, 1.5)
    (caller,) = [name for name, one in stage.pbx.channels().items() if _calls_in(one)]
    stage.pbx.hang_up(caller)
    row, truth = ended(stage, site)
    (contact,) = site.contacts()
    assert (row["outcome"], row["agent"], row["campaign"]) == ("agent", "8001", "calls")
    assert (row["contact_id"], row["number"], row["attempt_id"]) == (contact["id"], person, site.attempts()[0]["id"])
    assert 0 <= row["waited_s"] < 10
    assert truth.agent == "8001"
    assert (contact["state"], contact["reason"], contact["attempts"]) == ("uncallable", "reached", 1)
    assert len(site.attempts()) == 1
    assert_at_rest(site)


def test_key_of_a_caller_opts_them_out(stage: Stage) -> None:
    """The message is heard, key 9 puts the number on the list at once, and the contact is done with."""
    site = stage.open({"calls": campaign()}, nailed=["8001"])
    person = called_in_vain(stage, site)
    stage.lab.call_back(CALLER, person, Caller(keys="9", talk_s=90))
    row, truth = ended(stage, site)
    assert (row["outcome"], row["opted_out"], truth.ended_by) == ("opted_out", 1, "pbx")
    assert truth.message_ms is not None
    (contact,) = site.contacts()
    assert (contact["state"], contact["reason"]) == ("uncallable", "opted_out")
    assert opted_out(site, person)
    assert_at_rest(site)


def test_unknown_caller_hears_the_message(stage: Stage) -> None:
    """A withheld number is nobody's: the message, although known callers go to the queue."""
    site = stage.open({"calls": campaign(treatment="queue")}, nailed=["8001"])
    stage.lab.call_back(CALLER, None, Caller(talk_s=90))
    row, truth = ended(stage, site)
    assert (row["outcome"], row["number"], row["contact_id"]) == ("message", "", None)
    assert (truth.agent, truth.ended_by) == (None, "pbx")
    assert truth.message_ms is not None
    assert_at_rest(site)


def test_nobody_is_left_in_silence_by_a_daemon_that_dies(stage: Stage) -> None:
    """Killed while its message plays: whoever comes after it plays the message again, and a key counts (the caller
    presses it every four seconds)."""
    site = stage.open({"calls": campaign()}, nailed=["8001"])
    person = called_in_vain(stage, site)
    stage.lab.call_back(CALLER, person, Caller(keys="wwwwwwww9" * 20, talk_s=90))
    until("the message", lambda: any(one["state"] == "Up" for one in stage.pbx.channels().values() if _calls_in(one)))
    site.daemon.kill()
    site.daemon.start()
    row, truth = ended(stage, site)
    assert (row["outcome"], row["contact_key"] != "", truth.ended_by) == ("opted_out", True, "pbx")


def test_without_a_daemon_the_dialplan_takes_the_opt_out(stage: Stage) -> None:
    """The site's message is heard; the key pressed there is in the record, and in force, when a daemon is back."""
    site = stage.open({"calls": campaign()}, nailed=["8001"])
    person = called_in_vain(stage, site)
    site.daemon.kill()
    stage.lab.call_back(CALLER, person, Caller(keys="9", talk_s=90))
    until("hung up", lambda: [call for call in _callers(stage) if call.ended_by == "pbx"], LIMIT_S)
    assert _callers(stage)[0].message_ms is not None
    assert not inbound(site)
    site.daemon.start()
    row, _ = ended(stage, site)
    assert (row["outcome"], row["reason"], row["number"]) == ("opted_out", "no_daemon", person)
    assert opted_out(site, person)
    (contact,) = site.contacts()
    assert (contact["state"], contact["reason"]) == ("uncallable", "opted_out")
    until("the mark is removed", lambda: "0 results" in stage.lab.pbx.cli("database show dialerd-inbound"))
    assert_at_rest(site)


def _calls_in(channel: dict[str, Any]) -> bool:
    return str(channel["dialplan"]["context"]).startswith("dialerd-inbound")


def _callers(stage: Stage) -> list[TruthCall]:
    return [call for call in stage.lab.truth().callers if call.received_ms >= stage.began_ms]
