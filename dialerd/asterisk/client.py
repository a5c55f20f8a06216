"""ARI in its own vocabulary (that of ``ari-py``): ``client.channels.originate``, ``client.bridges.addChannel``,
``client.on_event``. Every call returns a :data:`dialerd.asterisk.wire.Result`; nothing raises for what the server
says or fails to say.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from dialerd.asterisk.connection import EventSocket
from dialerd.asterisk.http import HttpRest
from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.wire import RawEvent, Reply, Request, Result, path_of

Send = Callable[[Request], Awaitable[Result]]


class AriClient:
    """One server. Requests go over the event WebSocket where the server can, else over HTTP.

    Without an open WebSocket a request goes over HTTP too: who must not send then asks :attr:`connected` first.
    """

    def __init__(self, settings: AriSettings) -> None:
        self.settings = settings
        self.on_event: Callable[[RawEvent], None] = lambda event: None
        self._http = HttpRest(settings)
        self._socket: EventSocket | None = None
        self._over_websocket = False
        self._room = asyncio.Semaphore(settings.in_flight_max)
        self.applications = Applications(self.request)
        self.asterisk = AsteriskResource(self.request)
        self.bridges = Bridges(self.request)
        self.channels = Channels(self.request)
        self.deviceStates = DeviceStates(self.request)
        self.playbacks = Playbacks(self.request)
        self.recordings = Recordings(self.request)

    @property
    def connected(self) -> bool:
        """The event WebSocket is open."""
        return self._socket is not None and self._socket.is_open

    @property
    def over_websocket(self) -> bool:
        """Requests go over the event WebSocket at this moment."""
        return self.connected and self._over_websocket

    async def connect(self) -> None:
        """Open the event WebSocket. Requests go over HTTP until :meth:`try_rest_over_websocket`.

        Raises:
            ConnectFailed: it could not be opened.
        """
        await self.disconnect()
        self._socket = await EventSocket.open(self.settings, self._take)

    def _take(self, event: RawEvent) -> None:
        self.on_event(event)

    async def try_rest_over_websocket(self) -> bool:
        """Find out by asking whether the server answers requests on the WebSocket; use it from now on if so.

        The application's event filter must let ``RESTResponse`` through: it silences that one, too.
        """
        if self._socket is None:
            return False
        result = await self._socket.request(Request("GET", "asterisk/ping"), timeout_s=2.0)
        self._over_websocket = result.ok
        return result.ok

    async def wait_closed(self) -> str:
        """Wait until the event WebSocket is gone; says why."""
        if self._socket is None:
            return "not connected"
        return await self._socket.wait_closed()

    async def disconnect(self) -> None:
        """Close the event WebSocket; HTTP still works."""
        socket, self._socket, self._over_websocket = self._socket, None, False
        if socket is not None:
            await socket.close()

    async def close(self) -> None:
        """Close everything."""
        await self.disconnect()
        await self._http.close()

    async def request(self, request: Request) -> Result:
        """Send one request over the best way there is. A time-out is an :class:`Unanswered` that was sent."""
        async with self._room:
            socket = self._socket
            if socket is not None and self._over_websocket and socket.is_open:
                return await socket.request(request, self.settings.request_timeout_s)
            return await self._http.request(request)

    async def request_over_http(self, request: Request) -> Result:
        """Send one request over HTTP, whatever else there is."""
        return await self._http.request(request)

    async def insist(self, request: Request) -> Result:
        """Send a request that may safely come twice: once more over HTTP if it gets no answer at first."""
        result = await self.request(request)
        if isinstance(result, Reply):
            return result
        return await self._http.request(request)


def _query(**values: str | float | None) -> tuple[tuple[str, str], ...]:
    return tuple((name, f"{value}") for name, value in values.items() if value is not None)


class Channels:
    """``/channels``. Originate and snoop take the id from the caller, so that a repeated request is harmless."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def originate(
        self,
        channelId: str,
        endpoint: str,
        *,
        callerId: str,
        timeout_s: float,
        variables: Mapping[str, str],
        context: str | None = None,
        extension: str | None = None,
        app: str | None = None,
        appArgs: str | None = None,
    ) -> Result:
        """Dial ``endpoint``; an answered call goes to ``context`` and ``extension``, or to the application."""
        where: dict[str, str | None]
        if context is not None:
            where = {"context": context, "extension": extension, "priority": "1"}
        else:
            where = {"app": app, "appArgs": appArgs}
        # The server takes whole seconds; 0 would mean its default of 30.
        timeout = max(1, round(timeout_s))
        query = _query(endpoint=endpoint, callerId=callerId or None, timeout=timeout, **where)
        resource = path_of("channels", channelId)
        return await self._send(Request("POST", resource, query, {"variables": dict(variables)}, confirm=resource))

    async def get(self, channelId: str) -> Result:
        """The channel's state."""
        return await self._send(Request("GET", path_of("channels", channelId)))

    async def list(self) -> Result:
        """All channels of the server."""
        return await self._send(Request("GET", "channels"))

    async def answer(self, channelId: str) -> Result:
        """Answer an incoming channel."""
        return await self._send(Request("POST", path_of("channels", channelId, "answer")))

    async def snoopChannelWithId(self, channelId: str, snoopId: str, app: str, spy: str = "in") -> Result:
        """Listen to what comes in on the channel (or, with ``spy`` ``out``, to what it hears), on a channel of its
        own in the application."""
        request = Request(
            "POST",
            path_of("channels", channelId, "snoop", snoopId),
            (("spy", spy), ("app", app)),
            confirm=path_of("channels", snoopId),
        )
        return await self._send(request)

    async def continueInDialplan(self, channelId: str, context: str, extension: str) -> Result:
        """Let the channel leave the application for the dialplan."""
        query = (("context", context), ("extension", extension), ("priority", "1"))
        return await self._send(Request("POST", path_of("channels", channelId, "continue"), query, once=True))

    async def continueOn(self, channelId: str) -> Result:
        """Let the channel leave the application, to go on in the dialplan where it came from."""
        return await self._send(Request("POST", path_of("channels", channelId, "continue"), once=True))

    async def setChannelVar(self, channelId: str, variable: str, value: str) -> Result:
        """Set a variable or a function's value."""
        query = (("variable", variable), ("value", value))
        return await self._send(Request("POST", path_of("channels", channelId, "variable"), query))

    async def playWithId(self, channelId: str, playbackId: str, *media: str, lang: str = "") -> Result:
        """Play media to the channel, one after the other. A URI must not contain a comma. ``lang``: of sounds that
        are there in several languages; empty: the channel's."""
        request = Request(
            "POST",
            path_of("channels", channelId, "play", playbackId),
            (("media", ",".join(media)), *((("lang", lang),) if lang else ())),
            confirm=path_of("playbacks", playbackId),
        )
        return await self._send(request)

    async def record(
        self, channelId: str, name: str, maxDurationSeconds: int, maxSilenceSeconds: int, beep: bool
    ) -> Result:
        """Record what comes in on the channel, as WAV; a recording of this name must not exist."""
        query = (
            ("name", name), ("format", "wav"), ("maxDurationSeconds", str(maxDurationSeconds)),
            ("maxSilenceSeconds", str(maxSilenceSeconds)), ("beep", "true" if beep else "false"),
            ("ifExists", "fail"),
        )  # fmt: skip
        return await self._send(Request("POST", path_of("channels", channelId, "record"), query, once=True))


