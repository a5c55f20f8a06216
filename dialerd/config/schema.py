"""JSON Schemas (draft 2020-12) with which editors complete and check the YAML files while they are written."""

from __future__ import annotations

from typing import Any

from dialerd.config.daemon import DaemonSettings
from dialerd.config.floor_file import FloorFile
from dialerd.config.models import CampaignsFile

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def json_schema() -> dict[str, Any]:
    """The schema of `campaigns.yaml`. What only shows between settings is `dialerd check`'s to find."""
    return {"$schema": DIALECT, **CampaignsFile.model_json_schema(), "title": "dialerd campaigns"}


def settings_json_schema() -> dict[str, Any]:
    """The schema of `dialerd.yaml`."""
    return {"$schema": DIALECT, **DaemonSettings.model_json_schema()}


def floor_json_schema() -> dict[str, Any]:
    """The schema of the floor files of `dialerd simulate`."""
    return {"$schema": DIALECT, **FloorFile.model_json_schema()}
