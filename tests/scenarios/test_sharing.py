"""Campaigns that share lines, calls per second and agents, through the whole core."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.contact import Contact, Number
from dialerd.core.sharing import share_of
from tests.scenarios.timeline import START, Timeline, campaign, member


class Market(Timeline):
    """A timeline in which lists never end, nobody answers, and calls end after a random time."""

    def __init__(self, *campaigns: CampaignSettings, seed: int, lines: int, cps: float, ring_s: float) -> None:
        super().__init__(*campaigns, lines=lines, cps=cps)
        self.rng, self.ring_s, self.people, self.seen = Random(seed), ring_s, 0, 0
        self.ends: list[tuple[float, str]] = []
        self.placed: list[str] = []
        """Campaigns in the order of their calls."""

    def begin(self, *agents: str) -> None:
        self.ready(*agents)
        for name in sorted(self.plan.campaigns):
            self.then(e.CampaignStartAsked(name))

    def until(self, calls: int) -> list[str]:
        """Let time pass until so many calls were placed since the beginning; the campaigns, in order."""
        while len(self.placed) < calls:
            while self.seen < len(self.done):
                command = self.done[self.seen][1]
                self.seen += 1
                if isinstance(command, c.FetchContacts):
                    people = tuple(self.person(command.contact_list) for _ in range(command.limit))
                    self.then(e.ContactsFetched(command.campaign, people, None, len(people), command.serial))
                elif isinstance(command, c.OriginateCall):
                    self.placed.append(self.live(command.attempt_id).record.campaign)
                    self.ends.append((self.now + self.rng.uniform(0.5, 1.5) * self.ring_s, command.attempt_id))
            due = self.dialer.next_wakeup()
            self.ends.sort()
            if self.ends and (due is None or self.ends[0][0] < due - START):
                second, attempt = self.ends.pop(0)
                self.at(second, e.ChannelEnded(attempt, 17, 486))
            else:
                assert due is not None
                self.at(due - START)
        return self.placed

    def person(self, contact_list: str) -> Contact:
        self.people += 1
        return Contact(self.people, contact_list, f"k{self.people}", (Number(f"+4416320{self.people:05d}"),), {})


weights = st.lists(st.tuples(st.integers(2, 4), st.integers(1, 5)), min_size=2, max_size=4)


def shares_hold(market: Market, calls: int, begun: int) -> None:
    """After everybody has begun, each campaign has its share, to a call each."""
    placed = Counter(market.until(begun + calls)[begun:])
    shares = {name: share_of(of) for name, of in market.plan.campaigns.items()}
    for name, share in shares.items():
        fair = calls * share / sum(shares.values())
        assert placed[name] >= fair - len(shares) - 1, f"{name}: {placed}, {shares}"


@settings(max_examples=20, deadline=None)
@given(weights, st.integers(0, 2**32))
def test_calls_per_second_are_shared(of: list[tuple[int, int]], seed: int) -> None:
    plans = [
        campaign(
            name=f"c{n}", mode=Mode.AGENTLESS, queue=None, contact_list=f"l{n}", max_lines=60, priority=p, weight=w
        )
        for n, (p, w) in enumerate(of)
    ]
    market = Market(*plans, seed=seed, lines=50, cps=5.0, ring_s=2.0)
    market.begin()
    shares_hold(market, 150, begun=20)


@settings(max_examples=20, deadline=None)
@given(weights, st.integers(0, 2**32))
def test_lines_are_shared(of: list[tuple[int, int]], seed: int) -> None:
    plans = [
        campaign(
            name=f"c{n}", mode=Mode.AGENTLESS, queue=None, contact_list=f"l{n}", max_lines=60, priority=p, weight=w
        )
        for n, (p, w) in enumerate(of)
    ]
    market = Market(*plans, seed=seed, lines=4, cps=100.0, ring_s=5.0)
    market.begin()
    shares_hold(market, 150, begun=20)


@settings(max_examples=15, deadline=None)
@given(weights, st.integers(0, 2**32))
def test_agents_are_shared(of: list[tuple[int, int]], seed: int) -> None:
    plans = [
        campaign(name=f"c{n}", contact_list=f"l{n}", max_lines=60, priority=p, weight=w)
        for n, (p, w) in enumerate(of)
    ]
    market = Market(*plans, seed=seed, lines=50, cps=100.0, ring_s=5.0)
    market.begin("8001", "8002", "8003")
    shares_hold(market, 150, begun=20)


def test_a_campaign_that_comes_late_gets_its_share_and_not_the_calls_it_missed() -> None:
    plans = [
        campaign(name=f"c{n}", mode=Mode.AGENTLESS, queue=None, contact_list=f"l{n}", max_lines=60) for n in range(2)
    ]
    market = Market(*plans, seed=1, lines=50, cps=5.0, ring_s=2.0)
    market.ready()
    market.then(e.CampaignStartAsked("c0"))
    market.until(200)
    market.then(e.CampaignStartAsked("c1"))
    placed = Counter(market.until(300)[200:])
    assert 45 <= placed["c1"] <= 52


def test_who_needs_a_line_of_a_busy_trunk_and_an_agent_of_a_busy_queue_gets_both() -> None:
    """``both`` shares its trunk with a flood of messages and its agent with a campaign on a trunk of its own."""
    flood = campaign(name="flood", mode=Mode.AGENTLESS, queue=None, contact_list="l1", max_lines=60)
    both, other = campaign(name="both", contact_list="l2"), campaign(name="other", contact_list="l3", trunk="second")
    market = Market(flood, both, other, seed=3, lines=4, cps=100.0, ring_s=4.0)
    carrier = market.plan.trunks["carrier"]
    market.plan = type(market.plan)(
        market.plan.campaigns,
        {"carrier": carrier, "second": type(carrier)("second", "PJSIP/{e164}@second", "x", 9, 9.0)},
    )
    market.begin("8001")
    placed = Counter(market.until(400)[20:])
    assert placed["both"] >= 0.4 * placed["other"] > 10


def test_a_campaign_that_reserves_beside_one_that_dials_ahead() -> None:
    """Equal shares of four agents: neither is starved, whoever was first."""
    ahead = campaign(name="ahead", mode=Mode.POWER, contact_list="l1", max_lines=60)
    market = Market(ahead, campaign(name="sure", contact_list="l2"), seed=5, lines=50, cps=100.0, ring_s=6.0)
    market.begin("8001", "8002", "8003", "8004")
    assert market.agent("8004") in ("available", "reserved")
    placed = Counter(market.until(200)[20:])
    assert placed["sure"] >= 40
    assert placed["ahead"] >= 40


def test_an_agent_of_two_queues_makes_them_one() -> None:
    plans = [campaign(name="c0", contact_list="l0", weight=3), campaign(name="c1", contact_list="l1", queue="care")]
    market = Market(*plans, seed=7, lines=50, cps=100.0, ring_s=4.0)
    market.ready("8001")
    both = frozenset({("sales", "8001"), ("care", "8001")})
    market.then(member("8001", queue="care"), e.RosterSynced(both, frozenset({"sales", "care"})))
    for name in ("c0", "c1"):
        market.then(e.CampaignStartAsked(name))
    placed = Counter(market.until(120)[20:])
    assert 71 <= placed["c0"] <= 79


@pytest.mark.parametrize(("priority", "agents", "fair"), [(3, 10, 0.5), (4, 4, 0.2), (5, 10, 1 / 17)])
def test_one_that_reserves_takes_no_more_agents_than_its_share(priority: int, agents: int, fair: float) -> None:
    """However many are idle while the one that dials ahead waits for answers."""
    ahead = campaign(name="ahead", mode=Mode.PREDICTIVE, contact_list="l1", max_lines=60, priority=priority)
    market = Market(ahead, campaign(name="sure", contact_list="l2"), seed=5, lines=50, cps=100.0, ring_s=6.0)
    market.begin(*(str(8001 + n) for n in range(agents)))
    placed = Counter(market.until(300)[60:])
    assert abs(placed["sure"] - 240 * fair) <= 4, placed


def test_one_that_reserves_has_all_agents_where_the_other_cannot_dial() -> None:
    """Its lines are used up: what it does not use goes to the others at once."""
    ahead = campaign(name="ahead", mode=Mode.PREDICTIVE, contact_list="l1", max_lines=1, priority=5)
    market = Market(ahead, campaign(name="sure", contact_list="l2"), seed=5, lines=50, cps=100.0, ring_s=6.0)
    market.begin("8001", "8002", "8003", "8004", "8005", "8006")
    placed = Counter(market.until(200)[40:])
    assert placed["sure"] > 3 * placed["ahead"] > 0
