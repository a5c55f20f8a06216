"""From a contact list's settings to an import into the record; files that are uploaded for a moment."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialerd.app.upload_folder import file_name
from dialerd.config.contact_lists import ContactListSettings
from dialerd.store.import_rows import DuplicatePolicy, ImportMapping, PhoneColumn

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


@asynccontextmanager
async def uploaded(source: str, content: AsyncIterator[bytes]) -> AsyncIterator[Path]:
    """What is uploaded, once all of it has arrived: a file in a folder of its own, which goes at the end."""
    with tempfile.TemporaryDirectory(prefix="dialerd-upload-") as folder:
        path = Path(folder) / file_name(source)
        with path.open("wb") as file:
            async for chunk in content:
                file.write(chunk)
        yield path
