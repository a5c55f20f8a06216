"""Recordings that Asterisk keeps, fetched and removed over HTTP: they may be large, and its disk is not ours."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp

from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.wire import path_of

_CHUNK = 1 << 16
_TIMEOUT_S = 120.0


class Unreachable(Exception):
    """Asterisk does not answer, or not as it should; the text says how."""


class StoredRecordings:
    """What one Asterisk has in its folder of recordings."""

    def __init__(self, settings: AriSettings) -> None:
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            timeout = aiohttp.ClientTimeout(total=_TIMEOUT_S, sock_connect=5.0)
            self._session = aiohttp.ClientSession(headers=self._settings.authorization, timeout=timeout)
        return self._session

    async def aclose(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def fetch(self, name: str, to: Path) -> bool:
        """Write a recording into a file; False: there is none of this name.

        Raises:
            Unreachable: it cannot be had now.
            OSError: the file cannot be written.
        """
        url = f"{self._settings.rest_url}/{path_of('recordings', 'stored', name, 'file')}"
        try:
            async with self._open().get(url) as response:
                if response.status == 404:
                    return False
                if response.status != 200:
                    raise Unreachable(f"ARI answered {response.status}")
                with to.open("wb") as file:
                    async for chunk in response.content.iter_chunked(_CHUNK):
                        await asyncio.to_thread(file.write, chunk)
                return True
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error

    async def remove(self, name: str) -> None:
        """Remove a recording; one that is not there is none to remove. Raises :class:`Unreachable`."""
        url = f"{self._settings.rest_url}/{path_of('recordings', 'stored', name)}"
        try:
            async with self._open().delete(url) as response:
                if response.status not in (200, 204, 404):
                    raise Unreachable(f"ARI answered {response.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(str(error) or type(error).__name__) from error
