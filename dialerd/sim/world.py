"""The simulated world: Asterisk, callees, agents, stores and mishaps around the real engine."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.campaign import CampaignState, Connection, Mode
from dialerd.core.contact import Number
from dialerd.sim.channel import Surroundings
from dialerd.sim.daemon import Daemon, DaemonDied, Trace
from dialerd.sim.disasters import Disasters
from dialerd.sim.mishaps import Mishaps
from dialerd.sim.opt_outs import OptOuts
from dialerd.sim.phones import Phones
from dialerd.sim.queue_floor import QueueFloor
from dialerd.sim.readers import Readers
from dialerd.sim.schedule import Schedule
from dialerd.sim.shift import QUEUE, Shift, plan_for
from dialerd.sim.telephony import SimulatedAsterisk
from dialerd.sim.truth import Truth
from dialerd.sim.voice import SimulatedVoice
from dialerd.store.memory_hot import MemoryHotStore
from dialerd.store.memory_outbox import MemoryOutbox
from dialerd.store.memory_record import MemoryRecord

EPOCH = 1_763_000_000.0
"""The world's second zero, in epoch seconds."""
DRAIN_S = 900.0
"""How long a world may take to come to rest when everything works again."""
EVENTS_PER_SECOND = 600
"""More events of the daemon in one simulated second, on average over ten, is a busy loop (per 5 agents)."""


class _Wall:
    """The machine's clock, which may be stepped."""

    def __init__(self, schedule: Schedule) -> None:
        self._schedule = schedule
        self.offset = EPOCH

    def now(self) -> float:
        return self._schedule.now + self.offset


