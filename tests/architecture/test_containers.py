"""compose.yaml names only what exists. (No engine runs it here; hadolint reads the Dockerfiles in `make lint`.)"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
WRITTEN_BY_THE_SITE = {"./etc", "./secrets/ari_password", "./secrets/ami_secret"}


@pytest.mark.parametrize("service", COMPOSE["services"])
def test_everything_a_service_names_is_there(service: str) -> None:
    told = COMPOSE["services"][service]
    if "build" in told:
        build = told["build"] if isinstance(told["build"], dict) else {"context": told["build"]}
        assert (ROOT / build["context"] / build.get("dockerfile", "Dockerfile")).is_file()
    for volume in told.get("volumes", []):
        source = volume.split(":")[0]
        if source.startswith("."):
            assert source in WRITTEN_BY_THE_SITE or (ROOT / source).exists(), source
        else:
            assert source in COMPOSE["volumes"]
    assert set(told.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert set(told.get("depends_on", {})) <= set(COMPOSE["services"])


@pytest.mark.parametrize("dockerfile", ["Dockerfile", "ops/asterisk.Dockerfile"])
def test_everything_a_dockerfile_copies_is_let_in(dockerfile: str) -> None:
    allowed = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    for line in (ROOT / dockerfile).read_text().splitlines():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert source.strip("./").rstrip("/") in allowed
