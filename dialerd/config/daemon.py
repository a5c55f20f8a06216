"""The shape of `dialerd.yaml`: how one daemon reaches the world. Read by :mod:`dialerd.config.daemon_file`."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Annotated

from pydantic import ConfigDict, Field, SecretStr

from dialerd.config.connection_scalars import FilePath, RedisUrl, SqlUrl, WebUrl
from dialerd.config.scalars import Choice, Duration, Secret, Switch, Text, Whole
from dialerd.config.section import Section, written

_PORT = Whole(1, 65_535)
_HOST = Text("a host name or IP address", r"[A-Za-z0-9.:_-]+", 253, loose=True)
_USER = Text("a user name", r"\S+", 80, loose=True)
_NAME = Text("a name of letters, digits, `_`, `.` and `-`", r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", 63, loose=True)
_SHARD = Text("a name of small letters, digits, `_` and `-`", r"[a-z0-9][a-z0-9_-]{0,31}", 32, loose=True)


class AriSettings(Section):
    """Asterisk's REST interface."""

    url: Annotated[str, WebUrl()] = Field(
        default="http://127.0.0.1:8088", description="Address of Asterisk's HTTP server, without `/ari`."
    )
    user: Annotated[str, _USER] = Field(default="dialerd", description="User in Asterisk's `ari.conf`.")
    password: Annotated[SecretStr, Secret("the password of the ARI user")] | None = Field(
        default=None, description="Password of that user; better in `password_file` or `DIALERD_ARI__PASSWORD`."
    )
    password_file: Annotated[Path, FilePath()] | None = Field(
        default=None, description="File whose text is the password."
    )
    app: Annotated[str, _SHARD] = Field(
        default="dialerd", description="Name of the Stasis application; one for each shard."
    )


class ListeningSettings(Section):
    """Where Asterisk brings the sound of calls in which tones are listened for (its `AudioSocket()`)."""

    host: Annotated[str, _HOST] = Field(
        default="127.0.0.1",
        description="Address to listen on. Asterisk on another machine: one of the private network's.",
    )
    port: Annotated[int, Whole(0, 65_535)] = Field(default=0, description="TCP port to listen on; 0: any free one.")
    address: Annotated[str, Text("a host name or IPv4 address", r"[A-Za-z0-9.-]{1,36}", 36)] | None = Field(
        default=None, description="The host by which Asterisk reaches it. Not stated: `host`."
    )
    enabled: Annotated[bool, Switch()] = Field(
        default=True, description="`false`: no call is listened to; AMD and silence decide alone."
    )


class AmiSettings(Section):
    """Asterisk's manager interface."""

    host: Annotated[str, _HOST] = Field(default="127.0.0.1", description="Host of Asterisk's manager interface.")
    port: Annotated[int, _PORT] = Field(default=5038, description="Its TCP port.")
    user: Annotated[str, _USER] = Field(default="dialerd", description="User in Asterisk's `manager.conf`.")
    secret: Annotated[SecretStr, Secret("the secret of the manager user")] | None = Field(
        default=None, description="Secret of that user; better in `secret_file` or `DIALERD_AMI__SECRET`."
    )
    secret_file: Annotated[Path, FilePath()] | None = Field(
        default=None, description="File whose text is the secret."
    )


class RedisSettings(Section):
    """Where live calls, lines and locks are kept."""

    url: Annotated[SecretStr, RedisUrl()] = Field(
        default=written("redis://127.0.0.1:6379/0"),
        description="Address of Redis (`redis://`, `rediss://`, `unix://`); it may hold a password.",
    )
    url_file: Annotated[Path, FilePath()] | None = Field(default=None, description="File whose text is the address.")


class SqlSettings(Section):
    """Where contacts, attempts and audit are kept."""

    url: Annotated[SecretStr, SqlUrl()] = Field(
        default=written("sqlite+aiosqlite:///dialerd.db"),
        description="SQLAlchemy address: `sqlite+aiosqlite:///file` (relative to this file) or "
        "`postgresql+asyncpg://user:password@host/database`.",
    )
    url_file: Annotated[Path, FilePath()] | None = Field(default=None, description="File whose text is the address.")


class SpeechSettings(Section):
    """Where speech of texts is kept, and how much of it."""

    folder: Annotated[Path, FilePath()] = Field(
        default=written("speech"),
        description="Folder for speech, relative to this file. Asterisk must be able to read it.",
    )
    asterisk_folder: Annotated[str, Text("an absolute path", r"/[A-Za-z0-9_./-]{1,150}", 151)] | None = Field(
        default=None, description="The same folder as Asterisk sees it, where that is another path."
    )
    most_mb: Annotated[int, Whole(1, 1_000_000)] = Field(
        default=1000, alias="max_size_mb",
        description="Megabytes of speech that are kept; what was not used for longest goes first.",
    )  # fmt: skip
    at_once: Annotated[int, Whole(1, 64)] = Field(
        default=2, description="Texts that are turned into speech at the same time."
    )
    rate_hz: Annotated[str, Choice(("8000", "16000"))] = Field(
        default="8000", alias="sample_rate",
        description="Samples per second: 8000 is what telephone lines carry, 16000 for wideband ones.",
    )  # fmt: skip

    @property
    def asterisk_path(self) -> str:
        """The folder as Asterisk sees it."""
        return self.asterisk_folder or str(self.folder)


