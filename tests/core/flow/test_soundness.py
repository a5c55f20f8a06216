"""Mistakes of a flow that are found before anybody is called."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dialerd.core.flow.nodes import Flow, Gather, HangUp, Node, Play, SetColumns, ToFlow
from dialerd.core.flow.prompts import Media, Prompt
from dialerd.core.flow.soundness import Flaw, flaws
from tests.core.flow.test_walk import DELIVERY

HELLO = Prompt((Media("sound:hello"),))


def found(nodes: Mapping[str, Node], start: str = "a", **always: str) -> list[Flaw]:
    keys = {key.removeprefix("k"): target for key, target in always.items()}
    return flaws({"f": Flow("f", start, nodes, always=keys)})


def test_a_good_flow_has_none() -> None:
    assert found(DELIVERY, "hello", k9="out") == []


@pytest.mark.parametrize(
    ("nodes", "node", "what"),
    [
        ({"a": Play(HELLO, "nowhere")}, "a", "`nowhere`, which does not exist"),
        ({"a": HangUp("x"), "b": HangUp("y")}, "b", "no way leads here"),
        ({"a": Play(HELLO, "b"), "b": Play(HELLO, "a")}, "a", "can never end"),
        ({"a": SetColumns({}, "a")}, "a", "circle"),
        ({"a": Gather(HELLO, {"x": "b"}), "b": HangUp("y")}, "a", "no keys of a phone"),
        ({"a": Gather(HELLO, {"": "b"}), "b": HangUp("y")}, "a", "no keys of a phone"),
        ({"a": Gather(HELLO, {"12": "b"}), "b": HangUp("y")}, "a", "longer than the 1"),
        ({"a": Gather(HELLO, on_wrong="b"), "b": HangUp("y")}, "a", "none leads anywhere"),
        ({"a": ToFlow("gone")}, "a", "no flow `gone`"),
    ],
)
def test_each_mistake_is_named_with_its_node(nodes: Mapping[str, Node], node: str, what: str) -> None:
    assert any(flaw.node == node and what in flaw.what for flaw in found(nodes)), found(nodes)


def test_a_start_that_does_not_exist() -> None:
    assert "begins at `b`" in found({"a": HangUp("x")}, "b")[0].what


def test_keys_that_hold_everywhere_lead_somewhere_and_are_keys() -> None:
    assert "leads to `b`" in found({"a": HangUp("x")}, k9="b")[0].what
    assert "no key of a phone" in found({"a": HangUp("x")}, kz="a")[0].what


def test_a_question_asked_for_ever_is_no_circle_but_must_have_a_way_out() -> None:
    asked = Gather(HELLO, {"1": "a"}, on_wrong="a", on_no_input="a")
    assert [flaw.what for flaw in found({"a": asked})] == ["the call can never end from here"]
    assert found({"a": Gather(HELLO, {"1": "a"})}) == []


def test_two_flows_that_only_lead_to_each_other() -> None:
    pair = {name: Flow(name, "go", {"go": ToFlow(other)}) for name, other in (("a", "b"), ("b", "a"))}
    whats = {flaw.what for flaw in flaws(pair)}
    assert "the call can never end from here" in whats
    assert any("circle" in what for what in whats)


def test_a_way_through_another_flow_ends_there() -> None:
    assert flaws({"a": Flow("a", "go", {"go": ToFlow("b")}), "b": Flow("b", "x", {"x": HangUp("y")})}) == []
