"""The daemon's HTTP API, as an operator's program calls it."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class Answer:
    """Status and body (JSON where it is JSON, else text)."""

    status: int
    body: Any


class Api:
    """One daemon. Methods without ``Answer`` in their type assert that the request succeeded."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def ask(self, method: str, path: str, body: bytes | None = None, *, timeout_s: float = 5.0) -> Answer:
        """One request. Raises OSError when nobody answers."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "text/csv"}
        request = urllib.request.Request(self._url + path, data=body, method=method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as reply:
                return _answer(reply.status, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error.code, error.read())

    def get(self, path: str) -> Any:
        """The body at ``path``."""
        answer = self.ask("GET", path)
        assert answer.status == 200, answer
        return answer.body

    def content(self, path: str) -> bytes:
        """A file, as it is."""
        request = urllib.request.Request(self._url + path, headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(request, timeout=10) as reply:
            body: bytes = reply.read()
        return body

    def post(self, path: str, body: bytes | None = None) -> Any:
        """What a POST is answered with."""
        answer = self.ask("POST", path, body if body is not None else b"")
        assert answer.status in (200, 201, 202), answer
        return answer.body

    def probe(self, path: str) -> Answer | None:
        """As :meth:`ask`, and None when nobody answers."""
        try:
            return self.ask("GET", path, timeout_s=2.0)
        except OSError:
            return None

    def ready(self) -> bool:
        """Everything that dialing needs is up."""
        answer = self.probe("/readyz")
        return answer is not None and answer.status == 200

    def unready(self) -> dict[str, str]:
        """Why it is not ready, by part; empty while it is, or while nobody answers."""
        answer = self.probe("/readyz")
        reasons: dict[str, str] = {} if answer is None else answer.body["reasons"]
        return reasons

    def start(self, campaign: str) -> None:
        """Turn a campaign on."""
        self.post(f"/api/v1/campaigns/{campaign}/start")

    def stop(self, campaign: str) -> None:
        """Turn a campaign off."""
        self.post(f"/api/v1/campaigns/{campaign}/stop")

    def campaign(self, name: str) -> dict[str, Any]:
        """One campaign's view."""
        body: dict[str, Any] = self.get(f"/api/v1/campaigns/{name}")
        return body

    def campaigns(self) -> dict[str, dict[str, Any]]:
        """All campaigns' views by name."""
        return {one["name"]: one for one in self.get("/api/v1/campaigns")["campaigns"]}

    def agents(self) -> dict[str, dict[str, Any]]:
        """All agents' views by extension."""
        return {one["agent"]: one for one in self.get("/api/v1/agents")["agents"]}

    def agent_state(self, agent: str) -> str:
        """One agent's state; empty while the agent is not known."""
        return str(self.agents().get(agent, {}).get("state", ""))

    def live(self, campaign: str | None = None) -> list[dict[str, Any]]:
        """Live attempts, with whole numbers."""
        body = self.get("/api/v1/attempts?live=true&limit=1000&unmasked=true")
        return [one for one in body["live"] if campaign in (None, one["campaign"])]

    def live_now(self) -> int:
        """How many attempts are live; asks without leaving a trace in the audit, so without the database."""
        return sum(one["live"] for one in self.campaigns().values())

    def states(self, campaign: str | None = None) -> dict[str, str]:
        """Number -> state of its live attempt."""
        return {one["number"]: one["state"] for one in self.live(campaign)}

    def why(self, number: str, campaign: str) -> dict[str, Any]:
        """Why a number is (not) dialed."""
        body = self.get(f"/api/v1/why?number={quote(number)}&campaign={campaign}")
        answer: dict[str, Any] = body["answers"][0]
        return answer

    def notices(self) -> list[str]:
        """Names of what was told, oldest first."""
        return [one["name"] for one in reversed(self.get("/api/v1/notices?limit=1000")["notices"])]

    def notices_of(self, *names: str) -> list[dict[str, Any]]:
        """Notices with one of these names, oldest first."""
        found = reversed(self.get("/api/v1/notices?limit=1000")["notices"])
        return [one for one in found if one["name"] in names]

    def import_csv(self, contact_list: str, text: str) -> dict[str, Any]:
        """Import a CSV text; the report."""
        body: dict[str, Any] = self.post(f"/api/v1/contacts/import?list={contact_list}", text.encode())
        return body

    def import_numbers(self, contact_list: str, numbers: Iterable[str]) -> None:
        """Import one contact for each number."""
        given = list(numbers)
        report = self.import_csv(contact_list, "phone\n" + "".join(f"{number}\n" for number in given))
        assert report["imported"] == len(given), report

    def metrics(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        """Samples by name and labels."""
        families = text_string_to_metric_families(self.get("/metrics"))
        return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}

    def metric(self, name: str, **labels: str) -> float:
        """One sample; 0 where there is none."""
        return self.metrics().get((name, frozenset(labels.items())), 0.0)


def _answer(status: int, body: bytes) -> Answer:
    try:
        return Answer(status, json.loads(body))
    except ValueError:
        return Answer(status, body.decode())
