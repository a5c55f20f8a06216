"""An Asterisk with its trunk, callees and agents' phones, as the telephony port shows it."""

from __future__ import annotations

from collections.abc import Callable

from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core import ids
from dialerd.sim.callees import ENDINGS, draw
from dialerd.sim.channel import Channel, Surroundings, when_unreachable
from dialerd.sim.ear import Ear
from dialerd.sim.keypad import Keypad
from dialerd.sim.schedule import Lane

MESSAGE_S = 6.0
_NORMAL = 16


class SimulatedAsterisk:
    """The telephony port. ``session`` counts connections of the daemon's event socket; None: it has none."""

    def __init__(self, world: Surroundings) -> None:
        self.world = world
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, set[str]] = {}
        self.lost_calls: set[str] = set()
        self.session: int | None = None
        self.reachable = True
        self.down = False
        self._sessions = 0
        self._lane = Lane(world.schedule)
        self._keypad = Keypad(world, self.channels, self._tell, self._end)
        self._handlers: dict[type, Callable[..., None]] = {
            c.OriginateCall: self._originate,
            c.ProbeChannel: self._probe,
            c.HangUp: self._hang_up,
            c.StartAmd: self._start_amd,
            c.StopAmd: self._stop_amd,
            c.CreateBridge: self._create_bridge,
            c.DestroyBridge: self._destroy_bridge,
            c.EnterBridge: self._enter_bridge,
            c.PlayMessage: self._play,
            c.DialAgent: self._dial_agent,
            c.AnnounceAgent: self._announce,
            **self._keypad.handlers,
            **Ear(world, self.channels, self._tell, self._post).handlers,
        }

    # --- the port and its connection ---------------------------------------------------------------------

    def submit(self, command: c.TelephonyCommand) -> None:
        """Carry the command to Asterisk; what concerns it comes back as events."""
        delay = self.world.mishaps.command_delay()
        if delay > 0.01:
            self.blind_everybody(delay)
        self._lane.send(delay, self._arrive, command)

    def connect(self) -> None:
        """The event socket is open: first comes what Asterisk holds."""
        self._sessions += 1
        self.session, self.reachable = self._sessions, True
        live = tuple(e.LiveChannel(held.id, held.state, held.in_app) for held in self.channels.values())
        bridges = {bridge: frozenset(inside) for bridge, inside in self.bridges.items()}
        for channel in self.channels.values():
            if channel.callee is not None and channel.state == "Up" and channel.in_app:
                channel.callee.answer_told = True
        self._post(e.TelephonyBack(live, bridges, frozenset(self.lost_calls)), certain=True)

    def disconnect(self, network_gone: bool) -> None:
        """The event socket is gone, with all events that were in it."""
        self.session = None
        self.reachable = not network_gone
        self.blind_everybody(float("inf"))
        for channel in self.channels.values():
            if channel.callee is not None:
                channel.callee.out_of_sight = True

    def counted(self, attempt_id: str) -> None:
        """The attempt is closed: the note about the lost call is taken away."""
        self.lost_calls.discard(attempt_id)

    def restart(self) -> None:
        """All channels and bridges vanish, without a word."""
        self.session, self.down = None, True
        for channel in list(self.channels.values()):
            self._end(channel, None, None, "asterisk", quiet=True)
        self.bridges.clear()

    def _post(self, event: e.Event, certain: bool = False) -> None:
        world = self.world
        if self.session is None:
            return
        if certain:
            world.schedule.after(0.001, world.deliver, event, self.session)
            return
        for delay in world.mishaps.fate(event):
            world.schedule.after(delay, world.deliver, event, self.session)

    def _tell(self, channel: Channel, event: e.Event) -> None:
        """Post a fact about a channel; facts about one channel do not overtake each other."""
        world = self.world
        if self.session is None:
            return
        fate = world.mishaps.fate(event)
        callee = channel.callee
        if callee is not None and (not fate or fate[0] > 0.01):
            callee.blind_s += fate[0] if fate else float("inf")
        if callee is not None and fate and type(event) is e.ChannelAnswered:
            callee.answer_told = True
        schedule, told_until = world.schedule, channel.told_until
        for delay in fate:
            moment = schedule.now + delay
            if moment < told_until:
                moment = told_until
            if delay is fate[0]:
                channel.told_until = told_until = moment
            schedule.at(moment, world.deliver, event, self.session)

    def blind_everybody(self, seconds: float) -> None:
        """Facts about every call that waits for something are late by up to so many seconds."""
        for channel in self.channels.values():
            if channel.callee is not None and channel.callee.connected_at is None:
                channel.callee.blind_s += seconds

    def _arrive(self, command: c.TelephonyCommand) -> None:
        if self.down or not self.reachable:
            answer = when_unreachable(command)
            if answer is not None:
                self._post(answer)
        else:
            self._handlers[type(command)](command)

    # --- calls -------------------------------------------------------------------------------------------

    def _originate(self, command: c.OriginateCall) -> None:
        world, fate = self.world, self.world.mishaps.originate()
        if fate == "refused":
            self._post(e.OriginateRefused(command.attempt_id, 500, "Allocation failed"))
            return
        if fate == "unknown_none":
            self._post(e.OriginateUnknown(command.attempt_id))
            return
        if command.attempt_id in self.channels:
            self._post(e.OriginateRefused(command.attempt_id, 409, "Channel with given unique ID already exists"))
            return
        number = command.dial_string.removeprefix("PJSIP/").removesuffix("@carrier")
        callee = draw(world.rng, number, world.talk_s)
        if world.mishaps.trunk_down:
            callee.kind, callee.ring_s = "congestion", 0.1
        callee.dialed_at = world.schedule.now
        channel = Channel(command.attempt_id, "call", callee=callee, dead_man_s=command.dead_man_s)
        self.channels[channel.id] = channel
        world.truth.dialed(command.attempt_id, callee, world.schedule.now)
        if fate == "ok":
            self._tell(channel, e.OriginateAccepted(channel.id))
        elif fate == "unknown":
            world.schedule.after(2.0, self._post, e.OriginateUnknown(channel.id))
        if callee.kind not in ("no_progress", "congestion"):
            world.schedule.after(min(1.0, callee.ring_s / 2), self._rings, channel)
        if callee.kind in ("person", "machine"):
            world.schedule.after(callee.ring_s, self._answered, channel)
        elif callee.kind not in ("no_answer", "no_progress"):
            world.schedule.after(callee.ring_s, self._refused_by_far_end, channel)
        if not world.mishaps.forgets_ring_timeout():
            world.schedule.after(command.ring_timeout_s, self._ring_time_out, channel)

    def _rings(self, channel: Channel) -> None:
        if not channel.ended and channel.state == "Down":
            channel.state = "Ringing"
            self._tell(channel, e.ChannelRinging(channel.id))

    def _refused_by_far_end(self, channel: Channel) -> None:
        assert channel.callee is not None
        self._end(channel, *ENDINGS[channel.callee.kind], "callee")

    def _ring_time_out(self, channel: Channel) -> None:
        if channel.state != "Up":
            self._end(channel, *ENDINGS["no_answer"], "asterisk")

    def _answered(self, channel: Channel) -> None:
        callee, world = channel.callee, self.world
        if channel.ended or channel.state == "Up" or callee is None:
            return
        now = world.schedule.now
        channel.state, callee.answered_at = "Up", now
        if callee.speech_after_s is not None:
            world.schedule.after(callee.speech_after_s, self._speaks, channel)
        world.schedule.after(callee.patience_s, self._loses_patience, channel)
        if self.session is None:
            channel.in_app = False
            world.schedule.after(0.3, self._enter_app_again, channel)
        else:
            self._enter_app(channel)

    def _enter_app(self, channel: Channel) -> None:
        channel.in_app = True
        self._tell(channel, e.ChannelAnswered(channel.id))
        self.world.schedule.after(channel.dead_man_s, self._dead_man, channel)

    def _enter_app_again(self, channel: Channel) -> None:
        if channel.ended:
            return
        if self.session is None:
            self._lost(channel)
        else:
            self._enter_app(channel)

    def _dead_man(self, channel: Channel) -> None:
        if not channel.ended and not channel.in_charge:
            self._lost(channel)

    def _lost(self, channel: Channel) -> None:
        """The dialplan takes the call and plays the abandoned-call message."""
        assert channel.callee is not None
        channel.in_app = False
        self._leave_bridge(channel)
        self.lost_calls.add(channel.id)
        self._tell(channel, e.CallLost(channel.id))
        self._hears_message(channel)
        self.world.schedule.after(MESSAGE_S, self._end, channel, _NORMAL, None, "dialplan")

    def _speaks(self, channel: Channel) -> None:
        callee, world = channel.callee, self.world
        if channel.ended or callee is None:
            return
        callee.speech_at = world.schedule.now
        callee.greeting_end_at = callee.speech_at + callee.greeting_s
        if channel.in_app:
            self._tell(channel, e.TalkingStarted(channel.id))
            world.schedule.after(callee.greeting_s + 0.8, self._stops_speaking, channel)

    def _stops_speaking(self, channel: Channel) -> None:
        if not channel.ended and channel.in_app:
            self._tell(channel, e.TalkingStopped(channel.id, 0.8))

    def _loses_patience(self, channel: Channel) -> None:
        callee = channel.callee
        if callee is not None and callee.connected_at is None and callee.message_at is None:
            self._end(channel, _NORMAL, None, "callee")

    # --- ends --------------------------------------------------------------------------------------------

    def _end(self, channel: Channel, cause: int | None, sip_status: int | None, by: str, quiet: bool = False) -> None:
        if channel.ended:
            return
        channel.ended = True
        self._leave_bridge(channel)
        self.channels.pop(channel.id, None)
        if channel.callee is not None:
            channel.callee.ended_at, channel.callee.ended_by = self.world.schedule.now, by
            self.world.truth.ended(channel.id)
            self._stop_snoop(channel.id, "HANGUP")
        if channel.playing is not None and not quiet:
            self._tell(channel, e.PlaybackFinished(channel.playing, failed=True))
        if channel.kind == "agent" and channel.agent is not None:
            self.world.phones.free(channel.agent, channel.id)
        if channel.kind != "amd" and not quiet:
            self._tell(channel, e.ChannelEnded(channel.id, cause, sip_status))

    def _hang_up(self, command: c.HangUp) -> None:
        channel = self.channels.get(command.channel_id)
        if channel is not None:
            self._end(channel, _NORMAL, None, "dialerd")

    def _probe(self, command: c.ProbeChannel) -> None:
        channel = self.channels.get(command.channel_id)
        self._post(e.ChannelProbed(command.channel_id, channel.state if channel is not None else None))

    # --- analysis ----------------------------------------------------------------------------------------

    def _start_amd(self, command: c.StartAmd) -> None:
        channel, world = self.channels.get(command.attempt_id), self.world
        if channel is None or channel.callee is None or not channel.in_app or world.mishaps.amd_fails():
            self._post(e.AmdFinished(command.attempt_id, "FAILED", ""))
            return
        snoop = Channel(ids.sibling(channel.id, ids.AMD), "amd", "Up")
        self.channels[snoop.id] = snoop
        ready_at = (channel.callee.answered_at or world.schedule.now) + channel.callee.amd_s
        world.schedule.at(max(ready_at, world.schedule.now + 0.2), self._amd_speaks, snoop, channel)

    def _amd_speaks(self, snoop: Channel, channel: Channel) -> None:
        if not snoop.ended and channel.callee is not None:
            self._end(snoop, None, None, "asterisk")
            self._tell(channel, e.AmdFinished(channel.id, channel.callee.amd_status, channel.callee.amd_cause))

    def _stop_amd(self, command: c.StopAmd) -> None:
        snoop = self.channels.get(ids.sibling(command.attempt_id, ids.AMD))
        if snoop is not None:
            self._end(snoop, None, None, "dialerd")

    def _stop_snoop(self, attempt_id: str, status: str) -> None:
        snoop = self.channels.get(ids.sibling(attempt_id, ids.AMD))
        if snoop is not None:
            self._end(snoop, None, None, "asterisk")
            self._post(e.AmdFinished(attempt_id, status, ""))

    # --- bridges -----------------------------------------------------------------------------------------

    def _create_bridge(self, command: c.CreateBridge) -> None:
        self.bridges.setdefault(command.bridge_id, set())

    def _destroy_bridge(self, command: c.DestroyBridge) -> None:
        for channel_id in sorted(self.bridges.pop(command.bridge_id, ())):
            self.channels[channel_id].bridge = None

    def _leave_bridge(self, channel: Channel) -> None:
        if channel.bridge is not None:
            self.bridges.get(channel.bridge, set()).discard(channel.id)
            channel.bridge = None

    def _enter_bridge(self, command: c.EnterBridge) -> None:
        channel, inside = self.channels.get(command.channel_id), self.bridges.get(command.bridge_id)
        if channel is None or channel.state != "Up" or not channel.in_app or inside is None:
            self._post(e.BridgeFailed(command.channel_id, command.bridge_id, "no such channel or bridge"))
            return
        channel.in_charge = True
        self._leave_bridge(channel)
        inside.add(channel.id)
        channel.bridge = command.bridge_id
        self._tell(channel, e.BridgeEntered(channel.id, command.bridge_id))
        self._conversation(command.bridge_id)

    def _conversation(self, bridge: str) -> None:
        """Somebody came into the bridge: whoever hears whom, from now on."""
        world = self.world
        present = [self.channels[channel_id] for channel_id in sorted(self.bridges[bridge])]
        agents = [channel for channel in present if channel.kind == "agent"]
        others = [channel for channel in present if channel.kind != "agent"]
        for channel in others:
            if not agents and channel.callee is not None:
                channel.callee.blind_s = float("inf")  # the daemon has not heard yet that the line is gone
        if not agents or not others:
            return
        if len(agents) > 1 or len(others) > 1:
            world.truth.broken("agent_in_one_call", f"{[channel.id for channel in present]} in {bridge}")
        agent, other = agents[0], others[-1]
        assert agent.agent is not None
        talk_s, callee_first = 30.0, True
        if other.callee is not None:
            world.truth.connected(other.callee, agent.agent, world.schedule.now)
            talk_s, callee_first = other.callee.talk_s, other.callee.hangs_up_first
            if other.callee.kind == "machine":
                talk_s = min(talk_s, 4.0)  # the agent hears that it is one
        agent.talk += 1
        other.talk += 1
        first = other if callee_first else agent
        world.schedule.after(talk_s, self._stops_talking, first, first.talk)

    def _stops_talking(self, channel: Channel, talk: int) -> None:
        if channel.talk == talk and channel.bridge is not None:
            self._end(channel, _NORMAL, None, "callee" if channel.kind == "call" else "agent")

    # --- messages ----------------------------------------------------------------------------------------

    def _play(self, command: c.PlayMessage) -> None:
        channel = self.channels.get(command.channel_id)
        if channel is None or not channel.in_app or self.world.mishaps.sounds_missing:
            self._post(e.PlaybackFinished(command.playback_id, failed=True))
            return
        channel.in_charge, channel.playing = True, command.playback_id
        self._tell(channel, e.PlaybackStarted(command.playback_id))
        self._hears_message(channel)
        self._keypad.hears_prompt(channel)
        self.world.schedule.after(MESSAGE_S, self._message_over, channel, command.playback_id)

    def _hears_message(self, channel: Channel) -> None:
        if channel.callee is not None and channel.callee.message_at is None:
            channel.callee.message_at = self.world.schedule.now
            if self.world.rng.random() < 0.15:
                self.world.schedule.after(2.0, self._end, channel, _NORMAL, None, "callee")

    def _message_over(self, channel: Channel, playback_id: str) -> None:
        if not channel.ended and channel.playing == playback_id:
            channel.playing = None
            self._tell(channel, e.PlaybackFinished(playback_id))

    # --- agents' phones ----------------------------------------------------------------------------------

    def _announce(self, command: c.AnnounceAgent) -> None:
        self.world.phones.announced(command.agent, command.device_state)

    def _dial_agent(self, command: c.DialAgent) -> None:
        phones, agent = self.world.phones, command.dial_string.removeprefix("PJSIP/")
        channel = Channel(command.channel_id, "agent", agent=agent)
        answer_s = phones.ring(agent, channel.id)
        self.channels[channel.id] = channel
        if answer_s is None:
            self._end(channel, 17, 486, "agent")
            return
        if answer_s <= command.timeout_s:
            self.world.schedule.after(answer_s, self._phone_answers, channel)
        else:
            self.world.schedule.after(command.timeout_s, self._phone_not_answered, channel)

    def _phone_answers(self, channel: Channel) -> None:
        if not channel.ended:
            channel.state = "Up"
            self._tell(channel, e.ChannelAnswered(channel.id))

    def _phone_not_answered(self, channel: Channel) -> None:
        if channel.state != "Up":
            self._end(channel, 19, 480, "asterisk")

    def drop_line(self, agent: str) -> None:
        """The agent's phone lets go of whatever it holds."""
        for channel in [held for held in self.channels.values() if held.agent == agent and held.kind == "agent"]:
            self._end(channel, _NORMAL, None, "agent")

    def offer_inbound(self, channel_id: str, agent: str, patience_s: float) -> None:
        """app_queue offers a nailed-up agent a call through our application."""
        if self.session is None or self.down:
            return
        channel = self.channels[channel_id] = Channel(channel_id, "inbound", "Up")
        self._tell(channel, e.InboundOffered(channel_id, agent))
        self.world.schedule.after(patience_s, self._inbound_gives_up, channel)

    def _inbound_gives_up(self, channel: Channel) -> None:
        if channel.bridge is None:
            self._end(channel, _NORMAL, None, "callee")
