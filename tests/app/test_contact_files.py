"""What an upload is called on this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialerd.app.contact_files import file_name, import_upload
from dialerd.config.campaigns_file import check
from dialerd.engine import SteadyClock
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("leads.csv", "leads.csv"),
        ("/home/anna/März leads.csv", "M_rz_leads.csv"),
        ("C:\\lists\\leads.csv", "leads.csv"),
        ("..", "upload.csv"),
        ("", "upload.csv"),
        ("lists/", "upload.csv"),
        (".csv", "csv"),
        ("a\0b", "a_b"),
        ("ü" * 200, "_" * 100),
    ],
)
def test_a_name_for_any_source(source: str, name: str) -> None:
    assert file_name(source) == name


@pytest.mark.parametrize("source", ["..", "a\0b", "ü" * 200])
async def test_an_upload_of_any_name_is_imported(tmp_path: Path, source: str) -> None:
    text = "version: 1\ncontact_lists: {people: {region: GB, phones: [{column: phone}]}}\ncampaigns: {}\n"
    people = check(text).contact_lists["people"]
    engine = open_database(f"sqlite+aiosqlite:///{tmp_path / 'record.db'}")

    async def content() -> AsyncIterator[bytes]:
        yield b"phone\n01632 960001\n"

    try:
        await migrate_engine(engine)
        report = await import_upload(engine, SteadyClock(), people, source, content())
    finally:
        await engine.dispose()
    assert (report.rows, report.imported) == (1, 1)
