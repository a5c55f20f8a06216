"""The dialplan's marks of callers of whom no daemon took care, in AstDB, read and removed over AMI.

``asterisk-conf/extensions.conf`` writes ``dialerd-inbound/<channel>`` = ``<epoch seconds>*<caller>*<number>*<key>``.
"""

from __future__ import annotations

import structlog

from dialerd.asterisk.ami_connection import AmiFailed
from dialerd.asterisk.ami_link import AmiLink
from dialerd.asterisk.ami_wire import Message
from dialerd.asterisk.lost_rows import lost_rows
from dialerd.core.events import LostCaller

log = structlog.get_logger(__name__)

FAMILY = "dialerd-inbound"


class LostCallerMarks:
    """Implements :class:`dialerd.asterisk.telephony.LostCallers`."""

    def __init__(self, link: AmiLink, wait_s: float) -> None:
        self._link = link
        self._wait_s = wait_s

    async def read(self) -> tuple[LostCaller, ...]:
        """All marks, the oldest first. A mark that cannot be read is logged and left where it is.

        Raises:
            LostCallsUnavailable: AMI is not there in time, or its user may not read AstDB.
        """
        rows = await lost_rows(self._link, FAMILY, "lost callers", self._wait_s)
        found = [mark for event in rows if (mark := lost_caller(event)) is not None]
        return tuple(sorted(found, key=lambda mark: (mark.at, mark.channel_id)))

    async def forget(self, channel_id: str) -> None:
        """Remove a mark; one that cannot be removed stays, and is read again."""
        try:
            answer = await self._link.action("DBDel", {"Family": FAMILY, "Key": channel_id})
        except AmiFailed as error:
            log.warning("lost_caller_kept", channel=channel_id, reason=str(error))
            return
        if not answer.ok and "not found" not in answer.message.lower():
            log.warning("lost_caller_kept", channel=channel_id, reason=answer.message)


def lost_caller(event: Message) -> LostCaller | None:
    """The mark in one row of the answer; None: it is none."""
    prefix = f"/{FAMILY}/"
    key, parts = event.get("Key", ""), event.get("Val", "").split("*")
    if event.get("Event") != "DBGetTreeResponse" or not key.startswith(prefix):
        return None
    if len(parts) != 4 or not parts[0].isdecimal():
        log.error("lost_caller_unreadable", channel=key.removeprefix(prefix))
        return None
    return LostCaller(key.removeprefix(prefix), float(parts[0]), parts[1], parts[2], parts[3])
