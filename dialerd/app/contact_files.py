"""From a contact list's settings to an import into the record."""

from __future__ import annotations

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.config.contact_lists import ContactListSettings
from dialerd.control.daemon import ImportReport, Unavailable, UnusableFile
from dialerd.control.dnc_lists import Reject
from dialerd.ports import Clock
from dialerd.store import csv_format
from dialerd.store.contact_import import import_contacts
from dialerd.store.import_rows import DuplicatePolicy, ImportMapping, PhoneColumn
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.reject_file import read_rejects

REJECTS_SHOWN = 100


def mapping_of(settings: ContactListSettings) -> ImportMapping:
    """How the importer is to read a file of this list."""
    return ImportMapping(
        phones=tuple(PhoneColumn(phone.column, phone.kind) for phone in settings.phones),
        key=settings.key,
        default_region=settings.region,
        delimiter=settings.delimiter,
        encoding=settings.encoding,
        duplicate_numbers=DuplicatePolicy(settings.duplicate_numbers),
        duplicate_keys=DuplicatePolicy(settings.duplicate_keys),
        duplicates_elsewhere=DuplicatePolicy(settings.duplicates_elsewhere),
        quote=settings.quote,
        rename=settings.rename,
        ignore=settings.ignore,
        constants=settings.constants,
        refuse=settings.refuse,
    )


def file_name(source: str) -> str:
    """A name for an uploaded file that is as good as any on this machine and still tells where it came from."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", re.split(r"[/\\]", source)[-1])
    return plain.lstrip(".")[:100] or "upload.csv"


@asynccontextmanager
async def uploaded(source: str, content: AsyncIterator[bytes]) -> AsyncIterator[Path]:
    """What is uploaded, once all of it has arrived: a file in a folder of its own, which goes at the end."""
    with tempfile.TemporaryDirectory(prefix="dialerd-upload-") as folder:
        path = Path(folder) / file_name(source)
        with path.open("wb") as file:
            async for chunk in content:
                file.write(chunk)
        yield path


async def import_upload(
    engine: AsyncEngine, clock: Clock, settings: ContactListSettings, source: str, content: AsyncIterator[bytes]
) -> ImportReport:
    """Import what is uploaded, once all of it has arrived.

    Raises :class:`UnusableFile` and :class:`Unavailable`; then nothing of it is callable."""
    async with uploaded(source, content) as path:
        try:
            result = await import_contacts(engine, clock, path, settings.name, mapping_of(settings))
        except csv_format.UnusableFile as error:
            raise UnusableFile(str(error)) from error
        except DATABASE_ERRORS as error:
            raise Unavailable(f"the database: {reason_of(error)}") from error
        rejects = [] if result.rejects is None else read_rejects(result.rejects, REJECTS_SHOWN)
        return ImportReport(
            settings.name,
            result.rows,
            result.imported,
            result.rejected,
            tuple(Reject(line, reason) for line, reason in rejects),
        )
