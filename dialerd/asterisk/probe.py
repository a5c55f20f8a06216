"""Does this Asterisk have what dialerd needs? Asked at the start and by ``dialerd doctor``; changes nothing there."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dialerd.asterisk.ami_connection import AmiConnection, AmiFailed
from dialerd.asterisk.client import AriClient
from dialerd.asterisk.connection import ConnectFailed
from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.asterisk.wire import Reply, Request, Result, parse_version, path_of

OLDEST_VERSION = 20
CLOCK_DIFFERENCE_MAX_S = 1.0

REQUIRED_MODULES = (
    "app_amd.so", "app_audiosocket.so", "app_playback.so", "app_queue.so", "app_stasis.so", "app_userevent.so",
    "app_exec.so",
    "chan_pjsip.so", "func_channel.so", "func_cut.so", "func_db.so", "func_logic.so", "func_strings.so",
    "func_talkdetect.so", "func_timeout.so", "pbx_config.so", "res_ari.so", "res_ari_applications.so",
    "res_ari_asterisk.so", "res_ari_bridges.so", "res_ari_channels.so", "res_ari_device_states.so",
    "res_ari_endpoints.so", "res_ari_events.so", "res_ari_playbacks.so", "res_ari_sounds.so",
    "res_http_websocket.so", "res_pjsip.so", "res_pjsip_session.so", "res_rtp_asterisk.so", "res_stasis.so",
    "res_stasis_answer.so", "res_stasis_device_state.so", "res_stasis_playback.so", "res_stasis_snoop.so",
)  # fmt: skip
RECORDING_MODULES = ("func_devstate.so", "res_ari_recordings.so", "res_stasis_recording.so")
HINTS = {
    "app_amd.so": "app_amd declines to load without amd.conf",
    "res_ari.so": "res_ari needs stasis.conf and, from Asterisk 22 on, res_websocket_client.so",
}
REQUIRED_CONTEXTS = {
    "dialerd-out": "dialerd*20", "dialerd-lost": "s", "dialerd-amd": "dialerd*9000", "dialerd-ear": "127.0.0.1",
    "dialerd-agent": "8001", "dialerd-inbound": "+441632960000", "dialerd-inbound-queue": "s",
    "dialerd-inbound-lost": "s",
}  # fmt: skip
"""Context -> an extension that must be in it: a dialplan of another version may have the context, and not take what
this one sends into it."""
REQUIRED_ACTIONS = {
    "QueuePause": ("agent", "agents cannot be paused for wrap-up"),
    "DBGetTree": ("reporting", "calls that were lost while dialerd was away cannot be read"),
    "DBDel": ("system", "marks of lost calls cannot be removed: they stay in AstDB"),
}
"""Action -> the AMI class that permits it, and what does not work without."""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. ``remedy`` says what to do and is empty when all is well."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


async def probe(
    ari: AriSettings,
    ami: AmiSettings,
    *,
    trunks: Iterable[str] = (),
    queues: Iterable[str] = (),
    sounds: Iterable[str] = (),
    recording: bool = False,
) -> tuple[Check, ...]:
    """All checks, in the order in which to mend them. What depends on a failed one is left out.

    ``trunks``: event sources (``endpoint:PJSIP/carrier``); ``queues``: names; ``sounds``: media
    (``sound:vm-goodbye``); ``recording``: conversations are recorded.
    """
    return (
        *await probe_ari(ari, trunks=trunks, sounds=sounds, recording=recording),
        *await probe_ami(ami, queues=queues),
    )


# --- ARI -------------------------------------------------------------------------------------------------


async def probe_ari(
    settings: AriSettings, *, trunks: Iterable[str] = (), sounds: Iterable[str] = (), recording: bool = False
) -> list[Check]:
    """Reachable, let in, new enough, modules, write access, event socket, trunks, sounds, clock."""
    # An application of its own: the real one must not be taken from the daemon that has it.
    client = AriClient(replace(settings, app=f"dialerd-doctor-{secrets.token_hex(4)}"))
    try:
        info = await client.asterisk.getInfo()
        reached = _reached(settings, info)
        if not reached.ok:
            return [reached]
        return [
            reached,
            _version(_body(info)),
            _modules(modules := await client.asterisk.listModules()),
            *([_recording_modules(modules)] if recording else []),
            await _write_access(client, settings.user),
            await _event_socket(client),
            *[await _trunk(client, source) for source in trunks],
            *[await _sound(client, media) for media in sounds],
            await _clock(client),
        ]
    finally:
        await client.close()


def _body(result: Result) -> Any:
    return result.body if isinstance(result, Reply) else None


def _reached(settings: AriSettings, info: Result) -> Check:
    where = settings.rest_url
    if info.ok:
        return Check("ari", True, f"{where} answers")
    if not isinstance(info, Reply):
        return Check(
            "ari", False, f"{where}: {info.reason}",
            "Is Asterisk running, and is http.conf enabled with this address and port?",
        )  # fmt: skip
    if info.status == 401:
        return Check(
            "ari", False, f"{where} does not let user {settings.user!r} in",
            "Set the same user and password in dialerd's settings and in ari.conf.",
        )  # fmt: skip
    return Check(
        "ari", False, f"{where}: HTTP status {info.status}",
        "Enable ARI in ari.conf and load res_ari.so; check the address (without /ari).",
    )  # fmt: skip


def _version(body: Any) -> Check:
    text = str((body or {}).get("system", {}).get("version", "unknown"))
    version = parse_version(text)
    if version is None:
        return Check("version", True, f"Asterisk {text}: no number to judge by")
    if version[0] >= OLDEST_VERSION:
        return Check("version", True, f"Asterisk {text}")
    return Check("version", False, f"Asterisk {text}", f"Upgrade to Asterisk {OLDEST_VERSION} or newer.")


def _modules(listed: Result) -> Check:
    rows = _body(listed)
    if not isinstance(rows, list):
        return Check("modules", False, f"not listed: {listed.message}", "Load res_ari_asterisk.so.")
    running = {row.get("name") for row in rows if row.get("status") == "Running"}
    missing = [name for name in REQUIRED_MODULES if name not in running]
    if not missing:
        return Check("modules", True, f"all {len(REQUIRED_MODULES)} needed modules run")
    hints = [HINTS[name] for name in missing if name in HINTS]
    remedy = "; ".join(["Load them in modules.conf (see asterisk-conf/modules.conf)", *hints])
    return Check("modules", False, f"missing: {', '.join(missing)}", remedy + ".")


def _recording_modules(listed: Result) -> Check:
    rows = _body(listed)
    running = {row.get("name") for row in rows if row.get("status") == "Running"} if isinstance(rows, list) else set()
    missing = [name for name in RECORDING_MODULES if name not in running]
    if not missing:
        return Check("recording_modules", True, "conversations can be recorded")
    remedy = "Load them in modules.conf (see asterisk-conf/modules.conf)."
    return Check("recording_modules", False, f"missing: {', '.join(missing)}", remedy)


async def _write_access(client: AriClient, user: str) -> Check:
    nobody = f"dialerd-doctor-{secrets.token_hex(8)}"
    result = await client.request(Request("DELETE", path_of("channels", nobody)))
    if result.status == 404:
        return Check("ari_write", True, f"user {user!r} may write")
    return Check(
        "ari_write", False, f"user {user!r} may not write: {result.message}", "Set read_only = no in ari.conf."
    )


async def _event_socket(client: AriClient) -> Check:
    try:
        await client.connect()
    except ConnectFailed as error:
        return Check("event_socket", False, str(error), "Load res_http_websocket.so and res_ari_events.so.")
    if await client.try_rest_over_websocket():
        return Check("event_socket", True, "opens, and takes requests")
    return Check("event_socket", True, "opens; requests go over HTTP (this version takes none on it)")


async def _trunk(client: AriClient, source: str) -> Check:
    technology, _, name = source.removeprefix("endpoint:").partition("/")
    result = await client.request(Request("GET", path_of("endpoints", technology, name)))
    if result.ok:
        state = str((_body(result) or {}).get("state", "unknown"))
        return Check(f"trunk {name}", True, f"endpoint exists, state {state}")
    return Check(
        f"trunk {name}", False, f"{technology}/{name}: {result.message}",
        f"Add an endpoint {name!r} to pjsip.conf, or mend the trunk's dial string in the campaigns' file.",
    )  # fmt: skip


async def sound_exists(client: AriClient, media: str) -> bool | None:
    """Whether Asterisk has this sound (``sound:name``); None: it did not answer. Not for a path: see
    :func:`is_path`."""
    result = await client.insist(_ask_for_sound(media))
    if result.ok:
        return True
    return False if isinstance(result, Reply) and result.status == 404 else None


def is_path(media: str) -> bool:
    """The sound is named by a path of Asterisk's machine, and cannot be seen over ARI."""
    return media.removeprefix("sound:").startswith("/")


