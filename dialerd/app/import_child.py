"""A process that imports one file: what to do on standard input, how far it is and the result on standard output.

It ends when its standard input does, so that it never outlives the daemon, however that dies.
"""

from __future__ import annotations

import asyncio
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from dialerd.engine import SteadyClock
from dialerd.store.contact_import import ImportProgress, ImportResult, import_contacts
from dialerd.store.csv_format import UnusableFile
from dialerd.store.database import open_database
from dialerd.store.import_rows import ImportMapping
from dialerd.store.import_stage import ImportUnderWay
from dialerd.store.import_worker import receive, send
from dialerd.store.import_workers import WorkerDied
from dialerd.store.record_health import DATABASE_ERRORS, reason_of


@dataclass(frozen=True, slots=True)
class ImportOrder:
    """What is to be imported. ``url``: of the database, with its password; ``called``: what the record keeps as its
    source, which no other import has."""

    url: str
    path: Path
    contact_list: str
    mapping: ImportMapping
    workshop: Path
    called: str

    def __repr__(self) -> str:
        return f"ImportOrder({self.contact_list!r}, {self.path.name!r})"


@dataclass(frozen=True, slots=True)
class ImportTrouble:
    """Why it did not go. ``kind``: ``unusable`` file, ``under_way`` elsewhere, ``died`` (a process that
    reads for it), ``database`` (it may go later)."""

    kind: str
    text: str


def _end_with(questions: IO[bytes]) -> None:
    questions.read(1)
    os._exit(0)


async def _import(order: ImportOrder, answers: IO[bytes]) -> ImportResult | ImportTrouble:
    def tell(progress: ImportProgress) -> None:
        send(answers, progress)

    engine = open_database(order.url, busy_timeout_s=30.0)
    try:
        return await import_contacts(
            engine, SteadyClock(), order.path, order.contact_list, order.mapping, progress=tell,
            workshop=order.workshop, called=order.called,
        )  # fmt: skip
    except ImportUnderWay as error:
        return ImportTrouble("under_way", str(error))
    except UnusableFile as error:
        return ImportTrouble("unusable", str(error))
    except WorkerDied as error:
        return ImportTrouble("died", str(error))
    except DATABASE_ERRORS as error:
        return ImportTrouble("database", reason_of(error))
    finally:
        await engine.dispose()


def main() -> None:
    """Import what is asked for, and end."""
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    order = receive(questions)
    threading.Thread(target=_end_with, args=(questions,), daemon=True).start()
    send(answers, asyncio.run(_import(order, answers)))
    # The thread still reads; at the interpreter's end it would hold the lock of standard input.
    os._exit(0)


if __name__ == "__main__":
    main()
