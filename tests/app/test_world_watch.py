"""What campaigns need is looked for; what cannot be seen stays as it was found."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.app.world_watch import WorldWatch
from dialerd.asterisk.wire import Reply, Request, Result, Unanswered
from dialerd.core.campaign import CampaignSettings, Mode
from dialerd.core.events import CampaignFound, Event
from dialerd.core.flow.prompts import sound
from dialerd.store.database import open_database
from dialerd.store.migrate import migrate_engine
from dialerd.store.schema import contact_lists


class Sounds:
    """An ARI that answers for sounds: there, not there, or not at all."""

    def __init__(self, *names: str) -> None:
        self.names: set[str] | None = set(names)
        self.asked: list[str] = []

    async def insist(self, request: Request) -> Result:
        name = request.path.split("/", 1)[1].replace("%2F", "/")
        self.asked.append(name)
        if self.names is None:
            return Unanswered(sent=True, reason="no answer")
        return Reply(200, {"id": name}) if name in self.names else Reply(404, {"message": "Sound not found"})


def campaign(**changes: Any) -> CampaignSettings:
    values: dict[str, Any] = {
        "name": "spring", "mode": Mode.AGENTLESS, "contact_list": "leads", "trunk": "carrier", "caller_id": "",
        "message": sound("sound:spring/offer"), "abandon_message": sound("sound:/var/sorry"),
    }  # fmt: skip
    return CampaignSettings(**(values | changes))


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[AsyncEngine]:
    engine = open_database(f"sqlite+aiosqlite:///{tmp_path / 'record.db'}")
    await migrate_engine(engine)
    yield engine
    await engine.dispose()


async def test_a_sound_goes_and_comes(database: AsyncEngine) -> None:
    posted: list[Event] = []
    watch, ari = WorldWatch(database, posted.append), Sounds()
    both = [campaign(), campaign(name="autumn", message=sound("sound:/var/autumn"))]

    async def look() -> list[Event]:
        posted.clear()
        await watch.look_at_sounds(both, ari)  # type: ignore[arg-type]
        return list(posted)

    missing = CampaignFound("spring", "sounds", "Asterisk has no sound:spring/offer")
    assert await look() == [missing]
    assert ari.asked == ["spring/offer"], "paths cannot be seen over ARI"
    ari.names = None
    assert await look() == [], "no answer says nothing"
    assert watch.missing("spring") == {"sounds": "Asterisk has no sound:spring/offer"}
    ari.names = {"spring/offer"}
    assert await look() == [CampaignFound("spring", "sounds", None)]
    assert await look() == []
    both[0] = campaign(abandon_message=sound("sound:sorry"))
    assert await look() == [CampaignFound("spring", "sounds", "Asterisk has no sound:sorry")]


async def test_a_list_is_made_and_an_absent_database_says_nothing(database: AsyncEngine) -> None:
    posted: list[Event] = []
    watch = WorldWatch(database, posted.append)
    await watch.look_at_lists([campaign()])
    assert posted == [CampaignFound("spring", "contact_list", "contact list leads was never imported")]
    async with database.begin() as connection:
        await connection.execute(insert(contact_lists).values(name="leads", created_at=time.time()))
        await connection.execute(text("ALTER TABLE contact_lists RENAME TO hidden"))
    await watch.look_at_lists([campaign()])
    assert len(posted) == 1
    async with database.begin() as connection:
        await connection.execute(text("ALTER TABLE hidden RENAME TO contact_lists"))
    await watch.look_at_lists([campaign()])
    assert posted[1:] == [CampaignFound("spring", "contact_list", None)]
    assert watch.missing("spring") == {}
