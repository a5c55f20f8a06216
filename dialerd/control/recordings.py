"""Recordings of conversations: list, listen, remove; pause and resume those of live calls."""

from __future__ import annotations

import asyncio
from typing import Annotated

from aiohttp import web
from pydantic import Field

from dialerd.control.guard import DAEMON, audited, wants_unmasked, who
from dialerd.control.parameters import MOST_ROWS, Masking, Moment, Parameters, PhoneNumber, bounds, parameters
from dialerd.control.problem import ApiProblem
from dialerd.control.recordings_service import Row
from dialerd.control.reply import reply
from dialerd.core.events import RecordingPauseAsked
from dialerd.core.masking import masked_value

routes = web.RouteTableDef()

CONFIRMED_WITHIN_S = 2.0
"""A pause that Asterisk has not confirmed by then is told as such: whoever asked must not read card numbers out."""
_LOOKS = 100


class RecordingParameters(Masking):
    """Which recordings."""

    campaign: str | None = None
    state: Annotated[str | None, Field(pattern="^(waiting|kept|failed|removing|removed)$")] = None
    kind: Annotated[str | None, Field(pattern="^(conversation|review)$")] = None
    number: PhoneNumber | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)
    offset: int = Field(default=0, ge=0)


class PauseParameters(Parameters):
    """Whether silence is to be recorded."""

    paused: bool


@routes.get("/api/v1/recordings")
async def recordings(request: web.Request) -> web.Response:
    """Recordings, latest first."""
    asked = parameters(request, RecordingParameters)
    whole = await wants_unmasked(request, asked.unmasked)
    daemon = request.app[DAEMON]
    rows = await daemon.recordings.find(
        asked.campaign, asked.state, asked.number,
        *bounds(asked.since, asked.until, daemon.now()),
        asked.limit, asked.offset, asked.kind,
    )  # fmt: skip
    body = {"recordings": [dict(row) for row in rows]}
    return reply(body if whole else masked_value(body))


@routes.get("/api/v1/attempts/{id}/recording")
async def recording(request: web.Request) -> web.Response:
    """What is known of one attempt's recording."""
    asked = parameters(request, Masking)
    whole = await wants_unmasked(request, asked.unmasked)
    found = dict(await _known(request))
    return reply(found if whole else masked_value(found))


@routes.get("/api/v1/attempts/{id}/recording/audio")
async def audio(request: web.Request) -> web.StreamResponse:
    """The sound: WAV, left the called party, right what they heard. Each listening is audited."""
    parameters(request, Parameters)
    row = await _known(request)
    wanted = request.match_info["id"]
    file = await request.app[DAEMON].recordings.file(wanted)
    if file is None and row["state"] == "kept":
        raise ApiProblem(410, "the recording is gone: its file is missing", hint="Somebody else has removed it.")
    if file is None:
        hints = {
            "waiting": "It is still with Asterisk; ask again in some seconds.",
            "failed": f"It could not be made: {row['reason']}.",
        }
        hint = hints.get(str(row["state"]), "It was removed.")
        raise ApiProblem(409 if row["state"] == "waiting" else 410, f"the recording is {row['state']}", hint=hint)
    await audited(request, "recording_heard", {"attempt": wanted})
    headers = {"Content-Type": "audio/wav", "Content-Disposition": f'attachment; filename="{wanted}.wav"'}
    return web.FileResponse(file, headers=headers)


@routes.delete("/api/v1/attempts/{id}/recording")
async def remove(request: web.Request) -> web.Response:
    """Remove the recording, for good."""
    parameters(request, Parameters)
    await _known(request)
    wanted = request.match_info["id"]
    await audited(request, "recording_removed", {"attempt": wanted})
    removed = await request.app[DAEMON].recordings.remove(wanted, who(request))
    if not removed:
        raise ApiProblem(409, "there is nothing to remove", hint="It failed, or was removed before.")
    return reply({"attempt": wanted, "state": "removing"}, 202)


@routes.post("/api/v1/attempts/{id}/recording")
async def pause(request: web.Request) -> web.Response:
    """Pause the recording of a live call (silence is recorded), or let it go on. The answer comes when it is so."""
    asked = parameters(request, PauseParameters)
    daemon, wanted = request.app[DAEMON], request.match_info["id"]
    state = _live_state(request)
    if state is None:
        raise ApiProblem(
            404, "no such live call that is recorded", hint="`/api/v1/attempts?live=1` tells `recording`."
        )
    await audited(request, "recording_pause" if asked.paused else "recording_resume", {"attempt": wanted})
    daemon.post(RecordingPauseAsked(asked.paused, who(request), wanted))
    for _ in range(_LOOKS):
        state = _live_state(request)
        if state in (None, "failed") or (state == "paused") == asked.paused:
            break
        await asyncio.sleep(CONFIRMED_WITHIN_S / _LOOKS)
    else:
        raise ApiProblem(
            503, "Asterisk has not confirmed it", hint="Take it that nothing has changed, and ask again."
        )
    if state in (None, "failed"):
        return reply({"attempt": wanted, "recording": "over" if state is None else state})
    return reply({"attempt": wanted, "recording": state})


def _live_state(request: web.Request) -> str | None:
    wanted = request.match_info["id"]
    live = next((a for a in request.app[DAEMON].view().attempts if a.id == wanted), None)
    return live.recording if live is not None else None


async def _known(request: web.Request) -> Row:
    row = await request.app[DAEMON].recordings.of(request.match_info["id"])
    if row is None:
        raise ApiProblem(
            404, "no recording of such an attempt", hint="A recording is there from the end of its call on."
        )
    return row
