"""Imports one file: a small one in this process, a large one in a process of its own, so that calls do not wait."""

from __future__ import annotations

import asyncio
import pickle
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.import_child import ImportOrder, ImportTrouble
from dialerd.ports import Clock
from dialerd.store.contact_import import ImportProgress, ImportResult, import_contacts
from dialerd.store.csv_format import UnusableFile
from dialerd.store.import_stage import ImportUnderWay
from dialerd.store.import_workers import WORTH_PROCESSES_BYTES, WorkerDied

_LENGTH_BYTES = 4


class DatabaseAway(Exception):
    """The database does not answer, or a disk is full; the import goes on where it stopped. The text says which."""


async def run_import(
    engine: AsyncEngine, clock: Clock, order: ImportOrder, progress: Callable[[ImportProgress], None]
) -> ImportResult:
    """Import as :func:`~dialerd.store.contact_import.import_contacts` does, wherever it is best done. Raises as that
    does, and :class:`DatabaseAway`, :class:`~dialerd.store.import_workers.WorkerDied`."""
    size = (await asyncio.to_thread(order.path.stat)).st_size
    if size < WORTH_PROCESSES_BYTES:
        return await import_contacts(
            engine, clock, order.path, order.contact_list, order.mapping, progress=progress,
            workshop=order.workshop, called=order.called,
        )  # fmt: skip
    return await _apart(order, progress)


async def _apart(order: ImportOrder, progress: Callable[[ImportProgress], None]) -> ImportResult:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dialerd.app.import_child", stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        data = pickle.dumps(order, pickle.HIGHEST_PROTOCOL)
        process.stdin.write(len(data).to_bytes(_LENGTH_BYTES, "big") + data)
        await process.stdin.drain()
        while True:
            message = await _message(process.stdout)
            if isinstance(message, ImportProgress):
                progress(message)
            elif isinstance(message, ImportTrouble):
                raise _error(message)
            elif isinstance(message, ImportResult):
                return message
    except (asyncio.IncompleteReadError, ConnectionError):
        raise WorkerDied(f"the importing process ended with {await process.wait()}") from None
    finally:
        if process.returncode is None:
            process.kill()
        # Nothing else may go on with the import before this process has let go of it.
        await asyncio.shield(process.wait())


async def _message(stream: asyncio.StreamReader) -> Any:
    length = int.from_bytes(await stream.readexactly(_LENGTH_BYTES), "big")
    return pickle.loads(await stream.readexactly(length))


def _error(trouble: ImportTrouble) -> Exception:
    kinds = {"under_way": ImportUnderWay, "unusable": UnusableFile, "died": WorkerDied}
    return kinds.get(trouble.kind, DatabaseAway)(trouble.text)
