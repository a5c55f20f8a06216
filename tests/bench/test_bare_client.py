"""The bare loop does what it is compared for: it makes the calls, all of them, and notices a refusal."""

from __future__ import annotations

import pytest

from bench.bare import BareClient, BareFailed, calls
from lab import Behaviour, Lab, TruthCall, number_for
from tests.harness.waiting import until

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("safely", [False, True])
async def test_every_number_is_called_and_every_call_is_hung_up_on(lab: Lab, safely: bool) -> None:
    numbers = [number_for(Behaviour.SILENT, variant) for variant in range(4)]
    before = {call.id for call in lab.truth().calls}

    async with BareClient(lab.settings) as client:
        endpoints = [f"PJSIP/{number.lstrip('+')}@carrier" for number in numbers]
        await calls(client, endpoints, in_flight=3, safely=safely)

    def made() -> list[TruthCall]:
        return [call for call in lab.truth().calls if call.id not in before]

    # The carrier writes down what happened a moment after it did.
    until("all calls are over", lambda: len(made()) == len(numbers) and all(call.ended_ms for call in made()))
    assert sorted(call.number for call in made()) == sorted(numbers)
    # That all were answered the client has seen: it hangs up on nobody who was not. On a busy machine that may be
    # before the carrier has come to write the answer down.


async def test_a_refusal_is_not_counted_as_a_call(lab: Lab) -> None:
    async with BareClient(lab.settings) as client:
        with pytest.raises(BareFailed):
            await client.request("POST", "bridges/no-such-bridge/addChannel", channel="no-such-channel")
