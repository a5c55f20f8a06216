"""How each command of the core becomes requests, and each refusal an event."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable

import structlog

from dialerd.asterisk.call_recordings import CallRecordings
from dialerd.asterisk.callers import CallerCommands
from dialerd.asterisk.client import AriClient
from dialerd.asterisk.listening import Listening
from dialerd.asterisk.translate import Translator
from dialerd.asterisk.wire import Reply, Request, Result, path_of
from dialerd.core import ids
from dialerd.core.commands import (
    AnnounceAgent,
    AnnounceRecording,
    CreateBridge,
    DestroyBridge,
    DialAgent,
    EnterBridge,
    ForgetLostCaller,
    HangUp,
    HoldDeadMan,
    KeepHeard,
    LeadToQueue,
    LeaveCaller,
    OriginateCall,
    PauseCallRecording,
    PlayMessage,
    ProbeChannel,
    StartAmd,
    StartCallRecording,
    StartListening,
    StartRecording,
    StopAmd,
    StopListening,
    StopPlayback,
    StopRecording,
    TakeCaller,
    TelephonyCommand,
    TransferOut,
)
from dialerd.core.events import (
    AmdFinished,
    BridgeFailed,
    ChannelEnded,
    ChannelProbed,
    OriginateAccepted,
    OriginateRefused,
    OriginateUnknown,
    PlaybackFinished,
    PlaybackStarted,
    RecordingFinished,
    TransferFailed,
)
from dialerd.ports import Post

log = structlog.get_logger(__name__)

OUT_CONTEXT = "dialerd-out"
AMD_CONTEXT = "dialerd-amd"
TRANSFER_CONTEXT = "dialerd-transfer"
EXTENSION_MAX = 79
"""Asterisk cuts longer extensions."""
DEAD_MAN = "TIMEOUT(absolute)"
SNOOP_TIMEOUT_S = 2.0
"""How long a snoop channel may take to come into the application."""
REARMED_S = 5
"""The dead man's timer of a call that could not be put into its bridge."""
_HANG_UP_REASONS = frozenset({"normal", "busy", "congestion", "no_answer", "timeout", "rejected", "unallocated"})
NOT_CONNECTED = "not connected"

AUTO_ANSWER = {
    "PJSIP_HEADER(add,Call-Info)": "<sip:dialerd>;answer-after=0",
    "PJSIP_HEADER(add,Alert-Info)": "<http://dialerd.invalid>;info=alert-autoanswer;delay=0",
}
"""What makes most SIP phones answer by themselves. No standard has it, but ``answer-after`` in Call-Info and
``alert-autoanswer`` in Alert-Info are what phones of most makers look for."""


def keys_of(command: TelephonyCommand) -> tuple[str, ...]:
    """The things a command is about: commands that share one are carried out in order."""
    match command:
        case OriginateCall() | StartAmd() | StopAmd():
            return (command.attempt_id,)
        case StartListening() | KeepHeard() | StopListening():
            # Nothing else of the call waits for it.
            return (ids.sibling(command.attempt_id, ids.EAR),)
        case (
            ProbeChannel() | HangUp() | PlayMessage() | StopPlayback() | StartRecording() | StopRecording()
            | TransferOut() | DialAgent() | HoldDeadMan() | TakeCaller() | LeadToQueue() | LeaveCaller()
        ):  # fmt: skip
            # A snoop channel belongs to its attempt's lane.
            if command.channel_id.startswith(ids.AMD):
                return (ids.sibling(command.channel_id, ids.ATTEMPT),)
            return (command.channel_id,)
        case CreateBridge() | DestroyBridge():
            return (command.bridge_id,)
        case EnterBridge():
            return (command.channel_id, command.bridge_id)
        case StartCallRecording() | PauseCallRecording():
            # A lane of their own: the call itself waits for no recording.
            return (ids.sibling(command.attempt_id, ids.RECORDED_IN),)
        case ForgetLostCaller():
            return (f"mark:{command.channel_id}",)
        case AnnounceRecording():
            return (f"recording:{command.agent}",)
        case AnnounceAgent():
            return (f"agent:{command.agent}",)


