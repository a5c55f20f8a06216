"""A daemon that dies at the worst moment; started by ``test_dead_daemon.py`` as a process of its own.

Dials one number through the real Telephony and, as soon as a chosen event reaches it, does one of:
``kill`` (SIGKILL), ``freeze`` (SIGSTOP), ``cut`` (drops the event socket and does not come back).
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys

from dialerd.asterisk.settings import AriSettings
from dialerd.asterisk.telephony import AriTelephony
from dialerd.core import events
from dialerd.core.commands import OriginateCall
from dialerd.core.events import Event, TelephonyBack


async def main(order: dict[str, str]) -> None:
    """``order``: url, user, password, app, attempt, dial, message, moment (an event's name), fault, dead_man_s."""
    moment = getattr(events, order["moment"])
    connected, never = asyncio.Event(), asyncio.Event()

    def post(event: Event) -> None:
        if isinstance(event, TelephonyBack):
            connected.set()
        if isinstance(event, moment):
            match order["fault"]:
                case "kill":
                    os.kill(os.getpid(), signal.SIGKILL)
                case "freeze":
                    os.kill(os.getpid(), signal.SIGSTOP)
                case "cut":
                    socket = telephony.client._socket
                    assert socket is not None
                    socket._frames.abort()

    settings = AriSettings(order["url"], order["user"], order["password"], order["app"], backoff_min_s=600,
                           backoff_max_s=600)  # fmt: skip
    telephony = AriTelephony(settings, post, rng=random.Random(1), trunks=["endpoint:PJSIP/carrier"])
    await telephony.start()
    await connected.wait()
    telephony.submit(
        OriginateCall(order["attempt"], order["dial"], "+441632960999", 20, (order["message"],),
                      float(order["dead_man_s"]), {})
    )  # fmt: skip
    await never.wait()


if __name__ == "__main__":
    asyncio.run(main(json.loads(sys.argv[1])))
