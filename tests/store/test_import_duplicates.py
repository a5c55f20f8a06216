"""Duplicates within the file, within the list and in other lists, by every policy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import update

from dialerd.store.import_rows import DuplicatePolicy, ImportMapping, PhoneColumn
from dialerd.store.schema import contacts
from tests.store.importing import Importer

SKIP, UPDATE, KEEP = DuplicatePolicy.SKIP, DuplicatePolicy.UPDATE, DuplicatePolicy.KEEP
KEYED = ImportMapping((PhoneColumn("a"), PhoneColumn("b")), key="id")
N = "+120255501{:02d}".format


def file(*rows: str) -> str:
    return "id,a,b,name\n" + "".join(f"{row}\n" for row in rows)


async def test_a_refused_row_keeps_no_number_from_others(importer: Importer) -> None:
    result = await importer(file(f"1,{N(1)},,", f"2,{N(1)},{N(2)},", f"3,{N(2)},,"), KEYED)
    assert (result.imported, result.rejected) == (2, 1)
    assert importer.rejects() == [(3, "duplicate number", f"2,{N(1)},{N(2)},")]
    assert await importer.numbers() == [[N(1)], [N(2)]]
    assert await importer.index() == [(N(1), 1), (N(2), 2)]


async def test_update_by_key_keeps_the_history(importer: Importer) -> None:
    await importer(file(f"1,{N(1)},,Ann", f"2,{N(2)},,Bob"), KEYED)
    async with importer.engine.begin() as connection:
        values = {"attempts": 3, "state": "waiting", "next_at": 9e9, "last_disposition": "busy"}
        await connection.execute(update(contacts).where(contacts.c.key == "1").values(values))
    mapping = replace(KEYED, duplicate_keys=UPDATE)
    result = await importer(file(f"1,{N(3)},{N(1)},Anna", f"2,{N(1)},,Rob", f"3,{N(5)},,New"), mapping)
    assert (result.imported, result.rejected, result.updated, result.changed) == (2, 1, 1, (1,))
    assert importer.rejects() == [(3, "duplicate number", f"2,{N(1)},,Rob")]
    first, second, third = await importer.contacts()
    assert (first["columns"]["name"], [n["e164"] for n in first["numbers"]]) == ("Anna", [N(3), N(1)])
    assert (first["attempts"], first["state"], first["next_at"]) == (3, "waiting", 9e9)
    assert (second["columns"]["name"], third["columns"]["name"]) == ("Bob", "New")
    assert await importer.index() == [(N(1), 1), (N(2), 2), (N(3), 1), (N(5), third["id"])]


async def test_update_by_number(importer: Importer) -> None:
    mapping = ImportMapping((PhoneColumn("a"), PhoneColumn("b")), duplicate_numbers=UPDATE)
    await importer(file(f"1,{N(1)},,Ann"), mapping)
    result = await importer(file(f"x,{N(2)},{N(1)},Anna"), mapping)
    assert (result.imported, result.updated) == (1, 1)
    (row,) = await importer.contacts()
    assert (row["columns"]["name"], [n["e164"] for n in row["numbers"]]) == ("Anna", [N(2), N(1)])
    assert not row["key"].startswith("x"), "there is no key column"


async def test_the_last_of_the_file_counts_when_updating(importer: Importer) -> None:
    mapping = replace(KEYED, duplicate_keys=UPDATE)
    rows = (f"1,{N(1)},,old", f"2,{N(2)},,", f"1,{N(3)},,newer", f"1,{N(4)},,newest", f"4,{N(1)},,free again")
    result = await importer(file(*rows), mapping)
    assert (result.rows, result.imported, result.rejected, result.updated, result.warnings) == (5, 5, 0, 2, 2)
    assert [row["columns"]["name"] for row in await importer.contacts()] == ["", "newest", "free again"]
    assert [(line, why) for line, why, _ in importer.rejects()] == [
        (2, "imported, then updated by line 4"), (4, "imported, then updated by line 5"),
    ]  # fmt: skip
    again = await importer(file(f"1,{N(7)},,a", f"1,{N(8)},,b"), mapping)
    assert (again.imported, again.updated) == (2, 2)
    assert [row["columns"]["name"] for row in await importer.contacts()] == ["", "b", "free again"]


@pytest.mark.parametrize(("policy", "imported"), [(SKIP, 1), (KEEP, 2)])
async def test_numbers_of_other_lists(importer: Importer, policy: DuplicatePolicy, imported: int) -> None:
    await importer(file(f"1,{N(1)},,"), KEYED, contact_list="others")
    mapping = replace(KEYED, duplicates_elsewhere=policy)
    result = await importer(file(f"7,{N(1)},,", f"8,{N(2)},,"), mapping)
    assert result.imported == imported
    if policy is SKIP:
        assert importer.rejects() == [(2, "duplicate number: it is in list others", f"7,{N(1)},,")]


async def test_the_same_file_again_is_all_duplicates(importer: Importer) -> None:
    text = file(*(f"{n},+1202556{n:04d},+1202557{n:04d},x" for n in range(1000)))
    assert (await importer(text, KEYED)).imported == 1000
    result = await importer(text, KEYED)
    assert (result.rows, result.imported, result.rejected) == (1000, 0, 1000)
    assert {why for _, why, _ in importer.rejects()} == {"duplicate key"}


async def test_keep_keeps_everything(importer: Importer) -> None:
    mapping = replace(KEYED, duplicate_keys=KEEP, duplicate_numbers=KEEP)
    result = await importer(file(f"1,{N(1)},,", f"1,{N(1)},,"), mapping)
    assert (result.imported, len(await importer.index())) == (2, 2)
