"""The settings of a dialerd that runs against a lab."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from pathlib import Path

from lab.ports import free_ports
from lab.settings import Settings

_YAML = """\
# Written for a lab. dialerd.example.yaml explains every setting. Passwords come from the environment.
campaigns: campaigns.yaml
instance: {instance}
ari: {{url: {ari_url}, user: {ari_user}, app: {ari_app}}}
ami: {{host: {ami_host}, port: {ami_port}, user: {ami_user}}}
redis: {{url: {redis_url}}}
sql: {{url: sqlite+aiosqlite:///dialerd.db}}
api: {{host: 127.0.0.1, port: {api_port}}}
log: {{level: info, format: json}}
shutdown_grace: {grace}
"""


@dataclass(frozen=True, slots=True)
class DaemonAccess:
    """How to reach a daemon's API, and what its processes need in their environment."""

    api_url: str
    token: str
    environ: dict[str, str]


def write_daemon_settings(folder: Path, settings: Settings, *, instance: str, grace: str) -> DaemonAccess:
    """Write ``dialerd.yaml`` into ``folder``, for a free API port and with a token of its own. ``grace``: the
    shutdown grace as it is written in YAML (``10s``)."""
    (api_port,), _ = free_ports(1, 0)
    (folder / "dialerd.yaml").write_text(
        _YAML.format(
            instance=instance, grace=grace, api_port=api_port, redis_url=settings.redis_url,
            ari_url=settings.ari_url.removesuffix("/ari"), ari_user=settings.ari_user, ari_app=settings.ari_app,
            ami_host=settings.ami_host, ami_port=settings.ami_port, ami_user=settings.ami_user,
        )
    )  # fmt: skip
    token = secrets.token_urlsafe(18)
    environ = {
        "DIALERD_ARI__PASSWORD": settings.ari_password,
        "DIALERD_AMI__SECRET": settings.ami_secret,
        "DIALERD_API__TOKEN": token,
        "DIALERD_CONFIG": str(folder / "dialerd.yaml"),
    }
    return DaemonAccess(f"http://127.0.0.1:{api_port}", token, environ)
