"""The plan in force: read from the campaigns file at start and at every reload, and looked at in the world."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path

from dialerd.app.examination import Examiner, event_sources
from dialerd.app.world_watch import LOOK_EVERY_S, LOOKED_AT, WorldWatch
from dialerd.asterisk.telephony import AriTelephony
from dialerd.config.campaigns_file import load_campaigns
from dialerd.config.contact_lists import ContactListSettings
from dialerd.config.plan_diff import plan_diff
from dialerd.config.problems import Problem
from dialerd.config.site_rules import RuleFailure
from dialerd.control.daemon import ReloadResult
from dialerd.core.campaign import Plan
from dialerd.core.dialer import Dialer
from dialerd.core.events import PlanChanged
from dialerd.core.findings import in_words
from dialerd.ports import Post
from dialerd.telemetry.notices import Notices


class UnusableCampaigns(Exception):
    """The campaigns file has errors."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


class PlanInForce:
    """What the campaigns file says, as far as it is in force."""

    def __init__(self, path: Path, rule_failed: Callable[[RuleFailure], None]) -> None:
        """Raises :class:`UnusableCampaigns` when the campaigns file has errors."""
        campaigns = load_campaigns(path, rule_failed)
        if campaigns.plan is None:
            raise UnusableCampaigns(campaigns.problems)
        self.path = path
        self.rule_failed = rule_failed
        self.plan: Plan = campaigns.plan
        self.contact_lists: Mapping[str, ContactListSettings] = campaigns.contact_lists
        self.dnc_lists = campaigns.dnc_lists
        self.webhooks = campaigns.webhooks
        self.voices = campaigns.voices


class PlanRoom:
    """Reloads the plan, and looks whether it can work in the world as it is."""

    def __init__(
        self, in_force: PlanInForce, dialer: Dialer, telephony: AriTelephony, examiner: Examiner, world: WorldWatch,
        notices: Notices, post: Post, *, changed: Callable[[], None],
    ) -> None:  # fmt: skip
        """``changed`` is called when another plan is in force, before the core hears of it."""
        self._in_force = in_force
        self._dialer = dialer
        self._telephony = telephony
        self._examiner = examiner
        self._world = world
        self._notices = notices
        self._post = post
        self._changed = changed
        self._reloading = asyncio.Lock()

    async def look_at_lists(self) -> None:
        """Before Asterisk is there: only what the record knows."""
        await self._world.look_at_lists(self._in_force.plan.campaigns.values())

    async def watch(self) -> None:
        """What is missing now may be there later, and the other way round. Until it is cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            await self._look(self._in_force.plan)

    async def _look(self, plan: Plan, *names: str) -> None:
        """Look whether the campaigns of a plan (or those of these names) can work, and let the core know."""
        chosen = [campaign for name, campaign in plan.campaigns.items() if name in names or not names]
        await self._world.look_at_lists(chosen)
        if self._telephony.connected:
            await self._world.look_at_sounds(chosen, self._telephony.client)

    async def examine_asterisk(self) -> str:
        """Why no call may be placed on this Asterisk, or nothing; and which campaigns cannot work on it."""
        objection = await self._examiner()
        if not objection:
            await self._world.look_at_sounds(self._in_force.plan.campaigns.values(), self._telephony.client)
        return objection

    async def examine(self, campaign: str) -> str:
        """Why the campaign cannot work in the world as it is; empty: nothing stands against it."""
        await self._look(self._in_force.plan, campaign)
        told = self._dialer.floor.findings.of(campaign)
        others = {about: reason for about, reason in told.items() if about not in LOOKED_AT}
        return in_words({**others, **self._world.missing(campaign)})

    async def reload(self, check_only: bool = False) -> ReloadResult:
        """Read the campaigns file again and apply it, all or nothing; live calls keep the settings they have."""
        now = self._in_force
        async with self._reloading:
            result = await asyncio.to_thread(load_campaigns, now.path, now.rule_failed)
            if result.plan is None:
                self._notices.tell("error", "reload_refused", problems=str(len(result.problems)))
                return ReloadResult(False, None, result.problems)
            diff = plan_diff(now.plan, result.plan)
            if not check_only:
                # Before it is in force: what cannot work is not to dial for a moment first.
                await self._look(result.plan)
                now.plan, now.contact_lists = result.plan, result.contact_lists
                now.dnc_lists, now.webhooks = result.dnc_lists, result.webhooks
                now.voices = result.voices
                self._telephony.set_trunks([*event_sources(result.plan), *self._sources_in_use()])
                self._changed()
                self._post(PlanChanged(result.plan))
                self._notices.tell("info", "reloaded", changes=str(len(diff.lines())))
            return ReloadResult(not check_only, diff, result.problems)

    def _sources_in_use(self) -> list[str]:
        """A trunk that is taken out is followed until its calls have ended: who rings is heard of only by it. (Until
        the next reload, to be exact; it does no harm.)"""
        floor = self._dialer.floor
        live = {attempt.record.trunk for attempt in floor.attempts.values()}
        return [f"endpoint:{trunk.settings.event_source}" for name, trunk in floor.trunks.items() if name in live]
