"""Starts and stops listening to a call: a snoop channel whose sound goes to :mod:`dialerd.asterisk.ears`."""

from __future__ import annotations

import asyncio

from dialerd.asterisk.client import AriClient
from dialerd.asterisk.ears import Ears, uuid_of
from dialerd.asterisk.wire import Request, path_of
from dialerd.core import ids
from dialerd.core.commands import KeepHeard, StartListening
from dialerd.core.events import ListeningFailed
from dialerd.ports import Post

EAR_CONTEXT = "dialerd-ear"
EXTENSION_MAX = 79
ENTERS_S = 2.0
"""How long a snoop channel may take to come into the application."""


class Listening:
    """Listens to calls of one Asterisk."""

    def __init__(self, client: AriClient, ears: Ears, address: str, post: Post) -> None:
        """``address``: host and port at which Asterisk reaches ``ears``; empty: it does not."""
        self._client = client
        self._ears = ears
        self._address = address
        self._post = post
        self._entering: dict[str, asyncio.Future[None]] = {}

    async def start(self, command: StartListening, ready: bool) -> None:
        """Snoop on the call and send what is heard to us."""
        attempt_id = command.attempt_id
        extension = f"{self._address}*{uuid_of(attempt_id)}"
        if not ready or not self._address or len(extension) > EXTENSION_MAX:
            reason = "not connected" if not ready else "no address at which Asterisk reaches dialerd (`listening:`)"
            self._post(ListeningFailed(attempt_id, reason))
            return
        self._ears.expect(attempt_id, command.keep_s)
        ear = ids.sibling(attempt_id, ids.EAR)
        entered = self._entering[ear] = asyncio.get_running_loop().create_future()
        try:
            result = await self._client.channels.snoopChannelWithId(attempt_id, ear, self._client.settings.app)
            if result.ok:
                await asyncio.wait((entered,), timeout=ENTERS_S)
                result = await self._client.channels.continueInDialplan(ear, EAR_CONTEXT, extension)
        finally:
            del self._entering[ear]
        if not result.ok and result.status != 409:
            self._ears.forget(attempt_id)
            if result.status != 404:
                await self._client.insist(Request("DELETE", path_of("channels", ear)))
                self._post(ListeningFailed(attempt_id, result.message))

    def keep(self, command: KeepHeard) -> None:
        """What was heard becomes a recording."""
        self._ears.keep(command.attempt_id, command.more_s)

    async def stop(self, attempt_id: str) -> None:
        """No more of it."""
        self._ears.forget(attempt_id)
        await self._client.insist(Request("DELETE", path_of("channels", ids.sibling(attempt_id, ids.EAR))))

    def entered(self, channel_id: str) -> None:
        """A snoop channel came into the application."""
        waiting = self._entering.get(channel_id)
        if waiting is not None and not waiting.done():
            waiting.set_result(None)
