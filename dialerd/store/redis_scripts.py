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


_INCLUDE = "-- include: "
"""A line of a script that begins so stands for the text of another one."""


def _text(name: str) -> str:
    text = (resources.files("dialerd.store") / "lua" / f"{name}.lua").read_text(encoding="utf-8")
    lines = text.splitlines(keepends=True)
    return "".join(
        _text(line.removeprefix(_INCLUDE).strip()) if line.startswith(_INCLUDE) else line for line in lines
    )


def _script(name: str) -> Script:
    text = _text(name)
    return Script(name, text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest())


CLAIM = _script("claim")
CONFIRM = _script("confirm")
SAVE = _script("save")
MOVE = _script("move")
CLOSE = _script("close")
AGENT_LINE = _script("agent_line")
PACING = _script("pacing")
CALLER = _script("caller")
RESTORE = _script("restore")
DROP = _script("drop")
ACQUIRE = _script("acquire")
RENEW = _script("renew")
RELEASE = _script("release")
CALLS_BEGIN = _script("calls_begin")
CALLS_ADD = _script("calls_add")
CALLS_END = _script("calls_end")

DNC_APPLY = _script("dnc_apply")
DNC_CHECK = _script("dnc_check")
DNC_BAR = _script("dnc_bar")

ALL = (
    CLAIM,
    CONFIRM,
    SAVE,
    MOVE,
    CLOSE,
    AGENT_LINE,
    PACING,
    CALLER,
    RESTORE,
    DROP,
    ACQUIRE,
    RENEW,
    RELEASE,
    CALLS_BEGIN,
    CALLS_ADD,
    CALLS_END,
    DNC_APPLY,
    DNC_CHECK,
    DNC_BAR,
)
