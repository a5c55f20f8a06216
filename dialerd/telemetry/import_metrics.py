"""Metrics of imports that were asked of the daemon. Labels are contact lists of the configuration."""

from __future__ import annotations

from typing import Protocol

from prometheus_client import CollectorRegistry, Counter, Gauge


class EndedImport(Protocol):
    """What is counted of an import that is over."""

    @property
    def contact_list(self) -> str: ...
    @property
    def state(self) -> str: ...
    @property
    def imported(self) -> int: ...
    @property
    def updated(self) -> int: ...
    @property
    def rejected(self) -> int: ...
    @property
    def started_at(self) -> float | None: ...
    @property
    def ended_at(self) -> float | None: ...


class ImportMetrics:
    """Counted from the daemon's start; imports by the command line are not among them."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._imports = Counter(
            "dialerd_imports", "Imports that are over.", ("contact_list", "result"), registry=registry
        )
        self._rows = Counter(
            "dialerd_import_rows", "Rows of imports that are done, by what became of them: new, updated, rejected.",
            ("contact_list", "result"), registry=registry,
        )  # fmt: skip
        self._standing = Gauge(
            "dialerd_imports_under_way", "Imports that wait or run.", ("state",), registry=registry
        )
        self._last_s = Gauge(
            "dialerd_import_last_seconds", "How long the last import that was done took, from its first beginning.",
            ("contact_list",), registry=registry,
        )  # fmt: skip
        self._last_at = Gauge(
            "dialerd_import_last_ended_timestamp_seconds", "When the last import ended so.",
            ("contact_list", "result"), registry=registry,
        )  # fmt: skip
        self.standing(0, 0)

    def ended(self, one: EndedImport) -> None:
        """An import is over."""
        self._imports.labels(one.contact_list, one.state).inc()
        if one.ended_at is not None:
            self._last_at.labels(one.contact_list, one.state).set(one.ended_at)
        if one.state != "done":
            return
        if one.started_at is not None and one.ended_at is not None:
            self._last_s.labels(one.contact_list).set(max(0.0, one.ended_at - one.started_at))
        new = one.imported - one.updated
        for result, rows in (("new", new), ("updated", one.updated), ("rejected", one.rejected)):
            self._rows.labels(one.contact_list, result).inc(rows)

    def standing(self, waiting: int, running: int) -> None:
        """So many wait and run now."""
        self._standing.labels("waiting").set(waiting)
        self._standing.labels("running").set(running)
