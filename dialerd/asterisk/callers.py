"""People who call in, between Asterisk and the core: their events, what is done with their channels, and who is
there. Their channels have Asterisk's own ids."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import structlog

from dialerd.asterisk.ami_wire import Message
from dialerd.asterisk.client import AriClient
from dialerd.asterisk.members import agent_of
from dialerd.asterisk.wire import RawEvent
from dialerd.core.commands import LeadToQueue, LeaveCaller, TakeCaller
from dialerd.core.events import (
    CallArrived,
    CallerBack,
    CallerLeft,
    CallerTaken,
    ChannelEnded,
    DigitPressed,
    Event,
    LiveCaller,
)
from dialerd.ports import Post

log = structlog.get_logger(__name__)

ARRIVAL_CONTEXT = "dialerd-inbound"
QUEUE_CONTEXT = "dialerd-inbound-queue"
LOST_CONTEXT = "dialerd-inbound-lost"
TRANSFER_CONTEXT = "dialerd-transfer"
ARRIVED, BACK, TRANSFER = "inbound", "inbound-back", "transfer"
"""First arguments with which callers come into the application."""
_CONTEXTS = (ARRIVAL_CONTEXT, QUEUE_CONTEXT, LOST_CONTEXT, TRANSFER_CONTEXT)


class CallerEvents:
    """Knows the channels of callers, and what their events mean. Events that come twice, since a channel is followed
    for itself and with its trunk, are told once."""

    def __init__(self) -> None:
        self._key_at: dict[str, str] = {}
        """Channel -> when the last key was pressed, by Asterisk's clock."""

    def __contains__(self, channel_id: str) -> bool:
        return channel_id in self._key_at

    def adopt(self, channel_id: str) -> None:
        """This channel is a caller's."""
        self._key_at.setdefault(channel_id, "")

    def forget_all_but(self, alive: Iterable[str]) -> None:
        """Only these channels are left."""
        left = set(alive)
        self._key_at = {channel: at for channel, at in self._key_at.items() if channel in left}

    def came(self, arguments: list[str], channel_id: str) -> Event | None:
        """A channel came into the application; None: it is no caller's."""
        kind, *rest = arguments or [""]
        if kind == ARRIVED:
            caller, shown = (*rest, "", "")[:2]
            self.adopt(channel_id)
            return CallArrived(channel_id, caller, shown)
        if kind in (BACK, TRANSFER):
            self.adopt(channel_id)
            return CallerBack(channel_id, (*rest, "")[0])
        return None

    def told(self, kind: str, raw: RawEvent, channel_id: str) -> Event | None:
        """The core's event, or None when there is nothing (new) to say."""
        if kind == "StasisEnd":
            return CallerLeft(channel_id)
        if kind == "ChannelDestroyed":
            del self._key_at[channel_id]
            cause = raw.get("cause")
            text = str(raw.get("cause_txt", ""))
            return ChannelEnded(channel_id, cause if isinstance(cause, int) else None, None, text)
        if kind == "ChannelDtmfReceived":
            at = str(raw.get("timestamp", ""))
            if at and at == self._key_at[channel_id]:
                return None
            self._key_at[channel_id] = at
            return DigitPressed(channel_id, str(raw.get("digit", "")))
        return None


def caller_taken(message: Message) -> CallerTaken | None:
    """The caller whom app_queue has connected with an agent; None: another event of AMI."""
    if message.get("Event") != "AgentConnect":
        return None
    agent, _ = agent_of(message.get("Interface", ""))
    return CallerTaken(message.get("Uniqueid", ""), agent)


class CallerCommands:
    """Carries out what concerns callers alone."""

    def __init__(self, client: AriClient, post: Post) -> None:
        self._client = client
        self._post = post

    async def __call__(self, command: TakeCaller | LeadToQueue | LeaveCaller) -> None:
        """Carry out ``command``, and post what its docstring promises."""
        match command:
            case TakeCaller():
                await self._take(command)
            case LeadToQueue():
                await self._lead(command)
            case LeaveCaller():
                await self._leave(command.channel_id)

    async def follow(self, channel_id: str) -> None:
        """Hear of the channel's end also when it has left the application."""
        result = await self._client.applications.subscribe(self._client.settings.app, f"channel:{channel_id}")
        if not result.ok and result.status != 404:
            log.warning("caller_not_followed", channel=channel_id, reason=result.message)

    async def _set(self, channel_id: str, variables: Mapping[str, str]) -> None:
        for name, value in variables.items():
            await self._client.channels.setChannelVar(channel_id, name, value)

    async def _take(self, command: TakeCaller) -> None:
        # Two underscores: whoever the caller is led to inherits them.
        await self._set(command.channel_id, {f"__{name}": value for name, value in command.variables.items()})
        if command.language:
            await self._set(command.channel_id, {"CHANNEL(language)": command.language})
        await self._client.channels.answer(command.channel_id)

    async def _lead(self, command: LeadToQueue) -> None:
        channel = command.channel_id
        await self._set(
            channel, {"DIALERD_QUEUE": command.queue, "DIALERD_QUEUE_S": str(math.ceil(command.patience_s))}
        )
        result = await self._client.channels.continueInDialplan(channel, QUEUE_CONTEXT, "s")
        if not result.ok and result.status != 404:
            self._post(CallerBack(channel, result.message))

    async def _leave(self, channel_id: str) -> None:
        result = await self._client.channels.continueInDialplan(channel_id, LOST_CONTEXT, "s")
        if not result.ok and result.status not in (404, 409):
            log.warning("caller_not_left", channel=channel_id, reason=result.message)


def live_callers(
    channels: Iterable[Mapping[str, Any]], bridges: Iterable[Mapping[str, Any]], app: str
) -> tuple[LiveCaller, ...]:
    """Callers among the rows of ``GET /channels``; those in another application are another's."""
    talking = {str(channel) for bridge in bridges for channel in bridge.get("channels", ())}
    return tuple(
        found for channel in channels if (found := _live_caller(channel, app, str(channel["id"]) in talking))
    )


def _live_caller(channel: Mapping[str, Any], app: str, talking: bool) -> LiveCaller | None:
    place = channel.get("dialplan") or {}
    context, running = str(place.get("context", "")), str(place.get("app_name", ""))
    if context not in _CONTEXTS:
        return None
    in_stasis = running == "Stasis"
    name, *arguments = str(place.get("app_data", "")).split(",")
    if in_stasis and name != app:
        return None
    caller, shown = (*arguments[1:], "", "")[:2] if arguments[:1] == [ARRIVED] else ("", "")
    return LiveCaller(
        str(channel["id"]), caller, shown, in_app=in_stasis,
        queued=not in_stasis and context == QUEUE_CONTEXT, left=not in_stasis and context == LOST_CONTEXT,
        talking=talking,
    )  # fmt: skip
