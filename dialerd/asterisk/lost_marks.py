"""The dialplan's marks of lost calls, in AstDB, read and removed over AMI.

``asterisk-conf/extensions.conf`` writes ``dialerd-lost/<attempt id>`` = epoch seconds when it plays the
abandoned-call message to somebody whom nobody took.
"""

from __future__ import annotations

import structlog

from dialerd.asterisk.ami_connection import AmiFailed
from dialerd.asterisk.ami_link import AmiLink
from dialerd.asterisk.lost_rows import lost_rows

log = structlog.get_logger(__name__)

FAMILY = "dialerd-lost"


class LostMarks:
    """Implements :class:`dialerd.asterisk.telephony.LostCalls`."""

    def __init__(self, link: AmiLink, wait_s: float) -> None:
        self._link = link
        self._wait_s = wait_s

    async def read(self) -> frozenset[str]:
        """The attempts that are marked.

        Raises:
            LostCallsUnavailable: AMI is not there in time, or its user may not read AstDB.
        """
        rows = await lost_rows(self._link, FAMILY, "lost calls", self._wait_s)
        prefix = f"/{FAMILY}/"
        keys = (event.get("Key", "") for event in rows if event.get("Event") == "DBGetTreeResponse")
        return frozenset(key.removeprefix(prefix) for key in keys if key.startswith(prefix))

    async def forget(self, attempt_ids: frozenset[str]) -> None:
        """Remove these marks; those that cannot be removed stay and are read again."""
        for attempt_id in sorted(attempt_ids):
            try:
                answer = await self._link.action("DBDel", {"Family": FAMILY, "Key": attempt_id})
            except AmiFailed as error:
                log.warning("lost_mark_kept", attempt=attempt_id, reason=str(error))
                return
            if not answer.ok:
                log.warning("lost_mark_kept", attempt=attempt_id, reason=answer.message)
