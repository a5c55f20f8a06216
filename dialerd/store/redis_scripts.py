"""The Lua scripts, one file each: every change that must be all-or-nothing is one of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True)
class Script:
    """A script and the digest by which EVALSHA knows it."""

    name: str
    text: str
    sha: str


def _script(name: str) -> Script:
    text = (resources.files("dialerd.store") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


CLAIM = _script("claim")
SAVE = _script("save")
MOVE = _script("move")
CLOSE = _script("close")
AGENT_LINE = _script("agent_line")
PACING = _script("pacing")
RESTORE = _script("restore")
DROP = _script("drop")
ACQUIRE = _script("acquire")
RENEW = _script("renew")
RELEASE = _script("release")
CALLS_BEGIN = _script("calls_begin")
CALLS_ADD = _script("calls_add")
CALLS_END = _script("calls_end")

ALL = (
    CLAIM,
    SAVE,
    MOVE,
    CLOSE,
    AGENT_LINE,
    PACING,
    RESTORE,
    DROP,
    ACQUIRE,
    RENEW,
    RELEASE,
    CALLS_BEGIN,
    CALLS_ADD,
    CALLS_END,
)
