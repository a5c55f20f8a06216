"""Imports that are killed, fail or are cancelled: unseen until they go on, and then nothing comes in twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from dialerd.store.contact_import import ImportProgress, workshop_of
from dialerd.store.import_rows import ImportMapping, PhoneColumn
from dialerd.store.import_stage import ImportUnderWay, Stage
from dialerd.store.import_table import ImportTable
from tests.store.importing import PHONE, Importer

ROWS = 30_000
MAPPING = ImportMapping((PhoneColumn("phone"),), key="id")

PROGRAM = """
import asyncio, os, signal, sys
from pathlib import Path
from dialerd.engine import SteadyClock
from dialerd.store.contact_import import import_contacts
from dialerd.store.database import open_database
from dialerd.store.import_rows import ImportMapping, PhoneColumn
folder, phase, nth = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
seen = 0
def kill_at(progress):
    global seen
    seen += progress.phase == phase
    if seen == nth and progress.phase == phase:
        os.kill(os.getpid(), signal.SIGKILL)
async def main():
    engine = open_database(f"sqlite:///{folder / 'record.db'}")
    mapping = ImportMapping((PhoneColumn("phone"),), key="id")
    await import_contacts(engine, SteadyClock(), folder / "leads.csv", "leads", mapping, progress=kill_at)
asyncio.run(main())
"""


def _write(path: Path) -> None:
    with path.open("w") as file:
        file.write("id,phone,name\n")
        for n in range(ROWS):
            number = "bad" if n % 100 == 7 else f"+1202{5_000_000 + (n * 7919) % 1_000_000:07d}"
            file.write(f"k{n},{number},{'x' * 60}\n")


@pytest.mark.parametrize(
    ("phase", "nth"),
    [("reading", 1), ("sorting", 1), ("sorting", 2), ("writing", 1), ("numbers", 1), ("publishing", 1)],
)
async def test_killed_anywhere_it_goes_on(
    importer: Importer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, phase: str, nth: int
) -> None:
    _write(importer.file)
    program = [sys.executable, "-c", PROGRAM, str(tmp_path), phase, str(nth)]
    process = await asyncio.to_thread(subprocess.run, program, check=False, env=os.environ, cwd=Path.cwd())
    assert process.returncode == -signal.SIGKILL, "it was killed on its way"
    if phase != "publishing":
        assert await importer.contacts() == [], "nobody sees half of it"
    read = 0
    add = Stage.add

    def counting(stage: Stage, piece: Any, found: Any) -> None:
        nonlocal read
        read += len(found.taken) + len(found.refused)
        add(stage, piece, found)

    monkeypatch.setattr(Stage, "add", counting)
    result = await importer.again(MAPPING)
    assert result.resumed
    assert (result.rows, result.imported, result.rejected) == (ROWS, ROWS - 300, 300)
    assert read < ROWS if phase == "reading" else read == 0, "what was read is not read again"
    assert [line for line, _, _ in importer.rejects()] == list(range(9, ROWS + 2, 100))
    async with importer.engine.connect() as connection:
        query = "SELECT count(*), count(DISTINCT key), min(state), max(state) FROM contacts"
        assert tuple((await connection.exec_driver_sql(query)).one()) == (
            ROWS - 300,
            ROWS - 300,
            "callable",
            "callable",
        )
        query = "SELECT key FROM contacts ORDER BY id"
        keys = list((await connection.exec_driver_sql(query)).scalars())
    assert keys == [f"k{n}" for n in range(ROWS) if n % 100 != 7], "in the file's order"
    index = await importer.index()
    assert len(index) == len(set(index)) == ROWS - 300
    assert [path.suffix for path in workshop_of(importer.engine).iterdir()] == [".lock"], "nothing is left"


async def test_a_file_that_changed_is_another_import(importer: Importer, tmp_path: Path) -> None:
    _write(importer.file)
    program = [sys.executable, "-c", PROGRAM, str(tmp_path), "writing", "1"]
    await asyncio.to_thread(subprocess.run, program, check=False)
    result = await importer("id,phone,name\nk1,+12025550101,x\n", MAPPING)
    assert (result.resumed, result.imported, result.rejected) == (False, 1, 0), "what is not seen is no duplicate"
    assert await importer.numbers() == [["+12025550101"]]


async def test_a_database_that_fails_in_the_middle(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "phone\n" + "".join(f"+1202555{n:04d}\n" for n in range(1, 31))
    add = ImportTable.add_numbers

    async def failing(*args: Any, **kwargs: Any) -> None:
        raise SQLAlchemyError("disk full")

    monkeypatch.setattr(ImportTable, "add_numbers", failing)
    with pytest.raises(SQLAlchemyError, match="disk full"):
        await importer(text)
    assert await importer.contacts() == []
    monkeypatch.setattr(ImportTable, "add_numbers", add)
    result = await importer.again()
    assert (result.imported, result.resumed) == (30, True)
    assert len(await importer.index()) == 30


async def test_cancelled_it_stays_unseen_and_goes_on(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    half = asyncio.Event()
    publish = ImportTable.decide

    async def stopping(*args: Any, **kwargs: Any) -> None:
        half.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(ImportTable, "decide", stopping)
    text = "phone\n" + "".join(f"+1202555{n:04d}\n" for n in range(1, 31))
    task = asyncio.create_task(importer(text))
    await half.wait()
    assert await importer.contacts() == []
    with pytest.raises(ImportUnderWay, match="another import into leads is under way"):
        await importer.again()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    monkeypatch.setattr(ImportTable, "decide", publish)
    assert (await importer.again()).imported == 30


async def test_progress_tells_every_phase_and_counts_every_row(importer: Importer) -> None:
    seen: list[ImportProgress] = []
    text = "phone\n" + "".join(f"+1202555{n:04d}\n" if n % 5 else "bad\n" for n in range(1, 251))
    await importer(text, PHONE, progress=seen.append)
    assert list(dict.fromkeys(one.phase for one in seen)) == [
        "reading",
        "sorting",
        "writing",
        "numbers",
        "publishing",
    ]
    assert all(one.rows == one.imported + one.rejected for one in seen)
    last = seen[-1]
    assert (last.rows, last.imported, last.rejected, last.done, last.total) == (250, 200, 50, 200, 200)
