"""Alive, ready, metrics."""

from __future__ import annotations

from dialerd import __version__
from dialerd.core import events as e
from tests.control.api_client import Client
from tests.control.stage import Stage
from tests.control.staged_daemon import StagedDaemon


async def test_alive_while_the_loop_turns(api: Client, daemon: StagedDaemon) -> None:
    answer = await api.get("/healthz")
    assert answer.status == 200
    assert await answer.json() == {"alive": True, "version": __version__, "loop_lag_s": 0.001, "inbox_backlog": 3}
    daemon.lag_s = 30.0
    answer = await api.get("/healthz")
    assert answer.status == 503
    assert (await answer.json())["alive"] is False


async def test_ready_only_when_everything_is_up(api: Client, stage: Stage) -> None:
    answer = await api.get("/readyz")
    assert answer.status == 503
    reasons = (await answer.json())["reasons"]
    assert reasons == dict.fromkeys(("telephony", "roster", "store"), "not connected yet")
    stage.up()
    answer = await api.get("/readyz")
    assert answer.status == 200
    assert await answer.json() == {"ready": True, "reasons": {}}
    for lost, part, back in (
        (e.TelephonyLost("socket closed"), "telephony", e.TelephonyBack((), {}, frozenset())),
        (e.RosterLost("socket closed"), "roster", e.RosterSynced(frozenset(), frozenset())),
        (e.StoreLost("socket closed"), "store", e.StoreBack()),
        (e.RecordLost("socket closed"), "record", e.RecordBack()),
    ):
        stage.feed(lost)
        answer = await api.get("/readyz")
        assert answer.status == 503
        assert (await answer.json())["reasons"] == {part: "socket closed"}
        stage.feed(back)
        assert (await api.get("/readyz")).status == 200
    stage.feed(e.ShutdownAsked())
    answer = await api.get("/readyz")
    assert answer.status == 503
    assert (await answer.json())["reasons"] == {"daemon": "shutting down"}


async def test_metrics_are_served_as_text(api: Client) -> None:
    answer = await api.get("/metrics")
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("text/plain; version=")
    assert "dialerd_build_info{python=" in await answer.text()
