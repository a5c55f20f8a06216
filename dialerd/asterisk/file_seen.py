"""Whether Asterisk can play a file that is named by a path: only by playing it can that be told over ARI."""

from __future__ import annotations

import asyncio
import secrets

from dialerd.asterisk.client import AriClient
from dialerd.asterisk.wire import Reply, Request, path_of

_LOOK_AFTER_S = 0.5
"""A file that cannot be opened is over by then; one that can be must last longer."""


async def file_seen(client: AriClient, media: str) -> bool | None:
    """Play ``sound:/path``, a second long or more, into a bridge in which nobody is. None: it cannot be told."""
    bridge, playback = (f"dialerd-doctor-{secrets.token_hex(8)}" for _ in range(2))
    made = await client.request(Request("POST", path_of("bridges", bridge), (("type", "mixing"),)))
    if not made.ok:
        return None
    try:
        play = Request("POST", path_of("bridges", bridge, "play", playback), (("media", media),))
        begun = await client.request(play)
        if not begun.ok:
            return None
        await asyncio.sleep(_LOOK_AFTER_S)
        found = await client.request(Request("GET", path_of("playbacks", playback)))
        return found.ok if isinstance(found, Reply) else None
    finally:
        await client.request(Request("DELETE", path_of("bridges", bridge)))
