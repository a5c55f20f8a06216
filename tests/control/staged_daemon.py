"""A daemon for the API's tests: the core is real, the record is a real SQLite, the adapters are imagined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.callback_desk import CallbackDesk
from dialerd.app.contact_desk import ContactDesk
from dialerd.app.contact_files import mapping_of
from dialerd.app.dnc_desk import StoredDnc
from dialerd.app.dnc_rooms import DncRooms
from dialerd.app.import_room import ImportRoom
from dialerd.app.order_room import OrderRoom
from dialerd.app.preview_room import PreviewRoom
from dialerd.app.records import StoredRecords
from dialerd.app.set_aside_room import SetAsideRoom
from dialerd.app.stored_recordings import StoredRecordings
from dialerd.app.webhook_room import WebhookRoom
from dialerd.app.why_room import WhyRoom
from dialerd.config.contact_lists import ContactListSettings, PhoneColumn
from dialerd.config.dnc_lists import DncListSettings
from dialerd.config.plan_diff import PlanDiff, plan_diff
from dialerd.config.problems import Problem
from dialerd.control.daemon import ReloadResult
from dialerd.core.attempts_control import LoggedCall, Scope
from dialerd.core.campaign import Plan
from dialerd.core.cap_counts import Calls
from dialerd.core.contact import Contact
from dialerd.core.events import CampaignFound, Event, PlanChanged
from dialerd.core.view import DialerView
from dialerd.core.webhook import WebhookSettings
from dialerd.store.callbacks import Callbacks
from dialerd.store.contact_import import import_contacts
from dialerd.store.database import open_database
from dialerd.store.inbound_calls import record_caller
from dialerd.store.memory_provider_answers import MemoryAnswers
from dialerd.store.migrate import migrate_engine
from dialerd.store.outcome_writer import write_outcomes
from dialerd.store.recordings import Recordings
from dialerd.store.redis_keys import Keys
from dialerd.telemetry.metrics import CONTENT_TYPE, Metrics
from dialerd.telemetry.notices import Notice, Notices
from tests.control.stage import Stage

LEADS = ContactListSettings(
    "leads", None, ",", "utf-8", "ref", (PhoneColumn("phone", "mobile"),), "GB", "skip", "skip"
)


class StagedCallLog:
    """Logs of calls as a test writes them; ``logs`` is None while Redis is away."""

    def __init__(self) -> None:
        self.logs: dict[tuple[Scope, str], list[LoggedCall]] | None = {}

    async def of(self, contact: Contact) -> Calls | None:
        return self.logs


class StagedDaemon:
    """Implements :class:`dialerd.control.daemon.Daemon` around a stage: what is posted reaches the core at once."""

    def __init__(self, stage: Stage, engine: AsyncEngine, metrics: Metrics | None = None) -> None:
        self.stage = stage
        self.engine = engine
        self._metrics = metrics if metrics is not None else Metrics()
        self._records = StoredRecords(
            engine, self, lambda: self.stage.plan, self._metrics.abandon_counted, self._metrics.amd.reviewed
        )
        self._orders = OrderRoom(
            engine, self, lambda: self.stage.plan, self._metrics.contacts_counted, self._metrics.contacts_parked
        )
        self._contacts = ContactDesk(engine, self, lambda: self.lists, self.post)
        self._imports = ImportRoom(
            engine, self, "test", lambda: self.lists, self.post, folder=None, largest_bytes=4 << 20,
            ended=self._metrics.imports.ended, standing=self._metrics.imports.standing,
        )  # fmt: skip
        """Works while its :meth:`~ImportRoom.run` does; see the fixture."""
        self.teller = Notices(self, self._metrics)
        self.posted: list[Event] = []
        self.speech_in_use: list[str] = []
        self.calls = StagedCallLog()
        self.lag_s = 0.001
        self.after_post: Callable[[], object] = lambda: None
        self.folder = Path()
        """Where recordings are."""
        self.next_plan: Plan | None = None
        self.found: str | None = None
        """Why no campaign can work, when somebody looks."""
        self.problems: tuple[Problem, ...] = ()
        self.lists = {"leads": LEADS}
        self.webhook_settings = {"crm": WebhookSettings("crm", "http://127.0.0.1:1/calls")}
        self.dnc_lists = {"opt_outs": DncListSettings("opt_outs", "People who asked", "GB")}
        self.answers = MemoryAnswers(self)
        """What providers said."""
        self._dnc = DncRooms(
            "redis://127.0.0.1:1/0", engine, self.post, self, lists=lambda: self.dnc_lists,
            plan=lambda: self.stage.plan, dialer=lambda: stage.dialer, reached=lambda *_: None, tell=self.teller.tell,
            counted=self._metrics.dnc_counted,
            measured=self._metrics.provider_asked, answers=self.answers,
        )  # fmt: skip
        """Redis is away: what is asked of the record works, what must be in Redis is told to come later."""
        self.aside = SetAsideRoom(
            "redis://127.0.0.1:1/0", Keys("main"), wake=lambda: None, counted=self._metrics.outcomes_set_aside,
            tell=self.teller.tell,
        )  # fmt: skip
        """Redis is away."""
        self._webhooks = WebhookRoom(
            engine, self, lambda: self.webhook_settings, tell=self.teller.tell, sent=self._metrics.webhook_tried,
            counted=self._metrics.webhooks_counted,
        )  # fmt: skip

        self._previews = PreviewRoom(
            stage.dialer.offers, lambda: self.webhook_settings, self._metrics.registry, tell=self.teller.tell,
            sent=self._metrics.webhook_tried,
        )  # fmt: skip

    @property
    def previews(self) -> PreviewRoom:
        return self._previews

    @property
    def imports(self) -> ImportRoom:
        return self._imports

    @property
    def dnc(self) -> StoredDnc:
        return self._dnc.desk

    @property
    def callbacks(self) -> CallbackDesk:
        return CallbackDesk(Callbacks(self.engine, self), self.post)

    @property
    def recordings(self) -> StoredRecordings:
        return StoredRecordings(Recordings(self.engine, self), self.folder, lambda: None)

    @property
    def orders(self) -> OrderRoom:
        return self._orders

    @property
    def records(self) -> StoredRecords:
        return self._records

    @property
    def outcomes_aside(self) -> SetAsideRoom:
        return self.aside

    @property
    def webhooks(self) -> WebhookRoom:
        return self._webhooks

    @property
    def contacts(self) -> ContactDesk:
        return self._contacts

    def now(self) -> float:
        return self.stage.now

    def post(self, event: Event) -> None:
        self.posted.append(event)
        self.stage.feed(event)
        self.after_post()

    def prompts(self, in_use: bool) -> dict[str, Any]:
        return {
            **({"in_use": self.speech_in_use} if in_use else {}),
            "rendered": 3, "cached": 5, "failed": 1, "files": 2, "size_bytes": 64_000, "waiting": 0,
            "folder": "/speech", "asterisk_folder": "/speech", "most_bytes": 1 << 30,
        }  # fmt: skip

    def view(self) -> DialerView:
        return self.stage.view()

    @property
    def explaining(self) -> WhyRoom:
        return WhyRoom(self.engine, self, self.stage.dialer, self._dnc.desk, self.calls)

    def instance(self) -> str:
        return "test"

    def loop_lag_s(self) -> float:
        return self.lag_s

    def backlog(self) -> int:
        return 3

    def metrics(self) -> tuple[bytes, str]:
        return self._metrics.exposition(), CONTENT_TYPE

    def notices(self, limit: int, level: str | None) -> Sequence[Notice]:
        return self.teller.recent(limit, level)

    async def reload(self, check_only: bool) -> ReloadResult:
        if self.next_plan is None:
            diff: PlanDiff | None = plan_diff(self.stage.plan, self.stage.plan) if not self.problems else None
            return ReloadResult(False, diff, self.problems)
        diff = plan_diff(self.stage.plan, self.next_plan)
        if not check_only:
            self.stage.plan = self.next_plan
            self.post(PlanChanged(self.next_plan))
        return ReloadResult(not check_only, diff, self.problems)

    async def examine(self, campaign: str) -> str:
        self.stage.feed(CampaignFound(campaign, "sounds", self.found))
        return self.found or ""

    async def record_outcomes(self) -> None:
        """What the core has closed goes into the record, as the outbox would take it there."""
        from dialerd.core.commands import CloseAttempt, RecordCaller

        outcomes = [c.outcome for c in self.stage.commands if isinstance(c, CloseAttempt)]
        async with self.engine.begin() as connection:
            await write_outcomes(connection, outcomes, self.stage.now)
            for command in self.stage.commands:
                if isinstance(command, RecordCaller):
                    await record_caller(connection, command, self.stage.now)

    async def contacts_of(self, *rows: str) -> None:
        """Import rows ``ref,phone`` into the list leads."""

        with TemporaryDirectory() as folder:
            file = Path(folder) / "leads.csv"
            file.write_text("ref,phone\n" + "\n".join(rows) + "\n")
            await import_contacts(self.engine, self, file, "leads", mapping_of(LEADS))


async def staged_daemon(folder: Path, stage: Stage, **options: Any) -> StagedDaemon:
    """A daemon whose record is a fresh database in this folder."""
    engine = open_database(f"sqlite+aiosqlite:///{folder / 'record.db'}")
    await migrate_engine(engine)
    return StagedDaemon(stage, engine, **options)