class ApiSettings(Section):
    """HTTP: API, metrics and health."""

    host: Annotated[str, _HOST] = Field(
        default="127.0.0.1", description="Address to listen on; anything but loopback needs a token."
    )
    port: Annotated[int, _PORT] = Field(
        default=8090, description="TCP port to listen on. (8088 is where Asterisk's own HTTP server usually is.)"
    )
    token: Annotated[SecretStr, Secret("a token")] | None = Field(
        default=None, description="Token that callers of the API must show."
    )
    token_file: Annotated[Path, FilePath()] | None = Field(default=None, description="File whose text is the token.")


class ImportSettings(Section):
    """Contact files that are uploaded."""

    folder: Annotated[Path, FilePath()] | None = Field(
        default=None,
        description="Where files are kept until they are imported, and their rejects for 30 days. Not stated: "
        "`.dialerd-imports` beside SQLite's file, with PostgreSQL in the folder for temporary files.",
    )
    largest_upload_mib: Annotated[int, Whole(1, 1_000_000)] = Field(
        default=4096, description="A larger file is refused, MiB."
    )


class LogSettings(Section):
    """What is logged, and how."""

    level: Annotated[str, Choice(("debug", "info", "warning", "error"))] = Field(
        default="info", description="Least level that is logged."
    )
    format: Annotated[str, Choice(("json", "console"))] = Field(
        default="console", description="`json` for machines, `console` for people."
    )
    mask_numbers: Annotated[bool, Switch()] = Field(
        default=True, description="Phone numbers in logs without their middle digits."
    )


class RecordingsSettings(Section):
    """Where recordings of conversations are kept."""

    folder: Annotated[Path, FilePath()] = Field(
        default=written("recordings"), description="Folder of the recordings, relative to this file."
    )
    remove_at: Annotated[str, Text("a time of day, such as `03:30`", r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")] = Field(
        default="03:30",
        description="When recordings are removed whose time is over, each night, by this machine's clock.",
    )


class DaemonSettings(Section):
    """Settings of one daemon of dialerd. All paths are absolute once read, and secrets are in their fields."""

    model_config = ConfigDict(title="dialerd daemon settings")

    campaigns: Annotated[Path, FilePath()] = Field(
        default=written("campaigns.yaml"), description="The campaigns file, relative to this file."
    )
    instance: Annotated[str, _NAME] = Field(
        default_factory=socket.gethostname,
        description="Name of this daemon; different for each. Not stated: the host's name.",
    )
    shard: Annotated[str, _SHARD] = Field(
        default="main", description="The group of campaigns that this daemon runs or stands by for."
    )
    ari: AriSettings = Field(default_factory=AriSettings, description="Asterisk's REST interface.")
    ami: AmiSettings = Field(default_factory=AmiSettings, description="Asterisk's manager interface.")
    redis: RedisSettings = Field(
        default_factory=RedisSettings, description="Where live calls, lines and locks are kept."
    )
    sql: SqlSettings = Field(default_factory=SqlSettings, description="Where contacts, attempts and audit are kept.")
    speech: SpeechSettings = Field(
        default_factory=SpeechSettings, description="Where speech of texts is kept, and how much of it."
    )
    api: ApiSettings = Field(default_factory=ApiSettings, description="HTTP: API, metrics and health.")
    listening: ListeningSettings = Field(
        default_factory=ListeningSettings, description="Where Asterisk brings the sound of calls."
    )
    imports: ImportSettings = Field(default_factory=ImportSettings, description="Contact files that are uploaded.")
    log: LogSettings = Field(default_factory=LogSettings, description="What is logged, and how.")
    recordings: RecordingsSettings = Field(
        default_factory=RecordingsSettings, description="Where recordings of conversations are kept."
    )
    shutdown_grace_s: Annotated[float, Duration(0, 3600)] = Field(
        default=written("30s"), alias="shutdown_grace",
        description="How long calls that are not connected yet may go on when the daemon is asked to stop.",
    )  # fmt: skip
    lease_ttl_s: Annotated[float, Duration(2, 300)] = Field(
        default=written("10s"), alias="lease_ttl",
        description="How long another daemon waits for this one's sign of life before it takes over.",
    )  # fmt: skip
