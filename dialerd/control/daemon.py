"""What the API needs from the daemon behind it. The composition implements these two protocols."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Protocol

from dialerd.config.plan_diff import PlanDiff
from dialerd.config.problems import Problem
from dialerd.control.callback_service import CallbackService
from dialerd.control.contact_service import ContactService
from dialerd.control.dnc_lists import DncDesk
from dialerd.control.import_service import ImportService
from dialerd.control.inbound_service import InboundQuestion
from dialerd.control.inspection import Explanation
from dialerd.control.preview_service import PreviewService
from dialerd.control.recordings_service import RecordingService
from dialerd.core.abandon import CampaignFigures
from dialerd.core.amd_report import AmdReport
from dialerd.core.amd_truth import MarkCounts
from dialerd.core.contact import Contact, ContactState
from dialerd.core.events import Event
from dialerd.core.view import DialerView

Row = Mapping[str, Any]
"""One row of the record by column name; plain values."""


class Unavailable(Exception):
    """What is asked cannot be answered now: the database, or another part, is away. The text says which and why."""


class UnknownContactList(Exception):
    """The configuration has no contact list of this name."""


class UnusableFile(Exception):
    """A contact file cannot be read as its list's settings say; the text says why, and where."""


@dataclass(frozen=True, slots=True)
class AttemptQuestion:
    """Which finished attempts; None asks for nothing. ``since`` and ``until``: epoch seconds of recording."""

    campaign: str | None = None
    disposition: str | None = None
    number: str | None = None
    since: float | None = None
    until: float | None = None
    limit: int = 100
    offset: int = 0


@dataclass(frozen=True, slots=True)
class KnownContact:
    """A contact with its standing in the record."""

    contact: Contact
    state: ContactState
    next_at: float | None
    """Epoch seconds before which it is not called; None: it does not wait."""
    reason: str


@dataclass(frozen=True, slots=True)
class ReloadResult:
    """What a reload did, or would do. ``applied``: the new plan is in force. ``diff`` is None when the files have
    errors; ``problems`` holds these, and warnings otherwise."""

    applied: bool
    diff: PlanDiff | None
    problems: tuple[Problem, ...] = field(default=())


class NoticeLike(Protocol):
    """One thing that an operator was told; see :class:`dialerd.telemetry.notices.Notice`."""

    @property
    def at(self) -> float: ...
    @property
    def level(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, str]: ...
    @property
    def cause(self) -> str: ...
    @property
    def remedy(self) -> str: ...


class Ledger(Protocol):
    """The abandon ledger. Both methods raise :class:`Unavailable` when the database does not answer."""

    async def statements(self, campaign: str | None, day: date | None, days: int | None) -> list[Row]:
        """Rates by every formula in every window of a day (today if None), or in one of so many ``days``."""

    async def calls(self, campaign: str, day: date | None, days: int | None, of: str, limit: int) -> list[Row]:
        """The calls that one count of the calendar day (or of ``days``) is made of."""


class Verdicts(Protocol):
    """What call analysis said and what people said. Raises :class:`Unavailable` when the database does not answer."""

    async def report(self, since: float, until: float | None, campaign: str | None, trunk: str | None) -> AmdReport:
        """Verdicts against marks, of answers in the span."""

    async def reviews(
        self, campaign: str | None, trunk: str | None, marked: bool | None, since: float | None, until: float | None,
        limit: int, offset: int,
    ) -> list[Row]:  # fmt: skip
        """Machine verdicts that were kept to be listened to, latest first; see :mod:`dialerd.store.review_list`."""


class Records(Protocol):
    """The record's answers. Every method raises :class:`Unavailable` when the database does not answer."""

    @property
    def ledger(self) -> Ledger:
        """The abandon ledger."""

    @property
    def verdicts(self) -> Verdicts:
        """How good call analysis is."""

    async def attempts(self, question: AttemptQuestion) -> list[Row]:
        """Finished attempts, latest first."""

    async def attempt(self, attempt_id: str) -> Row | None:
        """One finished attempt, or None."""

    async def inbound(self, question: InboundQuestion) -> list[Row]:
        """Inbound calls that are over, latest first."""

    async def contacts_with_number(self, number: str) -> list[KnownContact]:
        """All contacts, of whichever list, that have this number (E.164)."""

    async def figures(self, since: float, until: float | None, campaign: str | None) -> list[CampaignFigures]:
        """Totals of every campaign (or one) with attempts recorded in the span."""

    async def mark_counts(self, since: float, until: float | None, campaign: str | None) -> list[MarkCounts]:
        """What is known of the mistakes of call analysis, per campaign and trunk."""

    async def add_audit(self, who: str, what: str, detail: Mapping[str, Any]) -> None:
        """Somebody changed something. ``detail`` is JSON without secrets and without whole phone numbers."""

    async def want_campaign(self, name: str, on: bool) -> None:
        """Somebody has asked for it to be on, or to place no new calls: that holds over a restart. Raises
        Unavailable."""

    async def audit(self, limit: int) -> list[Row]:
        """The latest changes, latest first: ``at``, ``who``, ``what``, ``detail``."""


