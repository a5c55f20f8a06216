"""What wrap-up rules leave in the record with an outcome: copies in other lists, webhooks to be told. Over the record
in memory, SQLite and PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from dialerd.core.attempt import Outcome
from dialerd.core.contact import ContactState, Number
from tests.contract.record_worlds import RecordWorld, number_of
from tests.contract.test_record import NUMBERS, fetched, outcome


def appended(serial: int, contact_id: int, *lists: str, **columns: str) -> Outcome:
    done = outcome(serial, contact_id, "answered_agent", ContactState.UNCALLABLE)
    return replace(done, contact=replace(done.contact, append_to=lists, columns=columns))


async def test_a_copy_comes_into_another_list_as_one_never_called(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:2])
    await fetched(record, 2)
    told = await record.record(appended(1, 1, "survey", "vip", class_="gold"))
    assert told == {"leads", "survey", "vip"}
    (copy,) = (await fetched(record, 9, "survey")).contacts
    assert (copy.key, copy.numbers, copy.attempts) == (NUMBERS[0], (Number(NUMBERS[0], "mobile"),), 0)
    assert copy.columns == {"name": NUMBERS[0], "city": "Oslo", "class_": "gold"}, "with what the call wrote"
    assert copy.added_at == record.clock.now()
    assert await record.keys_in("vip") == [NUMBERS[0]]
    assert (await record.standing(1)).state is ContactState.UNCALLABLE, "the contact itself goes its own way"


async def test_it_is_copied_once(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    first = appended(1, 1, "survey")
    await record.record(first)
    await record.record(first, appended(2, 1, "survey"))
    assert await record.keys_in("survey") == [NUMBERS[0]], "not by the same outcome, nor by another one"


async def test_another_contact_of_the_same_key_is_no_hindrance(record: RecordWorld) -> None:
    await record.add_rows("leads", [{"n": "1"}])
    await record.add_rows("survey", [{"n": "2"}])
    await fetched(record, 1)
    done = appended(1, 1, "survey")
    await record.record(done)
    assert await record.keys_in("survey") == ["2", "1"]
    (_, copy) = (await fetched(record, 9, "survey")).contacts
    assert copy.numbers[0].e164 == number_of(1)


async def test_who_was_made_uncallable_meanwhile_is_not_copied(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    await record.make_uncallable(1, "removed")
    await record.record(appended(1, 1, "survey"))
    assert await record.keys_in("survey") == []


def hooked(serial: int, disposition: str, *webhooks: tuple[str, str]) -> Outcome:
    done = outcome(serial, 1, disposition, ContactState.CALLABLE)
    rules: dict[str, Any] = {"webhooks": [list(one) for one in webhooks]}
    return replace(done, record=replace(done.record, rules=rules))


async def test_webhooks_are_put_down_with_the_outcome_once(record: RecordWorld) -> None:
    await record.add("leads", NUMBERS[:1])
    await fetched(record, 1)
    done = hooked(1, "busy", ("crm", "house.a"), ("crm", "house.b"))
    await record.record(done, hooked(2, "not_placed", ("crm", "house.a")))
    await record.record(done)
    told = done.record.id
    assert await record.webhooks() == [(told, "crm", "house.a"), (told, "crm", "house.b")], "none of no call"
