"""What must hold when everything has come to rest, whatever happened before."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from lab import Lab
from lab.demo.audit import Audit, audit
from lab.truth import Truth, TruthCall
from tests.harness.pbx import Pbx
from tests.harness.redis_keys import held, lines
from tests.harness.site import Site
from tests.harness.waiting import until

NEVER_DIALED = frozenset({"not_placed", "preview_skipped"})
UNSEEN = NEVER_DIALED | {"outcome_unknown"}
"""Dispositions that do not claim that a call was made."""


def truth_since(lab: Lab, since_ms: float) -> Truth:
    """The carrier's truth from a moment on, when all its calls have ended. Tests that take turns on a lab also take
    the same numbers: without the moment each would see the calls of those before it."""

    def seen() -> Truth | None:
        whole = lab.truth()
        calls = tuple(call for call in whole.calls if call.received_ms >= since_ms)
        phones = tuple(phone for phone in whole.phones if phone.received_ms >= since_ms)
        return Truth(calls, phones) if all(call.ended_ms for call in calls) else None

    found = until("every call has ended at the carrier", seen)
    assert found is not None
    return found


def assert_at_rest(site: Site) -> None:
    """Nothing is live, nothing leaked: Redis, PBX, record. The daemon must be running."""
    pbx = Pbx(site.lab)
    until("no live attempt", lambda: not site.api.live())
    until("Redis holds nothing", lambda: not held(site.lab) or _Why(held(site.lab)))
    own = set(lines(site.lab).values())
    until("no orphan channel", lambda: not pbx.channels().keys() - own or _Why(sorted(pbx.channels())))
    bridges = {"brg-" + line.removeprefix("agt-") for line in own}
    until("no orphan bridge", lambda: not pbx.bridges().keys() - bridges or _Why(pbx.bridges()))
    counted = {one["id"] for one in site.attempts() if one["answered_at"] is not None}
    assert pbx.losses() <= counted, "lost calls that are not in the record as answered"
    stuck = [c for c in site.contacts() if c["state"] == "in_attempt"]
    assert not stuck or any(one["hopper"] for one in site.api.campaigns().values()), stuck
    assert_counted(site)
    violated = [key for key in site.api.metrics().items() if "violations" in key[0][0] and key[1]]
    assert not violated, (violated, site.daemon.logged("invariant_violated", "core_defect", "adapter_defect")[-5:])
    defects = site.daemon.logged("adapter_defect", "core_defect")
    assert not defects, defects


def assert_counted(site: Site) -> None:
    """Every attempt has one disposition, and every contact has as many attempts as were dialed."""
    attempts = site.attempts()
    assert all(one["disposition"] for one in attempts)
    dialed = Counter(one["contact_id"] for one in attempts if one["disposition"] not in NEVER_DIALED)
    wrong = [(c["id"], c["attempts"], dialed[c["id"]]) for c in site.contacts() if c["attempts"] != dialed[c["id"]]]
    assert not wrong, f"contact, its count, attempts in the record: {wrong}"


def assert_audited(site: Site, since_ms: float) -> Audit:
    """Every call is in the record as it truly happened, and the other way round."""
    found = audit(site.attempts(), truth_since(site.lab, since_ms))
    assert found.ok, (found.unaccounted, found.differences)
    return found


def assert_never_twice(attempts: Iterable[dict[str, Any]], truth: Truth) -> None:
    """No number was ever in two calls at once, and none was called more often than it was attempted."""
    allowed = Counter(one["number"] for one in attempts if one["disposition"] not in NEVER_DIALED)
    calls: dict[str, list[TruthCall]] = defaultdict(list)
    for call in truth.calls:
        calls[call.number].append(call)
    for number, of_number in calls.items():
        assert len(of_number) <= allowed[number], (number, len(of_number), allowed[number])
        ordered = sorted(of_number, key=lambda call: call.received_ms)
        for earlier, later in pairwise(ordered):
            assert earlier.ended_ms is not None
            assert earlier.ended_ms <= later.received_ms, f"{number} was called while it was in a call"


def assert_not_cut(truth: Truth) -> int:
    """Everybody who heard an agent heard that agent to the end, and ended the call themselves; how many."""
    talked = [call for call in truth.calls if call.agent is not None and call.behaviour and call.behaviour.is_person]
    for call in talked:
        assert call.ended_ms is not None
        assert call.ended_by == "callee", f"{call.number} was cut off: {call}"
        last = max(stretch.to_ms for stretch in call.heard if stretch.agent == call.agent)
        assert call.ended_ms - last <= 400, f"{call.number} lost the agent before the end: {call}"
    return len(talked)


class _Why:
    """A false answer that shows in :func:`until`'s failure what was there."""

    def __init__(self, seen: object) -> None:
        self._seen = seen

    def __bool__(self) -> bool:
        return False

    def __repr__(self) -> str:
        return repr(self._seen)
