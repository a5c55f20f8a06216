"""Files of do-not-call entries: what is read, what is refused, and that nothing is lost on the way to both stores."""

from __future__ import annotations

import gzip
import random
import re
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata

from dialerd.core.dnc import DncKind
from dialerd.store import dnc_blocks as packing
from dialerd.store.csv_format import UnusableFile
from dialerd.store.database import open_database
from dialerd.store.dnc_file import LONGEST_LINE, Batch, DncFile
from dialerd.store.dnc_load import LoadMode, LoadResult, load_file
from dialerd.store.dnc_loads import DncLoads, LoadUnderWay
from dialerd.store.dnc_numbers import NumberReader
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.migrate import migrate_engine
from dialerd.store.phone_columns import BadNumber, e164
from dialerd.store.reject_file import read_rejects
from tests.store.store_lab import SetClock

NOW = 1_700_000_000.0


def read(path: Path, region: str | None = None, column: str | None = None) -> Batch:
    """The whole file as one batch."""
    with DncFile(path, region, NOW, column=column) as file:
        whole = None
        for batch in file.batches():
            if whole is None:
                whole = batch
            else:
                whole.entries += batch.entries
                whole.rejects += batch.rejects
                whole.rows += batch.rows
                whole.numbers = packing.merged(whole.numbers, batch.numbers)
    assert whole is not None
    return whole


def written(folder: Path, text: str | bytes, name: str = "list.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def numbers(batch: Batch) -> list[int]:
    return sorted(batch.numbers.tolist())


def test_ugly_lines_are_named_and_the_others_taken(tmp_path: Path) -> None:
    lines = [
        "+441632960001", "", "call me", "020 7946 0958", "12", "+4412345678901234567", "1.63E+9",
        "+44 1632 960001 x5", "(01632) 960 002\r", "\xff\xfe", "0800 FLOWERS!!!", "00441632960003",
    ]  # fmt: skip
    batch = read(written(tmp_path, "\n".join(lines)), "GB")
    assert numbers(batch)[:4] == [441632960001, 441632960002, 441632960003, 442079460958]
    refused = {line: reason for line, reason, _ in batch.rejects}
    assert refused.keys() >= {3, 5, 6, 7, 8, 10}
    assert refused[7].startswith("digits lost by a spreadsheet")
    assert len(batch.numbers) + len(batch.rejects) == batch.rows == 11


def test_without_a_region_numbers_need_their_country_code(tmp_path: Path) -> None:
    batch = read(written(tmp_path, "2025550101\n+12025550102\n"))
    assert numbers(batch) == [12025550102]
    assert batch.rejects == [(1, "no country code, and no default region is set", "2025550101")]


@pytest.mark.parametrize("line", ["2025550123", "12025550123", "+12025550123", "202,5550123", "(202) 555-0123"])
def test_american_registers(tmp_path: Path, line: str) -> None:
    assert numbers(read(written(tmp_path, f"{line}\n2025550124\n"), "US"))[0] == 12025550123


def test_gzip_byte_order_mark_and_no_last_line_end(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"\xef\xbb\xbf+441632960001\n+441632960002"), "list.gz")
    assert numbers(read(path)) == [441632960001, 441632960002]


def test_columns_with_dates_reasons_prefixes_and_keys(tmp_path: Path) -> None:
    text = (
        "Number;Prefix;Contact;Expires;Reason;other\n"
        "+441632960001;;;;;x\n"
        "+441632960002;;;2030-01-01;moved;x\n"
        ";+4490;;;premium;x\n"
        ";;customer 17;never;;x\n"
        ";;;;;x\n"
        "+441632960003;+44;;;;x\n"
        "+441632960004;;;soon;;x\n"
        "+441632960005;;;2020-01-01;;x\n"
        ";4490;;;;x\n"
    )
    batch = read(written(tmp_path, text, "list.csv"))
    assert numbers(batch) == [441632960001]
    assert [(e.kind, e.value, e.expires_at, why) for e, why in batch.entries] == [
        (DncKind.NUMBER, "+441632960002", 1893456000.0, "moved"),
        (DncKind.PREFIX, "+4490", None, "premium"),
        (DncKind.CONTACT, "customer 17", None, ""),
    ]
    assert [(line, reason.split(":")[0].split(",")[0]) for line, reason, _ in batch.rejects] == [
        (6, "no number"), (7, "both number and prefix; one entry in each line"), (8, "not a date"),
        (9, "expired already"), (10, "a prefix is + and at most 15 digits"),
    ]  # fmt: skip
    assert batch.rows == 9


def test_another_column_can_be_named(tmp_path: Path) -> None:
    path = written(tmp_path, "id,landline\n1,+441632960001\n", "list.csv")
    with pytest.raises(UnusableFile, match="no column of numbers; the columns are id, landline"):
        read(path)
    assert numbers(read(path, column="Landline")) == [441632960001]
    with pytest.raises(UnusableFile, match="no column 'cell'"):
        read(path, column="cell")


def test_a_line_without_end_is_one_reject(tmp_path: Path) -> None:
    path = tmp_path / "long.txt"
    with path.open("wb") as file:
        file.write(b"+441632960001\n")
        for _ in range(10):
            file.write(b"9" * (1 << 20))
        file.write(b"\n+441632960002\n")
    batch = read(path)
    assert numbers(batch) == [441632960001, 441632960002]
    assert batch.rejects == [(2, f"longer than {LONGEST_LINE:,} bytes", "")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 spreadsheet", "saved as CSV"),
        (b"+44163\x00\x00\n", "not a text file"),
        (gzip.compress(b"+441632960001\n" * 99999)[:-20], "cut off"),
        (b"\x1f\x8bnot gzip at all", "damaged"),
    ],
)
def test_files_that_are_none(tmp_path: Path, content: bytes, said: str) -> None:
    with pytest.raises(UnusableFile, match=said):
        read(written(tmp_path, content))


