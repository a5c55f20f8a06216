"""People who call in at this moment, as operators see them. Part of :mod:`dialerd.core.view`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dialerd.core.caller import CallerState
from dialerd.core.caller_run import CallerRun


@dataclass(frozen=True, slots=True)
class CallerView:
    """One live inbound call. Times are epoch seconds."""

    id: str
    campaign: str
    contact_key: str
    number: str
    """In E.164; empty: withheld, or not known yet."""
    shown: str
    """The number that was called."""
    state: str
    treatment: str
    queue: str
    agent: str
    arrived_at: float
    answered_at: float | None
    queued_at: float | None
    connected_at: float | None
    flow: str | None
    node: str | None


def caller_views(callers: Iterable[CallerRun]) -> tuple[CallerView, ...]:
    """Everybody who calls in now, the first who came first."""
    live = [caller for caller in callers if caller.state is not CallerState.ENDED]
    return tuple(_view(caller) for caller in sorted(live, key=lambda one: (one.record.arrived_at, one.record.id)))


def _view(caller: CallerRun) -> CallerView:
    record, walk = caller.record, caller.walk
    return CallerView(
        record.id, record.campaign, record.contact_key, record.number, record.shown, caller.state.value,
        record.treatment, record.queue, record.agent, record.arrived_at, record.answered_at, record.queued_at,
        record.connected_at,
        walk.state.flow if walk is not None else None, walk.state.node if walk is not None else None,
    )  # fmt: skip
