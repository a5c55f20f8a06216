"""Fills in the configuration of both Asterisks.

The PBX runs on the very files of ``asterisk-conf/``: they are copied, and only the
files of its ``site`` folder, and asterisk.conf's directories, are written anew. The
carrier's come from ``lab/carrier/`` in the same way.
"""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from lab.asterisk import Asterisk
from lab.ports import LOOPBACK, RTP_PORTS

PBX_FILES = Path(__file__).resolve().parent.parent / "asterisk-conf"
CARRIER_FILES = Path(__file__).resolve().parent / "carrier"

_MEDIA = f"media_address = {LOOPBACK}\nbind_rtp_to_media_address = yes\n"
_RTP = f"rtpstart = {RTP_PORTS[0]}\nrtpend = {RTP_PORTS[1]}\n"
_CARRIER_ASTERISK_CONF = """
[options]
; A person's line carries sound all the time; without it AMD() gets no frames.
transmit_silence = yes
verbose = 0
"""


# Read by every Asterisk, and needed by none: a real site has its own or its package's.
_OPTIONAL = ("acl", "ccss", "cel", "features", "indications", "pjproject", "queuerules", "udptl", "websocket_client")


_FEATURE_CODES = """
[from-carrier](+)
exten => _*7X.,1,Goto(dialerd-pause,${EXTEN:2},1)
exten => _*8X.,1,Goto(dialerd-resume,${EXTEN:2},1)
"""


@dataclass(frozen=True, slots=True)
class Site:
    """The values in which a run of the lab differs from any other site."""

    http_port: int
    ami_port: int
    pbx_sip_port: int
    carrier_sip_port: int
    ari_user: str
    ari_password: str
    ami_user: str
    ami_secret: str
    app: str
    abandoned_sound: str
    music: str
    agents: tuple[str, ...]


def write_pbx(pbx: Asterisk, site: Site) -> None:
    """Make the PBX's ``etc`` from asterisk-conf/ and the site's values."""
    etc = _copy(PBX_FILES, pbx)
    (etc / "asterisk.conf").write_text(pbx.relocate((PBX_FILES / "asterisk.conf").read_text()))
    carrier = f"{LOOPBACK}:{site.carrier_sip_port}"
    files = {
        "http": f"bindaddr = {LOOPBACK}\nbindport = {site.http_port}\n",
        "ari": f"[{site.ari_user}]\ntype = user\nread_only = no\npassword = {site.ari_password}\n",
        "manager": f"bindaddr = {LOOPBACK}\nport = {site.ami_port}\n",
        "manager-user": f"[{site.ami_user}](dialerd-rights)\nsecret = {site.ami_secret}\n",
        "musiconhold": f"directory = {site.music}\n",
        "rtp": _RTP,
        "pjsip-transport": f"bind = {LOOPBACK}:{site.pbx_sip_port}\n",
        "pjsip-media": _MEDIA,
        "pjsip-trunk": f"[carrier](dialerd-trunk)\naors = carrier\n\n[carrier]\ntype = aor\n"
        f"contact = sip:{carrier}\n\n[carrier]\ntype = identify\nendpoint = carrier\nmatch = {LOOPBACK}\n",
        "pjsip-agents": "\n".join(
            f"[{agent}](dialerd-agent)\naors = {agent}\ncallerid = Agent {agent} <{agent}>\n\n"
            f"[{agent}]\ntype = aor\ncontact = sip:{agent}@{carrier}\n"
            for agent in site.agents
        ),
        "globals": f"DIALERD_APP_DEFAULT = {site.app}\nDIALERD_ABANDON_DEFAULT = {site.abandoned_sound}\n"
        f"DIALERD_INBOUND_DEFAULT = {site.abandoned_sound}\n"
        "DIALERD_TRANSFER_DIAL_PREFIX = PJSIP/\nDIALERD_TRANSFER_DIAL_SUFFIX = @carrier\n",
    }
    for name, text in files.items():
        (etc / "site" / f"{name}.conf").write_text(text)
    # The carrier plays the agents' phones, too: their feature codes come with their extension.
    with (etc / "site/dialplan.conf").open("a") as file:
        file.write(_FEATURE_CODES)


def write_carrier(
    carrier: Asterisk, site: Site, *, truth: Path, heard: Path, clips: Path, record: bool, rows: dict[str, str]
) -> None:
    """Make the carrier's ``etc``, and its AstDB from `rows` ("family/key" to value)."""
    etc = _copy(CARRIER_FILES, carrier)
    (etc / "asterisk.conf").write_text(carrier.directories() + _CARRIER_ASTERISK_CONF)
    (etc / "site").mkdir(exist_ok=True)
    files = {
        "rtp": _RTP,
        "pjsip-transport": f"bind = {LOOPBACK}:{site.carrier_sip_port}\n",
        "pjsip-pbx": f"contact = sip:{LOOPBACK}:{site.pbx_sip_port}\n",
        "globals": f"TRUTH = {truth}\nHEARD = {heard}\nCLIPS = {clips}\nRECORD = {int(record)}\n",
    }
    for name, text in files.items():
        (etc / "site" / f"{name}.conf").write_text(text)
    _write_astdb(carrier.home / "lib/astdb.sqlite3", rows)


def _copy(source: Path, target: Asterisk) -> Path:
    etc = target.home / "etc"
    shutil.copytree(source, etc, dirs_exist_ok=True)
    for name in _OPTIONAL:
        (etc / f"{name}.conf").touch()
    return etc


def _write_astdb(path: Path, rows: dict[str, str]) -> None:
    # The table is Asterisk's own (main/db.c); it opens the file as it finds it.
    path.unlink(missing_ok=True)
    database = sqlite3.connect(path)
    try:
        database.execute("CREATE TABLE astdb(key VARCHAR(256), value VARCHAR(256), PRIMARY KEY(key))")
        database.executemany("INSERT INTO astdb VALUES (?, ?)", [(f"/{key}", value) for key, value in rows.items()])
        database.commit()
    finally:
        database.close()
