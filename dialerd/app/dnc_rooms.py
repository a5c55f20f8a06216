"""The rooms of the do-not-call lists in one daemon, put together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.dnc_desk import StoredDnc
from dialerd.app.dnc_keeper import DncKeeper, LiveNumber
from dialerd.config.dnc_lists import DncListSettings
from dialerd.core.campaign import Plan
from dialerd.core.dialer import Dialer
from dialerd.ports import Clock, Post, ProviderAnswers
from dialerd.providers.http_dnc import Counted, HttpProviders, Measured
from dialerd.store.dnc_redis import DncCopy
from dialerd.store.dnc_sql import SqlDnc
from dialerd.store.provider_answers import RedisAnswers


class Retirer(Protocol):
    """Writes into the record, and tells."""

    on_retired: Callable[[Sequence[int], str], None]


class DncRooms:
    """Record, copy, keeper and desk."""

    def __init__(
        self,
        redis_url: str,
        database: AsyncEngine,
        post: Post,
        clock: Clock,
        *,
        lists: Callable[[], Mapping[str, DncListSettings]],
        plan: Callable[[], Plan],
        dialer: Callable[[], Dialer],
        reached: Callable[[str, int, int], None],
        tell: Callable[..., None],
        counted: Callable[[Mapping[str, Mapping[str, int]]], None],
        measured: Measured,
        waiting: Callable[[int], None] = lambda count: None,
        answered: Counted = lambda name, origin, count: None,
        unkept: Callable[[str], None] = lambda what: None,
        answers: ProviderAnswers | None = None,
        retirers: Sequence[Retirer] = (),
    ) -> None:
        """``answers``: where those of providers are kept, instead of Redis. ``retirers``: who writes into the record
        that contacts are not called any more."""
        record = SqlDnc(database, clock)
        self._copy = DncCopy(redis_url, record)
        self._own = RedisAnswers(redis_url, failed=unkept)
        self._answers = answers if answers is not None else self._own
        self.keeper = DncKeeper(
            record, self._copy, post, clock,
            lists=lambda: lists().keys(), live=lambda: live_numbers(dialer()), reached=reached, tell=tell,
            counted=counted, waiting=waiting, answers=self._answers,
            forgot=lambda name, number: self.providers.forget(name, number),
        )  # fmt: skip
        self.providers = HttpProviders(
            lambda name: lists()[name].provider if name in lists() else None, post, clock,
            answers=self._answers, measured=measured, counted=answered,
        )  # fmt: skip
        for one in retirers:
            one.on_retired = self.keeper.retired
        self.desk = StoredDnc(record, self._copy, self.keeper, clock, lists, plan, self._answers)

    async def aclose(self) -> None:
        """Disconnect. The keeper's task must have ended."""
        await self._copy.aclose()
        await self._own.aclose()


def live_numbers(dialer: Dialer) -> list[LiveNumber]:
    """Calls that nobody has answered yet, with the lists that must not have them."""
    floor, found = dialer.floor, []
    for attempt in floor.attempts.values():
        record, campaign = attempt.record, floor.campaigns.get(attempt.record.campaign)
        if record.answered_at is None and record.ended_at is None:
            lists = attempt.settings.dnc + (campaign.settings.dnc if campaign is not None else ())
            found.append(LiveNumber(record.number, record.contact_key, lists))
    return found
