"""The contract of the do-not-call lists, over those in memory and those in SQL and Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialerd.cli.dnc_examination import examine_dnc
from dialerd.core.dnc import DncEntry, DncKind
from lab.redis import Redis
from tests.contract.conftest import new_database
from tests.contract.dnc_worlds import DncWorld, MemoryDncWorld, StoredDncWorld
from tests.store.store_lab import client

ONE, OTHER = "+441632960001", "+441632960002"
NUMBER, PREFIX, CONTACT = DncKind.NUMBER, DncKind.PREFIX, DncKind.CONTACT
LISTED = ("dnc:never", None)
LOADING = ("dnc_loading", None)


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
async def dnc(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[DncWorld]:
    """Lists of each kind; ``never`` and ``later`` are there, empty and copied."""
    world: DncWorld
    if request.param == "memory":
        world = MemoryDncWorld()
    else:
        server: Redis = request.getfixturevalue("contract_redis")
        async with client(server.url) as redis:
            await redis.flushall()
        url = f"sqlite:///{tmp_path / 'record.db'}"
        if request.param == "postgresql":
            url = await new_database(request.getfixturevalue("postgres"))
        world = StoredDncWorld(url, server.url, tmp_path)
        await world.open()
    try:
        await world.ensure("never", "later")
        await world.refresh("never")
        await world.refresh("later")
        yield world
    finally:
        await world.close()


async def test_only_the_lists_that_are_named_are_asked(dnc: DncWorld) -> None:
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "later", "never") == LISTED
    assert await dnc.claim(OTHER, "later", "never") is None
    assert await dnc.claim(ONE, "later") is None


async def test_a_refused_claim_takes_nothing(dnc: DncWorld) -> None:
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED
    assert await dnc.claim(ONE) is None, "the number was not locked"


async def test_a_number_barred_in_a_call_is_refused_before_the_record_has_it(dnc: DncWorld) -> None:
    await dnc.bar("never", ONE)
    assert await dnc.claim(ONE, "never") == LISTED
    assert await dnc.claim(OTHER, "never") is None
    await dnc.add("never", DncEntry(NUMBER, OTHER))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED, "what the record brings does not undo it"
    await dnc.add("never", DncEntry(NUMBER, ONE, dnc.now + 1000))
    await dnc.remove("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") is None


async def test_lists_are_asked_again_when_an_offer_is_accepted(dnc: DncWorld) -> None:
    assert await dnc.claim(ONE, "never") is None
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.accepted(ONE, "later", "never") == LISTED
    await dnc.wipe()
    assert await dnc.accepted(ONE, "never") == LOADING
    await dnc.refresh("never")
    await dnc.remove("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.accepted(ONE, "never") is None


@pytest.mark.parametrize(
    ("entry", "number", "key", "expected"),
    [
        (DncEntry(PREFIX, "+4490"), "+449011234567", "k", LISTED),
        (DncEntry(PREFIX, "+4490"), "+449111234567", "k", None),
        (DncEntry(PREFIX, "+4"), ONE, "k", LISTED),
        (DncEntry(PREFIX, ONE), ONE, "k", LISTED),
        (DncEntry(CONTACT, "customer 17"), ONE, "customer 17", LISTED),
        (DncEntry(CONTACT, "customer 17"), ONE, "customer 1", None),
        (DncEntry(CONTACT, ONE), ONE, "k", None),
        (DncEntry(NUMBER, ONE), "+4416329600011", "k", None),
    ],
)
async def test_prefixes_and_contacts(
    dnc: DncWorld, entry: DncEntry, number: str, key: str, expected: tuple[str, None] | None
) -> None:
    await dnc.add("never", entry)
    await dnc.refresh("never")
    assert await dnc.claim(number, "never", contact_key=key) == expected


async def test_an_entry_is_ignored_from_its_end_on(dnc: DncWorld) -> None:
    until = float(int(dnc.now) + 1000)
    await dnc.add("never", DncEntry(NUMBER, ONE, until))
    await dnc.add("never", DncEntry(NUMBER, OTHER, dnc.now - 10))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == ("dnc:never", until)
    assert await dnc.claim(OTHER, "never") is None, "over, though nobody has swept it"


async def test_the_longest_of_several_entries_counts(dnc: DncWorld) -> None:
    soon, late = float(int(dnc.now) + 1000), float(int(dnc.now) + 2000)
    await dnc.add("never", DncEntry(NUMBER, ONE, soon))
    await dnc.add("never", DncEntry(PREFIX, "+4416", late))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == ("dnc:never", late)
    await dnc.add("never", DncEntry(CONTACT, "k"))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED


async def test_an_entry_is_never_shortened_by_a_second_one(dnc: DncWorld) -> None:
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.add("never", DncEntry(NUMBER, ONE, dnc.now + 1000))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED


async def test_one_that_was_over_may_begin_again_with_an_end(dnc: DncWorld) -> None:
    until = float(int(dnc.now) + 1000)
    await dnc.add("never", DncEntry(NUMBER, ONE, dnc.now - 10))
    await dnc.add("never", DncEntry(NUMBER, ONE, until))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == ("dnc:never", until)


async def test_what_is_removed_may_be_called(dnc: DncWorld) -> None:
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.remove("never", DncEntry(NUMBER, ONE))
    assert not await dnc.remove("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") is None
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED


async def test_a_file_replaces_what_files_brought_and_nothing_else(dnc: DncWorld) -> None:
    await dnc.add("never", DncEntry(NUMBER, "+441632960003"))
    await dnc.load("never", [ONE])
    await dnc.load("never", [OTHER])
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") is None
    assert await dnc.claim(OTHER, "never") == LISTED
    assert await dnc.claim("+441632960003", "never") == LISTED


async def test_a_file_can_be_appended(dnc: DncWorld) -> None:
    await dnc.load("never", [ONE])
    await dnc.load("never", [OTHER], append=True)
    assert await dnc.claim(ONE, "never") == LISTED
    assert await dnc.claim(OTHER, "never") == LISTED


async def test_a_number_of_a_file_can_be_removed_until_a_file_brings_it_again(dnc: DncWorld) -> None:
    await dnc.load("never", [ONE, OTHER])
    assert await dnc.remove("never", DncEntry(NUMBER, ONE))
    assert not await dnc.remove("never", DncEntry(NUMBER, ONE))
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") is None
    assert await dnc.claim(OTHER, "never") == LISTED
    await dnc.load("never", ["+441632960003"], append=True)
    await dnc.refresh("never")
    assert await dnc.claim("+441632960004", "never") is None
    await dnc.load("never", [ONE])
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED


async def test_without_a_copy_nothing_is_dialed_and_it_is_made_from_the_record(dnc: DncWorld) -> None:
    await dnc.load("never", [ONE])
    await dnc.add("never", DncEntry(PREFIX, "+4490"))
    await dnc.refresh("never")
    await dnc.wipe()
    assert await dnc.claim(OTHER, "never") == LOADING
    assert await dnc.claim("+441632960009") is None, "campaigns without lists do not wait"
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED
    assert await dnc.claim("+449012345678", "never") == LISTED
    assert await dnc.claim(OTHER, "never") is None
    assert await dnc.claim(OTHER, "later") == LOADING


async def test_doctor_sees_a_copy_that_is_behind(dnc: DncWorld) -> None:
    if not isinstance(dnc, StoredDncWorld):
        return
    url = dnc.engine.url.render_as_string(hide_password=False)
    await dnc.load("never", [ONE])

    async def said() -> dict[str, str]:
        found = await examine_dnc(url, dnc.redis_url, ["never", "unknown"])
        return {one.what: f"{one.health.value}: {one.said}" for one in found}

    assert (await said())["dnc never"].endswith("loaded numbers: 1, copied to Redis")
    assert (await said())["dnc unknown"].endswith("is empty")
    await dnc.wipe()
    assert "missing or behind" in (await said())["dnc never"]


async def test_a_copy_that_lags_is_not_asked(dnc: DncWorld) -> None:
    # Whoever added the entry died before it was in Redis, or Redis fell back to an older state.
    await dnc.add("never", DncEntry(NUMBER, ONE))
    await dnc.reached("never")
    assert await dnc.claim(ONE, "never") == LOADING
    await dnc.refresh("never")
    assert await dnc.claim(ONE, "never") == LISTED
