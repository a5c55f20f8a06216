"""Query parameters: checked, converted, and told apart from mistakes."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Annotated, Any, TypeVar

from aiohttp import web
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from dialerd.control.problem import ApiProblem
from dialerd.core.disposition import Disposition

MOST_ROWS = 10_000
_AGO = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d|w)")
_UNIT_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_E164 = re.compile(r"\+[1-9]\d{6,14}")


def moment(text: str, now: float) -> float:
    """A point in time as epoch seconds: ``24h`` (ago; s, m, h, d, w), ISO 8601 (UTC where it has no zone), or epoch
    seconds. Raises ValueError."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - float(ago[1]) * _UNIT_S[ago[2]]
    if re.fullmatch(r"\d{9,11}(\.\d+)?", text):
        return float(text)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("a time such as `24h` (ago), `2026-03-01`, `2026-03-01T09:30+01:00`") from None
    return (when if when.tzinfo is not None else when.replace(tzinfo=UTC)).timestamp()


def _moment(text: str) -> str:
    moment(text, 0.0)
    return text


def _number(text: str) -> str:
    # A plus that was not encoded arrives as a space.
    written = "+" + text[1:] if text.startswith(" ") else text
    plain = re.sub(r"[ ().-]", "", written)
    if not _E164.fullmatch(plain):
        raise ValueError("a number with its country code, such as `+441632960001` (in a URL, + is `%2B`)")
    return plain


Moment = Annotated[str, BeforeValidator(_moment)]
PhoneNumber = Annotated[str, BeforeValidator(_number)]


class Parameters(BaseModel):
    """Common to all: unknown parameters are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Masking(Parameters):
    """Whether whole phone numbers are wanted."""

    unmasked: bool = False


class PromptsParameters(Parameters):
    """Whether the files in use are wanted by name."""

    in_use: bool = False


class AttemptParameters(Masking):
    """Which attempts."""

    campaign: str | None = None
    disposition: Disposition | None = None
    number: PhoneNumber | None = None
    since: Moment | None = None
    until: Moment | None = None
    live: bool | None = None
    """Only live ones, only finished ones; None: both."""
    limit: int = Field(default=100, ge=1, le=MOST_ROWS)
    offset: int = Field(default=0, ge=0)


class WhyParameters(Masking):
    """Which number, and perhaps which campaign."""

    number: PhoneNumber
    campaign: str | None = None


class SpanParameters(Parameters):
    """A span of time, and perhaps one campaign."""

    campaign: str | None = None
    since: Moment | None = None
    until: Moment | None = None


def bounds(since: str | None, until: str | None, now: float) -> tuple[float | None, float | None]:
    """Both as epoch seconds; None stays None: no bound."""
    return (
        moment(since, now) if since is not None else None,
        moment(until, now) if until is not None else None,
    )


def span(asked: SpanParameters, now: float, usual: str) -> tuple[float, float | None]:
    """The span in epoch seconds, from ``usual`` ago on where nothing else is asked; one that is empty ends the
    request with 400."""
    since = moment(asked.since or usual, now)
    _, until = bounds(None, asked.until, now)
    if until is not None and until <= since:
        raise ApiProblem(400, "`until` is not after `since`", hint="The span is half open: since <= t < until.")
    return since, until


class NoticeParameters(Parameters):
    """Which notices."""

    level: Annotated[str | None, Field(pattern="^(info|warning|error)$")] = None
    limit: int = Field(default=100, ge=1, le=1000)


class AuditParameters(Parameters):
    """How many lines of the audit."""

    limit: int = Field(default=100, ge=1, le=1000)


class ReloadParameters(Parameters):
    """Whether to apply."""

    check: bool = False


class ListParameters(Parameters):
    """Which list. ``source`` is taken and not looked at."""

    list: str
    source: str = ""


Model = TypeVar("Model", bound=Parameters)


def parameters(request: web.Request, model: type[Model]) -> Model:
    """The request's query as ``model``; a mistake ends the request with 400, all mistakes and a hint."""
    given: dict[str, Any] = {}
    for key in request.query:
        values = request.query.getall(key)
        if len(values) > 1:
            raise ApiProblem(400, f"`{key}` is given {len(values)} times", hint="Give it once.")
        given[key] = values[0]
    try:
        return model.model_validate(given)
    except ValidationError as error:
        mistakes = [_said(str(e["loc"][0]), e["type"], e["msg"], model) for e in error.errors()]
        raise ApiProblem(400, "bad parameter", "; ".join(mistakes), _hint(model)) from None


def _said(name: str, kind: str, message: str, model: type[Parameters]) -> str:
    if kind == "extra_forbidden":
        near = get_close_matches(name, model.model_fields, n=1)
        return f"`{name}` is not a parameter" + (f", did you mean `{near[0]}`?" if near else "")
    if kind == "missing":
        return f"`{name}` is missing"
    if kind == "value_error":
        return f"`{name}` must be {message.removeprefix('Value error, ')}"
    return f"`{name}`: {message[:1].lower()}{message[1:]}"


def _hint(model: type[Parameters]) -> str:
    names = ", ".join(f"`{name}`" for name in model.model_fields)
    return f"Parameters of this path: {names}."
