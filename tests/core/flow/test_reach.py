"""Which queues lie ahead of a caller."""

from __future__ import annotations

from dialerd.core.flow.nodes import Branch, Case, Flow, Gather, HangUp, Node, Play, ToFlow, ToQueue
from dialerd.core.flow.prompts import Prompt
from dialerd.core.flow.reach import queues_ahead, queues_of_walk

MAIN: dict[str, Node] = {
    "hello": Play(Prompt(), "ask"),
    "ask": Gather(Prompt(), {"1": "bye", "2": "which", "3": "more"}, on_wrong="hello"),
    "which": Branch((Case("sales", idle_agents="sales"),), "bye"),
    "sales": ToQueue("sales", "bye"),
    "more": ToFlow("more"),
    "bye": HangUp("done"),
}
MORE: dict[str, Node] = {"start": ToQueue("service", "end"), "end": HangUp("done")}
FLOWS = {"main": Flow("main", "hello", MAIN), "more": Flow("more", "start", MORE)}


def test_everything_behind_a_node_counts_through_branches_and_other_flows() -> None:
    ahead = queues_ahead(FLOWS)
    assert ahead["main", "hello"] == ahead["main", "ask"] == {"sales", "service"}
    assert ahead["main", "which"] == ahead["main", "sales"] == {"sales"}
    assert ahead["main", "more"] == {"service"}
    assert ahead["main", "bye"] == ahead["more", "end"] == frozenset()


def test_keys_that_always_count_lead_from_everywhere() -> None:
    flow = Flow("main", "hello", MAIN, always={"0": "sales"})
    assert queues_ahead({**FLOWS, "main": flow})["main", "bye"] == {"sales"}


def test_where_a_campaign_begins() -> None:
    assert queues_of_walk(FLOWS, "more") == {"service"}
    assert queues_of_walk(FLOWS, None) == queues_of_walk(FLOWS, "gone") == frozenset()