class Orders(Protocol):
    """Dial orders of the campaigns in the configuration. KeyError: no such campaign. Both methods raise
    :class:`Unavailable` when the database does not answer."""

    def parked(self, campaign: str) -> list[Row]:
        """What the campaign's parked contacts wait for (``reason``, ``contacts``, ``soonest_at``), as it was counted
        some seconds ago; empty for a campaign that is not known."""

    async def next_contacts(self, campaign: str, limit: int) -> list[Row]:
        """The contacts that would be fetched now, in order."""

    async def counts(self, campaign: str) -> Row:
        """How many contacts the campaign's filter lets through, and how they stand."""


class Webhooks(Protocol):
    """Webhooks. Every method raises :class:`Unavailable` when the database does not answer. What is done is done to
    dead deliveries alone: to all of a webhook, or to those of these ids."""

    async def overview(self) -> list[Row]:
        """Every webhook: ``webhook``, ``configured``, ``url``, ``waiting``, ``dead``."""

    async def deliveries(self, dead: bool, limit: int) -> list[Row]:
        """Those that were given up, or those that wait; the oldest first."""

    async def again(self, webhook: str | None, ids: Collection[str]) -> int:
        """They are sent again; returns how many."""

    async def drop(self, webhook: str | None, ids: Collection[str]) -> int:
        """They are taken out; returns how many."""


class OutcomesAside(Protocol):
    """Outcomes that the record would not take. Both methods raise :class:`Unavailable` when Redis does not answer."""

    async def rows(self, limit: int) -> list[Row]:
        """The oldest ones: ``id``, ``at``, ``reason``, and what can be read of the attempt."""

    async def put_back(self, ids: Collection[str] | None) -> int:
        """They are written into the record again, or all where no ids are named; returns how many."""


class Explaining(Protocol):
    """Explains contacts."""

    async def explain(self, campaign: str, known: KnownContact) -> Explanation:
        """Everything that can be said of a contact now. KeyError: no such campaign. Raises :class:`Unavailable`
        when the database does not answer."""


class Daemon(Protocol):
    """The running daemon. All methods are called on its event loop."""

    @property
    def records(self) -> Records:
        """The record's answers."""

    @property
    def orders(self) -> Orders:
        """Who comes next, and how many there are."""

    @property
    def recordings(self) -> RecordingService:
        """Recordings of conversations."""

    @property
    def callbacks(self) -> CallbackService:
        """Call-backs."""

    @property
    def previews(self) -> PreviewService:
        """Offers to agents."""

    @property
    def explaining(self) -> Explaining:
        """Why a contact is not called."""

    @property
    def dnc(self) -> DncDesk:
        """Do-not-call lists."""

    @property
    def webhooks(self) -> Webhooks:
        """Webhooks and what waits to be told."""

    @property
    def outcomes_aside(self) -> OutcomesAside:
        """Outcomes that the record would not take."""

    @property
    def contacts(self) -> ContactService:
        """Single contacts."""

    @property
    def imports(self) -> ImportService:
        """Imports of contact files."""

    def now(self) -> float:
        """The daemon's time, epoch seconds."""

    def post(self, event: Event) -> None:
        """Put an event into the engine's inbox."""

    def prompts(self, in_use: bool) -> Mapping[str, Any]:
        """What was turned into speech since the start, and what is kept of it; plain values. ``in_use``: with the
        names of the files that callers hear now, or are about to."""

    def view(self) -> DialerView:
        """The core's present picture."""

    def instance(self) -> str:
        """This daemon's name."""

    def loop_lag_s(self) -> float:
        """How late the event loop wakes up, seconds."""

    def backlog(self) -> int:
        """Events that wait in the inbox."""

    def metrics(self) -> tuple[bytes, str]:
        """Metrics in Prometheus' text format, and their content type."""

    def notices(self, limit: int, level: str | None) -> Sequence[NoticeLike]:
        """The newest notices first; ``level`` is the least level (``info``, ``warning``, ``error``)."""

    async def reload(self, check_only: bool) -> ReloadResult:
        """Read the campaigns file again and apply it, all or nothing; ``check_only``: only say what would change."""

    async def examine(self, campaign: str) -> str:
        """Look now whether the campaign can work in the world as it is, and let the core know. Why it cannot, as a
        sentence for people; empty: nothing stands against it."""
