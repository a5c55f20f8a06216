"""The file of the embedded database."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import text

from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine


async def _use(path: Path) -> list[int]:
    """The rights of all files there are while the database is in use."""
    engine = open_database(f"sqlite+aiosqlite:///{path}")
    try:
        await migrate_engine(engine)
        async with engine.begin() as connection:
            await connection.execute(text("create table if not exists t (x int)"))
            found = sorted(path.parent.glob(f"{path.name}*"))
            assert [one.name for one in found] == [path.name, f"{path.name}-shm", f"{path.name}-wal"]
            return [one.stat().st_mode & 0o777 for one in found]
    finally:
        await engine.dispose()


async def test_a_new_file_is_for_its_owner_only(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        assert await _use(tmp_path / "record.db") == [0o600] * 3
    finally:
        os.umask(before)


async def test_a_file_that_is_there_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "record.db"
    path.touch()
    path.chmod(0o660)
    assert await _use(path) == [0o660] * 3
