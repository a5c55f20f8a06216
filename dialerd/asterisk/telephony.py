"""The Telephony port on a real Asterisk: commands in, events out, and a connection that mends itself."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import partial
from typing import Protocol

import structlog

from dialerd.asterisk.backoff import Backoff
from dialerd.asterisk.carry_out import CarryOut, keys_of
from dialerd.asterisk.client import AriClient
from dialerd.asterisk.connection import ConnectFailed
from dialerd.asterisk.ears import Ears
from dialerd.asterisk.lanes import Lanes
from dialerd.asterisk.listening import Listening
from dialerd.asterisk.reconcile import SnapshotFailed, take_snapshot
from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.translate import USED_EVENTS, Translator, channel_id_of
from dialerd.asterisk.wire import RawEvent, may_have_rest_over_websocket, parse_version
from dialerd.core import ids
from dialerd.core.commands import ForgetLostCaller, TelephonyCommand
from dialerd.core.events import (
    AmdFinished,
    CallArrived,
    InboundOffered,
    LostCaller,
    RecordingPauseAsked,
    TelephonyBack,
    TelephonyLost,
)
from dialerd.ports import Post

log = structlog.get_logger(__name__)

REPLACED = "replaced"


class LostCallsUnavailable(Exception):
    """The marks of lost calls cannot be read now."""


class LostCalls(Protocol):
    """The dialplan's marks of calls that were answered while nobody listened; see ``asterisk-conf``."""

    async def read(self) -> frozenset[str]:
        """The attempts that are marked.

        Raises:
            LostCallsUnavailable: they cannot be read now.
        """

    async def forget(self, attempt_ids: frozenset[str]) -> None:
        """Remove these marks; those that cannot be removed stay and are read again. Never raises."""


class LostCallers(Protocol):
    """The dialplan's marks of callers of whom no daemon took care."""

    async def read(self) -> tuple[LostCaller, ...]:
        """All of them, the oldest first.

        Raises:
            LostCallsUnavailable: they cannot be read now.
        """

    async def forget(self, channel_id: str) -> None:
        """Remove one; if that cannot be done it stays and is read again. Never raises."""