class World:
    """One shift, from the first log-in until everything is at rest."""

    def __init__(self, shift: Shift, write: Callable[[str], None] | None = None) -> None:
        self.shift = shift
        self.rng = rng = Random(shift.seed)
        self.schedule = Schedule()
        self.plan = plan_for(shift, rng)
        self.trace = Trace(write)
        self.truth = Truth(self.plan)
        self.mishaps = Mishaps(rng, self.schedule, shift.faults, shift.seconds)
        self.wall = _Wall(self.schedule)
        nailed = self.plan.campaigns["spring"].connection is Connection.NAILED
        self.phones = Phones(rng, 0.03 if shift.restless else 0.0)
        self.asterisk = SimulatedAsterisk(
            Surroundings(
                rng, self.schedule, self.mishaps, self.truth, self.phones, shift.talk_s, self._telephony, shift.flows
            )
        )
        self.floor = QueueFloor(rng, self.schedule, self.mishaps, self.phones, QUEUE, nailed, self._roster)
        self.floor.offer = self.asterisk.offer_inbound
        self.floor.drop_line = self.asterisk.drop_line
        self.hot = MemoryHotStore(self._post, self.wall, defer=self._defer)
        self.record = MemoryRecord(self._post, self.wall, defer=self._defer)
        self.outbox = MemoryOutbox(self.hot, self.record, self._post, defer=self._defer)
        self.voice = SimulatedVoice(shift.seed, self.wall.now, self._spoken)
        self.lives: list[Daemon] = []
        self.daemon: Daemon | None = None
        self.happened: list[str] = []
        """The great mishaps, for readers."""
        self.tells: dict[str, int] = {}
        self.draining = False
        self.stalled_until = 0.0
        self.reloaded = False
        """A campaign was taken out for a while, and its counters with it."""
        self._disasters = Disasters(self)
        self.opt_outs = OptOuts(self)
        self.readers = Readers(self)
        self._counted_since = 0.0
        self._most_events = 0

    # --- the daemon's lives ----------------------------------------------------------------------------

    def start_daemon(self) -> None:
        """A new life: what app.py does at start."""
        self.hot.attach(self._post, defer=self._defer)
        self.record.attach(self._post, defer=self._defer)
        self.outbox.drain()
        left = self.hot.recover()
        self.record.reset_in_attempt({record.contact_id for record in left.attempts})
        states = self.record.campaign_states()
        self.truth.campaigns_on = {name: state is CampaignState.ON for name, state in states.items()}
        self.truth.shutting_down = False
        daemon = Daemon(
            self.wall.offset,
            len(self.lives) + 1,
            self.trace,
            (
                self._to_asterisk,
                self.floor.submit,
                self._to_hot,
                self.record.submit,
                self._watch,
                self.voice.submit,
                self.readers.submit,
            ),
        )
        self.lives.append(daemon)
        self.daemon, self._most_events = daemon, 0
        self.step(e.PlanChanged(self.plan))
        zones = {name: campaign.time_zone for name, campaign in self.plan.campaigns.items()}
        days = self.record.day_counts(zones)
        self.step(e.Recovered(left.attempts, left.agent_lines, states, days, left.pacing, self.record.directions()))
        if self.shift.opt_outs or self.shift.flows:
            self.opt_outs.daemon_started()
        self.schedule.after(0.05, self.connect_telephony)
        self.schedule.after(0.08, self.connect_roster)
        if len(self.lives) == 1:
            for name in self.plan.campaigns:
                self.schedule.after(0.1, self.order, e.CampaignStartAsked(name))

    def kill_daemon(self) -> None:
        """The daemon is gone; all its sockets close."""
        assert self.daemon is not None
        self.daemon = None
        for attempt_id in self.hot.ledger:
            if attempt_id in self.truth.callees:
                self.truth.callees[attempt_id].out_of_sight = True
        self.asterisk.disconnect(network_gone=False)
        self.floor.disconnect()
        self.happened.append(f"{self.schedule.now:.1f} s: the daemon died")
        self.schedule.after(self.rng.uniform(0.3, 15.0), self.start_daemon)

    def connect_telephony(self) -> None:
        """The daemon's event socket opens."""
        if self.daemon is not None and self.asterisk.session is None and not self.asterisk.down:
            self.asterisk.connect()

    def connect_roster(self) -> None:
        """The daemon's AMI connection opens."""
        if self.daemon is not None and self.floor.session is None:
            self.floor.connect()

    def step(self, event: e.Event) -> None:
        """Hand one event to the daemon, if it lives."""
        daemon = self.daemon
        if daemon is None:
            return
        if self.schedule.now < self.stalled_until:
            self.schedule.at(self.stalled_until, self._step_of, daemon, event)
            return
        if daemon.events >= self._most_events:
            self._watch_for_loops(daemon)
        try:
            daemon.step(event, self.schedule.now)
        except DaemonDied:
            self.kill_daemon()

    def _step_of(self, life: Daemon, event: e.Event) -> None:
        if life is self.daemon:
            self.step(event)

    def order(self, event: e.Event) -> None:
        """An operator's order reaches the daemon."""
        if self.daemon is None:
            self.schedule.after(1.0, self.order, event)
            return
        if isinstance(event, e.CampaignStopAsked):
            self.truth.campaigns_on[event.campaign] = False
        elif isinstance(event, e.CampaignStartAsked):
            self.truth.campaigns_on[event.campaign] = True
        elif isinstance(event, e.ShutdownAsked):
            self.truth.shutting_down = True
        self.step(event)

    # --- ways into and out of the daemon ---------------------------------------------------------------

    def _telephony(self, event: e.Event, session: int) -> None:
        if session == self.asterisk.session:
            self.step(event)

    def _roster(self, event: e.Event, session: int) -> None:
        if session == self.floor.session:
            self.step(event)

    def _post(self, event: e.Event) -> None:
        self.step(event)

    def _defer(self, reply: Callable[[], None]) -> None:
        life = self.daemon
        for delay in self.mishaps.reply_delays():
            self.schedule.after(delay, self._reply, life, reply)

    def _reply(self, life: Daemon | None, reply: Callable[[], None]) -> None:
        if life is self.daemon and life is not None:
            reply()

    def _spoken(self, delay: float, event: e.Event) -> None:
        if self.daemon is not None:
            self.schedule.after(delay, self._step_of, self.daemon, event)

    def _to_hot(self, command: Any) -> None:
        self.hot.submit(command)
        if type(command) is c.CloseAttempt:
            self.schedule.after(0.05, self.drain_outbox)

    def hot_back(self) -> None:
        """The hot store answers again."""
        self.hot.bring_back()
        self.drain_outbox()

    def drain_outbox(self) -> None:
        """Take outcomes from the hot store to the record."""
        for outcome in self.hot.take_outcomes(limit=1_000_000):
            if outcome.record.id not in self.truth.outcomes:
                self.truth.closed(outcome)
                self.asterisk.counted(outcome.record.id)
        crash = self.mishaps.on and self.rng.random() < 0.02
        if not self.record.lost:
            self.outbox.drain(crash_before_forgetting=crash)
        if self.hot.outbox:
            self.schedule.after(1.0, self.drain_outbox)

    def _watch(self, command: c.WatcherCommand) -> None:
        if isinstance(command, c.InvariantViolated):
            self.truth.broken(command.invariant, f"said the core: {command.detail}")
        else:
            self.tells[command.name] = self.tells.get(command.name, 0) + 1

    def _to_asterisk(self, command: c.TelephonyCommand) -> None:
        if type(command) is c.OriginateCall:
            assert self.daemon is not None
            entry, now = self.hot.ledger.get(command.attempt_id), self.daemon.now
            self.truth.asked_to_dial(entry, command.attempt_id, now)
            self.readers.asked_to_dial(entry, command.attempt_id, now)
        self.asterisk.submit(command)

    # --- the shift ---------------------------------------------------------------------------------------

    def prepare(self) -> None:
        """Contacts, agents, habits, mishaps."""
        shift, rng = self.shift, self.rng
        wanted = shift.contacts or int(shift.agents * shift.minutes * 5) + 20
        serial = 0
        for campaign in self.plan.campaigns.values():
            count = wanted if campaign.mode is not Mode.AGENTLESS else wanted // 3 + 1
            rows = []
            for row in range(count):
                shared = campaign.mode is Mode.AGENTLESS and row % 2
                first = row if shared else serial
                serial += not shared
                numbers = [Number(f"+441632960{first:06d}", "mobile")]
                if rng.random() < 0.15:
                    numbers.append(Number(f"+441632961{serial:06d}", "home"))
                rows.append((f"key-{serial}-{row}", numbers, {"first": "Ann"}))
            self.record.add_contacts(campaign.contact_list, rows)
        for number in range(shift.agents):
            agent = str(8001 + number)
            self.schedule.after(rng.uniform(0.0, min(30.0, shift.seconds / 10)), self.floor.log_in, agent)
            if shift.restless:
                self.schedule.after(rng.uniform(30.0, 400.0), self.floor.restless, agent)
        if shift.inbound_per_hour:
            self.schedule.after(10.0, self.floor.inbound, shift.inbound_per_hour * shift.agents)
        self._disasters.plan()
        if shift.opt_outs or shift.flows:
            self.opt_outs.make_list()
        if shift.opt_outs:
            self.opt_outs.plan()
        self.schedule.at(shift.seconds, self._end_of_shift)

    def _end_of_shift(self) -> None:
        """Everything works again; no new calls are asked for."""
        self.draining = True
        self.floor.working = False
        self._disasters.mend()
        for name, state in self.record.campaign_states().items():
            if state is not CampaignState.COMPLETE:
                self.order(e.CampaignStopAsked(name))

    def run(self) -> None:
        """Let the shift pass and the world come to rest."""
        self.prepare()
        self.start_daemon()
        schedule, end = self.schedule, self.shift.seconds + DRAIN_S
        heap = schedule.happenings
        while True:
            happening = heap[0][0] if heap else None
            daemon = self.daemon
            if daemon is not None and daemon.due is not None:
                due = daemon.due if daemon.due >= self.stalled_until else self.stalled_until
                if happening is None or due <= happening:
                    if due > end:
                        break
                    schedule.now = self.truth.now = max(schedule.now, due)
                    self._wake(daemon)
                    continue
            if happening is None or happening > end:
                break
            self.truth.now = happening
            schedule.run_next()
            if self.draining and self._at_rest():
                break
            if self.truth.findings and len(self.truth.findings) > 20:
                return
        self._drained()

    def _wake(self, daemon: Daemon) -> None:
        if daemon.events >= self._most_events:
            self._watch_for_loops(daemon)
        try:
            daemon.wake(self.schedule.now)
        except DaemonDied:
            self.kill_daemon()

    def _watch_for_loops(self, daemon: Daemon) -> None:
        """The daemon has handled as many events as it may in ten seconds: have they passed?"""
        now, many = self.schedule.now, int(10 * EVENTS_PER_SECOND * max(1.0, self.shift.agents / 5))
        if now - self._counted_since < 10.0 and daemon.events > many:
            self.truth.broken("no_busy_loop", f"{many} events since {self._counted_since:.1f} s")
            raise BusyLoop(str(self.truth.findings[-1]))
        self._counted_since, self._most_events = now, daemon.events + many

    # --- rest --------------------------------------------------------------------------------------------

    def _at_rest(self) -> bool:
        return (
            self.schedule.now > self.shift.seconds + 60.0
            and not self.truth.live
            and not self.hot.ledger
            and not self.hot.outbox
            and self.daemon is not None
            and not self.daemon.dialer.floor.attempts
            and not any(channel.kind != "agent" for channel in self.asterisk.channels.values())
        )

    def _drained(self) -> None:
        """Promise 9: nothing is left behind."""
        left: dict[str, object] = {
            "channels": [ch.id for ch in self.asterisk.channels.values() if ch.kind != "agent"],
            "ledger": list(self.hot.ledger),
            "numbers": list(self.hot.numbers),
            "trunk lines": [lines for lines in self.hot.trunk_lines.values() if lines],
            "campaign lines": [lines for lines in self.hot.campaign_lines.values() if lines],
            "reserved agents": dict(self.hot.agents),
            "outbox": list(self.hot.outbox),
        }
        lines = set(self.hot.agent_lines.values())
        left["agent channels"] = [
            ch.id for ch in self.asterisk.channels.values() if ch.kind == "agent" and ch.id not in lines
        ]
        of_lines = {"brg-" + line[4:] for line in lines}
        left["bridges"] = [bridge for bridge in self.asterisk.bridges if bridge not in of_lines]
        if self.daemon is not None:
            floor = self.daemon.dialer.floor
            left["live attempts"] = [(a.id, a.state.value) for a in floor.attempts.values()]
            left["numbers in the core"] = list(floor.numbers)
            left["lines in the core"] = [t.live for t in floor.trunks.values() if t.live]
            left["hoppers"] = [
                n for n, run in floor.campaigns.items() if run.hopper or run.parked or run.lane or run.live
            ]
            left["agents in calls"] = [
                (a.agent, a.state.value) for a in floor.agents.values() if a.state.value in ("reserved", "on_call")
            ]
            left["agents unknown"] = [
                m.agent for m in self.floor.members.values()
                if not m.paused and self.floor_agent_state(m.agent) not in ("available", "not_responding")
                and floor.timers.at("wrap_up", m.agent) is None
            ]  # fmt: skip
            left["agent channels in the core"] = [ch for ch in floor.agent_channels if ch not in lines]
            left["timers of attempts"] = [key for key in floor.timers.pending() if key[1].startswith("dlr-")]
        left["contacts in attempt"] = [
            row.id for row in self.record.contacts.values() if row.standing.state == "in_attempt"
        ]
        for what, things in left.items():
            if things:
                self.truth.broken("drained", f"{what}: {things}")
        self._accounted()

    def floor_agent_state(self, agent: str) -> str:
        """What the core thinks of an agent."""
        assert self.daemon is not None
        run = self.daemon.dialer.floor.agents.get(agent)
        return run.state.value if run is not None else "unknown"

    def _accounted(self) -> None:
        """Promise 5: one disposition per attempt; counters equal the record."""
        for attempt_id in self.truth.callees:
            if attempt_id not in self.record.attempts:
                self.truth.broken("one_disposition", f"{attempt_id} is not in the record")
        if len(self.lives) == 1 and not self.reloaded:
            counted: dict[str, int] = {}
            for campaign in self.lives[0].dialer.floor.campaigns.values():
                for disposition, count in campaign.dispositions.items():
                    counted[disposition] = counted.get(disposition, 0) + count
            recorded: dict[str, int] = {}
            for record in self.record.attempts.values():
                recorded[str(record.disposition)] = recorded.get(str(record.disposition), 0) + 1
            if counted != recorded:
                self.truth.broken("counters_equal_record", f"{counted} and {recorded}")


class BusyLoop(Exception):
    """The daemon works without the world moving on."""
