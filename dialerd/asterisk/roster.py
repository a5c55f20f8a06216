"""The Roster port on a real Asterisk: who is a member of which queue, live; and pausing them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from functools import partial

import structlog

from dialerd.asterisk.ami_connection import AmiFailed
from dialerd.asterisk.ami_link import AmiLink
from dialerd.asterisk.ami_wire import Message
from dialerd.asterisk.callers import caller_taken
from dialerd.asterisk.lanes import Lanes
from dialerd.asterisk.lost_callers import LostCallerMarks
from dialerd.asterisk.lost_marks import LostMarks
from dialerd.asterisk.marks import mark_in
from dialerd.asterisk.members import Roster
from dialerd.asterisk.settings import AmiSettings
from dialerd.core.commands import PauseMember, RosterCommand
from dialerd.core.events import RosterLost, RosterSynced
from dialerd.ports import Post

log = structlog.get_logger(__name__)


class AmiRoster:
    """``QueueStatus`` once, then the events; again at each connection, and now and then against missed events.

    ``lost_calls`` reads the dialplan's marks over the same connection.
    """

    def __init__(
        self,
        settings: AmiSettings,
        post: Post,
        *,
        rng: random.Random,
        on_bug: Callable[[BaseException], None] | None = None,
    ) -> None:
        self._settings = settings
        self._post = post
        self._roster = Roster()
        self._synced = False
        self._told_lost = False
        self._pauses: dict[str, PauseMember] = {}
        self._lanes = Lanes(on_bug or _log_bug)
        self._link = AmiLink(settings, rng, on_event=self._take, on_up=self._sync, on_down=self._down)
        self._resync_task: asyncio.Task[None] | None = None
        self.lost_calls = LostMarks(self._link, settings.action_timeout_s)
        self.lost_callers = LostCallerMarks(self._link, settings.action_timeout_s)

    # --- life --------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Begin to connect; :class:`RosterSynced` tells when the roster is complete."""
        self._link.start()
        self._resync_task = asyncio.create_task(self._resync())

    async def ended(self) -> None:
        """Wait until nobody stays connected any more: after :meth:`stop`, or raises the defect that ended it."""
        await self._link.ended()

    async def stop(self, drain_s: float = 2.0) -> None:
        """Finish the commands already given, for ``drain_s`` seconds at most, then disconnect."""
        await self._lanes.drain(drain_s)
        await self._lanes.stop()
        if self._resync_task is not None:
            self._resync_task.cancel()
            await asyncio.gather(self._resync_task, return_exceptions=True)
        await self._link.stop()

    @property
    def synced(self) -> bool:
        """The roster is complete and events flow."""
        return self._synced

    def submit(self, command: RosterCommand) -> None:
        """Carry out one command; see :mod:`dialerd.ports`. What Asterisk could not be told, because it was away, it
        is told when it is back: of each member only the last word."""
        self._pauses[command.interface] = command
        self._lanes.run((command.interface,), partial(self._pause, command))

    # --- commands ----------------------------------------------------------------------------------------

    async def _pause(self, command: PauseMember) -> None:
        if self._pauses.get(command.interface) is not command:
            return  # a later word follows
        fields = {
            "Interface": command.interface,
            "Paused": "true" if command.paused else "false",
            "Reason": command.reason,
        }
        theirs, others = self._roster.paused_by_people(command.interface)
        # Without a queue Asterisk takes all of them, also where a person has paused the member.
        places: list[dict[str, str]] = [{"Queue": queue} for queue in sorted(others)] if theirs else [{}]
        for place in places:
            try:
                answer = await self._link.action("QueuePause", fields | place)
            except AmiFailed as error:
                log.warning("pause_kept_for_later", agent=command.agent, reason=str(error))
                return
            if not answer.ok:
                log.warning("pause_refused", agent=command.agent, reason=answer.message)
        if self._pauses.get(command.interface) is command:
            del self._pauses[command.interface]

    # --- the roster --------------------------------------------------------------------------------------

    async def _sync(self) -> None:
        await self._list_members()
        self._told_lost = False
        self._synced = True
        self._post(RosterSynced(self._roster.members, self._roster.queues))
        for command in list(self._pauses.values()):
            self.submit(command)

    async def _list_members(self) -> bool:
        self._roster.begin_list()
        answer = await self._link.action("QueueStatus")
        if not answer.ok:
            raise AmiFailed(f"QueueStatus was refused: {answer.message}")
        gone, queues_changed = self._roster.end_list()
        for event in gone:
            self._post(event)
        return queues_changed

    async def _resync(self) -> None:
        while True:
            await asyncio.sleep(self._settings.resync_interval_s)
            if not self._synced:
                continue
            try:
                changed = await self._list_members()
            except AmiFailed as error:
                log.warning("roster_resync_failed", reason=str(error))
                continue
            if changed and self._synced:
                self._post(RosterSynced(self._roster.members, self._roster.queues))

    def _take(self, message: Message) -> None:
        marked = mark_in(message) or caller_taken(message)
        if marked is not None:
            self._post(marked)
            return
        event = self._roster.take(message)
        if event is not None:
            self._post(event)

    def _down(self, reason: str) -> None:
        self._synced = False
        self._roster.forget()
        if not self._told_lost:
            self._told_lost = True
            self._post(RosterLost(reason))


def _log_bug(error: BaseException) -> None:
    log.error("ami_command_failed", exc_info=error)
