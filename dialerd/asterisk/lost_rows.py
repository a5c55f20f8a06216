"""Marks that the dialplan left in AstDB while no daemon was there, read over AMI."""

from __future__ import annotations

from collections.abc import Sequence

from dialerd.asterisk.ami_connection import AmiFailed
from dialerd.asterisk.ami_link import AmiLink
from dialerd.asterisk.ami_wire import Message
from dialerd.asterisk.telephony import LostCallsUnavailable


async def lost_rows(link: AmiLink, family: str, what: str, wait_s: float) -> Sequence[Message]:
    """The events that answer for one family of AstDB; none: it is empty. ``what`` names the marks in the error.

    Raises:
        LostCallsUnavailable: AMI is not there within ``wait_s``, or its user may not read AstDB.
    """
    if not await link.wait_up(wait_s):
        raise LostCallsUnavailable(f"{what} cannot be read: AMI is not connected")
    try:
        answer = await link.action("DBGetTree", {"Family": family})
    except AmiFailed as error:
        raise LostCallsUnavailable(f"{what} cannot be read: {error}") from error
    if answer.ok:
        return answer.events
    if "not found" in answer.message.lower():
        return ()
    raise LostCallsUnavailable(f"{what} cannot be read: {answer.message} (the AMI user needs write = reporting)")
