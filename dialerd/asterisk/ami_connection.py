"""One life of an AMI connection: logged in, read until it breaks, closed."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from dialerd.asterisk.ami_wire import (
    Message,
    Parser,
    ProtocolBroken,
    encode_action,
    is_list_end,
    is_list_start,
)
from dialerd.asterisk.settings import AmiSettings


class AmiFailed(Exception):
    """No connection, no login or no answer; the text says why."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The response to an action, and the events of its list."""

    response: Message
    events: tuple[Message, ...] = ()

    @property
    def ok(self) -> bool:
        """Asterisk did it."""
        return self.response.get("Response") in ("Success", "Goodbye")

    @property
    def message(self) -> str:
        """What Asterisk says about it."""
        return self.response.get("Message", "")


@dataclass(slots=True)
class _Waiting:
    future: asyncio.Future[Answer]
    response: Message | None = None
    events: list[Message] = field(default_factory=list)


class AmiConnection:
    """A logged-in connection. ``on_event`` gets every event in its order, those of lists too; it must neither
    block nor raise."""

    def __init__(
        self,
        settings: AmiSettings,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        on_event: Callable[[Message], None],
    ) -> None:
        self._settings = settings
        self._from_server, self._to_server = streams
        self._on_event = on_event
        self._parser = Parser()
        self._ids = itertools.count(1)
        self._waiting: dict[str, _Waiting] = {}
        self._ended_because = "closed"
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def open(cls, settings: AmiSettings, on_event: Callable[[Message], None]) -> AmiConnection:
        """Connect and log in.

        Raises:
            AmiFailed: nobody there, not AMI, or wrong user or secret.
        """
        where = f"AMI at {settings.host}:{settings.port}"
        try:
            async with asyncio.timeout(settings.connect_timeout_s):
                streams = await asyncio.open_connection(settings.host, settings.port)
        except (OSError, TimeoutError) as error:
            raise AmiFailed(f"{where} cannot be reached: {str(error) or 'timed out'}") from error
        connection = cls(settings, streams, on_event)
        try:
            answer = await connection.action("Login", {"Username": settings.user, "Secret": settings.secret})
        except AmiFailed as error:
            await connection.close()
            raise AmiFailed(f"{where}: {error}") from error
        except asyncio.CancelledError:
            await connection.close()
            raise
        if not answer.ok:
            await connection.close()
            raise AmiFailed(f"{where} does not let user {settings.user!r} in: {answer.message}")
        return connection

    @property
    def banner(self) -> str:
        """The server's greeting."""
        return self._parser.banner or ""

    @property
    def is_open(self) -> bool:
        """The reader is at work."""
        return not self._reader.done()

    async def wait_closed(self) -> str:
        """Wait for the end of the connection; says why it came."""
        await asyncio.wait((self._reader,))
        return self._ended_because

    async def close(self) -> None:
        """Close the connection; actions under way fail."""
        self._to_server.close()
        self._reader.cancel()
        await asyncio.wait((self._reader,))

    async def action(self, name: str, fields: Mapping[str, str] | None = None) -> Answer:
        """Send an action and wait for its response, and its list if it has one.

        Raises:
            AmiFailed: no answer came.
        """
        if not self.is_open:
            raise AmiFailed(self._ended_because)
        action_id = f"d{next(self._ids)}"
        waiting = _Waiting(asyncio.get_running_loop().create_future())
        self._waiting[action_id] = waiting
        try:
            async with asyncio.timeout(self._settings.action_timeout_s):
                self._to_server.write(encode_action(name, action_id, fields or {}))
                await self._to_server.drain()
                return await waiting.future
        except TimeoutError:
            raise AmiFailed(f"no answer to {name} within {self._settings.action_timeout_s:g} s") from None
        except OSError as error:
            raise AmiFailed(f"the connection broke: {error}") from error
        finally:
            self._waiting.pop(action_id, None)

    async def _read(self) -> None:
        try:
            while data := await self._from_server.read(65536):
                for message in self._parser.feed(data):
                    self._take(message)
            self._ended_because = "Asterisk closed the AMI connection"
        except (OSError, ProtocolBroken) as error:
            self._ended_because = f"the AMI connection broke: {error}"
        finally:
            self._to_server.close()
            for waiting in self._waiting.values():
                if not waiting.future.done():
                    waiting.future.set_exception(AmiFailed(self._ended_because))

    def _take(self, message: Message) -> None:
        waiting = self._waiting.get(message.get("ActionID", ""))
        if "Event" in message:
            if waiting is not None and waiting.response is not None:
                waiting.events.append(message)
                if is_list_end(message):
                    self._finish(waiting)
            self._on_event(message)
        elif waiting is not None and "Response" in message:
            waiting.response = message
            if not is_list_start(message):
                self._finish(waiting)

    @staticmethod
    def _finish(waiting: _Waiting) -> None:
        if not waiting.future.done() and waiting.response is not None:
            waiting.future.set_result(Answer(waiting.response, tuple(waiting.events)))