class AriTelephony:
    """Connects, tells the core what Asterisk holds, hands on events, carries out commands, and begins again when
    the connection breaks.

    ``trunks`` are event sources, such as ``endpoint:PJSIP/carrier``. ``lost_calls`` None: nobody marks any.
    """

    def __init__(
        self,
        settings: AriSettings,
        post: Post,
        *,
        rng: random.Random,
        trunks: Iterable[str],
        lost_calls: LostCalls | None = None,
        lost_callers: LostCallers | None = None,
        examine: Callable[[], Awaitable[str]] | None = None,
        on_bug: Callable[[BaseException], None] | None = None,
        heard: Callable[[str, bytes], None] = lambda attempt_id, sound: None,
    ) -> None:
        """``heard`` gets the sound of calls of which it is to be kept: 16 bit, 8 kHz.
        ``examine`` says why this server may not be used, or nothing; it is asked whenever the server has been
        started or reloaded since it last said nothing."""
        self._settings = settings
        self._post = post
        self._trunks = frozenset(trunks)
        self._subscribed: frozenset[str] = frozenset()
        self._lost_calls, self._lost_callers = lost_calls, lost_callers
        self._examine = examine
        self._examined: tuple[object, object] | None = None
        """When the server that passed was started and last reloaded."""
        self._backoff = Backoff(rng, settings.backoff_min_s, settings.backoff_max_s)
        self._translator = Translator(settings.talk_silence_s)
        self._lanes = Lanes(on_bug or _log_bug)
        self._client: AriClient | None = None
        self._carry_out: CarryOut | None = None
        self._held: list[RawEvent] | None = []
        self._told_lost = False
        self._may_connect = asyncio.Event()
        self._may_connect.set()
        self._closing_because: str | None = None
        self._task: asyncio.Task[None] | None = None
        self._ears = Ears(settings.listen_host, settings.listen_port, post, heard)

    # --- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect; :class:`TelephonyBack` tells when it is done."""
        client = self._client = AriClient(self._settings)
        client.on_event = self._take
        listening = Listening(client, self._ears, await self._open_ears(), self._post)
        self._carry_out = CarryOut(client, self._translator, self._post, asyncio.sleep, listening)
        self._task = asyncio.create_task(self._stay_connected(client, self._carry_out))

    async def ended(self) -> None:
        """Wait until nobody stays connected any more: after :meth:`stop`, or raises the defect that ended it."""
        assert self._task is not None
        await asyncio.wait((self._task,))
        if not self._task.cancelled():
            self._task.result()

    async def stop(self, drain_s: float = 2.0) -> None:
        """Finish the commands already given, for ``drain_s`` seconds at most, then disconnect. Calls stay up."""
        await self._lanes.drain(drain_s)
        await self._lanes.stop()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
        await self._ears.stop()

    async def _open_ears(self) -> str:
        """Where Asterisk can bring the sound of calls; empty: nowhere."""
        settings = self._settings
        if not settings.listen_host:
            return ""
        try:
            port = await self._ears.start()
        except OSError as error:
            log.error("listening_not_possible", host=settings.listen_host, reason=str(error))
            return ""
        return f"{settings.listen_address or settings.listen_host}:{port}"

    def submit(self, command: TelephonyCommand) -> None:
        """Carry out one command; see :mod:`dialerd.ports`."""
        if self._carry_out is None:
            raise RuntimeError("submit before start")
        if isinstance(command, ForgetLostCaller):
            if self._lost_callers is not None:
                self._lanes.run(keys_of(command), partial(self._lost_callers.forget, command.channel_id))
            return
        self._lanes.run(keys_of(command), partial(self._carry_out, command))

    def set_trunks(self, event_sources: Iterable[str]) -> None:
        """After a reload: follow the endpoints of these trunks, and no others."""
        self._trunks = frozenset(event_sources)
        if self.connected:
            self._lanes.run(("trunks",), self._subscribe)

    def reclaim(self) -> None:
        """Connect again although another instance had taken the application over."""
        self._may_connect.set()

    @property
    def connected(self) -> bool:
        """The core has its picture and events flow."""
        return self._carry_out is not None and self._carry_out.ready

    @property
    def replaced(self) -> bool:
        """Another instance has the application; :meth:`reclaim` takes it back."""
        return not self._may_connect.is_set()

    @property
    def client(self) -> AriClient:
        """The client underneath, for requests that are not commands."""
        if self._client is None:
            raise RuntimeError("not started")
        return self._client

    # --- the connection ----------------------------------------------------------------------------------

    async def _stay_connected(self, client: AriClient, carry_out: CarryOut) -> None:
        while True:
            await self._permission()
            try:
                await self._connect(client, carry_out)
            except (ConnectFailed, SnapshotFailed, LostCallsUnavailable) as error:
                await client.disconnect()
                self._tell_lost(self._closing_because or str(error))
                self._closing_because = None
                await asyncio.sleep(self._backoff.next_s())
                continue
            self._backoff.reset()
            reason = await client.wait_closed()
            carry_out.ready = False
            self._held = []
            self._tell_lost(self._closing_because or reason)
            self._closing_because = None
            await client.disconnect()
            if self._may_connect.is_set():
                await asyncio.sleep(self._backoff.next_s())

    async def _permission(self) -> None:
        """Wait until we may connect: at once, or, when another has taken the application, until :meth:`reclaim` or
        so long that a rightful successor would have ended this daemon."""
        try:
            async with asyncio.timeout(self._settings.reclaim_after_s):
                await self._may_connect.wait()
        except TimeoutError:
            log.warning("application_reclaimed", app=self._settings.app)
            self._may_connect.set()

    async def _connect(self, client: AriClient, carry_out: CarryOut) -> None:
        self._held = []
        info = await client.asterisk.getInfo()
        if not info.ok:
            raise ConnectFailed(f"ARI at {self._settings.rest_url}: {info.message}")
        body = getattr(info, "body", None)
        system = body.get("system", {}) if isinstance(body, dict) else {}
        version = parse_version(str(system.get("version", "")))
        await self._passes(body.get("status", {}) if isinstance(body, dict) else {})
        await client.connect()
        # Over HTTP: a filter without RESTResponse, from an earlier program, would swallow the answer.
        filtered = await client.applications.filter(self._settings.app, USED_EVENTS)
        if not filtered.ok:
            log.warning("event_filter_not_set", reason=filtered.message)
        if self._settings.rest_over_websocket and may_have_rest_over_websocket(version):
            await client.try_rest_over_websocket()
        self._subscribed = frozenset()
        await self._subscribe()
        snapshot = await take_snapshot(client)
        lost = frozenset[str]() if self._lost_calls is None else await self._lost_calls.read()
        lost_callers = () if self._lost_callers is None else await self._lost_callers.read()
        if not client.connected:
            raise ConnectFailed("the event WebSocket broke at once")
        log.info("ari_connected", version=system.get("version"), over_websocket=client.over_websocket)
        callers = [caller.channel_id for caller in snapshot.callers]
        alive = [*(channel.id for channel in snapshot.channels), *snapshot.inbound, *callers]
        self._translator.forget_all_but(alive)
        for channel_id in callers:
            self._translator.callers.adopt(channel_id)
            self._lanes.run((channel_id,), partial(carry_out.callers.follow, channel_id))
        self._told_lost = False
        carry_out.ready = True
        self._post(TelephonyBack(snapshot.channels, snapshot.bridges, lost, snapshot.callers, lost_callers))
        for channel_id, agent in snapshot.inbound.items():
            self._translator.adopt_inbound(channel_id)
            if not any(channel_id in inside for inside in snapshot.bridges.values()):
                self._post(InboundOffered(channel_id, agent))
        held, self._held = self._held or [], None
        for event in held:
            self._hand_on(event)
        for command in carry_out.unannounced():
            self.submit(command)
        if lost and self._lost_calls is not None:
            self._lanes.run(("lost-marks",), partial(self._forget_later, self._lost_calls, lost))

    async def _passes(self, status: Mapping[str, object]) -> None:
        """Raises ConnectFailed when the server is not fit for calls."""
        life = (status.get("startup_time"), status.get("last_reload_time"))
        if self._examine is None or life == self._examined:
            return
        if objection := await self._examine():
            raise ConnectFailed(f"Asterisk is not fit for calls: {objection}")
        self._examined = life

    async def _forget_later(self, lost_calls: LostCalls, attempt_ids: frozenset[str]) -> None:
        # A daemon that dies before it has written down what it was told must find the marks again.
        await asyncio.sleep(self._settings.lost_mark_kept_s)
        await lost_calls.forget(attempt_ids)

    async def _subscribe(self) -> None:
        applications, app = self.client.applications, self._settings.app
        for source in sorted(self._trunks - self._subscribed):
            result = await applications.subscribe(app, source)
            if result.ok:
                self._subscribed |= {source}
            else:
                log.error("trunk_not_followed", source=source, reason=result.message)
        for source in sorted(self._subscribed - self._trunks):
            await applications.unsubscribe(app, source)
            self._subscribed -= {source}

    def _tell_lost(self, reason: str) -> None:
        if not self._told_lost:
            self._told_lost = True
            log.error("ari_lost", reason=reason)
            self._post(TelephonyLost(reason))

    # --- events ------------------------------------------------------------------------------------------

    def _take(self, raw: RawEvent) -> None:
        if raw["type"] == "ApplicationReplaced":
            self._replaced()
        elif self._held is not None:
            self._held.append(raw)
        else:
            self._hand_on(raw)

    def _hand_on(self, raw: RawEvent) -> None:
        event = self._translator.translate(raw)
        if event is None:
            if raw["type"] == "StasisStart" and self._carry_out is not None:
                self._carry_out.snoop_entered(channel_id_of(raw))
            return
        if isinstance(event, AmdFinished) and self._carry_out is not None:
            snoop = ids.sibling(event.attempt_id, ids.AMD)
            self._lanes.run((event.attempt_id,), partial(self._carry_out.hang_up, snoop))
        if isinstance(event, CallArrived) and self._carry_out is not None:
            self._lanes.run((event.channel_id,), partial(self._carry_out.callers.follow, event.channel_id))
        if isinstance(event, RecordingPauseAsked):
            # The agent's second line: the dialplan tells by the lamp's state what came of it.
            let_go = partial(self._let_go, channel_id_of(raw))
            self._lanes.run((channel_id_of(raw),), let_go)
        self._post(event)

    async def _let_go(self, channel_id: str) -> None:
        await self.client.channels.continueOn(channel_id)

    def _replaced(self) -> None:
        self._may_connect.clear()
        self._closing_because = REPLACED
        self._lanes.run(("replaced",), self._leave)

    async def _leave(self) -> None:
        await self.client.disconnect()


def _log_bug(error: BaseException) -> None:
    log.error("ari_command_failed", exc_info=error)
