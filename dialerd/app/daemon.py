"""One running dialerd: the core, its engine, and the adapters around them."""

from __future__ import annotations

import asyncio
import random
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import structlog

from dialerd.app.callback_desk import CallbackDesk
from dialerd.app.connections import ami_settings, ari_settings
from dialerd.app.contact_desk import ContactDesk
from dialerd.app.dnc_desk import StoredDnc
from dialerd.app.dnc_rooms import DncRooms
from dialerd.app.examination import Examiner, event_sources
from dialerd.app.import_room import ImportRoom
from dialerd.app.notice_keeper import NoticeKeeper
from dialerd.app.order_room import OrderRoom
from dialerd.app.plan_room import PlanInForce, PlanRoom
from dialerd.app.preview_room import PreviewRoom
from dialerd.app.recording_room import RecordingRoom
from dialerd.app.records import StoredRecords
from dialerd.app.rule_failures import tell_of
from dialerd.app.set_aside_room import SetAsideRoom
from dialerd.app.speech_room import SpeechRoom
from dialerd.app.stored_recordings import StoredRecordings
from dialerd.app.webhook_room import WebhookRoom
from dialerd.app.why_room import WhyRoom
from dialerd.app.world_watch import WorldWatch
from dialerd.asterisk.roster import AmiRoster
from dialerd.asterisk.stored_recordings import StoredRecordings as AsteriskRecordings
from dialerd.asterisk.telephony import AriTelephony
from dialerd.config.daemon import DaemonSettings
from dialerd.control.daemon import ReloadResult
from dialerd.control.server import ControlServer
from dialerd.core.attempt import AttemptState
from dialerd.core.dialer import Dialer
from dialerd.core.events import Event, PlanChanged, Recovered, ShutdownAsked
from dialerd.core.ids import SerialNumbers
from dialerd.core.view import DialerView
from dialerd.engine import Engine, EngineLoop, SteadyClock
from dialerd.store.call_log import CallLog
from dialerd.store.callbacks import Callbacks
from dialerd.store.database import open_database
from dialerd.store.journal import Journal
from dialerd.store.migrate import migrate_engine
from dialerd.store.outbox import Outbox
from dialerd.store.record_health import DATABASE_ERRORS, RecordHealth, reason_of
from dialerd.store.recordings import Recordings
from dialerd.store.redis_hot import RedisHotStore
from dialerd.store.redis_link import LinkBroken
from dialerd.store.sql_record import SqlRecord
from dialerd.telemetry.loop_lag import LoopLag
from dialerd.telemetry.metrics import CONTENT_TYPE, Metrics
from dialerd.telemetry.notices import Notice, Notices
from dialerd.telemetry.recording_metrics import RecordingMetrics

_log = structlog.get_logger(__name__)

START_PAUSE_S = 1.0
"""Between two looks at something that start-up waits for."""
LAST_CALLS_S = 5.0
"""How long cancelled calls may take to end when the daemon does."""
LAST_WRITES_S = 10.0
"""How long what is still to be written may take when the daemon ends; what is not waits in the outbox."""

_MAY_BE_LEFT = frozenset({AttemptState.CONNECTED})
_T = TypeVar("_T")


