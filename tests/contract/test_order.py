"""The order in which contacts leave the record: filter, sort keys, mixes. In memory, on SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.core.attempt import Outcome
from dialerd.core.commands import FetchContacts, ParkContacts, RetireContacts, ReturnContacts, WakeContacts
from dialerd.core.contact import ContactNext, ContactState
from dialerd.core.events import ContactsFetched
from dialerd.core.filtering.conditions import Builtin, Column, Kind
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.ordering.settings import DialOrder, ListShare, Mix, SortKey
from tests.contract.record_worlds import RecordWorld
from tests.store.store_lab import attempt, closing

SCORE = SortKey(Column("score"), Kind.NUMBER, descending=True)
CITY = SortKey(Column("city"))
DAY = 86_400.0


def order(text: str = "", *sort: SortKey, **others: Any) -> DialOrder:
    return DialOrder(filter=parse_filter(text) if text else None, sort=sort, **others)


async def fetched(
    world: RecordWorld, wanted: DialOrder, limit: int = 99, campaign: str = "spring"
) -> ContactsFetched:
    await world.done(FetchContacts(campaign, "leads", limit, order=wanted))
    return world.inbox.of(ContactsFetched)[-1]


async def ids(world: RecordWorld, wanted: DialOrder, limit: int = 99, campaign: str = "spring") -> list[int]:
    return [contact.id for contact in (await fetched(world, wanted, limit, campaign)).contacts]


def rows(*scores: str) -> list[dict[str, str]]:
    return [{"score": score} for score in scores]


def outcome(serial: int, contact_id: int, disposition: str, state: ContactState, at: float | None = None) -> Outcome:
    return closing(attempt(serial, contact_id=contact_id), disposition, state, at).outcome


async def busy(world: RecordWorld, wanted: DialOrder, count: int, at: float) -> list[int]:
    """The next ``count`` contacts are tried and are busy; they wait until ``at``."""
    taken = await ids(world, wanted, count)
    await world.record(*(outcome(i, i, "busy", ContactState.WAITING, at) for i in taken))
    return taken


async def test_only_who_passes_comes(record: RecordWorld) -> None:
    await record.add_rows("leads", [{"region": r} for r in ("GB", "US", "gb ", "", "IE")])
    wanted = order('region in ("GB", "IE") and attempts < 2')
    found = await fetched(record, wanted)
    assert [contact.id for contact in found.contacts] == [1, 3, 5]
    assert (found.in_attempt, found.next_at) == (3, None)
    after = await fetched(record, wanted)
    assert (after.contacts, after.in_attempt, after.next_at) == ((), 3, None)


async def test_three_keys_with_empty_ones_placed(record: RecordWorld) -> None:
    await record.add_rows(
        "leads",
        [
            {"score": "5", "city": "York", "due": "2026-02-01"},
            {"score": "5", "city": "hull", "due": "2026-02-01"},
            {"score": "50", "city": "York", "due": ""},
            {"score": "none", "city": "York", "due": "2026-01-01"},
            {"score": "5", "city": "York", "due": "2026-03-01"},
            {"score": "5", "city": "York", "due": ""},
        ],
    )
    due = SortKey(Column("due"), Kind.DATE, descending=True, empty_first=True)
    assert await ids(record, order("", SCORE, CITY, due)) == [3, 2, 6, 5, 1, 4]


async def test_little_by_little_is_the_same_order(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "4", "2", "5", "3"))
    wanted = order("", SCORE)
    assert [await ids(record, wanted, 2) for _ in range(4)] == [[4, 2], [5, 3], [1], []]


async def test_changed_data_move_a_contact(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3", "4"))
    wanted = order("score > 0", SCORE)
    assert await ids(record, wanted, 1) == [4]
    await record.change_columns(1, {"score": "9"})
    await record.change_columns(2, {"score": "0"})
    assert await ids(record, wanted) == [1, 3]
    await record.change_columns(2, {"score": "1"})
    assert await ids(record, wanted) == [2]


async def test_a_static_order_stays_although_data_change(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3", "4"))
    wanted = order("", SCORE, static=True)
    assert await ids(record, wanted, 1) == [4]
    await record.change_columns(1, {"score": "9"})
    await record.done(ReturnContacts((4,)))
    assert await ids(record, wanted) == [4, 3, 2, 1]


async def test_contacts_that_are_added_later_find_their_place(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "5"))
    wanted = order("score > 0", SCORE)
    assert await ids(record, wanted, 1) == [2]
    await record.add_rows("leads", rows("9", "0", "0.5"))
    assert await ids(record, wanted) == [3, 1, 5]


async def test_returned_contacts_come_again_in_their_place(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3"))
    wanted = order("", SCORE)
    assert await ids(record, wanted, 2) == [3, 2]
    await record.done(ReturnContacts((2,)))
    assert await ids(record, wanted) == [2, 1]


async def test_retired_and_parked_contacts_do_not_come(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3"))
    wanted = order("", SCORE)
    assert await ids(record, wanted, 2) == [3, 2]
    now = record.clock.at
    await record.done(RetireContacts((3,), "dnc"), ParkContacts((2,), now + 60, "hours"))
    found = await fetched(record, wanted)
    assert ([c.id for c in found.contacts], found.next_at) == ([1], now + 60)
    nobody = await fetched(record, wanted)
    assert (nobody.contacts, nobody.next_at) == ((), now + 60)
    record.clock.at = now + 60
    assert await ids(record, wanted) == [2]


async def test_without_a_mix_due_retries_come_first_by_time(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3", "4"))
    wanted = order("score > 0")
    now = record.clock.at
    first = await ids(record, wanted, 2)
    await record.record(
        outcome(1, first[0], "busy", ContactState.WAITING, now + 20),
        outcome(2, first[1], "busy", ContactState.WAITING, now + 10),
    )
    record.clock.at = now + 30
    assert await ids(record, wanted) == [2, 1, 3, 4]


async def test_a_mix_starves_neither_kind(record: RecordWorld) -> None:
    await record.add_rows("leads", rows(*["1"] * 20))
    wanted = order(mix=Mix(3, 1))
    tried = await busy(record, wanted, 8, record.clock.at + 10)
    record.clock.at += 20
    taken = [await ids(record, wanted, 1) for _ in range(12)]
    retried = [i for (i,) in taken if i in tried]
    assert retried == tried[:3]


async def test_promised_calls_come_first(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("9", "8", "1"))
    wanted = order("", SCORE, mix=Mix(1, 0))
    now = record.clock.at
    await ids(record, wanted)
    await record.done(ParkContacts((3,), now + 5, "callback"), ReturnContacts((1, 2)))
    record.clock.at = now + 6
    assert await ids(record, wanted) == [3, 1, 2]


async def test_a_promised_call_that_was_parked_or_given_back_comes_first_all_the_same(record: RecordWorld) -> None:
    """Whatever stands in its way meanwhile: hours, a cap, a campaign that is stopped, a daemon that ends."""
    await record.add_rows("leads", rows("9", "8", "7", "6", "1"))
    sorted_, plain = order("", SCORE), DialOrder()
    now = record.clock.at
    await ids(record, sorted_, campaign="first")
    await record.done(ParkContacts((5,), now + 5, "callback"), ReturnContacts((1, 2, 3, 4)))
    for serial, wanted in enumerate((sorted_, plain)):
        record.clock.at += 10
        assert (await ids(record, wanted, 1, f"c{serial}")) == [5]
        await record.done(ParkContacts((5,), record.clock.at + 30, "callable_time"))
        standing = await record.standing(5)
        assert (standing.state, standing.reason) == (ContactState.WAITING, "callback:callable_time")
        await record.done(WakeContacts(("leads",), frozenset({"callable_time"})))
        assert (await ids(record, wanted, 1, f"c{serial}")) == [5], "the hours have changed"
        await record.done(ParkContacts((5,), record.clock.at + 30, "cap:per_day"))
        tried = await ids(record, wanted, 2, f"c{serial}")
        assert 5 not in tried
        await record.done(ReturnContacts(tuple(tried)))
        record.clock.at += 31
        assert (await ids(record, wanted, 1, f"c{serial}")) == [5]
        await record.done(ReturnContacts((5,)))
        assert (await ids(record, wanted, 2, f"c{serial}"))[0] == 5, "given back, and due at once"
        assert await record.reset_in_attempt(frozenset()) == 2
        assert (await ids(record, wanted, 2, f"c{serial}"))[0] == 5, "a daemon began anew"
        await record.done(ReturnContacts(tuple(i for i in range(1, 6))))
    assert (await record.standing(5)).reason == "callback:cap:per_day"


async def test_a_promised_call_that_was_not_placed_is_the_next_one(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("9", "8", "7"))
    asked = Outcome(
        attempt(1, contact_id=3, disposition="answered_flow"),
        ContactNext(ContactState.WAITING, record.clock.at + 5, 0, "callback"),
    )
    await ids(record, order("", SCORE))
    await record.done(ReturnContacts((1, 2)))
    await record.record(asked)
    record.clock.at += 6
    for serial, disposition, state, at in (
        (2, "not_placed", ContactState.CALLABLE, None),
        (3, "congestion", ContactState.WAITING, record.clock.at),
        (4, "cancelled", ContactState.CALLABLE, None),
    ):
        assert await ids(record, order("", SCORE), 1) == [3]
        await record.record(outcome(serial, 3, disposition, state, at))
        assert (await record.standing(3)).reason.startswith("callback:"), disposition
    assert await ids(record, order("", SCORE), 1) == [3]
    await record.record(outcome(5, 3, "no_answer", ContactState.WAITING, record.clock.at))
    assert (await record.standing(3)).reason == "retry:no_answer", "it rang: the promise is kept"


async def test_lists_by_share(record: RecordWorld) -> None:
    await record.add_rows("leads", rows(*["1"] * 10))
    await record.add_rows("old", rows(*["1"] * 10))
    wanted = order(lists=(ListShare("leads", 70), ListShare("old", 30)))
    found = await fetched(record, wanted, 10)
    lists = [contact.contact_list for contact in found.contacts]
    assert (lists.count("leads"), lists.count("old"), found.in_attempt) == (7, 3, 10)
    rest = [contact.contact_list for contact in (await fetched(record, wanted)).contacts]
    assert (rest.count("leads"), rest.count("old")) == (3, 7)


async def test_what_dialerd_knows_filters_and_sorts(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3", "4"))
    plain = order("score > 0")
    now = record.clock.at
    taken = await ids(record, plain, 3)
    await record.record(*(outcome(i, i, d, ContactState.WAITING, now + 5) for i, d in zip(
        taken, ("busy", "no_answer", "busy"), strict=True)))  # fmt: skip
    record.clock.at = now + 10
    wanted = order("last_disposition = busy and attempts = 1 or attempts = 0", SortKey(Builtin.ATTEMPTS, Kind.NUMBER))
    assert await ids(record, wanted, campaign="other") == [1, 3, 4]


async def test_age_lets_contacts_in_as_time_passes(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1"))
    wanted = order("age >= 2d")
    early = await fetched(record, wanted)
    assert (early.contacts, early.next_at is not None) == ((), True)
    record.clock.at += 3 * DAY
    await record.change_columns(1, {"score": "2"})
    assert await ids(record, wanted) == [1]


async def test_another_order_begins_anew(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "3", "2", "4"))
    assert await ids(record, order("", SCORE), 1) == [4]
    assert await ids(record, order("score < 3", SCORE)) == [3, 1]
    assert await ids(record, order("", SCORE)) == [2]


async def test_two_campaigns_share_a_list(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3", "4"))
    up, down = order("", SortKey(Column("score"), Kind.NUMBER)), order("", SCORE)
    assert await ids(record, down, 1) == [4]
    assert await ids(record, up, 2, "other") == [1, 2]
    assert await ids(record, down, 5) == [3]


async def test_a_restart_keeps_the_order(record: RecordWorld) -> None:
    await record.add_rows("leads", rows("1", "2", "3", "4"))
    wanted = order("", SCORE)
    assert await ids(record, wanted, 3) == [4, 3, 2]
    assert await record.reset_in_attempt({3}) == 2
    assert await ids(record, wanted) == [4, 2, 1]


async def test_a_list_that_is_not_there_is_answered(record: RecordWorld) -> None:
    assert await fetched(record, order("a = 1")) == ContactsFetched("spring", (), None, 0)


scores = st.lists(st.sampled_from(["", "x", "-3", "0", "7", "7.5", "12", "100"]), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(many=scores, descending=st.booleans(), empty_first=st.booleans(), limit=st.integers(1, 5))
async def test_everybody_comes_once_and_sorted(
    record: RecordWorld, many: list[str], descending: bool, empty_first: bool, limit: int
) -> None:
    name = f"run{len(record.inbox.events)}"
    await record.add_rows("leads", rows(*many))
    wanted = order("", SortKey(Column("score"), Kind.NUMBER, descending, empty_first))
    found: list[str] = []
    while True:
        event = await fetched(record, wanted, limit, name)
        if not event.contacts:
            break
        found += [contact.columns["score"] for contact in event.contacts]
        await record.done(RetireContacts(tuple(contact.id for contact in event.contacts), "done"))
    values = [float(score) for score in many if score not in ("", "x")]
    empty = [score for score in found if score in ("", "x")]
    placed = [float(score) for score in found if score not in ("", "x")]
    assert placed == sorted(values, reverse=descending)
    assert len(placed) + len(empty) == len(many)
    assert (found[: len(empty)] if empty_first else found[len(placed) :]) == empty
