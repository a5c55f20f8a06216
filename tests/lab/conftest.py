"""A connection to the session's pair, with an app of its own."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator

import pytest
from lab_ari import Ari

from lab import Lab


@pytest.fixture
async def ari(lab: Lab) -> AsyncIterator[Ari]:
    connection = await Ari(lab, f"test-{secrets.token_hex(4)}").connect()
    yield connection
    await connection.close()
