"""``defaults:`` below a campaign: what the campaign states wins, key by key, down into its sections."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)


def layered(lower: Model, upper: Model) -> Model:
    """``upper`` with what only ``lower`` states. Sections and mappings are merged, other values replaced."""
    update: dict[str, Any] = {}
    for name in lower.model_fields_set:
        below, above = getattr(lower, name), getattr(upper, name)
        if name not in upper.model_fields_set:
            update[name] = below
        elif isinstance(below, BaseModel) and isinstance(above, BaseModel):
            update[name] = layered(below, above)
        elif isinstance(below, dict) and isinstance(above, dict):
            update[name] = _merged(below, above)
    return upper.model_copy(update=update)


def _merged(below: dict[Any, Any], above: dict[Any, Any]) -> dict[Any, Any]:
    result = {**below, **above}
    for key in below.keys() & above.keys():
        if isinstance(below[key], BaseModel):
            result[key] = layered(below[key], above[key])
    return result
