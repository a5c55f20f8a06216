"""The abandon ledger over HTTP."""

from __future__ import annotations

from datetime import date as Date
from typing import Annotated

from aiohttp import web
from pydantic import BeforeValidator, Field

from dialerd.control.guard import DAEMON, wants_unmasked
from dialerd.control.parameters import Masking, parameters
from dialerd.control.reply import reply
from dialerd.core.abandon_ledger import Counts
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()
COUNTED = (
    "abandoned", "reached", "dials", "persons", "queued", "machine_verdicts", "analysed", "marked_reached",
    "marked_machines", "reviewed", "reviewed_persons",
)  # fmt: skip
assert set(COUNTED) <= set(Counts.__dataclass_fields__)


def _day(text: str) -> Date:
    try:
        return Date.fromisoformat(text)
    except ValueError:
        raise ValueError("a date such as `2026-03-01`") from None


def _counted(text: str) -> str:
    if text not in COUNTED:
        raise ValueError("one of " + ", ".join(f"`{name}`" for name in COUNTED))
    return text


class AbandonParameters(Masking):
    """Which campaign and which day."""

    campaign: str | None = None
    date: Annotated[Date | None, BeforeValidator(_day)] = None
    """The day, in the campaign's time zone; today if not given."""
    days: int | None = Field(default=None, ge=1, le=400)
    """One window of so many days that ends with the day, in place of the usual ones."""


class AbandonCallsParameters(AbandonParameters):
    """Which calls."""

    campaign: str
    of: Annotated[str, BeforeValidator(_counted)] = "abandoned"
    limit: int = Field(default=1000, ge=1, le=10_000)


@routes.get("/api/v1/abandon")
async def ledger(request: web.Request) -> web.Response:
    """Abandon rates by every formula and window, with what they are made of."""
    asked = parameters(request, AbandonParameters)
    daemon = request.app[DAEMON]
    found = await daemon.records.ledger.statements(asked.campaign, asked.date, asked.days)
    return reply({"at": daemon.now(), "ledger": found})


@routes.get("/api/v1/abandon/calls")
async def calls(request: web.Request) -> web.Response:
    """The calls behind one count, with their clocks: of the calendar day, or of `days`."""
    asked = parameters(request, AbandonCallsParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    found = await request.app[DAEMON].records.ledger.calls(
        asked.campaign, asked.date, asked.days, asked.of, asked.limit
    )
    body = {"campaign": asked.campaign, "of": asked.of, "calls": found}
    return reply(body if whole else masked_value(body))
