"""Asterisk's connections as the daemon's settings give them."""

from __future__ import annotations

from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.config.daemon import DaemonSettings


def ari_settings(settings: DaemonSettings) -> AriSettings:
    """How to reach ARI."""
    ari = settings.ari
    assert ari.password is not None
    # A rightful successor holds the lease, and has ended this daemon by then.
    patience_s = settings.lease_ttl_s + 5.0
    listening = settings.listening
    return AriSettings(
        ari.url,
        ari.user,
        ari.password.get_secret_value(),
        ari.app,
        reclaim_after_s=patience_s,
        listen_host=listening.host if listening.enabled else "",
        listen_port=listening.port,
        listen_address=listening.address or "",
    )


def ami_settings(settings: DaemonSettings) -> AmiSettings:
    """How to reach AMI."""
    assert settings.ami.secret is not None
    ami = settings.ami
    return AmiSettings(ami.host, ami.port, ami.user, settings.ami.secret.get_secret_value())
