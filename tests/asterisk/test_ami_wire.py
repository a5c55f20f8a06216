"""AMI's line protocol and what member events mean: no socket."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.asterisk.ami_wire import Parser, ProtocolBroken, encode_action, is_list_end, is_list_start
from dialerd.asterisk.members import Roster, agent_of, member_seen
from dialerd.core.events import MemberGone, MemberSeen

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
NAILED = "Local/8001@dialerd-agent/n"


@given(st.lists(st.integers(0, 400), max_size=20), st.text(st.characters(blacklist_categories=["Cs", "Cc"])))
def test_bytes_may_be_cut_anywhere(cuts: list[int], name: str) -> None:
    data = (
        BANNER
        + (
            f"Response: Success\r\nActionID: d1\r\nMessage: a: b\r\n\r\nEvent: X\r\nName: {name}\r\nEmpty:\r\n"
            "Name: second\r\nnot a field\r\n\r\n\r\n\r\nEvent: Y\r\n\r\nEvent: unfin"
        ).encode()
    )
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    parser = Parser()
    messages = [m for start, end in itertools.pairwise(edges) for m in parser.feed(data[start:end])]
    assert parser.banner == "Asterisk Call Manager/11.0.0"
    assert messages == [
        {"Response": "Success", "ActionID": "d1", "Message": "a: b"},
        {"Event": "X", "Name": name.strip(), "Empty": ""},
        {"Event": "Y"},
    ]


@pytest.mark.parametrize("data", [b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 400 Bad\r\n\r\n", b"x" * 300])
def test_somebody_else_answers(data: bytes) -> None:
    with pytest.raises(ProtocolBroken):
        Parser().feed(data)


def test_a_block_without_an_end() -> None:
    parser = Parser()
    parser.feed(BANNER)
    with pytest.raises(ProtocolBroken):
        parser.feed(b"x" * ((1 << 20) + 1))


def test_bytes_that_are_no_text_do_no_harm() -> None:
    parser = Parser()
    parser.feed(BANNER)
    assert parser.feed(b"Event: X\r\nName: \xff\xfe\r\n\r\n")[0]["Event"] == "X"


def test_actions() -> None:
    assert encode_action("Ping", "d1", {"A": "b c"}) == b"Action: Ping\r\nActionID: d1\r\nA: b c\r\n\r\n"
    for value in ("a\r\nAction: Command", "a\nb"):
        with pytest.raises(ValueError):
            encode_action("QueuePause", "d1", {"Reason": value})


def test_lists() -> None:
    assert is_list_start({"Response": "Success", "EventList": "start"})
    assert is_list_start({"Response": "Success", "Message": "Result will follow"})
    assert not is_list_start({"Response": "Success", "Message": "Pong"})
    assert is_list_end({"EventList": "Complete"})
    assert is_list_end({"EventList": "cancelled"})
    assert not is_list_end({"Event": "QueueMember"})


@pytest.mark.parametrize(
    ("interface", "agent", "nailed"),
    [
        (NAILED, "8001", True),
        ("local/8001@dialerd-agent", "8001", True),
        ("PJSIP/8010", "8010", False),
        ("SIP/8010", "8010", False),
        ("PJSIP/8010@gateway", "8010", False),
        ("Local/8012@from-queue/n", "8012", False),
        ("DAHDI/g1/5551", "DAHDI/g1/5551", False),
        ("Agent/7", "Agent/7", False),
    ],
)
def test_whose_interface(interface: str, agent: str, nailed: bool) -> None:
    assert agent_of(interface) == (agent, nailed)


def row(**fields: str) -> dict[str, str]:
    return {"Event": "QueueMember", "Queue": "sales", "Location": "PJSIP/8010", "Name": "Ann", "Penalty": "2",
            "Status": "1", "Paused": "0", "PausedReason": "", **fields}  # fmt: skip


def test_a_row_and_an_event_say_the_same() -> None:
    wanted = MemberSeen("sales", "8010", "PJSIP/8010", "Ann", False, 2, False, "", False, True)
    assert member_seen(row()) == wanted
    event = row(Event="QueueMemberStatus", Interface="PJSIP/8010", MemberName="Ann")
    del event["Location"], event["Name"]
    assert member_seen(event) == wanted


@pytest.mark.parametrize(
    ("status", "in_call", "reachable"),
    [("0", False, True), ("1", False, True), ("2", True, True), ("3", True, True), ("4", False, False),
     ("5", False, False), ("6", True, True), ("7", True, True), ("8", True, True), ("?", False, True)],
)  # fmt: skip
def test_device_states(status: str, in_call: bool, reachable: bool) -> None:
    seen = member_seen(row(Status=status))
    assert seen is not None
    assert (seen.in_call, seen.reachable) == (in_call, reachable)


def test_pauses_and_strange_values() -> None:
    paused = member_seen(row(Paused="1", PausedReason="lunch", Penalty="x"))
    assert paused is not None
    assert (paused.paused, paused.pause_reason, paused.penalty) == (True, "lunch", 0)
    unpaused = member_seen(row(PausedReason="lunch"))
    assert unpaused is not None
    assert unpaused.pause_reason == ""
    assert member_seen(row(Queue="")) is None
    assert member_seen(row(Location="")) is None


class TestRoster:
    def test_only_news_is_told(self) -> None:
        roster = Roster()
        assert roster.take(row()) is not None
        assert roster.take(row()) is None
        assert roster.take(row(Event="QueueMemberPause", Paused="1")) is not None
        assert roster.take({"Event": "Hangup"}) is None

    def test_what_a_list_does_not_have_is_gone(self) -> None:
        roster = Roster()
        roster.take(row())
        roster.take(row(Location="PJSIP/8011"))
        roster.begin_list()
        roster.take({"Event": "QueueParams", "Queue": "sales"})
        roster.take(row())
        assert roster.end_list() == ([MemberGone("sales", "8011")], True)
        assert roster.members == {("sales", "8010")}
        assert roster.queues == {"sales"}

    def test_events_in_the_middle_of_a_list_count(self) -> None:
        roster = Roster()
        roster.take(row(Location="PJSIP/8012"))
        roster.begin_list()
        roster.take(row())
        roster.take(row(Event="QueueMemberRemoved"))
        roster.take(row(Event="QueueMemberAdded", Location="PJSIP/8011"))
        roster.take(row(Event="QueueMemberStatus", Location="PJSIP/8012"))
        assert roster.end_list() == ([], False)
        assert roster.members == {("sales", "8011"), ("sales", "8012")}

    def test_an_agent_with_two_interfaces_goes_with_the_last(self) -> None:
        roster = Roster()
        roster.take(row(Location=NAILED))
        roster.take(row(Location="PJSIP/8001"))
        assert roster.take(row(Event="QueueMemberRemoved", Location="PJSIP/8001")) is None
        assert roster.take(row(Event="QueueMemberRemoved", Location=NAILED)) == MemberGone("sales", "8001")
        assert roster.take(row(Event="QueueMemberRemoved", Location=NAILED)) is None

    def test_a_list_that_nobody_asked_for(self) -> None:
        assert Roster().end_list() == ([], False)
