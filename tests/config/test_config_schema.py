"""The JSON Schemas that editors use."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from dialerd.config.schema import json_schema, settings_json_schema


def sections(schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "root", schema
    yield from schema.get("$defs", {}).items()


@pytest.mark.parametrize("schema", [json_schema(), settings_json_schema()], ids=["campaigns", "settings"])
def test_every_setting_is_described_and_unknown_ones_refused(schema: dict[str, Any]) -> None:
    assert json.loads(json.dumps(schema)) == schema
    counted = 0
    for section, model in sections(schema):
        assert model["additionalProperties"] is False, section
        for name, setting in model["properties"].items():
            # A section says what it is about in its own definition.
            section_text = schema["$defs"][setting["$ref"].split("/")[-1]] if "$ref" in setting else {}
            text = setting.get("description") or section_text.get("description", "")
            assert len(text) > 10, f"{section}.{name}"
            counted += 1
    assert counted > 20


def test_what_editors_offer() -> None:
    schema = json_schema()
    assert schema["required"] == ["version", "campaigns"]
    campaign = schema["$defs"]["CampaignModel"]["properties"]
    assert campaign["ring_timeout"]["default"] == "30s"
    assert campaign["mode"]["anyOf"][0]["enum"] == [
        "progressive", "power", "predictive", "agentless", "preview",
    ]  # fmt: skip
    assert schema["$defs"]["TrunkModel"]["required"] == ["dial", "max_lines", "cps"]
    assert set(settings_json_schema()["properties"]) == {
        "campaigns", "instance", "shard", "ari", "listening", "ami", "redis", "sql", "speech", "api", "imports",
        "log", "shutdown_grace", "lease_ttl", "recordings",
    }  # fmt: skip
