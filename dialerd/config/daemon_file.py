"""`dialerd.yaml`, the environment and secret files, from text to :class:`~dialerd.config.daemon.DaemonSettings`.

The environment goes over the file: ``DIALERD_ARI__PASSWORD`` is ``ari: password:``. A secret may be in a file
(``password_file``, or ``DIALERD_ARI__PASSWORD_FILE``), as container platforms hand them out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pydantic import BaseModel, SecretStr

from dialerd.config.daemon import DaemonSettings
from dialerd.config.document import Document, read
from dialerd.config.problems import NOWHERE, Problem, Severity, has_errors, in_file_order, nearest, quoted
from dialerd.config.problems import Path as YamlPath
from dialerd.config.settle import settle
from dialerd.config.text_file import read_text

PREFIX = "DIALERD_"
_SQLITE = "sqlite+aiosqlite:///"
_SECRETS: tuple[tuple[str, str], ...] = (
    ("ari", "password"), ("ami", "secret"), ("redis", "url"), ("sql", "url"), ("api", "token"),
)  # fmt: skip
_NEEDED = (("ari", "password"), ("ami", "secret"))


@dataclass(frozen=True, slots=True)
class SettingsResult:
    """What file and environment say. ``settings`` is None exactly when a problem is an error."""

    settings: DaemonSettings | None
    problems: tuple[Problem, ...] = ()


def check_settings(
    text: str, filename: str = "dialerd.yaml", environ: Mapping[str, str] | None = None, base: Path | None = None
) -> SettingsResult:
    """Check daemon settings: ``text`` (may be empty) with ``environ`` over it; names are relative to ``base``, by
    default the folder of ``filename``. Reads secret files. Never raises for what is written."""
    folder = (Path(filename).parent if base is None else base).absolute()
    if any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        document = read(text, filename)
    else:
        document = Document(filename, {}, values={(): NOWHERE})
    settings = None
    if not document.unreadable:
        if isinstance(document.data, dict):
            _overlay(document, document.data, environ or {})
            _read_secrets(document, document.data, folder)
        settings = settle(document, DaemonSettings)
    if settings is not None:
        _needed(document)
        _exposed(document, settings)
        settings = _absolute(settings, folder)
    usable = settings if not has_errors(document.problems) else None
    return SettingsResult(usable, in_file_order(document.problems))


def load_settings(path: Path | None, environ: Mapping[str, str]) -> SettingsResult:
    """Read and check daemon settings; without a ``path`` the environment and the defaults are all there is, and
    names are relative to the working directory."""
    if path is None:
        return check_settings("", "dialerd.yaml", environ)
    text = read_text(path)
    if isinstance(text, Problem):
        return SettingsResult(None, (text,))
    return check_settings(text, str(path), environ)


def environment_names() -> dict[str, YamlPath]:
    """Every variable that is understood, with the path of its setting."""
    names: dict[str, YamlPath] = {}
    for key, field in DaemonSettings.model_fields.items():
        shown = field.alias or key
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            for inner in field.annotation.model_fields:
                names[f"{PREFIX}{shown}__{inner}".upper()] = (shown, inner)
        else:
            names[f"{PREFIX}{shown}".upper()] = (shown,)
    return names


def _overlay(document: Document, data: dict[str, Any], environ: Mapping[str, str]) -> None:
    """Put the environment's values over the file's. A variable that is not understood is a warning only: platforms
    set some that begin with the service's name."""
    known = environment_names()
    for name in sorted(environ):
        if not name.startswith(PREFIX):
            continue
        if name not in known:
            shown = {other.removeprefix(PREFIX): other for other in known}
            near = nearest(name.removeprefix(PREFIX), shown)
            _unknown_variable(document, name, PREFIX + near.upper() if near else None)
            continue
        *outer, key = (str(step) for step in known[name])
        target = data.setdefault(outer[0], {}) if outer else data
        if not isinstance(target, dict):
            continue  # The file has something else where a section belongs; that is told.
        twin = key.removesuffix("_file") if key.endswith("_file") else key + "_file"
        if f"{PREFIX}{'__'.join([*outer, twin])}".upper() not in environ:
            target.pop(twin, None)
        target[key] = environ[name]
        document.origins[known[name]] = f"environment variable {name}"


