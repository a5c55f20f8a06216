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


def mounted(service: str) -> dict[str, str]:
    """Path in the container -> volume and, behind a colon, how."""
    volumes = (volume.split(":") for volume in COMPOSE["services"][service]["volumes"])
    return {path: ":".join((source, *how)) for source, path, *how in volumes}


def test_asterisk_reads_the_speech_that_dialerd_writes_by_the_same_path() -> None:
    folder = COMPOSE["services"]["dialerd"]["environment"]["DIALERD_SPEECH__FOLDER"]
    assert mounted("dialerd")[folder] == "speech"
    assert mounted("asterisk")[folder] == "speech:ro"
    # Whichever container is made first gives the empty volume its owner.
    for dockerfile in ("Dockerfile", "ops/asterisk.Dockerfile"):
        text = (ROOT / dockerfile).read_text()
        assert f"install -d -o {'dialerd' if dockerfile == 'Dockerfile' else '10001'}" in text
        assert folder in text
    assert "useradd --system --uid 10001" in (ROOT / "Dockerfile").read_text()


def test_what_dialerd_writes_is_on_volumes() -> None:
    environment = COMPOSE["services"]["dialerd"]["environment"]
    writable = [path for path, volume in mounted("dialerd").items() if not volume.endswith(":ro")]
    for name in ("DIALERD_SPEECH__FOLDER", "DIALERD_RECORDINGS__FOLDER"):
        assert any(Path(environment[name]).is_relative_to(path) for path in writable), name