@pytest.mark.parametrize("code", sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)[::7])
def test_reading_in_bulk_agrees_with_reading_one_by_one(code: int) -> None:
    region = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code][0]
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None or plan.general_desc is None:
        plan = PhoneMetadata.metadata_for_nongeo_region(code)
        region = "GB"
    assert plan is not None
    assert plan.general_desc is not None
    rng, pattern = random.Random(code), re.compile(plan.general_desc.national_number_pattern or "")
    lengths = [length for length in plan.general_desc.possible_length if length > 0]
    tried = 0
    for _ in range(4000):
        digits = "".join(rng.choice("0123456789") for _ in range(rng.choice(lengths)))
        if not pattern.fullmatch(digits):
            continue
        forms = [f"+{code}{digits}"]
        if region != "GB" or code == 44:
            forms += [digits, f"{plan.national_prefix or ''}{digits}"]
        for form in forms:
            try:
                expected = [int(e164(form, region)[1:])]
            except BadNumber:
                continue
            assert NumberReader(region).read(form.encode()).numbers.tolist() == expected, form
            tried += 1
        if tried > 60:
            break
    assert tried


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(10**6, 10**15 - 1) | st.integers(12_025_000_000, 12_025_200_000), max_size=300))
def test_packing_keeps_every_number_and_adds_none(given_numbers: list[int]) -> None:
    whole = packing.unique(np.array(given_numbers, dtype=np.uint64))
    found: list[int] = []
    for group, members in packing.groups(whole):
        row = packing.pack(members)
        found += packing.unpack(group, row).tolist()
        assert packing.contains(row, int(members[0]))
        assert packing.contains(row, int(members[0]) ^ 1) == ((int(members[0]) ^ 1) in members.tolist())
    assert found == sorted(set(given_numbers))


def test_a_full_block_is_a_bitmap_and_says_the_same() -> None:
    dense = np.arange(12_025_000_000, 12_025_140_000, 3, dtype=np.uint64)
    rows = {group: packing.pack(members) for group, members in packing.groups(dense)}
    assert {len(block) for row in rows.values() for _, block in packing.blocks(row)} >= {packing.BITMAP_BYTES}
    for number in (12_025_070_001, 12_025_070_002, 12_025_070_003):
        assert packing.contains(rows[packing.place(number)[0]], number) == (number in dense.tolist())


# --- loads -----------------------------------------------------------------------------------------------


@pytest.fixture
async def record(tmp_path: Path) -> AsyncIterator[SqlDnc]:
    engine = open_database(f"sqlite:///{tmp_path / 'record.db'}")
    await migrate_engine(engine)
    made = SqlDnc(engine, SetClock(NOW))
    await made.ensure(["national"])
    yield made
    await engine.dispose()


async def loaded(record: SqlDnc, path: Path, mode: LoadMode = LoadMode.REPLACE, clock: float = NOW) -> LoadResult:
    loads = DncLoads(record.engine, SetClock(clock))
    return await load_file(record, loads, None, path, "national", mode=mode, region="GB", who="anna", now=NOW)


async def test_every_line_is_accounted_for(record: SqlDnc, tmp_path: Path) -> None:
    path = written(tmp_path, "number,reason\n+441632960001,\n+441632960001,\nbad,\n+441632960002,moved\n", "list.csv")
    done = await loaded(record, path)
    assert (done.rows, done.taken, done.single, done.duplicates, done.rejected, done.numbers) == (4, 3, 1, 1, 1, 1)
    assert done.taken == done.numbers + done.single + done.duplicates
    assert done.rejects is not None
    assert read_rejects(done.rejects, 9) == [(4, "not a phone number")]
    assert done.rejects.stat().st_mode & 0o777 == 0o600
    (found,) = await record.look_up("+441632960002")
    assert (found.reason, found.who, found.loaded) == ("moved", "anna", True)


async def test_a_file_that_breaks_off_leaves_the_list_as_it_was(record: SqlDnc, tmp_path: Path) -> None:
    await loaded(record, written(tmp_path, "+441632960001\n"))
    broken = gzip.compress(b"".join(b"+44163296%04d\n" % n for n in range(9999)) * 60)[:-20]
    with pytest.raises(UnusableFile):
        await loaded(record, written(tmp_path, broken, "list.gz"))
    assert await record.look_up("+441632960001")
    assert not (await record.one("national")).loading
    assert (await loaded(record, written(tmp_path, "+441632960002\n"), LoadMode.APPEND)).numbers == 2


async def test_one_load_at_a_time_and_a_dead_one_gives_way(record: SqlDnc, tmp_path: Path) -> None:
    path = written(tmp_path, "+441632960001\n")
    token, _, generation = await DncLoads(record.engine, SetClock(NOW)).begin("national", "bert")
    await DncLoads(record.engine, SetClock(NOW)).write_groups("national", generation, token, [(5, 1, b"left behind")])
    with pytest.raises(LoadUnderWay, match="bert is loading it"):
        await loaded(record, path)
    assert (await loaded(record, path, clock=NOW + 61.0)).numbers == 1
    assert await record.look_up("+441632960001")
