"""Two small campaigns files without mistakes, and a way to put one in and to say where it is."""

from __future__ import annotations

MARK = "«"

_HEAD = """\
version: 1
trunks:
  carrier:
    dial: PJSIP/{digits}@carrier
    max_lines: 30
    cps: 5
contact_lists:
  customers:
    phones:
      - column: mobile
campaigns:
"""

BASE = (
    _HEAD
    + """\
  sale:
    mode: progressive
    contact_list: customers
    queue: sales
    trunk: carrier
    caller_id: +441632960000
"""
)

AHEAD = BASE.replace("mode: progressive\n", "mode: power\n    pacing: {ratio: 2}\n")

AGENTLESS = (
    _HEAD
    + """\
  notice:
    mode: agentless
    contact_list: customers
    message: sound:custom/notice
    trunk: carrier
    caller_id: "+441632960000"
"""
)


def changed(text: str, old: str, new: str) -> str:
    """``text`` with the first ``old`` replaced; it must be there."""
    assert old in text, f"{old!r} is not in the text"
    return text.replace(old, new, 1)


def marked(text: str) -> tuple[str, tuple[int, int] | None]:
    """The text without its mark, and the mark's line and column, counted from 1."""
    at = text.find(MARK)
    if at < 0:
        return text, None
    before = text[:at]
    return text.replace(MARK, ""), (before.count("\n") + 1, at - before.rfind("\n"))