def _unknown_variable(document: Document, name: str, near: str | None) -> None:
    if near is None and "__" not in name:
        return
    hint = f"did you mean {near}?" if near else ""
    origin = f"environment variable {name}"
    document.problems.append(Problem(origin, 0, 0, "", "not a setting of dialerd", "", hint, Severity.WARNING))


def _read_secrets(document: Document, data: dict[str, Any], folder: Path) -> None:
    """Put the text of secret files in place of their names."""
    for section, key in _SECRETS:
        inside = data.get(section)
        path: YamlPath = (section, key + "_file")
        name = inside.get(key + "_file") if isinstance(inside, dict) else None
        if not isinstance(inside, dict) or not isinstance(name, str):
            continue
        if key in inside:
            document.problem(
                document.mark(path, of_key=True), path, f"`{key}` and `{key}_file` are both stated", "",
                "keep one of the two",
            )  # fmt: skip
            continue
        value = _secret_from(document, path, folder / name)
        del inside[key + "_file"]
        if value is not None:
            inside[key] = value
            document.origins[(section, key)] = str(folder / name)


def _secret_from(document: Document, path: YamlPath, file: Path) -> str | None:
    text = read_text(file)
    if isinstance(text, Problem):
        document.problem(document.mark(path), path, f"{quoted(str(file))} {text.message}", "", text.hint)
        return None
    lines = text.strip().splitlines()
    if len(lines) != 1:
        said = "has more than one line" if lines else "is empty"
        expected = "a file whose only line is the secret"
        document.problem(document.mark(path), path, f"{quoted(str(file))} {said}", expected, "")
        return None
    return lines[0]


def _needed(document: Document) -> None:
    told = {problem.path for problem in document.problems}
    for section, key in _NEEDED:
        inside = document.data.get(section, {}) if isinstance(document.data, dict) else {}
        if not isinstance(inside, dict) or inside.get(key) is not None:
            continue
        if told & {section, f"{section}.{key}", f"{section}.{key}_file"}:
            continue
        variable = f"{PREFIX}{section}__{key}".upper()
        document.problem(
            document.mark((section,), of_key=True), (section, key), f"`{key}` is missing", "",
            f"state `{key}_file:`, or set {variable} or {variable}_FILE",
        )  # fmt: skip


def _exposed(document: Document, settings: DaemonSettings) -> None:
    host = settings.api.host
    try:
        loopback = ip_address(host).is_loopback
    except ValueError:
        loopback = host == "localhost"
    told = any(problem.path.startswith("api.token") for problem in document.problems)
    if not (loopback or settings.api.token is not None or told):
        document.problem(
            document.mark(("api", "host")), ("api", "host"),
            f"{quoted(host)} can be reached from other machines, and no token is set",
            "a token, or a loopback address", "set DIALERD_API__TOKEN_FILE, or listen on `127.0.0.1`",
        )  # fmt: skip


def _absolute(settings: DaemonSettings, folder: Path) -> DaemonSettings:
    update: dict[str, Any] = {"campaigns": folder / settings.campaigns}
    kept, speech = settings.recordings, settings.speech
    update["recordings"] = kept.model_copy(update={"folder": folder / kept.folder})
    update["speech"] = speech.model_copy(update={"folder": folder / speech.folder})
    name = settings.sql.url.get_secret_value()
    if name.startswith(_SQLITE) and not name.removeprefix(_SQLITE).startswith(("/", ":memory:", "file:")):
        url = SecretStr(f"{_SQLITE}{folder / name.removeprefix(_SQLITE)}")
        update["sql"] = settings.sql.model_copy(update={"url": url})
    if settings.imports.folder is not None:
        update["imports"] = settings.imports.model_copy(update={"folder": folder / settings.imports.folder})
    return settings.model_copy(update=update)
