"""What a person hears when the daemon dies, freezes or is cut off at the worst moment.

The figures go into ``docs/adr/0002-originate-to-the-dialplan.md``.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from asterisk_inbox import new_id, until

from dialerd.core import ids
from lab import Behaviour, Callee, Lab, TruthCall

pytestmark = pytest.mark.integration

DEAD_MAN_S = 2.0
ANSWER_AFTER_S = 0.5


async def doomed(lab: Lab, number: str, moment: str, fault: str) -> tuple[str, TruthCall]:
    """Let a daemon dial ``number`` and meet its fate; the attempt and what the callee heard."""
    lab.assign(number, Callee(Behaviour.SILENT, ring_s=ANSWER_AFTER_S, talk_s=20, patience_s=20))
    attempt, began_ms = new_id(ids.ATTEMPT), time.time() * 1000
    order = {
        "url": lab.ari_url, "user": lab.ari_user, "password": lab.ari_password,
        "app": f"doomed-{secrets.token_hex(4)}", "attempt": attempt,
        "dial": f"PJSIP/{number.lstrip('+')}@carrier", "message": lab.settings.abandon_sound,
        "moment": moment, "fault": fault, "dead_man_s": str(DEAD_MAN_S),
    }  # fmt: skip
    script = Path(__file__).with_name("doomed_dialer.py")
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(script), json.dumps(order),
        stdout=asyncio.subprocess.DEVNULL, cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )  # fmt: skip

    def calls() -> list[TruthCall]:
        return [call for call in lab.truth().of(number) if call.received_ms >= began_ms - 5 and call.ended_ms]

    async def over() -> bool:
        return bool(calls())

    try:
        await until(over, timeout_s=40)
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await process.wait()
    return attempt, calls()[-1]


async def marked(lab: Lab, attempt: str) -> bool:
    return attempt in lab.pbx.cli("database show dialerd-lost")


@pytest.mark.parametrize("fault", ["kill", "cut", "freeze"])
@pytest.mark.parametrize("moment", ["ChannelRinging", "ChannelAnswered"])
async def test_the_person_hears_the_message(
    lab: Lab, fault: str, moment: str, record_property: Callable[[str, object], None]
) -> None:
    number = f"+4420794609{30 + ['kill', 'cut', 'freeze'].index(fault) * 2 + (moment == 'ChannelRinging')}"
    attempt, call = await doomed(lab, number, moment, fault)
    assert call.answered_ms is not None
    assert call.message_ms is not None, "the person heard nothing"
    assert call.ended_by == "caller"
    heard_after_ms = call.message_ms - call.answered_ms
    record_property("message_after_ms", heard_after_ms)
    print(f"{moment} {fault}: message {heard_after_ms} ms after the answer")
    # Without a socket at the answer the dialplan goes on by itself; otherwise the dead man's timer ends the wait.
    limit_ms = 1000 if moment == "ChannelRinging" and fault != "freeze" else DEAD_MAN_S * 1000 + 700
    assert heard_after_ms < limit_ms
    await until(lambda: marked(lab, attempt))
