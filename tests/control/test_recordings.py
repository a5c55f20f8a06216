"""Recordings over the API: list, hear, remove; pause and resume."""

from __future__ import annotations

from pathlib import Path

from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import insert

from dialerd.control.server import build_app
from dialerd.core import commands as c
from dialerd.core import events as e
from dialerd.core.analysis import profile_named
from dialerd.core.recording import RecordingSettings
from dialerd.store.schema import recordings
from tests.control.api_client import Client
from tests.control.stage import Stage, contact, spring
from tests.control.staged_daemon import StagedDaemon, staged_daemon

ATTEMPT = "dlr-000000000000000000000001"


async def kept(daemon: StagedDaemon, folder: Path, state: str = "kept") -> None:
    daemon.folder = folder
    (folder / "a.wav").write_bytes(b"RIFF")
    async with daemon.engine.begin() as connection:
        await connection.execute(
            insert(recordings).values(
                attempt_id=ATTEMPT, campaign="spring", contact_id=1, number="+441632960001", state=state,
                reason="", began_at=1.0, ended_at=11.0, file="a.wav", name="x",
            )
        )  # fmt: skip


async def test_list_hear_remove(api: Client, daemon: StagedDaemon, tmp_path: Path) -> None:
    await kept(daemon, tmp_path)
    found = await api.get("/api/v1/recordings?state=kept&campaign=spring")
    (row,) = (await found.json())["recordings"]
    assert (row["attempt_id"], "+441632960001" in str(row)) == (ATTEMPT, False)
    path = f"/api/v1/attempts/{ATTEMPT}/recording"
    heard = await api.get(f"{path}/audio")
    assert (heard.status, heard.content_type, await heard.read()) == (200, "audio/wav", b"RIFF")
    assert (await api.delete(path)).status == 202
    assert (await (await api.get(path)).json())["state"] == "removing"
    assert (await api.get(f"{path}/audio")).status == 410
    assert (await api.delete(path)).status == 409
    audit = await (await api.get("/api/v1/audit")).json()
    assert [one["what"] for one in audit["audit"]][-2:] == ["recording_removed", "recording_heard"]


async def test_what_is_not_there(api: Client, daemon: StagedDaemon, tmp_path: Path) -> None:
    path = f"/api/v1/attempts/{ATTEMPT}/recording"
    for answer in (await api.get(path), await api.get(f"{path}/audio"), await api.delete(path)):
        assert answer.status == 404
    assert (await api.post(f"{path}?paused=1")).status == 404
    assert (await api.post(path)).status == 400
    assert (await api.get("/api/v1/recordings?state=lost")).status == 400
    await kept(daemon, tmp_path, "waiting")
    assert (await api.get(f"{path}/audio")).status == 409


async def test_pause_and_resume_a_live_call(tmp_path: Path) -> None:
    """The answer comes when Asterisk has done it, and says so when it has not."""
    stage = Stage(spring(analysis=profile_named("off"), recording=RecordingSettings(share=1.0)))
    daemon = await staged_daemon(tmp_path, stage)
    async with TestClient(TestServer(build_app(daemon, None))) as api:
        stage.up().agent().start("spring", contact(1))
        attempt = stage.grant()
        stage.feed(e.ChannelAnswered(attempt))
        stage.feed(e.BridgeEntered(attempt, stage.last(c.EnterBridge).bridge_id), e.CallRecordingStarted(attempt))
        path = f"/api/v1/attempts/{attempt}/recording"

        def asterisk(failed: bool) -> None:
            """Does what it is asked to, or not."""
            daemon.after_post = lambda: stage.feed(e.CallRecordingPaused(attempt, True, failed))

        asterisk(failed=True)
        assert (await api.post(f"{path}?paused=1")).status == 503
        asterisk(failed=False)
        answer = await api.post(f"{path}?paused=1")
        assert (answer.status, (await answer.json())["recording"]) == (200, "paused")
        shown = await (await api.get("/api/v1/attempts?live=1")).json()
        assert shown["live"][0]["recording"] == "paused"
    await daemon.engine.dispose()