def _ask_for_sound(media: str) -> Request:
    return Request("GET", path_of("sounds", media.removeprefix("sound:")))


async def _sound(client: AriClient, media: str) -> Check:
    name = media.removeprefix("sound:")
    if is_path(media):
        return Check(f"sound {name}", True, "a file of Asterisk's machine: cannot be seen from here")
    result = await client.request(_ask_for_sound(media))
    if result.ok:
        formats = sorted({row.get("format", "?") for row in (_body(result) or {}).get("formats", ())})
        return Check(f"sound {name}", True, f"there, as {', '.join(formats)}")
    return Check(
        f"sound {name}", False, f"{media}: {result.message}",
        "Put the file into Asterisk's sounds folder, then 'module reload sounds' (or restart); "
        "or load a format module for it.",
    )  # fmt: skip


async def _clock(client: AriClient) -> Check:
    before = time.time()
    result = await client.asterisk.ping()
    after = time.time()
    try:
        stamp = datetime.strptime(str((_body(result) or {})["timestamp"]), "%Y-%m-%dT%H:%M:%S.%f%z")
    except (KeyError, ValueError):
        return Check("clock", True, "Asterisk does not tell its time")
    # Asterisk's time lies somewhere between the two of ours.
    difference_s = max(before - stamp.timestamp(), stamp.timestamp() - after, 0.0)
    if difference_s <= CLOCK_DIFFERENCE_MAX_S:
        return Check("clock", True, f"differs from Asterisk's by at most {difference_s:.3f} s")
    return Check("clock", False, f"differs from Asterisk's by {difference_s:.1f} s", "Run NTP on both machines.")


