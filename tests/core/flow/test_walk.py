"""One call's walk through a flow: keys before, while and after prompts, time-outs, branches, ends."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialerd.core.filtering.facts import Facts, Moment
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.flow import actions as a
from dialerd.core.flow.nodes import (
    Branch,
    Callback,
    Case,
    Flow,
    Gather,
    HangUp,
    Node,
    OptOut,
    Play,
    Record,
    SetColumns,
    ToFlow,
    ToNumber,
    ToQueue,
)
from dialerd.core.flow.prompts import Media, Prompt, Slot, Text
from dialerd.core.flow.walk import Around, Walk, WalkState
from dialerd.core.weekly_hours import WHOLE_DAY, WeeklyHours

COLUMNS = {"name": "Ann", "day": "2026-12-01"}


def prompt(name: str) -> Prompt:
    return Prompt((Media(f"sound:{name}"),))


HELLO, ASK, BYE, WRONG, DAY = (prompt(name) for name in ("hello", "ask", "bye", "wrong", "day"))
OFFICE = WeeklyHours((((int(8.5 * 3600), 10 * 3600),),) * 7)  # type: ignore[arg-type]

DELIVERY: Mapping[str, Node] = {
    "hello": Play(HELLO, "ask"),
    "ask": Gather(
        ASK,
        {"1": "confirm", "2": "move", "9": "out", "0": "agent"},
        wrong_prompt=WRONG,
        timeout_s=5,
        retries=1,
        on_no_input="later",
    ),
    "confirm": SetColumns({"answer": Text(("yes",))}, "bye"),
    "move": Gather(DAY, least=4, most=4, pattern=r"[0-3][0-9][01][0-9]", into="new_day", next="bye", retries=1),
    "out": OptOut("bye"),
    "agent": ToQueue("service", "later", patience_s=30, prompt=HELLO),
    "later": Callback("bye", 3600.0),
    "bye": HangUp("done", BYE),
}


def flow(nodes: Mapping[str, Node] = DELIVERY, **more: object) -> Flow:
    return Flow("delivery", next(iter(nodes)), nodes, **more)  # type: ignore[arg-type]


class Call:
    """A walk with a world around it."""

    def __init__(
        self, *flows: Flow, idle: Mapping[str, int] | None = None, now: float = 1_000_000.0,
        called: tuple[str, ...] = ("Europe/London",),
    ) -> None:  # fmt: skip
        self.called = called
        self.idle = idle or {}
        self.now = now
        self.flows = {one.name: one for one in flows}
        self.walk = Walk(self.flows, WalkState(flows[0].name, given=dict(COLUMNS)))
        self.done = list(self.walk.begin(self.around))

    @property
    def around(self) -> Around:
        facts = Facts("customers", {})
        return Around(
            Moment(self.now, "2026-11-22"), facts, "Europe/London", self.called, lambda queue: self.idle.get(queue, 0)
        )

    @property
    def state(self) -> WalkState:
        return self.walk.state

    def press(self, keys: str) -> list[a.Action]:
        self.done = [action for key in keys for action in self.walk.pressed(key, self.around)]
        return self.done

    def heard(self) -> list[a.Action]:
        self.done = list(self.walk.played(self.around))
        return self.done

    def silence(self) -> list[a.Action]:
        self.done = list(self.walk.timed_out(self.around))
        return self.done

    def said(self) -> list[Prompt]:
        return [action.prompt for action in self.done if isinstance(action, a.Say)]


def at_the_question() -> Call:
    call = Call(flow())
    assert call.said() == [HELLO]
    call.heard()
    assert call.said() == [ASK]
    return call


class TestKeys:
    def test_after_the_prompt(self) -> None:
        call = at_the_question()
        assert call.heard() == [a.SetTimer(5)]
        call.press("1")
        assert call.said() == [BYE]
        assert call.state.columns == {"answer": "yes"}
        call.heard()
        assert call.done == [a.CancelTimer(), a.End("done")]
        assert call.state.over

    def test_while_the_prompt_plays_it_is_stopped(self) -> None:
        call = at_the_question()
        assert call.press("1")[0] == a.StopSaying()
        assert call.said() == [BYE]

    def test_before_the_question_they_are_kept_for_it(self) -> None:
        call = Call(flow())
        assert call.press("1") == []
        call.heard()
        assert call.said() == [BYE]

    def test_a_prompt_that_may_not_be_interrupted_is_heard_first(self) -> None:
        call = Call(flow({"ask": Gather(ASK, {"1": "bye"}, interruptible=False), "bye": HangUp("done")}))
        assert call.press("1") == []
        assert call.heard()[-1] == a.End("done")

    def test_several_are_collected_until_there_are_enough(self) -> None:
        call = at_the_question()
        call.press("2")
        assert call.said() == [DAY]
        call.heard()
        assert call.press("05") == [a.CancelTimer(), a.SetTimer(3.0), a.CancelTimer(), a.SetTimer(3.0)]
        call.press("12")
        assert call.state.columns == {"new_day": "0512"}
        assert call.said() == [BYE]

    def test_too_few_are_wrong_when_no_more_come(self) -> None:
        call = at_the_question()
        call.press("2")
        call.press("05")
        call.silence()
        assert call.said() == [DAY]
        assert "new_day" not in call.state.columns

    def test_those_pressed_at_once_with_the_choice_count_for_the_next_question(self) -> None:
        call = at_the_question()
        call.press("20512")
        assert call.state.columns == {"new_day": "0512"}

    def test_the_finishing_key_ends_the_input(self) -> None:
        call = Call(flow({"n": Gather(ASK, least=1, most=10, into="n", next="bye"), "bye": HangUp("done", BYE)}))
        call.press("123#")
        assert call.state.columns == {"n": "123"}
        assert call.said() == [BYE]

    def test_the_finishing_key_alone_is_no_input(self) -> None:
        call = Call(flow({"n": Gather(ASK, least=1, most=10, into="n", next="bye"), "bye": HangUp("done", BYE)}))
        call.press("#")
        assert call.said() == [ASK]
        assert call.state.columns == {}

    def test_wrong_ones_are_told_and_asked_again_then_the_call_ends(self) -> None:
        call = at_the_question()
        call.press("7")
        assert call.said() == [Prompt((*WRONG.parts, *ASK.parts))]
        assert call.press("8")[-1] == a.End("wrong_keys")

    def test_nothing_within_the_time_is_asked_again_then_goes_its_way(self) -> None:
        call = at_the_question()
        call.heard()
        call.silence()
        assert call.said() == [ASK]
        call.heard()
        call.silence()
        assert call.said() == [BYE]
        assert call.state.callback_after_s == 3600.0

    def test_a_key_that_holds_everywhere(self) -> None:
        call = Call(flow(always={"9": "out"}))
        call.press("9")
        assert a.OptOutNumber() in call.done
        assert a.StopSaying() in call.done
        assert call.said() == [BYE]

    def test_a_gather_has_its_own_meaning_for_it(self) -> None:
        nodes = {**DELIVERY, "ask": Gather(ASK, {"9": "confirm"})}
        call = Call(flow(nodes, always={"9": "out"}))
        call.heard()
        call.press("9")
        assert call.state.columns == {"answer": "yes"}
        assert not call.state.opted_out

    def test_after_the_end_nothing_happens(self) -> None:
        call = at_the_question()
        call.press("1")
        call.heard()
        assert (call.press("9"), call.heard(), call.silence()) == ([], [], [])

    def test_endless_keys_are_not_kept(self) -> None:
        call = Call(flow())
        call.press("5" * 1000)
        assert len(call.state.keys) == 32


class TestOptOut:
    def test_is_told_once(self) -> None:
        call = at_the_question()
        call.press("9")
        assert call.done.count(a.OptOutNumber()) == 1
        assert call.state.opted_out
        call.walk._enter("out", call.around)
        assert call.done.count(a.OptOutNumber()) == 1


class TestTransfer:
    def test_to_an_agent(self) -> None:
        call = at_the_question()
        call.press("0")
        assert call.done[-1] == a.JoinQueue("service")
        assert list(call.walk.joined(False)) == [a.SetTimer(30), a.Say(HELLO)]
        assert call.heard() == [a.Say(HELLO)]
        assert list(call.walk.transferred()) == [a.StopSaying(), a.CancelTimer()]
        assert call.state.result == "transferred"
        assert call.state.over

    def test_nobody_in_time(self) -> None:
        call = at_the_question()
        call.press("0")
        call.silence()
        assert call.done[0] == a.LeaveQueue()
        assert call.said() == [BYE]
        assert call.state.callback

    def test_nobody_at_all(self) -> None:
        call = at_the_question()
        call.press("0")
        call.done = list(call.walk.not_transferred(call.around))
        assert call.said() == [BYE]
        assert a.LeaveQueue() not in call.done

    def test_leaving_by_a_key_leaves_the_queue(self) -> None:
        call = Call(flow(always={"9": "out"}))
        call.heard()
        call.press("0")
        assert a.LeaveQueue() in call.press("9")

    def test_to_a_number_of_the_contact(self) -> None:
        nodes = {"n": ToNumber(Text(("+44", Slot("name"))), "bye", 20), "bye": HangUp("done", BYE)}
        call = Call(flow(nodes))
        assert call.done == [a.DialNumber("+44Ann", 20)]
        call.done = list(call.walk.not_transferred(call.around))
        assert call.said() == [BYE]


class TestBranch:
    def test_by_a_column_that_the_flow_wrote(self) -> None:
        nodes: dict[str, Node] = {
            "ask": Gather(ASK, least=1, most=1, into="choice", next="which"),
            "which": Branch((Case("yes", parse_filter('choice = "1"')),), "no"),
            "yes": HangUp("yes"),
            "no": HangUp("no"),
        }
        for key, result in (("1", "yes"), ("2", "no")):
            call = Call(flow(nodes))
            assert call.press(key)[-1] == a.End(result)

    @pytest.mark.parametrize(("idle", "result"), [(1, "yes"), (0, "no")])
    def test_by_an_idle_agent(self, idle: int, result: str) -> None:
        nodes = {"w": Branch((Case("yes", idle_agents="q"),), "no"), "yes": HangUp("yes"), "no": HangUp("no")}
        assert Call(flow(nodes), idle={"q": idle}).done[-1] == a.End(result)

    def test_by_the_time_of_day(self) -> None:
        never = WeeklyHours(((),) * 7)  # type: ignore[arg-type]
        always = WeeklyHours((WHOLE_DAY,) * 7)  # type: ignore[arg-type]
        for hours, result in ((never, "no"), (always, "yes")):
            nodes = {"w": Branch((Case("yes", hours=hours),), "no"), "yes": HangUp("yes"), "no": HangUp("no")}
            assert Call(flow(nodes)).done[-1] == a.End(result)

    @pytest.mark.parametrize(
        ("called", "hours", "result"),
        [
            (("Europe/London",), {"hours": OFFICE}, "yes"),
            (("Australia/Perth",), {"hours": OFFICE}, "yes"),
            (("Australia/Perth",), {"local_hours": OFFICE}, "no"),
            (("Europe/Madrid", "Europe/Helsinki"), {"local_hours": OFFICE}, "no"),
            (("Europe/Madrid", "Europe/Paris"), {"local_hours": OFFICE}, "yes"),
        ],
    )
    def test_by_the_clock_of_the_campaign_or_of_the_called_party(
        self, called: tuple[str, ...], hours: dict[str, WeeklyHours], result: str
    ) -> None:
        nodes = {"w": Branch((Case("yes", **hours),), "no"), "yes": HangUp("yes"), "no": HangUp("no")}  # type: ignore[arg-type]
        half_past_eight = datetime(2026, 7, 1, 8, 30, tzinfo=ZoneInfo("Europe/London")).timestamp()
        assert Call(flow(nodes), now=half_past_eight, called=called).done[-1] == a.End(result)


class TestRecord:
    NODES: Mapping[str, Node] = {"r": Record(ASK, "bye", "memo", 20, 3), "bye": HangUp("done", BYE)}

    def test_what_was_said_is_named_in_a_column(self) -> None:
        call = Call(flow(self.NODES))
        assert call.heard() == [a.StartRecording(20, 3, True)]
        assert call.press("#") == [a.StopRecording()]
        call.done = list(call.walk.recorded("rec-1", call.around))
        assert call.said() == [BYE]
        assert call.state.columns == {"memo": "rec-1"}

    def test_nothing_could_be_recorded(self) -> None:
        call = Call(flow(self.NODES))
        call.heard()
        assert list(call.walk.recorded(None, call.around))[-1] == a.End("recording_failed", True)


class TestEnds:
    def test_a_prompt_that_cannot_be_played_ends_the_call(self) -> None:
        assert list(at_the_question().walk.prompt_failed())[-1] == a.End("prompt_failed", True)

    def test_the_longest_time(self) -> None:
        call = at_the_question()
        assert list(call.walk.lasts_too_long())[-1] == a.End("too_long")
        assert list(call.walk.lasts_too_long()) == []

    def test_a_circle_ends_by_itself(self) -> None:
        nodes = {"a": SetColumns({}, "b"), "b": SetColumns({}, "a")}
        assert Call(flow(nodes)).done[-1] == a.End("too_long")

    def test_another_flow(self) -> None:
        other = Flow("other", "end", {"end": HangUp("there", BYE)})
        call = Call(flow({"go": ToFlow("other")}), other)
        assert call.said() == [BYE]
        assert call.state.flow == "other"

    def test_the_path_says_what_was_pressed_where(self) -> None:
        call = at_the_question()
        call.press("7")
        call.press("1")
        assert [(node, keys) for _, _, node, keys in call.state.path] == [
            ("hello", ""), ("ask", "71"), ("confirm", ""), ("bye", ""),
        ]  # fmt: skip


class TestResume:
    def test_a_successor_asks_the_same_question_again(self) -> None:
        call = at_the_question()
        call.press("7")
        walk = Walk(call.flows, call.state)
        assert list(walk.resume(call.around)) == [a.Say(ASK)]
        assert len(call.state.path) == 2

    def test_what_was_over_is_ended(self) -> None:
        call = at_the_question()
        call.walk.lasts_too_long()
        assert list(Walk(call.flows, call.state).resume(call.around)) == [a.End("too_long")]

    def test_a_flow_that_is_gone(self) -> None:
        with pytest.raises(KeyError):
            Walk({}, WalkState("delivery"))