class CarryOut:
    """Does one command at a time, each by a coroutine of its own; :class:`Lanes` holds the order."""

    def __init__(
        self,
        client: AriClient,
        translator: Translator,
        post: Post,
        pause: Callable[[float], Awaitable[None]],
        listening: Listening,
    ) -> None:
        self._listening = listening
        self._client = client
        self._translator = translator
        self._post = post
        self._pause = pause
        self._unannounced: dict[str, str] = {}
        self._entering: dict[str, asyncio.Future[None]] = {}
        self._call_recordings = CallRecordings(client, post, self._entering, self.hang_up)
        self.callers = CallerCommands(client, post)
        self.ready = False
        """The event socket is open and the core has its picture."""

    async def __call__(self, command: TelephonyCommand) -> None:
        """Carry out ``command``, and post what its docstring promises."""
        match command:
            case OriginateCall():
                await self._originate(command)
            case ProbeChannel():
                await self._probe(command)
            case HangUp():
                await self.hang_up(command.channel_id, command.reason)
            case StartAmd():
                await self._start_amd(command)
            case StopAmd():
                await self.hang_up(ids.sibling(command.attempt_id, ids.AMD))
            case StartListening():
                await self._listening.start(command, self.ready)
            case KeepHeard():
                self._listening.keep(command)
            case StopListening():
                await self._listening.stop(command.attempt_id)
            case HoldDeadMan():
                seconds = str(math.ceil(command.seconds))
                await self._client.channels.setChannelVar(command.channel_id, DEAD_MAN, seconds)
            case CreateBridge():
                await self._create_bridge(command)
            case DestroyBridge():
                await self._client.insist(Request("DELETE", path_of("bridges", command.bridge_id)))
            case EnterBridge():
                await self._enter_bridge(command)
            case PlayMessage():
                await self._play(command)
            case StopPlayback():
                await self._client.insist(Request("DELETE", path_of("playbacks", command.playback_id)))
            case StartRecording():
                await self._record(command)
            case StopRecording():
                await self._client.recordings.stop(command.recording_id)
            case StartCallRecording() | PauseCallRecording() | AnnounceRecording():
                await self._call_recordings(command, self.ready)
            case TransferOut():
                await self._transfer_out(command)
            case TakeCaller() | LeadToQueue() | LeaveCaller():
                await self.callers(command)
            case DialAgent():
                await self._dial_agent(command)
            case AnnounceAgent():
                await self._announce(command.agent, command.device_state)

    # --- calls -------------------------------------------------------------------------------------------

    async def _originate(self, command: OriginateCall) -> None:
        attempt_id = command.attempt_id
        if not self.ready:
            # Nobody would notice its answer; nothing was sent, so this is certain.
            self._post(OriginateRefused(attempt_id, 0, NOT_CONNECTED))
            return
        result = await self._client.channels.originate(
            attempt_id,
            command.dial_string,
            callerId=command.caller_id,
            timeout_s=command.ring_timeout_s,
            context=OUT_CONTEXT,
            extension=f"{self._client.settings.app}*{command.dead_man_s:g}",
            variables={
                **command.variables,
                "DIALERD_ABANDON_SOUND": "&".join(uri.removeprefix("sound:") for uri in command.abandon_message),
                **({"CHANNEL(language)": command.language} if command.language else {}),
            },
        )
        if isinstance(result, Reply) and not result.ok:
            # A 409 may mean another channel whose id this one begins; an error may have come after the channel.
            # Only the channel itself is proof.
            found = await self._client.channels.get(attempt_id)
            if isinstance(found, Reply) and found.ok:
                self._post(OriginateAccepted(attempt_id))
            elif isinstance(found, Reply) and found.status == 404 and not result.repeated:
                self._post(OriginateRefused(attempt_id, result.status, result.message))
            else:
                self._post(OriginateUnknown(attempt_id))
        elif result.ok:
            self._post(OriginateAccepted(attempt_id))
        elif isinstance(result, Reply) or result.sent:
            self._post(OriginateUnknown(attempt_id))
        else:
            self._post(OriginateRefused(attempt_id, 0, result.message))

    async def _probe(self, command: ProbeChannel) -> None:
        while True:
            # Not over HTTP while the WebSocket is open: an originate without an answer may still be before us in
            # the server's queue, and only what comes behind it there can tell.
            result = await self._client.channels.get(command.channel_id)
            if isinstance(result, Reply) and result.ok:
                state = result.body.get("state") if isinstance(result.body, dict) else None
                self._post(ChannelProbed(command.channel_id, str(state)))
                return
            if isinstance(result, Reply) and result.status == 404:
                self._post(ChannelProbed(command.channel_id, None))
                return
            await self._pause(1.0)
            if not self.ready:
                return  # the picture that comes with TelephonyBack answers it

    async def hang_up(self, channel_id: str, reason: str = "normal") -> None:
        """End the channel; over HTTP too if need be."""
        query = (("reason", reason),) if reason in _HANG_UP_REASONS and reason != "normal" else ()
        result = await self._client.insist(Request("DELETE", path_of("channels", channel_id), query))
        if not result.ok and result.status != 404:
            log.warning("hang_up_failed", channel=channel_id, reason=result.message)

    async def _dial_agent(self, command: DialAgent) -> None:
        result: Result | None = None
        if self.ready:
            variables = {**(AUTO_ANSWER if command.auto_answer else {}), **command.variables}
            result = await self._client.channels.originate(
                command.channel_id,
                command.dial_string,
                callerId=command.caller_id,
                timeout_s=command.timeout_s,
                variables=variables,
                app=self._client.settings.app,
                appArgs="line",
            )
            if result.ok:
                return
            found = await self._client.channels.get(command.channel_id)
            if isinstance(found, Reply) and found.ok:
                return
        text = NOT_CONNECTED if result is None else result.message
        self._post(ChannelEnded(command.channel_id, cause=None, cause_text=text))

    # --- analysis ----------------------------------------------------------------------------------------

    async def _start_amd(self, command: StartAmd) -> None:
        attempt_id, app = command.attempt_id, self._client.settings.app
        extension = "*".join((app, *map(str, command.arguments)))
        if not self.ready or len(extension) > EXTENSION_MAX:
            cause = NOT_CONNECTED if not self.ready else "APPNAMETOOLONG"
            self._post(AmdFinished(attempt_id, "FAILED", cause))
            return
        snoop = ids.sibling(attempt_id, ids.AMD)
        entered = self._entering[snoop] = asyncio.get_running_loop().create_future()
        try:
            result = await self._client.channels.snoopChannelWithId(attempt_id, snoop, app)
            if result.ok:
                # Sent earlier, "continue" is refused: the new channel is not in the application yet.
                await asyncio.wait((entered,), timeout=SNOOP_TIMEOUT_S)
                result = await self._client.channels.continueInDialplan(snoop, AMD_CONTEXT, extension)
        finally:
            del self._entering[snoop]
        if not result.ok:
            self._post(AmdFinished(attempt_id, "FAILED", result.message))
            if result.status != 404:
                await self.hang_up(snoop)

    def snoop_entered(self, channel_id: str) -> None:
        """A snoop channel came into the application."""
        self._listening.entered(channel_id)
        entered = self._entering.get(channel_id)
        if entered is not None and not entered.done():
            entered.set_result(None)

    # --- bridges and messages ----------------------------------------------------------------------------

    async def _create_bridge(self, command: CreateBridge) -> None:
        if not self.ready:
            return  # whoever is to enter it will hear that it failed
        result = await self._client.bridges.createWithId(command.bridge_id)
        if not result.ok and result.status != 409:
            log.warning("bridge_not_created", bridge=command.bridge_id, reason=result.message)

    async def _enter_bridge(self, command: EnterBridge) -> None:
        channel_id, bridge_id = command.channel_id, command.bridge_id
        if not self.ready:
            self._post(BridgeFailed(channel_id, bridge_id, NOT_CONNECTED))
            return
        if self._translator.is_inbound(channel_id):
            await self._client.channels.answer(channel_id)
        # Both at once: between the two a daemon that dies would leave a timer that ends a conversation. The
        # server takes what comes over the WebSocket in order, so the person hears the agent first.
        result, _ = await asyncio.gather(
            self._client.bridges.addChannel(bridge_id, channel_id), self._dead_man(channel_id, 0)
        )
        if result.ok:
            return
        self._post(BridgeFailed(channel_id, bridge_id, result.message))
        if result.status != 404:
            await self._dead_man(channel_id, REARMED_S)

    async def _play(self, command: PlayMessage) -> None:
        if not self.ready:
            self._post(PlaybackFinished(command.playback_id, failed=True))
            return
        # First the timer: once a message plays, Asterisk sets variables of the channel only when it is over, and
        # until then it takes no other request from our WebSocket.
        channel_id = command.channel_id
        if (await self._client.playbacks.get(command.playback_id)).ok:
            # Begun before we lost sight of it, or by an earlier run of the daemon; then the timer is off, too.
            self._post(PlaybackStarted(command.playback_id))
            return
        await self._dead_man(channel_id, 0)
        result = await self._client.channels.playWithId(
            channel_id, command.playback_id, *command.media, lang=command.language
        )
        if result.ok:
            return
        log.warning("message_not_started", channel=channel_id, reason=result.message)
        self._post(PlaybackFinished(command.playback_id, failed=True))
        if result.status != 404:
            await self._dead_man(channel_id, REARMED_S)

    async def _record(self, command: StartRecording) -> None:
        failed = RecordingFinished(command.channel_id, command.recording_id, failed=True)
        if not self.ready:
            self._post(failed)
            return
        result = await self._client.channels.record(
            command.channel_id,
            command.recording_id,
            math.ceil(command.longest_s),
            math.ceil(command.silence_s),
            command.beep,
        )
        if not result.ok:
            log.warning("recording_not_started", channel=command.channel_id, reason=result.message)
            self._post(failed)

    async def _transfer_out(self, command: TransferOut) -> None:
        result: Result | None = None
        if self.ready:
            for name, value in (
                ("DIALERD_TRANSFER_CALLER_ID", command.caller_id),
                ("DIALERD_TRANSFER_RING_S", str(math.ceil(command.ring_timeout_s))),
                ("DIALERD_TRANSFER_APP", self._client.settings.app),
            ):
                await self._client.channels.setChannelVar(command.channel_id, name, value)
            result = await self._client.channels.continueInDialplan(
                command.channel_id, TRANSFER_CONTEXT, command.number.lstrip("+")
            )
        if result is None or not result.ok:
            self._post(TransferFailed(command.channel_id, NOT_CONNECTED if result is None else result.message))

    async def _dead_man(self, channel_id: str, seconds: int) -> None:
        if channel_id.startswith(ids.ATTEMPT):
            await self._client.channels.setChannelVar(channel_id, DEAD_MAN, str(seconds))

    # --- agents ------------------------------------------------------------------------------------------

    async def _announce(self, agent: str, device_state: str) -> None:
        self._unannounced[agent] = device_state
        if not self.ready:
            return
        result = await self._client.deviceStates.update(f"Stasis:agent-{agent}", device_state)
        if result.ok:
            self._unannounced.pop(agent, None)
        else:
            log.warning("agent_not_announced", agent=agent, reason=result.message)

    def unannounced(self) -> tuple[AnnounceAgent, ...]:
        """What app_queue was not told because Asterisk was away."""
        return tuple(AnnounceAgent(agent, state) for agent, state in self._unannounced.items())