# --- AMI -------------------------------------------------------------------------------------------------


async def probe_ami(settings: AmiSettings, *, queues: Iterable[str] = ()) -> list[Check]:
    """Reachable, let in, rights, dialplan contexts, queues."""
    try:
        connection = await AmiConnection.open(settings, lambda event: None)
    except AmiFailed as error:
        remedy = "Is manager.conf enabled with this address, port, user and secret, and does permit let us in?"
        return [Check("ami", False, str(error), remedy)]
    try:
        return [
            Check("ami", True, f"{settings.host}:{settings.port} answers: {connection.banner}"),
            *await _rights(connection, settings.user),
            await _contexts(connection),
            *await _queues(connection, tuple(queues)),
        ]
    except AmiFailed as error:
        return [Check("ami", False, str(error), "Asterisk stopped answering: look at its log.")]
    finally:
        await connection.close()


async def _rights(connection: AmiConnection, user: str) -> list[Check]:
    # The response has one field for each action that this user may use.
    may = (await connection.action("ListCommands")).response
    checks = []
    for action, (right, without) in REQUIRED_ACTIONS.items():
        ok = action in may
        detail = f"user {user!r} may {action}" if ok else f"user {user!r} may not {action}: {without}"
        remedy = "" if ok else f"Add {right} to write= in manager.conf."
        checks.append(Check(f"ami_right {right}", ok, detail, remedy))
    return checks


async def _contexts(connection: AmiConnection) -> Check:
    missing = []
    for context, extension in REQUIRED_CONTEXTS.items():
        answer = await connection.action("ShowDialPlan", {"Context": context, "Extension": extension})
        if answer.ok:
            continue
        if "permission" in answer.message.lower():
            return Check(
                "dialplan", False, "cannot be seen: AMI permission denied", "Add reporting to write= in manager.conf."
            )
        # One that is there, without the extension, comes from another version.
        there = (await connection.action("ShowDialPlan", {"Context": context})).ok
        missing.append(f"{context} ({'of another version' if there else 'not there'})")
    if not missing:
        return Check("dialplan", True, f"contexts {', '.join(REQUIRED_CONTEXTS)} are there, and fit")
    return Check(
        "dialplan", False, f"contexts missing: {', '.join(missing)}",
        "Include asterisk-conf/extensions.conf of this version in the dialplan and reload it.",
    )  # fmt: skip


async def _queues(connection: AmiConnection, wanted: Sequence[str]) -> list[Check]:
    answer = await connection.action("QueueStatus")
    members: dict[str, int] = {e.get("Queue", ""): 0 for e in answer.events if e.get("Event") == "QueueParams"}
    for event in answer.events:
        if event.get("Event") == "QueueMember":
            members[event.get("Queue", "")] = members.get(event.get("Queue", ""), 0) + 1
    checks = []
    for queue in wanted:
        if queue in members:
            checks.append(Check(f"queue {queue}", True, f"exists, {members[queue]} members"))
        else:
            remedy = "Add it to queues.conf and reload app_queue, or mend the campaign's queue."
            checks.append(Check(f"queue {queue}", False, "Asterisk has no such queue", remedy))
    return checks
