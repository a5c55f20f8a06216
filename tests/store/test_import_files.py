"""Files of every make and damage: read rightly, or refused with a reason, in bounded memory."""

from __future__ import annotations

import csv
import gzip
import io
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.store.csv_format import CsvFormat, UnusableFile
from dialerd.store.csv_records import MAX_RECORD_BYTES, Slice, SourceRow, rows_of
from dialerd.store.csv_slices import Slices
from dialerd.store.csv_source import CsvSource
from dialerd.store.import_rows import ImportMapping, PhoneColumn
from dialerd.store.import_workers import SliceReaders, WorkerDied
from tests.store.importing import PHONE, Importer

THREE = "phone,name\n+12025550101,Zoë\nbad,B\n+12025550102,C\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_gzip_in_every_encoding(importer: Importer, encoding: str) -> None:
    result = await importer(gzip.compress(THREE.encode(encoding)))
    assert (result.rows, result.imported) == (3, 2)
    assert importer.rejects() == [(3, "phone: not a phone number", "bad,B")]
    assert (await importer.contacts())[0]["columns"] == {"name": "Zoë"}


async def test_a_gzip_file_that_was_cut_off(importer: Importer) -> None:
    lines = "".join(f"+1202555{n:04d},{n * 7919}\n" for n in range(9000))
    packed = gzip.compress(b"phone,name\n" + lines.encode())
    with pytest.raises(UnusableFile, match="damaged gzip file"):
        await importer(packed[: len(packed) // 2])
    assert await importer.contacts() == []
    assert (await importer(packed)).imported == 9000, "nothing of the first is in the way"


@pytest.mark.parametrize("make", [b"PK\x03\x04", b"%PDF-1.7", b"BZh9", b"\xfd7zXZ\x00", b"SQLite format 3\x00"])
async def test_what_is_no_text(importer: Importer, make: bytes) -> None:
    with pytest.raises(UnusableFile, match="not a text file"):
        await importer(make + bytes(range(1, 250)) * 10)


async def test_zero_bytes_far_inside_cost_their_rows(importer: Importer) -> None:
    filler = "".join(f"+1202555{n:04d},x\n" for n in range(5000))
    result = await importer(f"phone,name\n{filler}+12025559999,a\0b\n")
    assert (result.imported, result.rejected) == (5000, 1)
    assert importer.rejects() == [(5002, "a zero byte", "+12025559999,a\\x00b")]


async def test_lines_of_an_old_macintosh(importer: Importer) -> None:
    assert (await importer(THREE.replace("\n", "\r"))).imported == 2
    assert [line for line, _, _ in importer.rejects()] == [3]


async def test_single_quotes_are_found_and_none_can_be_asked_for(importer: Importer) -> None:
    await importer("'phone','name'\n'+12025550101','a, b'\n'+12025550102','it''s'\n")
    assert [row["columns"]["name"] for row in await importer.contacts()] == ["a, b", "it's"]
    result = await importer('phone;name\n+12025550103;12" pipe\n+12025550104;"x\n', replace(PHONE, quote=""))
    assert result.imported == 2
    assert [row["columns"]["name"] for row in await importer.contacts()][2:] == ['12" pipe', '"x']


async def test_columns_are_renamed_left_out_and_added(importer: Importer) -> None:
    mapping = replace(
        PHONE, rename={"Post Code": "postcode"}, ignore=("secret",), constants={"time_zone": "Europe/London"}
    )
    await importer("phone,Post Code,secret\n+12025550101,LS1,x\n", mapping)
    (row,) = await importer.contacts()
    assert row["columns"] == {"postcode": "LS1", "time_zone": "Europe/London"}


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        (replace(PHONE, ignore=("nam",)), "no column 'nam'"),
        (replace(PHONE, rename={"nam": "n"}), "no column 'nam'"),
        (replace(PHONE, constants={"name": "x"}), "two columns would be called name"),
        (replace(PHONE, quote='""'), "the quote must be one character or none"),
    ],
)
async def test_a_mapping_that_does_not_fit(importer: Importer, mapping: ImportMapping, says: str) -> None:
    with pytest.raises(UnusableFile, match=says):
        await importer("phone,name\n+12025550101,x\n", mapping)