class Bridges:
    """``/bridges``."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def createWithId(self, bridgeId: str) -> Result:
        """Make a mixing bridge. 409: it exists."""
        return await self._send(Request("POST", path_of("bridges", bridgeId), (("type", "mixing"),)))

    async def addChannel(self, bridgeId: str, channelId: str) -> Result:
        """Put the channel into the bridge."""
        path = path_of("bridges", bridgeId, "addChannel")
        return await self._send(Request("POST", path, (("channel", channelId),)))

    async def list(self) -> Result:
        """All bridges of the server."""
        return await self._send(Request("GET", "bridges"))


class Recordings:
    """``/recordings``: those that are being made, and those that are kept on the server."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def mute(self, recordingName: str) -> Result:
        """Record silence from now on."""
        return await self._send(Request("POST", path_of("recordings", "live", recordingName, "mute")))

    async def unmute(self, recordingName: str) -> Result:
        """Record again what is heard."""
        return await self._send(Request("DELETE", path_of("recordings", "live", recordingName, "mute")))

    async def stop(self, recordingName: str) -> Result:
        """End it; what there is is kept."""
        return await self._send(Request("POST", path_of("recordings", "live", recordingName, "stop")))

    async def listStored(self) -> Result:
        """All that are kept on the server."""
        return await self._send(Request("GET", path_of("recordings", "stored")))

    async def deleteStored(self, recordingName: str) -> Result:
        """Remove one that is kept on the server."""
        return await self._send(Request("DELETE", path_of("recordings", "stored", recordingName)))


class Playbacks:
    """``/playbacks``."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def get(self, playbackId: str) -> Result:
        """A playback that is not over."""
        return await self._send(Request("GET", path_of("playbacks", playbackId)))


class DeviceStates:
    """``/deviceStates``: only those whose name begins with ``Stasis:`` can be set."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def update(self, deviceName: str, deviceState: str) -> Result:
        """Say what state the device has."""
        return await self._send(Request("PUT", path_of("deviceStates", deviceName), (("deviceState", deviceState),)))


class Applications:
    """``/applications``. They exist while, and for some time after, a WebSocket of their name is open."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def get(self, applicationName: str) -> Result:
        """The application with the ids of the channels that are in it."""
        return await self._send(Request("GET", path_of("applications", applicationName)))

    async def subscribe(self, applicationName: str, eventSource: str) -> Result:
        """Get the events of ``endpoint:PJSIP/name``, ``channel:id`` …"""
        path = path_of("applications", applicationName, "subscription")
        return await self._send(Request("POST", path, (("eventSource", eventSource),)))

    async def unsubscribe(self, applicationName: str, eventSource: str) -> Result:
        """No longer get them."""
        path = path_of("applications", applicationName, "subscription")
        return await self._send(Request("DELETE", path, (("eventSource", eventSource),)))

    async def filter(self, applicationName: str, allowed: Sequence[str]) -> Result:
        """Get events of these types only. ``RESTResponse`` counts as one."""
        body: Mapping[str, Any] = {"allowed": [{"type": name} for name in allowed]}
        return await self._send(Request("PUT", path_of("applications", applicationName, "eventFilter"), body=body))


class AsteriskResource:
    """``/asterisk``."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def getInfo(self) -> Result:
        """Version, start time and more."""
        return await self._send(Request("GET", "asterisk/info"))

    async def listModules(self) -> Result:
        """All loaded modules."""
        return await self._send(Request("GET", "asterisk/modules"))

    async def ping(self) -> Result:
        """The server's time."""
        return await self._send(Request("GET", "asterisk/ping"))
