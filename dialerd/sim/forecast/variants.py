"""Variants of a campaigns file to compare: settings that are written over it, and modes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product

from dialerd.config.document import Document
from dialerd.core.campaign import Mode

MOST = 24
"""Variants in one comparison."""


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting with the values that are tried: ``pacing.abandon_target``, ``("1%", "2%")``."""

    path: tuple[str, ...]
    values: tuple[str, ...]

    @property
    def name(self) -> str:
        """As it was written."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Variant:
    """One way to run the campaigns. ``mode`` None: as in the file."""

    mode: Mode | None
    settings: tuple[tuple[tuple[str, ...], str], ...]

    def label(self, several_modes: bool, varied: frozenset[tuple[str, ...]]) -> str:
        """What tells it from the others."""
        words = [str(self.mode)] if several_modes and self.mode is not None else []
        words += [f"{path[-1]} {value}" for path, value in self.settings if path in varied]
        return ", ".join(words)


def setting(text: str) -> Setting:
    """``a.b=1`` or ``a.b=1,2,3``. Raises ValueError with what is wrong."""
    name, equals, values = text.partition("=")
    path = tuple(part.strip() for part in name.split("."))
    tried = tuple(value.strip() for value in values.split(","))
    if not equals or not all(path) or not all(tried):
        raise ValueError(f"`{text}` is not SETTING=VALUE")
    return Setting(path, tuple(dict.fromkeys(tried)))


def variants(modes: Sequence[Mode], settings: Sequence[Setting]) -> list[Variant]:
    """Every mode with every combination of values; what changes nothing in a mode is not tried there."""
    made: dict[Variant, None] = {}
    for mode in modes or (None,):
        for values in product(*(one.values for one in settings)):
            chosen = tuple(
                (one.path, value) for one, value in zip(settings, values, strict=True) if _matters(one.path, mode)
            )
            made[Variant(mode, chosen)] = None
    return list(made)


def _matters(path: tuple[str, ...], mode: Mode | None) -> bool:
    if mode is not None and mode.reserves and path[0] == "pacing":
        return False
    if path == ("pacing", "ratio"):
        return mode in (None, Mode.POWER)
    return path != ("pacing", "abandon_target") or mode is not Mode.POWER


def write_over(document: Document, variant: Variant, campaigns: Sequence[str]) -> None:
    """Put the variant's values into a campaigns document, for these campaigns. Paths that begin with ``trunks`` are
    those of the file, all others a campaign's."""
    data = document.data
    assert isinstance(data, dict)
    if variant.mode is not None:
        for name in campaigns:
            _put(document, ("campaigns", name, "mode"), str(variant.mode), "--mode")
            pacing = data.get("campaigns", {}).get(name, {}).get("pacing")
            if isinstance(pacing, dict):
                # What belongs to the file's own mode would be a mistake in another.
                for key in ("shadow", *(() if variant.mode is Mode.POWER else ("ratio",))):
                    pacing.pop(key, None)
                    document.values.pop(("campaigns", name, "pacing", key), None)
    for path, value in variant.settings:
        origin = f"--set {'.'.join(path)}={value}"
        if path[0] == "trunks":
            _put(document, path, value, origin)
            continue
        for name in campaigns:
            _put(document, ("campaigns", name, *path), value, origin)


def _put(document: Document, path: tuple[str, ...], value: str, origin: str) -> None:
    target = document.data
    for key in path[:-1]:
        if not isinstance(target, dict):
            return  # Something else stands where a section belongs; that is told.
        target = target.setdefault(key, {})
    if isinstance(target, dict):
        target[path[-1]] = value
        document.origins[path] = origin
        document.values.setdefault(path, document.mark(path[:-1]))
