"""Speech of texts: what was rendered, and what is kept."""

from __future__ import annotations

from aiohttp import web

from dialerd.control.guard import DAEMON
from dialerd.control.parameters import PromptsParameters, parameters
from dialerd.control.reply import reply

routes = web.RouteTableDef()


@routes.get("/api/v1/prompts")
async def prompts(request: web.Request) -> web.Response:
    """Speech since the daemon's start: texts rendered, found in the cache, failed; files and bytes that are kept.
    With ``in_use`` the names of the files that callers hear now, or are about to: who clears the folder leaves them.
    """
    asked = parameters(request, PromptsParameters)
    daemon = request.app[DAEMON]
    return reply({"at": daemon.now(), **daemon.prompts(asked.in_use)})