class Endless(io.RawIOBase):
    """A file of one line that would fill the memory, made up as it is read."""

    def __init__(self, head: bytes, middle_bytes: int, tail: bytes) -> None:
        self._left = [head, middle_bytes, tail]

    def take(self, count: int) -> bytes:
        head, middle, tail = self._left
        assert isinstance(middle, int)
        if head:
            self._left[0] = b""
            return head  # type: ignore[return-value]
        if middle:
            size = min(count, middle)
            self._left[1] = middle - size
            return b"7" * size
        self._left[2] = b""
        return tail  # type: ignore[return-value]


def test_a_line_of_a_gigabyte_is_read_over_in_bounded_memory() -> None:
    form = CsvFormat("utf-8", ",")
    file = Endless(b"phone\n+12025550101\n", 1 << 30, b"\n+12025550102\n")
    tracemalloc.start()
    found = [row for piece in Slices(file.take, form, 0, 1, 1 << 18) for row in rows_of(piece, form, 1)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [(row.line, row.problem) for row in found] == [
        (1, ""), (2, ""), (3, "a line of more than 1 MiB"), (4, ""),
    ]  # fmt: skip
    assert len(found[2].raw) < 1000
    assert peak < 16 << 20


async def test_long_lines_are_rejected_and_the_rest_is_not(importer: Importer) -> None:
    long = "9" * (MAX_RECORD_BYTES + 10)
    quoted = '"' + ("x" * (MAX_RECORD_BYTES // 40) + "\n") * 45
    result = await importer(f"phone,name\n+12025550101,a\n{long}\n+12025550102,b\n+12025550103,{quoted}\n")
    assert (result.rows, result.imported) == (4 + 44, 2)
    assert importer.rejects()[0][:2] == (3, "a line of more than 1 MiB")
    with pytest.raises(UnusableFile, match="the header is not readable: a line of more than 1 MiB"):
        await importer(f"phone,{long}\n+12025550101,a\n")


_pieces = st.lists(
    st.sampled_from(["+12025550101,a", '"x\ny",b', '"open', 'mid"dle,c', '"a""b",d', "", "one", ',"', '""', '"\n'])
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=_pieces, slice_bytes=st.integers(1, 60))
def test_cut_in_slices_or_not_it_is_the_same(tmp_path: Path, pieces: list[str], slice_bytes: int) -> None:
    path = tmp_path / "cut.csv"
    path.write_text("phone,name\n" + "\n".join(pieces))
    source = CsvSource(path, delimiter=",", quote='"')
    small = [_plain(row) for p in source.slices(slice_bytes=slice_bytes) for row in rows_of(p, source.format, 2)]
    assert small == [_plain(row) for row in source.rows()]
    ends = [(piece.end, piece.line + piece.lines) for piece in source.slices(slice_bytes=slice_bytes)]
    for offset, line in ends[:-1]:
        rest = [_plain(row) for p in source.slices(offset, line) for row in rows_of(p, source.format, 2)]
        assert rest == [row for row in small if row.line >= line], "reading can go on at the end of every slice"


def _plain(row: SourceRow) -> SourceRow:
    return replace(row, values=tuple(row.values))


def _big(path: Path, rows: int = 30_000) -> ImportMapping:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("id", "phone", "name"))
        for n in range(rows):
            writer.writerow(
                (n, f"+1202{n % 10_000_000:07d}" if n % 50 else "bad", "two\nlines" if n % 7 == 0 else "x")
            )
    return ImportMapping((PhoneColumn("phone"),), key="id")


def test_processes_read_what_one_reads(tmp_path: Path) -> None:
    mapping = _big(tmp_path / "big.csv")
    source = CsvSource(tmp_path / "big.csv")
    answers = []
    for processes in (0, 2):
        with SliceReaders(source, mapping, processes) as readers:
            answers.append(list(readers.read(source.slices(slice_bytes=10_000))))
    assert answers[0] == answers[1]
    assert len(answers[0]) > 10


def test_a_reading_process_that_dies_is_told(tmp_path: Path) -> None:
    mapping = _big(tmp_path / "big.csv")
    source = CsvSource(tmp_path / "big.csv")
    with pytest.raises(WorkerDied), SliceReaders(source, mapping, 2) as readers:  # noqa: PT012
        found = readers.read(source.slices(slice_bytes=10_000))
        next(found)
        for process in readers._processes:
            process.kill()
        list(found)


def test_what_a_slice_says_of_itself() -> None:
    pieces = list(Slices(io.BytesIO(b"a\nb\nc").read, CsvFormat("utf-8", ","), 0, 1, 3))
    assert pieces == [Slice(0, 1, b"a\n", 1, 2), Slice(2, 2, b"b\n", 1, 4), Slice(4, 3, b"c", 1, 5)]
