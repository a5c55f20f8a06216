"""What Asterisk holds of ours at this moment: the picture that :class:`TelephonyBack` brings to the core."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialerd.asterisk.callers import live_callers
from dialerd.asterisk.client import AriClient
from dialerd.asterisk.wire import Result
from dialerd.core import ids
from dialerd.core.events import LiveCaller, LiveChannel

LOST_CONTEXT = "dialerd-lost"
OUT_CONTEXT = "dialerd-out"
INBOUND_CONTEXT = "dialerd-agent"


class SnapshotFailed(Exception):
    """Asterisk did not tell all of it; the text says what."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Channels and bridges of ours, and the calls that app_queue offers to nailed-up agents."""

    channels: tuple[LiveChannel, ...]
    bridges: Mapping[str, frozenset[str]]
    inbound: Mapping[str, str]
    """Channel id -> agent, of calls that wait in the application or are in a bridge."""
    callers: tuple[LiveCaller, ...] = ()
    """People who called in."""


async def take_snapshot(client: AriClient) -> Snapshot:
    """Ask for channels and bridges.

    Raises:
        SnapshotFailed: one of the requests was not answered or refused.
    """
    channels, bridges = await asyncio.gather(client.channels.list(), client.bridges.list())
    app = client.settings.app
    found = [channel for channel in _rows(channels, "channels") if isinstance(channel, dict)]
    held = _rows(bridges, "bridges")
    return Snapshot(
        channels=tuple(
            live_channel(channel, app)
            for channel in found
            if ids.is_ours(str(channel.get("id"))) and not _is_anothers(channel, app)
        ),
        bridges={
            str(bridge["id"]): frozenset(map(str, bridge.get("channels", ())))
            for bridge in held
            if ids.is_ours(str(bridge.get("id")))
        },
        callers=live_callers([one for one in found if not ids.is_ours(str(one.get("id")))], held, app),
        inbound={str(channel["id"]): agent for channel in found if (agent := _offered_agent(channel, app))},
    )


def live_channel(channel: Mapping[str, Any], app: str) -> LiveChannel:
    """One row of ``GET /channels`` as the core sees it.

    A call that was answered but is still on its way through the first lines of the dialplan, or waits there for
    our event socket, counts as ringing: its ``StasisStart`` is to come.
    """
    state = str(channel.get("state", ""))
    in_app = _is_in(channel, app)
    on_its_way = not in_app and state == "Up" and _dialplan(channel, "context") == OUT_CONTEXT
    return LiveChannel(str(channel["id"]), "Ringing" if on_its_way else state, in_app or on_its_way)


def _is_in(channel: Mapping[str, Any], app: str) -> bool:
    return _dialplan(channel, "app_name") == "Stasis" and _dialplan(channel, "app_data").split(",")[0] == app


def _is_anothers(channel: Mapping[str, Any], app: str) -> bool:
    # Another shard's instance makes ids of the same form; what is in its application is its own.
    return _dialplan(channel, "app_name") == "Stasis" and not _is_in(channel, app)


def _dialplan(channel: Mapping[str, Any], name: str) -> str:
    return str((channel.get("dialplan") or {}).get(name, ""))


def _offered_agent(channel: Mapping[str, Any], app: str) -> str:
    arguments = _dialplan(channel, "app_data").split(",")
    if _is_in(channel, app) and len(arguments) == 3 and arguments[1] == "agent":
        return arguments[2]
    return ""


def _rows(result: Result, what: str) -> list[Any]:
    if not result.ok or not isinstance(body := getattr(result, "body", None), list):
        raise SnapshotFailed(f"Asterisk did not list its {what}: {result.message}")
    return body
