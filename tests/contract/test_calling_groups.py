"""Contacts that wait for the hours of their group: in memory, on SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from dialerd.core.callable_time import ANY_TIME, CallableSet, CallableTime, Week
from dialerd.core.commands import FetchContacts, ParkContacts, ReturnContacts, WakeContacts
from dialerd.core.contact import ContactState
from dialerd.core.events import ContactsFetched
from dialerd.core.filtering.conditions import Column, Kind
from dialerd.core.filtering.parser import parse_filter
from dialerd.core.ordering.settings import PLAIN, DialOrder, SortKey
from dialerd.core.weekly_hours import WeeklyHours
from dialerd.store.group_numbers import LAST_GROUP
from tests.contract.record_worlds import RecordWorld

H = 3600
LONDON, MADRID, TOKYO = "here Europe/London|GB", "here Europe/Madrid|ES", "here Asia/Tokyo|JP"
NINE_TO_SIX = Week(WeeklyHours((((9 * H, 18 * H),),) * 7))
DAYTIME = CallableTime((CallableSet("daytime", NINE_TO_SIX),), places="here")
SCORE = DialOrder(sort=(SortKey(Column("score"), Kind.NUMBER, descending=True),))
ORDERS = pytest.mark.parametrize("order", [PLAIN, SCORE], ids=["plain", "sorted"])


def local(text: str, zone: str = "Europe/London") -> float:
    return datetime.fromisoformat(f"2026-07-01 {text}").replace(tzinfo=ZoneInfo(zone)).timestamp()


async def fetched(
    world: RecordWorld, order: DialOrder, limit: int = 99, hours: CallableTime = DAYTIME
) -> ContactsFetched:
    await world.done(FetchContacts("spring", "leads", limit, order=order, hours=hours))
    return world.inbox.of(ContactsFetched)[-1]


async def ids(world: RecordWorld, order: DialOrder, limit: int = 99, hours: CallableTime = DAYTIME) -> list[int]:
    return [contact.id for contact in (await fetched(world, order, limit, hours)).contacts]


async def at_night(world: RecordWorld, order: DialOrder, *groups: str) -> None:
    """Contact 1, 2, 3 ... with scores 9, 8, 7 ..., outside of their hours and in these groups."""
    world.clock.at = local("03:00")
    await world.add_rows("leads", [{"score": str(9 - n), "region": "GB"} for n in range(len(groups))])
    found = await ids(world, order, len(groups))
    assert sorted(found) == list(range(1, len(groups) + 1))
    for contact_id, group in enumerate(groups, start=1):
        await world.done(ParkContacts((contact_id,), local("09:00"), "callable_time", group))


@ORDERS
async def test_whoever_is_in_a_closed_group_is_left_alone_and_comes_when_it_opens(
    record: RecordWorld, order: DialOrder
) -> None:
    await at_night(record, order, LONDON, MADRID, LONDON, MADRID)
    night = await fetched(record, order)
    assert (night.contacts, night.in_attempt, night.next_at) == ((), 0, local("09:00", "Europe/Madrid"))
    record.clock.at = local("09:00", "Europe/Madrid")
    morning = await fetched(record, order, 1)
    assert ([one.id for one in morning.contacts], morning.next_at) == ([2], local("09:00"))
    record.clock.at = local("09:00")
    assert await ids(record, order, 2) == [1, 3]
    assert await ids(record, order) == [4]


async def test_a_fetch_of_others_does_not_forget_who_waits_in_groups(record: RecordWorld) -> None:
    await at_night(record, PLAIN, LONDON)

    async def of_others(hours: CallableTime) -> ContactsFetched:
        await record.done(FetchContacts("spring", "leads", 1, only=(99,), hours=hours))
        return record.inbox.of(ContactsFetched)[-1]

    asleep = await of_others(DAYTIME)
    assert (asleep.contacts, asleep.next_at) == ((), local("09:00"))
    ready = await of_others(ANY_TIME)
    assert ready.contacts == ()
    assert ready.next_at is not None
    assert ready.next_at <= record.clock.at + 1


@ORDERS
async def test_open_groups_are_one_line(record: RecordWorld, order: DialOrder) -> None:
    await at_night(record, order, LONDON, MADRID, LONDON, MADRID, LONDON)
    record.clock.at = local("12:00")
    assert await ids(record, order, 3) == [1, 2, 3]
    assert await ids(record, order, 3) == [4, 5]
    assert (await fetched(record, order)).next_at is None


@ORDERS
async def test_no_later_night_touches_whoever_was_not_called(record: RecordWorld, order: DialOrder) -> None:
    await at_night(record, order, LONDON, LONDON, LONDON)
    record.clock.at = local("12:00")
    assert await ids(record, order, 1) == [1]
    record.clock.at = local("20:00")
    evening = await fetched(record, order)
    assert (evening.contacts, evening.next_at) == ((), local("09:00") + 24 * H)
    standing = await record.standing(2)
    assert (standing.state, standing.reason) == (ContactState.WAITING, "callable_time")
    assert standing.next_at is not None
    assert standing.next_at <= LAST_GROUP


@ORDERS
async def test_whoever_was_due_comes_before_an_opened_group_and_that_before_fresh_ones(
    record: RecordWorld, order: DialOrder
) -> None:
    await at_night(record, order, LONDON, "", LONDON)
    await record.add_rows("leads", [{"score": "0"}])
    record.clock.at = local("12:00")
    expected = [2, 1, 3, 4] if order.plain else [1, 2, 3, 4]
    assert await ids(record, order) == expected


@ORDERS
async def test_a_campaign_without_hours_or_with_others_asks_its_own(record: RecordWorld, order: DialOrder) -> None:
    await at_night(record, order, LONDON, TOKYO, LONDON)
    early = replace(DAYTIME, sets=(CallableSet("early", Week(WeeklyHours((((2 * H, 9 * H),),) * 7))),))
    assert await ids(record, order, 1, early) == [1]
    assert await ids(record, order, 99, ANY_TIME) == [2, 3]


@ORDERS
async def test_a_group_of_other_settings_is_looked_at_again(record: RecordWorld, order: DialOrder) -> None:
    await at_night(record, order, LONDON, "there Europe/London|GB")
    assert await ids(record, order) == [2]


@ORDERS
async def test_who_waits_in_a_group_is_not_woken_by_other_hours_but_asked(
    record: RecordWorld, order: DialOrder
) -> None:
    await at_night(record, order, LONDON, "")
    await record.done(WakeContacts(("leads",), frozenset({"callable_time"})))
    assert await ids(record, order) == [2]
    await record.done(ReturnContacts((2,)))


@ORDERS
async def test_whose_numbers_or_columns_change_is_looked_at_again(record: RecordWorld, order: DialOrder) -> None:
    await at_night(record, order, LONDON, LONDON)
    await record.change_numbers(2, ["+12025550177"])
    assert await ids(record, order) == [2]


async def test_a_group_whose_contacts_a_filter_leaves_out_is_not_waited_for(record: RecordWorld) -> None:
    chosen = replace(SCORE, filter=parse_filter('region = "GB"'))
    await at_night(record, chosen, LONDON, LONDON)
    assert (await fetched(record, chosen)).next_at == local("09:00")
    for contact_id in (1, 2):
        await record.change_columns(contact_id, {"score": "1", "region": "NO"})
    assert (await fetched(record, chosen)).next_at is None


async def test_there_are_so_many_groups_and_then_everybody_waits_alone(record: RecordWorld) -> None:
    await at_night(record, PLAIN, *(f"here Europe/London|GB-{n:03}" for n in range(LAST_GROUP)), LONDON)
    alone = await record.standing(LAST_GROUP + 1)
    assert alone.next_at == local("09:00")
    first = await fetched(record, PLAIN)
    assert (first.contacts, first.next_at) == ((), local("09:00"))
    # The number of a group in which nobody waits any more is given to another one.
    assert await ids(record, PLAIN, 1, ANY_TIME) == [1]
    await record.done(ParkContacts((1,), local("09:00"), "callable_time", LONDON))
    grouped = await record.standing(1)
    assert grouped.next_at == 1.0
    record.clock.at = local("12:00")
    assert len(await ids(record, PLAIN, 999)) == LAST_GROUP + 1
