"""How campaigns stand, in the record: as the core says, and as somebody has just asked."""

from __future__ import annotations

import structlog
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialerd.core.campaign import CampaignState
from dialerd.store.schema import campaigns

_log = structlog.get_logger(__name__)
_WANTED_ON = frozenset({CampaignState.ON, CampaignState.INVALID})


async def save_state(connection: AsyncConnection, name: str, state: CampaignState, reason: str, now: float) -> None:
    """The state that a campaign has now; ``now`` in epoch seconds."""
    await connection.execute(delete(campaigns).where(campaigns.c.name == name))
    await connection.execute(insert(campaigns).values(name=name, state=state.value, reason=reason, updated_at=now))


async def save_wish(connection: AsyncConnection, name: str, on: bool, now: float) -> None:
    """Somebody wants it on, or wants no new calls: so it is to be after a restart, though the daemon may die before
    the core has said how it stands."""
    stood = (await read_states(connection)).get(name)
    if on and stood not in _WANTED_ON:
        await save_state(connection, name, CampaignState.ON, "", now)
    elif not on and stood is not None and stood not in (CampaignState.OFF, CampaignState.COMPLETE):
        await save_state(connection, name, CampaignState.STOPPING, "", now)


async def read_states(connection: AsyncConnection) -> dict[str, CampaignState]:
    """Campaign -> the state it was last told to have; one that this version does not know counts as off."""
    rows = (await connection.execute(select(campaigns.c.name, campaigns.c.state))).all()
    return {name: _state(state) for name, state in rows}


def _state(state: str) -> CampaignState:
    try:
        return CampaignState(state)
    except ValueError:
        _log.warning("campaign_state_unknown", state=state)
        return CampaignState.OFF
