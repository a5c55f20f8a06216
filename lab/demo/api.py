"""Asks the demo's daemon; standard library only."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

from lab.demo.scene import Scene


class Api:
    """The daemon's HTTP API."""

    def __init__(self, scene: Scene) -> None:
        self._url, self._token = scene.api_url, scene.token

    def get(self, path: str) -> Any:
        """The JSON at a path. Raises :class:`OSError` when the daemon does not answer or refuses."""
        request = urllib.request.Request(self._url + path, headers={"Authorization": f"Bearer {self._token}"})
        with urllib.request.urlopen(request, timeout=5) as answer:
            return json.load(answer)

    def ready(self) -> bool:
        """Asterisk, roster, Redis and SQL are all there."""
        try:
            self.get("/readyz")
        except OSError:
            return False
        return True

    def status(self) -> dict[str, Any]:
        """Everything at this moment."""
        answer: dict[str, Any] = self.get("/api/v1/status")
        return answer
