"""Writes the documents that follow from the code: ``python -m docs.generate``.

A test compares them with the code, so they cannot fall behind it.
"""

from __future__ import annotations

from pathlib import Path

from dialerd.core.agent import AGENT_LIFECYCLE
from dialerd.core.attempt import ATTEMPT_LIFECYCLE
from dialerd.core.caller import CALLER_LIFECYCLE
from dialerd.core.campaign import CAMPAIGN_LIFECYCLE
from dialerd.core.contact import CONTACT_LIFECYCLE
from dialerd.core.disposition import BY_CAUSE, BY_SIP_STATUS, MEANING
from dialerd.core.retry import DEFAULT_RETRY

HERE = Path(__file__).parent
_NOTICE = "<!-- Written by `python -m docs.generate` from the code; do not edit. -->\n\n"


_REMARKS = {
    "campaign": """
`invalid`: somebody wants it on, and it cannot work in the world as it was found; its reason says why. It is looked at
when it is started, at each start of the daemon and of Asterisk, before a reload takes effect, and every 15 seconds.
When nothing stands against it any more it is `on` by itself. `suspended`, in contrast, waits for a person: something
went wrong on a call.
"""
}


def lifecycles() -> str:
    """The state machines as diagrams."""
    parts = [
        _NOTICE + "# Lifecycles\n\nOne table of moves each; a move that is not in it is a defect and raises.\n"
        "Late or duplicate events from outside are no moves: they change nothing.\n"
    ]
    for lifecycle in (
        CAMPAIGN_LIFECYCLE,
        CONTACT_LIFECYCLE,
        ATTEMPT_LIFECYCLE,
        AGENT_LIFECYCLE,
        CALLER_LIFECYCLE,
    ):
        parts.append(f"\n## {lifecycle.name.capitalize()}\n\n```mermaid\n{lifecycle.mermaid()}```\n")
        parts.append(_REMARKS.get(lifecycle.name, ""))
    return "".join(parts)


def dispositions() -> str:
    """Every disposition, its meaning, its default retry, and the tables it is found by."""
    lines = [
        _NOTICE + "# Dispositions",
        "",
        "Every attempt ends with exactly one. The agent's own verdict (wrap-up code) is kept apart from it.",
        "",
        "| disposition | meaning | retry unless the campaign says otherwise |",
        "|---|---|---|",
    ]
    for disposition, meaning in MEANING.items():
        rule = DEFAULT_RETRY.get(disposition)
        retry = f"{rule.max_tries} tries, {_span(rule.gap_s)} apart" if rule is not None else "-"
        lines.append(f"| `{disposition}` | {meaning} | {retry} |")
    lines += [
        "",
        "## Calls that nobody answered",
        "",
        "In this order: dialerd ended the call itself; the final SIP status (RFC 3261 section 21); the Q.850 cause",
        "that Asterisk reports; the ring time-out by dialerd's own clock; no cause at all: `outcome_unknown`;",
        "normal clearing without a SIP status: `no_answer`; any other SIP status: `trunk_failure`, from 600",
        "`rejected`; else `unmapped`.",
        "",
        "| SIP status | disposition |",
        "|---|---|",
        *(f"| {status} | `{disposition}` |" for status, disposition in sorted(BY_SIP_STATUS.items())),
        "",
        "| Q.850 cause | disposition |",
        "|---|---|",
        *(f"| {cause} | `{disposition}` |" for cause, disposition in sorted(BY_CAUSE.items())),
        "",
    ]
    return "\n".join(lines)


def _span(seconds: float) -> str:
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


DOCUMENTS = {"lifecycles.md": lifecycles, "dispositions.md": dispositions}


def main() -> None:
    """Write every document."""
    for name, render in DOCUMENTS.items():
        (HERE / name).write_text(render())


if __name__ == "__main__":
    main()
