"""Where files that were uploaded wait for their import, each in a folder of its own."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

from dialerd.control.import_service import NoRoom, UploadTooLarge

_BROKEN_OFF_S = 24 * 3600.0
_ARRIVING = "arriving-"


def file_name(source: str) -> str:
    """A name for an uploaded file that is as good as any on this machine and still tells where it came from."""
    plain = re.sub(r"[^A-Za-z0-9._-]", "_", re.split(r"[/\\]", source)[-1])
    return plain.lstrip(".")[:100] or "upload.csv"


class UploadFolder:
    """``largest_bytes``: a longer file is not taken. Its work on the disk is done in threads."""

    def __init__(self, path: Path, largest_bytes: int) -> None:
        self.path = path
        self._largest = largest_bytes

    async def keep(self, source: str, content: AsyncIterator[bytes], length: int | None) -> Path:
        """Write a file as it arrives; it is on the disk afterwards. Raises :class:`UploadTooLarge` and
        :class:`NoRoom`; nothing is left of it then, nor when ``content`` raises."""
        if length is not None and length > self._largest:
            raise self._too_large()
        folder = self.path / f"{_ARRIVING}{secrets.token_hex(8)}"
        size = 0
        try:
            await asyncio.to_thread(folder.mkdir, mode=0o700, parents=True)
            path = folder / file_name(source)
            file = await asyncio.to_thread(path.open, "wb")
            try:
                async for chunk in content:
                    size += len(chunk)
                    if size > self._largest:
                        raise self._too_large()
                    await asyncio.to_thread(file.write, chunk)
            finally:
                await asyncio.to_thread(file.close)
            # Its folder says from now on that it is whole; that it arrived is promised by the answer.
            whole = folder.with_name(folder.name.removeprefix(_ARRIVING))
            await asyncio.to_thread(folder.rename, whole)
            return whole / path.name
        except BaseException as error:
            await self.remove(folder.name)
            if isinstance(error, OSError) and not isinstance(error, ConnectionError):
                raise NoRoom(f"{error.strerror or error}") from error
            raise

    async def remove(self, name: str) -> None:
        """The folder of this name is not needed any more."""
        await asyncio.to_thread(shutil.rmtree, self.path / name, ignore_errors=True)

    async def sweep(self) -> None:
        """Remove what a daemon that died left of uploads that never became whole."""
        await asyncio.to_thread(self._sweep)

    def _sweep(self) -> None:
        for folder in self.path.glob(f"{_ARRIVING}*"):
            if time.time() - folder.stat().st_mtime > _BROKEN_OFF_S:
                shutil.rmtree(folder, ignore_errors=True)

    def _too_large(self) -> UploadTooLarge:
        return UploadTooLarge(f"at most {self._largest / (1 << 20):,.0f} MiB")
