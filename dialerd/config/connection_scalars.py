"""Kinds of single values that say how other programs are reached; see :mod:`dialerd.config.scalars`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

from dialerd.config.problems import quoted
from dialerd.config.scalars import Scalar


def _split(text: str) -> SplitResult | None:
    """The parts of an address without spaces and with a usable port; None: it is none."""
    try:
        parts = urlsplit(text)
        _ = parts.port  # raises for a port that is no number or too large
    except ValueError:
        return None
    return parts if text.isprintable() and not re.search(r"\s", text) else None


@dataclass(frozen=True, slots=True)
class FilePath(Scalar):
    """A file name."""

    def parse(self, text: str) -> Path:
        if not text or not text.isprintable():
            raise self.refuse(f"{quoted(text)} is not a file name")
        return Path(text)

    def expected(self) -> str:
        return "a file name"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "minLength": 1}


@dataclass(frozen=True, slots=True)
class WebUrl(Scalar):
    """Address of an HTTP server, without a slash at its end and without credentials."""

    def parse(self, text: str) -> str:
        parts = _split(text)
        if parts is not None and (parts.username or parts.password):
            raise self.refuse("the address holds a user or password", "state `user:` and `password:` beside it")
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            hint = f"did you mean `http://{text}`?" if re.fullmatch(r"[A-Za-z0-9.-]+(:[0-9]+)?", text) else ""
            raise self.refuse(f"{quoted(text)} is not a web address", hint)
        plain = text.rstrip("/")
        if plain.endswith("/ari"):
            raise self.refuse(f"{quoted(text)} ends with `/ari`", f"did you mean `{plain.removesuffix('/ari')}`?")
        if parts.query or parts.fragment:
            raise self.refuse(f"{quoted(text)} has more than an address", "leave out what follows `?` or `#`")
        return plain

    def expected(self) -> str:
        return "the address of Asterisk's HTTP server, such as `http://127.0.0.1:8088`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^https?://"}


@dataclass(frozen=True, slots=True)
class RedisUrl(Scalar):
    """Address of Redis. It may hold a password, so it is kept secret and never repeated."""

    def parse(self, text: str) -> SecretStr:
        parts = _split(text)
        if parts is None or parts.scheme not in ("redis", "rediss", "unix"):
            raise self.refuse("this is not the address of a Redis server")
        if (parts.scheme == "unix" and not parts.path) or (parts.scheme != "unix" and not parts.hostname):
            raise self.refuse("the address names no server")
        return SecretStr(text)

    def expected(self) -> str:
        return "an address such as `redis://127.0.0.1:6379/0`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": "^(rediss?|unix)://"}


_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


@dataclass(frozen=True, slots=True)
class SqlUrl(Scalar):
    """SQLAlchemy's address of a database, with one of the two drivers that are used. Kept secret."""

    def parse(self, text: str) -> SecretStr:
        scheme = text.partition(":")[0]
        parts = _split(text)
        if parts is None or scheme not in _DRIVERS.values():
            driver = _DRIVERS.get(scheme.partition("+")[0])
            raise self.refuse("this database cannot be used", f"did you mean `{driver}://…`?" if driver else "")
        if scheme.startswith("sqlite") and (parts.netloc or len(parts.path) < 2):
            raise self.refuse("the address names no file", "three slashes before a relative name, four before `/`")
        if scheme.startswith("postgresql") and (not parts.hostname or len(parts.path) < 2):
            raise self.refuse("the address names no host or no database")
        return SecretStr(text)

    def expected(self) -> str:
        return "`sqlite+aiosqlite:///file` or `postgresql+asyncpg://user:password@host/database`"

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "pattern": r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://"}
