"""From a document to a model, mistakes included: what is wrong is told and left out, the rest is kept.

Left-out parts let later checks see the remainder of the file, so that one run tells every mistake.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dialerd.config.document import Document
from dialerd.config.problems import Path, did_you_mean, nearest, quoted
from dialerd.config.scalars import REFUSED

Model = TypeVar("Model", bound=BaseModel)
_ROUNDS = 10
"""Each round leaves out at least one wrong part from the inside outwards; paths are at most this long."""


def settle(document: Document, model: type[Model]) -> Model | None:
    """Validate ``document.data``; tell every mistake in ``document.problems``. None when nothing is left."""
    data = deepcopy(document.data)
    for _ in range(_ROUNDS):
        try:
            return model.model_validate(data)
        except ValidationError as error:
            found = error.errors(include_url=False)
            misspelt = {_meant(model, _path(wrong)) for wrong in found if wrong["type"] == "extra_forbidden"}
            for wrong in found:
                if not (wrong["type"] == "missing" and _path(wrong) in misspelt):
                    _explain(document, model, wrong)
            if not _prune(data, [_path(wrong) for wrong in found]):
                return None
    return None


def _path(wrong: ErrorDetails) -> Path:
    location = tuple(wrong["loc"])
    return location[:-1] if location and location[-1] == "[key]" else location


def _prune(data: Any, paths: list[Path]) -> bool:
    """Leave out what is at these paths; of lists the whole, since indexes would shift. False: nothing done."""
    done = False
    for path in paths:
        cut = next((path[:index] for index, step in enumerate(path) if isinstance(step, int)), path)
        while cut:
            parent = data
            for step in cut[:-1]:
                parent = parent.get(step) if isinstance(parent, dict) else None
            if isinstance(parent, dict) and cut[-1] in parent:
                del parent[cut[-1]]
                done = True
                break
            # Something missing makes what lacks it useless; when that is gone already, an earlier path did it.
            if parent is None:
                break
            cut = cut[:-1]
    return done


def _explain(document: Document, model: type[BaseModel], wrong: ErrorDetails) -> None:
    path, kind, context = _path(wrong), wrong["type"], wrong.get("ctx") or {}
    if kind == "missing":
        if document.has(path):
            return  # It was written, and was left out for a mistake that is told already.
        document.problem(
            document.mark(path[:-1], of_key=True), path, f"{quoted(str(path[-1]))} is missing",
            _described(model, path), f"add `{path[-1]}:` here",
        )  # fmt: skip
    elif kind == "extra_forbidden":
        document.problem(
            document.mark(path, of_key=True), path, f"{quoted(str(path[-1]))} is not a setting here",
            "", _unknown_key_hint(model, path),
        )  # fmt: skip
    elif kind == REFUSED:
        of_key = tuple(wrong["loc"])[-1:] == ("[key]",)
        document.problem(document.mark(path, of_key), path, context["message"], context["expected"], context["hint"])
    else:
        expected, found = _shape(kind, context), _found(wrong["input"])
        document.problem(document.mark(path), path, f"{found} where it does not belong", expected, "")


def _shape(kind: str, context: dict[str, Any]) -> str:
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return "a mapping: indented lines of `name: value`"
    if kind == "list_type":
        return "a list: lines that begin with `- `"
    if kind == "too_short":
        return f"at least {context['min_length']} in the list"
    if kind == "too_long":
        return f"at most {context['max_length']} in the list"
    raise AssertionError(f"the models give no error of type {kind}")


def _found(value: object) -> str:
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return f"a list of {len(value)}" if value else "an empty list"
    return "`null`" if value is None else "a single value"


def _section_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    """The model whose fields are at ``path``; mappings by name and lists are passed through."""
    current: type[BaseModel] | None = model
    rest = list(path)
    while rest and current is not None:
        name = rest.pop(0)
        field = next((f for key, f in current.model_fields.items() if name in (key, f.alias)), None)
        inner = _model_in(field.annotation) if field is not None else None
        if field is not None and _is_container(field.annotation) and rest:
            rest.pop(0)
        current = inner
    return current


def _is_container(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (dict, list)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in getattr(annotation, "__args__", ()):
        found = _model_in(part)
        if found is not None:
            return found
    return None


def _keys(model: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in model.model_fields.items()]


def _meant(model: type[BaseModel], path: Path) -> Path | None:
    """The path that a misspelt key was probably meant to have: its absence is the same mistake."""
    section = _section_at(model, path[:-1])
    near = nearest(str(path[-1]), _keys(section)) if section is not None else None
    return (*path[:-1], near) if near is not None else None


def _described(model: type[BaseModel], path: Path) -> str:
    section = _section_at(model, path[:-1])
    if section is None:
        return ""
    for key, field in section.model_fields.items():
        if path[-1] in (key, field.alias):
            text = (field.description or "").split(". ")[0].rstrip(".")
            return text[:1].lower() + text[1:]
    return ""


def _unknown_key_hint(model: type[BaseModel], path: Path) -> str:
    section, word = _section_at(model, path[:-1]), str(path[-1])
    if section is None:
        return ""
    for key, field in section.model_fields.items():
        inner = _model_in(field.annotation)
        if inner is not None and word in _keys(inner):
            return f"it belongs under `{field.alias or key}:`"
    return did_you_mean(word, _keys(section))
