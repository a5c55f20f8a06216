"""`webhooks:` of the campaigns file: addresses that rules have told of calls."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from dialerd.config.callable_models import COLUMN
from dialerd.config.scalars import Choice, Duration, Text, Whole
from dialerd.config.section import Section, written
from dialerd.core.webhook import NumberShown, WebhookSettings

_URL = Text("an address that begins with http:// or https://, without a password", r"https?://[^\s/@]+(/\S*)?", 1000)
_VARIABLE = Text("the name of an environment variable", r"[A-Za-z_][A-Za-z0-9_]*", 100)
_HEADER = Text(
    "the name of a header, other than those that dialerd sets itself",
    r"(?!(?i:authorization|host|content-type|content-length|idempotency-key|user-agent)$)[A-Za-z][A-Za-z0-9-]*", 100,
)  # fmt: skip


class WebhookModel(Section):
    """An address that is told of calls, by POST of JSON."""

    url: Annotated[str, _URL] = Field(description="Where to. A secret does not belong here, but in `token_env`.")
    timeout: Annotated[float, Duration(0.1, 60)] = Field(
        default=written("5s"), description="How long the answer may take."
    )
    tries: Annotated[int, Whole(1, 50)] = Field(
        default=8, description="After so many tries without success it is given up, and kept as dead."
    )
    first_gap: Annotated[float, Duration(1, 3600)] = Field(
        default=written("30s"), description="Before the second try; it doubles with each."
    )
    longest_gap: Annotated[float, Duration(1, 86400)] = Field(
        default=written("1h"), description="It does not grow beyond this."
    )
    at_once: Annotated[int, Whole(1, 50)] = Field(default=4, description="Most requests at the same time.")
    token_env: Annotated[str, _VARIABLE] | None = Field(
        default=None,
        description="Environment variable of the daemon with a token, which is sent as `Authorization: Bearer`.",
    )
    headers_env: dict[Annotated[str, _HEADER], Annotated[str, _VARIABLE]] = Field(
        default_factory=dict,
        description="Further headers: name, and the environment variable of the daemon that has its value.",
    )
    number: Annotated[NumberShown, Choice(NumberShown)] = Field(
        default=written("masked"), description="How the phone number is told: `masked`, `full` or `none`."
    )
    columns: list[Annotated[str, COLUMN]] = Field(
        default_factory=list, max_length=50, description="Columns of the contact that are told; others are not."
    )


def webhook_settings(name: str, model: WebhookModel) -> WebhookSettings:
    """The settings of one webhook."""
    return WebhookSettings(
        name, model.url, model.timeout, model.tries, model.first_gap, max(model.first_gap, model.longest_gap),
        model.at_once, model.token_env, dict(model.headers_env), model.number, tuple(model.columns),
    )  # fmt: skip
