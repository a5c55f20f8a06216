"""What the adapters need to know to reach one Asterisk."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AriSettings:
    """Where ARI is and how patient we are. Times in seconds."""

    url: str
    """Of Asterisk's HTTP server; with or without ``/ari`` at its end."""
    user: str
    password: str = field(repr=False)
    app: str
    """The Stasis application: one for each shard."""
    request_timeout_s: float = 5.0
    """How long one request may take before its result counts as unknown."""
    connect_timeout_s: float = 5.0
    ping_interval_s: float = 5.0
    """Pause between WebSocket pings; a server that does not answer one for as long again is given up."""
    backoff_min_s: float = 0.2
    backoff_max_s: float = 10.0
    in_flight_max: int = 256
    """Requests under way at one time; more of them wait."""
    http_connections_max: int = 32
    rest_over_websocket: bool = True
    """False: never, even where the server can."""
    talk_silence_s: float = 0.8
    """The silence after which the dialplan's ``TALK_DETECT`` says that speech is over."""
    amd_grace_s: float = 3.0
    """How much longer than its own total analysis time AMD may take before it counts as failed."""
    reclaim_after_s: float | None = None
    """After so long the application is taken back from whoever took it over; None: only when told to."""
    lost_mark_kept_s: float = 60.0
    """How long a handed-over mark of a lost call stays in AstDB: a daemon that dies meanwhile finds it again."""

    listen_host: str = "127.0.0.1"
    """Where Asterisk's ``AudioSocket()`` brings the sound of calls that are listened to; empty: nobody listens."""
    listen_port: int = 0
    """0: a free one."""
    listen_address: str = ""
    """The host by which Asterisk reaches it; empty: ``listen_host``."""

    @property
    def rest_url(self) -> str:
        """The base of all resources, ``http://host:port/ari``."""
        base = self.url.rstrip("/")
        return base if base.endswith("/ari") else base + "/ari"

    @property
    def events_url(self) -> str:
        """Where the event WebSocket is."""
        return "ws" + self.rest_url.removeprefix("http") + "/events"

    @property
    def authorization(self) -> dict[str, str]:
        """The header that lets us in. A header, not ``api_key`` in the address: addresses end up in logs."""
        credentials = b64encode(f"{self.user}:{self.password}".encode()).decode()
        return {"Authorization": f"Basic {credentials}"}


@dataclass(frozen=True, slots=True)
class AmiSettings:
    """Where AMI is and how patient we are. Times in seconds."""

    host: str
    port: int
    user: str
    secret: str = field(repr=False)
    action_timeout_s: float = 5.0
    connect_timeout_s: float = 5.0
    ping_interval_s: float = 5.0
    """Pause between pings; one that stays unanswered for the action time-out means a frozen Asterisk."""
    resync_interval_s: float = 60.0
    """Pause between full looks at the queues, against missed events."""
    backoff_min_s: float = 0.2
    backoff_max_s: float = 10.0
