"""For supervisors and Prometheus: alive, ready, metrics."""

from __future__ import annotations

from aiohttp import web

from dialerd import __version__
from dialerd.control.guard import DAEMON
from dialerd.control.reply import reply

STUCK_AFTER_S = 10.0
"""An event loop that is so late serves nobody."""
routes = web.RouteTableDef()


@routes.get("/healthz")
async def healthz(request: web.Request) -> web.Response:
    """The process lives and its event loop turns; 503 when it lags hopelessly."""
    daemon = request.app[DAEMON]
    lag_s = daemon.loop_lag_s()
    alive = lag_s < STUCK_AFTER_S
    body = {"alive": alive, "version": __version__, "loop_lag_s": round(lag_s, 4), "inbox_backlog": daemon.backlog()}
    return reply(body, 200 if alive else 503)


@routes.get("/readyz")
async def readyz(request: web.Request) -> web.Response:
    """200 when everything that dialing needs is up; 503 with the reasons otherwise."""
    view = request.app[DAEMON].view()
    parts = {"telephony": view.telephony, "roster": view.roster, "store": view.store, "record": view.record}
    reasons = {part: reason for part, reason in parts.items() if reason is not None}
    if view.shutting_down:
        reasons["daemon"] = "shutting down"
    return reply({"ready": not reasons, "reasons": reasons}, 503 if reasons else 200)


@routes.get("/metrics")
async def metrics(request: web.Request) -> web.Response:
    """Metrics in Prometheus' text format."""
    body, content_type = request.app[DAEMON].metrics()
    return web.Response(body=body, headers={"Content-Type": content_type})
