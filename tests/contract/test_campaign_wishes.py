"""What somebody asked of a campaign outlives a daemon that dies before its core has said how the campaign stands."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.core.campaign import CampaignState as S
from dialerd.store.campaign_states import read_states, save_state, save_wish
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    opened = open_database(database_url)
    await migrate_engine(opened)
    try:
        yield opened
    finally:
        await opened.dispose()


@pytest.mark.parametrize(
    ("stood", "on", "stands"),
    [
        (None, True, S.ON), (S.OFF, True, S.ON), (S.STOPPING, True, S.ON), (S.SUSPENDED, True, S.ON),
        (S.COMPLETE, True, S.ON), (S.INVALID, True, S.INVALID), (S.ON, False, S.STOPPING),
        (S.INVALID, False, S.STOPPING), (S.SUSPENDED, False, S.STOPPING), (S.COMPLETE, False, S.COMPLETE),
        (S.OFF, False, S.OFF), (None, False, None),
    ],
)  # fmt: skip
async def test_a_wish_is_kept_at_once(engine: AsyncEngine, stood: S | None, on: bool, stands: S | None) -> None:
    async with engine.begin() as connection:
        if stood is not None:
            await save_state(connection, "spring", stood, "", 1.0)
        await save_wish(connection, "spring", on, 2.0)
        assert (await read_states(connection)).get("spring") is stands
