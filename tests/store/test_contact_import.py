"""CSV files of every kind: each row is imported or named with its line and reason."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dialerd.store.contact_import import import_contacts
from dialerd.store.csv_format import UnusableFile
from dialerd.store.csv_source import CsvSource
from dialerd.store.import_rows import DuplicatePolicy, ImportMapping, PhoneColumn
from dialerd.store.import_table import ABANDONED_AFTER_S, ImportTable
from dialerd.store.record_queries import RecordQueries
from tests.store.importing import PHONE, Importer


async def test_rows_become_callable_contacts_in_order(importer: Importer) -> None:
    mapping = ImportMapping(
        (PhoneColumn("mobile", "mobile"), PhoneColumn("home", "home")), key="id", default_region="GB"
    )
    result = await importer(
        "id,name,mobile,home,city\n"
        "a1,Ann,07700 900123,+441632960001,Leeds\n"
        'a2,"Bob, Jr.",+1 202 555 0101,,"New\nYork"\n',
        mapping,
    )
    assert (result.rows, result.imported, result.rejected, result.warnings) == (2, 2, 0, 0)
    first, second = await importer.contacts()
    assert first["key"] == "a1"
    assert first["numbers"] == [
        {"e164": "+447700900123", "kind": "mobile"}, {"e164": "+441632960001", "kind": "home"},
    ]  # fmt: skip
    assert first["columns"] == {"id": "a1", "name": "Ann", "city": "Leeds"}
    assert second["columns"] == {"id": "a2", "name": "Bob, Jr.", "city": "New\nYork"}
    assert {row["state"] for row in (first, second)} == {"callable"}
    assert [row["id"] for row in await RecordQueries(importer.engine).contact_by_number("+441632960001")] == [1]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", "no phone number"),
        ("hello", "phone: not a phone number"),
        ("12025550101", "phone: no country code, and no default region is set"),
        ("+1202555", "phone: too short"),
        ("+120255501011111", "phone: too long"),
        ("1.20256E+10", "phone: digits lost by a spreadsheet; format the column as text and export again"),
        ("+12025550101 ext 5", "phone: has an extension, which cannot be dialed"),
    ],
)
async def test_bad_numbers_are_named(importer: Importer, row: str, reason: str) -> None:
    result = await importer(f"phone,name\n+12025550100,Zed\n{row},Ann\n")
    assert (result.imported, result.rejected) == (1, 1)
    assert importer.rejects() == [(3, reason, f"{row},Ann")]


async def test_a_row_with_one_good_number_is_imported_with_a_note(importer: Importer) -> None:
    mapping = ImportMapping((PhoneColumn("a"), PhoneColumn("b"), PhoneColumn("c")))
    result = await importer("a,b,c\n123,+12025550101,+12025550101\n", mapping)
    assert (result.imported, result.rejected, result.warnings) == (1, 0, 1)
    assert await importer.numbers() == [["+12025550101"]]
    ((line, reason, _),) = importer.rejects()
    assert (line, reason) == (2, "imported without a: no country code, and no default region is set")


async def test_duplicates_in_the_file_in_the_list_and_across_batches(importer: Importer) -> None:
    mapping = ImportMapping((PhoneColumn("phone"),), key="id")
    await importer("id,phone\n1,+12025550101\n", mapping)
    result = await importer(
        "id,phone\n2,+12025550101\n1,+12025550102\n3,+12025550103\n4,+12025550103\n3,+12025550104\n5,+12025550105\n",
        mapping,
    )
    assert (result.rows, result.imported, result.rejected) == (6, 2, 4)
    assert [(line, reason) for line, reason, _ in importer.rejects()] == [
        (2, "duplicate number"), (3, "duplicate key"), (5, "duplicate number"), (6, "duplicate key"),
    ]  # fmt: skip
    other = await importer("id,phone\n1,+12025550101\n", mapping, contact_list="others")
    assert other.imported == 1, "lists are apart"


async def test_duplicates_can_be_kept(importer: Importer) -> None:
    mapping = ImportMapping(
        (PhoneColumn("phone"),), key="id",
        duplicate_numbers=DuplicatePolicy.KEEP, duplicate_keys=DuplicatePolicy.KEEP,
    )  # fmt: skip
    result = await importer("id,phone\n1,+12025550101\n1,+12025550101\n", mapping)
    assert (result.imported, result.rejected) == (2, 0)


async def test_an_old_rejects_file_does_not_stay(importer: Importer) -> None:
    await importer("phone\nbad\n+12025550100\n")
    assert importer.rejects_file.exists()
    await importer("phone\n+12025550101\n")
    assert not importer.rejects_file.exists()


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
async def test_the_delimiter_is_found(importer: Importer, delimiter: str) -> None:
    lines = [["phone", "name, note"], ["+12025550101", "a, b"], ["+12025550102", "c"]]
    text = "\n".join(delimiter.join(f'"{field}"' for field in line) for line in lines)
    result = await importer(text)
    assert (result.delimiter, result.imported) == (delimiter, 2)
    assert (await importer.contacts())[0]["columns"] == {"name, note": "a, b"}


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"), ("cp1252", "cp1252"),
     ("latin-1", "cp1252")],
)  # fmt: skip
async def test_the_encoding_is_found(importer: Importer, encoding: str, expected: str) -> None:
    result = await importer("phone,name\r\n+12025550101,Zoë Müller\r\n".encode(encoding))
    assert result.encoding == expected
    assert (await importer.contacts())[0]["columns"] == {"name": "Zoë Müller"}


async def test_bytes_that_are_not_utf8_cost_their_own_row(importer: Importer) -> None:
    content = "phone,name\n+12025550101,Zoë\n+12025550102,B".encode() + b"\xff\n" + "+12025550103,Zoë\n".encode()
    result = await importer(content)
    assert (result.encoding, result.imported) == ("utf-8", 2)
    assert importer.rejects() == [(3, "bytes that are not utf-8", "+12025550102,B\\xff")]


async def test_a_stated_encoding_and_delimiter_are_obeyed(importer: Importer) -> None:
    mapping = ImportMapping((PhoneColumn("phone"),), encoding="cp1251", delimiter="#")
    result = await importer("phone#name\n+12025550101#Анна\n".encode("cp1251"), mapping)
    assert result.imported == 1
    assert (await importer.contacts())[0]["columns"] == {"name": "Анна"}


async def test_wrong_column_counts_stray_quotes_and_empty_lines(importer: Importer) -> None:
    result = await importer(
        "phone,name\n"
        "+12025550101\n"
        "\n"
        "+12025550102,a,b\n"
        '+12025550103,"open\n'
        "+12025550104,fine\n"
        '+12025550105,"wrong"place\n'
        "+12025550106,last"
    )
    assert (result.rows, result.imported) == (6, 2)
    assert importer.rejects() == [
        (2, "1 columns instead of 2", "+12025550101"),
        (4, "3 columns instead of 2", "+12025550102,a,b"),
        (5, "a quote that is not closed or is in the wrong place", '+12025550103,"open'),
        (7, "a quote that is not closed or is in the wrong place", '+12025550105,"wrong"place'),
    ]
    assert await importer.numbers() == [["+12025550104"], ["+12025550106"]]


@pytest.mark.parametrize(
    ("content", "mapping", "says"),
    [
        (b"", PHONE, "is empty"),
        (b"\n  \n", PHONE, "all lines are empty"),
        (b"\x00\x01\x02\x03", PHONE, "not a text file"),
        (b"PK\x03\x04rest of a spreadsheet", PHONE, "not a text file"),
        (b"+12025550101,Ann\n+12025550102,Bob\n", PHONE, "the first line looks like data: is the header missing?"),
        (b"tel,name\n1,2\n", PHONE, "no column 'phone'; the columns are tel, name"),
        (b"phone,name,phone\n1,2,3\n", PHONE, "column phone is there more than once"),
        (b'phone,"name\n', PHONE, "the header is not readable"),
        (b"phone\n1\n", ImportMapping(()), "between 1 and 10 phone columns"),
        (b"phone\n1\n", ImportMapping((PhoneColumn("phone"),) * 11), "between 1 and 10 phone columns"),
        (b"phone\n1\n", ImportMapping((PhoneColumn("phone"),), default_region="UK"), "unknown default region 'UK'"),
        (b"phone\n1\n", ImportMapping((PhoneColumn("phone"),), key="id"), "no column 'id'"),
        (b"phone\n1\n", ImportMapping((PhoneColumn("phone"),), encoding="klingon"), "unknown encoding"),
        (b"phone\n1\n", ImportMapping((PhoneColumn("phone"),), delimiter=", "), "must be one character"),
    ],
)
async def test_unusable_files_say_why_and_import_nothing(
    importer: Importer, content: bytes, mapping: ImportMapping, says: str
) -> None:
    with pytest.raises(UnusableFile) as refusal:
        await importer(content, mapping)
    assert says in str(refusal.value)
    assert "+12025550101" not in str(refusal.value), "phone numbers are masked"
    assert await RecordQueries(importer.engine).lists() == {}


async def test_a_missing_file_and_a_folder(importer: Importer, tmp_path: Path) -> None:
    for path, says in ((tmp_path / "none.csv", "cannot open none.csv"), (tmp_path, "is not a file")):
        with pytest.raises(UnusableFile, match=says):
            await import_contacts(importer.engine, importer.clock, path, "leads", PHONE)


async def test_a_key_may_not_be_empty_and_names_ignore_case(importer: Importer) -> None:
    mapping = ImportMapping((PhoneColumn("PHONE"),), key="ID")
    await importer("Id,Phone\n,+12025550101\n7,+12025550102\n", mapping)
    assert [reason for _, reason, _ in importer.rejects()] == ["no key in column Id"]
    assert [row["key"] for row in await importer.contacts()] == ["7"]


async def test_what_a_killed_process_left_is_removed_or_finished(importer: Importer) -> None:
    table = ImportTable(importer.engine, importer.clock)
    await importer("phone\n+12025550101\n")
    async with importer.engine.begin() as connection:
        # Import 1 died after its decision, import 2 before.
        await connection.exec_driver_sql("UPDATE contacts SET state = 'importing'")
        await connection.exec_driver_sql("UPDATE imports SET state = 'decided'")
    dead = await table.begin("leads", "dead.csv")
    async with importer.engine.begin() as connection:
        await connection.exec_driver_sql(
            "INSERT INTO contacts (contact_list, import_id, key, numbers, columns, state, tries, updated_at) "
            f"VALUES ('leads', {dead}, 'x', '[]', '{{}}', 'importing', '{{}}', 0)"
        )
    assert await table.mend() == (1, 0), "the second may still be at work"
    importer.clock.at += ABANDONED_AFTER_S + 1
    assert await table.mend() == (0, 1)
    assert await importer.numbers() == [["+12025550101"]]
    async with importer.engine.connect() as connection:
        count = await connection.exec_driver_sql("SELECT count(*) FROM contacts")
        assert count.scalar_one() == 1


_fields = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(_fields, _fields), max_size=12), delimiter=st.sampled_from([",", ";", "\t"]))
def test_what_a_csv_writer_wrote_is_read_back(tmp_path: Path, rows: list[tuple[str, str]], delimiter: str) -> None:
    path = tmp_path / "written.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(("phone", "name"))
        writer.writerows(rows)
    source = CsvSource(path, encoding="utf-8", delimiter=delimiter)
    assert [tuple(row.values) for row in source.rows() if not row.problem] == [
        row for row in rows if "\ufffd" not in "".join(row)
    ]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(garbage=st.binary(min_size=1, max_size=300))
def test_garbage_never_breaks_the_reader(tmp_path: Path, garbage: bytes) -> None:
    path = tmp_path / "garbage.csv"
    path.write_bytes(b"phone,name\n" + garbage)
    try:
        source = CsvSource(path)
    except UnusableFile:
        return
    lines = [row.line for row in source.rows()]
    assert lines == sorted(set(lines))