class Daemon:
    """Implements :class:`dialerd.control.daemon.Daemon`. Life: :meth:`run`, until :meth:`stop` is called."""

    def __init__(self, settings: DaemonSettings) -> None:
        """Raises :class:`UnusableCampaigns` when the campaigns file has errors."""
        self._in_force = in_force = PlanInForce(
            settings.campaigns, lambda failure: tell_of(failure, self._metrics, self._notices)
        )
        self._settings = settings
        self._clock = SteadyClock()
        self._metrics = Metrics()
        self._database = open_database(settings.sql.url.get_secret_value())
        self._keeper = NoticeKeeper(Journal(self._database, self._clock))
        self._notices = Notices(self._clock, self._metrics, self._keeper.take)
        self._records = StoredRecords(
            self._database, self._clock, lambda: in_force.plan, self._metrics.abandon_counted,
            self._metrics.amd.reviewed,
        )  # fmt: skip
        self._contacts = ContactDesk(self._database, self._clock, lambda: in_force.contact_lists, self.post)
        self._imports = ImportRoom(
            self._database, self._clock, settings.instance, lambda: in_force.contact_lists, self.post,
            folder=settings.imports.folder, largest_bytes=settings.imports.largest_upload_mib << 20,
            ended=self._metrics.imports.ended, standing=self._metrics.imports.standing,
        )  # fmt: skip
        rng = random.Random(secrets.randbits(64))
        redis = settings.redis.url.get_secret_value()
        health = RecordHealth(self.post)
        self._hot = RedisHotStore(
            redis, settings.shard, settings.instance, self.post, self._clock, lease_ttl_s=settings.lease_ttl_s,
            on_waiting=self._waiting_for_store, on_outcome=lambda: self._outbox.wake(),
            on_log_incomplete=lambda: self.call_log.wake(),
        )  # fmt: skip
        self._record = SqlRecord(self._database, self.post, self._clock, health=health)
        self.call_log = CallLog(
            redis, self._hot.keys, self._database, self._clock, lambda: in_force.plan.call_windows()
        )
        self._outbox = Outbox(
            redis, self._hot.keys, self._database, self.post, self._clock,
            health=health, recorded=self._hot.forget_outcomes,
        )  # fmt: skip
        self._roster = AmiRoster(ami_settings(settings), self.post, rng=rng, on_bug=self._bug)
        self._telephony = AriTelephony(
            ari_settings(settings), self.post, rng=rng, trunks=event_sources(in_force.plan),
            lost_calls=self._roster.lost_calls, lost_callers=self._roster.lost_callers, on_bug=self._bug,
            examine=lambda: self._plans.examine_asterisk(), heard=lambda *told: self._recordings.heard.take(*told),
        )  # fmt: skip
        serials = SerialNumbers(int(self._clock.now() * 1000), secrets.randbits(20))
        self._dialer = Dialer(serials)
        self._plans = PlanRoom(
            in_force, self._dialer, self._telephony,
            Examiner(ari_settings(settings), ami_settings(settings), lambda: in_force.plan, self._notices.tell),
            WorldWatch(self._database, self.post), self._notices, self.post, changed=self.call_log.wake,
        )  # fmt: skip
        self._dnc = DncRooms(
            redis, self._database, self.post, self._clock, retirers=(self._record, self._outbox),
            lists=lambda: in_force.dnc_lists, plan=lambda: in_force.plan, dialer=lambda: self._dialer,
            reached=self._hot.dnc_reached, tell=self._notices.tell, counted=self._metrics.dnc_counted,
            measured=self._metrics.provider_asked, waiting=self._metrics.dnc_waiting,
            answered=self._metrics.provider_answers, unkept=self._metrics.provider_answers_unkept,
        )  # fmt: skip
        self._speech = SpeechRoom(
            settings.speech, self.post, self._clock, voices=lambda: in_force.voices, dialer=lambda: self._dialer,
            measured=self._metrics.spoken,
        )  # fmt: skip
        self._metrics.watch_speech(lambda: self._speech.studio.cache.size_bytes)
        self._previews = PreviewRoom(
            self._dialer.offers, lambda: in_force.webhooks, self._metrics.registry, tell=self._notices.tell,
            sent=self._metrics.webhook_tried,
        )  # fmt: skip
        engine = Engine(
            self._dialer, self._telephony, self._roster, self._hot, self._record, self._notices,
            observers=(self._metrics.observe,), provider=self._dnc.providers, speech=self._speech.studio,
            desktop=self._previews,
        )  # fmt: skip
        self._aside = SetAsideRoom(
            redis, self._hot.keys, wake=self._outbox.wake, counted=self._metrics.outcomes_set_aside,
            tell=self._notices.tell,
        )  # fmt: skip
        self._webhooks = WebhookRoom(
            self._database, self._clock, lambda: in_force.webhooks, tell=self._notices.tell,
            sent=self._metrics.webhook_tried, counted=self._metrics.webhooks_counted,
        )  # fmt: skip
        self._orders = OrderRoom(
            self._database, self._clock, lambda: in_force.plan, self._metrics.contacts_counted,
            self._metrics.contacts_parked,
        )  # fmt: skip
        of_recordings = RecordingMetrics(self._metrics.registry)
        kept = settings.recordings
        self._recordings = RecordingRoom(
            Recordings(self._database, self._clock), AsteriskRecordings(ari_settings(settings)),
            Journal(self._database, self._clock), kept.folder, kept.remove_at,
            tell=self._notices.tell, counted=of_recordings.counted, waiting=of_recordings.present,
        )  # fmt: skip
        self._why = WhyRoom(self._database, self._clock, self._dialer, self._dnc.desk, self.call_log)
        self._loop = EngineLoop(engine, self._clock.now, self._metrics.handled)
        self._lag = LoopLag()
        self._metrics.watch(self.view, self.backlog, self.loop_lag_s)
        token = settings.api.token.get_secret_value() if settings.api.token is not None else None
        self._server = ControlServer(self, settings.api.host, settings.api.port, token)
        self._stopping = asyncio.Event()
        self._hurry = asyncio.Event()

    # --- life ------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Start, dial until :meth:`stop`, and end in order. Raises :class:`OSError` when the API's address is
        taken, :class:`~dialerd.store.redis_lease.Superseded` when another instance has taken the shard."""
        await self._server.start()
        tasks: list[asyncio.Task[None]] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks.append(group.create_task(self._loop.run(), name="engine"))
                tasks.append(group.create_task(self._lag.run(), name="lag"))
                starting = group.create_task(self._start(group, tasks), name="start")
                await self._stopping.wait()
                starting.cancel()
                # Until it is over it may start tasks that nobody would end; and a library may keep the cancellation
                # to itself, so that the start goes on to its end.
                await asyncio.wait((starting,))
                if not starting.cancelled():
                    await self._end()
                self._loop.end()
                for task in tasks[1:]:
                    task.cancel()
        finally:
            await self._server.stop()
            # After an ordered end there is nothing left of them to stop.
            await self._roster.stop(drain_s=0)
            await self._telephony.stop(drain_s=0)
            await self._outbox.aclose()
            await self._hot.aclose()
            await self._dnc.aclose()
            await self._aside.aclose()
            await self._recordings.aclose()
            await self._database.dispose()
        _log.info("daemon_stopped", instance=self._settings.instance)

    async def _start(self, group: asyncio.TaskGroup, tasks: list[asyncio.Task[None]]) -> None:
        """In this order: what is in the record and the ledger first, then Asterisk, then the agents."""
        self.post(PlanChanged(self._in_force.plan))
        _log.info("daemon_starting", instance=self._settings.instance, shard=self._settings.shard)
        await self._insist(lambda: migrate_engine(self._database))
        tasks.append(group.create_task(self._keeper.run(), name="notices"))
        tasks.append(group.create_task(self._imports.run(), name="imports"))
        await self._plans.look_at_lists()
        await self._hot.start()
        await self._outbox.drain_all()
        while True:
            try:
                ledger = await self._hot.recover()
                break
            except LinkBroken as error:
                self._waiting_for_store(str(error))
                await asyncio.sleep(START_PAUSE_S)
        self.call_log.wake()
        tasks.append(group.create_task(self.call_log.run(), name="call log"))
        tasks.append(group.create_task(self._hot.run(), name="hot store"))
        tasks.append(group.create_task(self._dnc.keeper.run(), name="do-not-call lists"))
        tasks.append(group.create_task(self._dnc.providers.run(), name="providers"))
        tasks.append(group.create_task(self._speech.studio.run(), name="speech"))
        kept = {record.contact_id for record in ledger.attempts} | await self._aside.contacts()
        released = await self._insist(lambda: self._record.reset_in_attempt(kept))
        states = await self._insist(self._record.campaign_states)
        directions = await self._insist(self._record.directions)
        zones = {name: campaign.time_zone for name, campaign in self._in_force.plan.campaigns.items()}
        days = await self._insist(lambda: self._record.day_counts(zones))
        left = ledger.attempts, ledger.agent_lines, states, days, ledger.pacing, directions, ledger.callers
        self.post(Recovered(*left))
        _log.info("ledger_read", live_attempts=len(ledger.attempts), contacts_released=released)
        tasks.append(group.create_task(self._record.run(), name="record"))
        tasks.append(group.create_task(self._outbox.run(), name="outbox"))
        tasks.append(group.create_task(self._aside.run(), name="outcomes set aside"))
        tasks.append(group.create_task(self._webhooks.sender.run(), name="webhooks"))
        tasks.append(group.create_task(self._previews.hooks.run(), name="offers"))
        tasks.append(group.create_task(self._orders.keeper.run(), name="dial orders"))
        tasks.append(group.create_task(self._records.ledger.run(), name="abandon ledger"))
        tasks.append(group.create_task(self._records.verdicts.run(), name="verdicts"))
        tasks.append(group.create_task(self._recordings.run(), name="recordings"))
        await self._telephony.start()
        await self._roster.start()
        # A defect that ends one of them must not leave a daemon behind that seems to be alive.
        tasks.append(group.create_task(self._telephony.ended(), name="asterisk"))
        tasks.append(group.create_task(self._roster.ended(), name="roster"))
        tasks.append(group.create_task(self._plans.watch(), name="world"))

    async def _insist(self, work: Callable[[], Awaitable[_T]]) -> _T:
        """Do something in the database, however long it takes to be there."""
        told = ""
        while True:
            try:
                return await work()
            except DATABASE_ERRORS as error:
                reason = reason_of(error)
                if reason != told:
                    told = reason
                    self._notices.tell("error", "record_absent", reason=reason)
                await asyncio.sleep(START_PAUSE_S)

    def stop(self) -> None:
        """End: no new calls, a grace time for those that are not connected, bridged ones stay up for adoption.
        Called again: no grace time."""
        if self._stopping.is_set():
            self._hurry.set()
        self._stopping.set()

    async def _end(self) -> None:
        grace_s = self._settings.shutdown_grace_s
        _log.info("daemon_stopping", live=len(self._dialer.floor.attempts), grace_s=grace_s)
        self.post(ShutdownAsked())
        await self._until_settled(grace_s)
        self.post(ShutdownAsked(cancel_ringing=True))
        self._hurry.clear()
        await self._until_settled(LAST_CALLS_S)
        left = sum(a.state is AttemptState.CONNECTED for a in self._dialer.floor.attempts.values())
        if left:
            _log.info("calls_left_for_adoption", count=left)
        await self._roster.stop()
        await self._telephony.stop()
        try:
            async with asyncio.timeout(LAST_WRITES_S):
                await self._hot.flush()
                await self._record.flush()
                await self._outbox.drain_all()
        except TimeoutError:
            _log.warning("outcomes_wait_in_the_outbox")

    async def _until_settled(self, limit_s: float) -> None:
        """Until every call is over or connected, the limit is reached, or somebody is in a hurry."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + limit_s
        while loop.time() < deadline and not self._hurry.is_set():
            attempts = self._dialer.floor.attempts.values()
            if not self._loop.backlog and all(a.state in _MAY_BE_LEFT for a in attempts):
                return
            await asyncio.sleep(0.1)

    # --- what the adapters tell ------------------------------------------------------------------------

    def post(self, event: Event) -> None:
        """Put an event into the engine's inbox."""
        self._loop.post(event)

    def _waiting_for_store(self, reason: str) -> None:
        self._notices.tell("warning", "store_absent", reason=reason)

    def _bug(self, error: BaseException) -> None:
        detail = f"{type(error).__name__}: {error}"
        _log.error("adapter_defect", exc_info=error)
        self._notices.tell("error", "adapter_defect", detail=detail)

    # --- what the API asks -----------------------------------------------------------------------------

    @property
    def records(self) -> StoredRecords:
        """The record's answers."""
        return self._records

    @property
    def orders(self) -> OrderRoom:
        """Who comes next, and how many there are."""
        return self._orders

    @property
    def explaining(self) -> WhyRoom:
        """Why a contact is not called."""
        return self._why

    @property
    def callbacks(self) -> CallbackDesk:
        """Call-backs."""
        return CallbackDesk(Callbacks(self._database, self._clock), self.post)

    @property
    def recordings(self) -> StoredRecordings:
        """Recordings of conversations."""
        room = self._recordings
        return StoredRecordings(room.recordings, room.folder, room.wake)

    @property
    def dnc(self) -> StoredDnc:
        """Do-not-call lists."""
        return self._dnc.desk

    @property
    def outcomes_aside(self) -> SetAsideRoom:
        """Outcomes that the record would not take."""
        return self._aside

    @property
    def webhooks(self) -> WebhookRoom:
        """Webhooks and what waits to be told."""
        return self._webhooks

    @property
    def previews(self) -> PreviewRoom:
        """Offers to agents."""
        return self._previews

    @property
    def contacts(self) -> ContactDesk:
        """Single contacts."""
        return self._contacts

    @property
    def imports(self) -> ImportRoom:
        """Imports of contact files."""
        return self._imports

    def now(self) -> float:
        """The daemon's time, epoch seconds."""
        return self._clock.now()

    def prompts(self, in_use: bool) -> Mapping[str, Any]:
        """What was turned into speech, and what is kept of it; ``in_use``: with what is needed now."""
        return self._speech.state(in_use)

    def view(self) -> DialerView:
        """The core's present picture."""
        return self._dialer.viewer.dialer(self._clock.now())

    def instance(self) -> str:
        """This daemon's name."""
        return self._settings.instance

    def loop_lag_s(self) -> float:
        """How late the event loop wakes up, seconds."""
        return self._lag.seconds

    def backlog(self) -> int:
        """Events that wait in the inbox."""
        return self._loop.backlog

    def metrics(self) -> tuple[bytes, str]:
        """Metrics in Prometheus' text format, and their content type."""
        return self._metrics.exposition(), CONTENT_TYPE

    def notices(self, limit: int, level: str | None) -> Sequence[Notice]:
        """The newest notices first."""
        return self._notices.recent(limit, level)

    async def reload(self, check_only: bool = False) -> ReloadResult:
        """Read the campaigns file again and apply it, all or nothing; live calls keep the settings they have."""
        return await self._plans.reload(check_only)

    async def examine(self, campaign: str) -> str:
        """Why the campaign cannot work in the world as it is; empty: nothing stands against it."""
        return await self._plans.examine(campaign)
