"""Do-not-call lists as the YAML describes them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

from dialerd.config.scalars import Choice, Duration, Text, Whole
from dialerd.config.section import Section, written
from dialerd.config.telephony_scalars import Region

_URL = Text("an address that begins with http:// or https://", r"https?://[^\s/]+\S*", 1000)
_VARIABLE = Text("the name of an environment variable", r"[A-Za-z_][A-Za-z0-9_]*", 100)


class ProviderModel(Section):
    """A service on the network that is asked about each number before it is called."""

    url: Annotated[str, _URL] = Field(
        description="Where to ask. With `{e164}`, `{digits}` or `{national}` in it: GET, one number at a time, "
        'answered by `{"listed": true}` or `false`. Without: POST of `{"numbers": [...]}`, answered by '
        '`{"listed": [...]}`.'
    )
    token_env: Annotated[str, _VARIABLE] | None = Field(
        default=None,
        description="Environment variable of the daemon with a token, which is sent as `Authorization: Bearer`.",
    )
    timeout: Annotated[float, Duration(0.1, 60)] = Field(
        default=written("2s"), description="How long an answer may take."
    )
    cache: Annotated[float, Duration(60, 90 * 86400)] = Field(
        default=written("24h"), description="How long an answer holds."
    )
    batch: Annotated[int, Whole(1, 1000)] = Field(default=100, description="Most numbers in one POST.")
    on_failure: Annotated[str, Choice(("hold", "allow"))] = Field(
        default="hold",
        description="Without an answer: `hold` does not call the number until there is one, `allow` calls it.",
    )
    failures: Annotated[int, Whole(1, 100)] = Field(
        default=5, description="After so many failures in a row nothing is asked for a while."
    )
    pause: Annotated[float, Duration(1, 3600)] = Field(
        default=written("30s"), description="How long nothing is asked then."
    )


class DncListModel(Section):
    """A do-not-call list."""

    description: Annotated[str, Text("some words", most=500)] | None = Field(
        default=None, description="What it is, for people."
    )
    region: Annotated[str, Region()] | None = Field(
        default=None,
        description="Country of numbers in files that have no country code (two letters, `GB`). Not stated: such "
        "numbers are refused.",
    )
    provider: ProviderModel | None = Field(
        default=None, description="A service that knows more numbers of this list."
    )


@dataclass(frozen=True, slots=True)
class ProviderSettings:
    """How one provider is asked. Times in seconds."""

    url: str
    token_env: str | None = None
    timeout_s: float = 2.0
    cache_s: float = 86400.0
    batch: int = 100
    allow_on_failure: bool = False
    failures: int = 5
    pause_s: float = 30.0

    @property
    def one_by_one(self) -> bool:
        """The address has a place for the number."""
        return any(f"{{{form}}}" in self.url for form in ("e164", "digits", "national"))


@dataclass(frozen=True, slots=True)
class DncListSettings:
    """One list. ``region`` (ISO 3166): country of numbers without a country code; None: they are refused."""

    name: str
    description: str = ""
    region: str | None = None
    provider: ProviderSettings | None = None


def dnc_list_settings(name: str, model: DncListModel) -> DncListSettings:
    """The settings of one list."""
    stated = model.provider
    provider = None
    if stated is not None:
        provider = ProviderSettings(
            stated.url, stated.token_env, stated.timeout, stated.cache, stated.batch, stated.on_failure == "allow",
            stated.failures, stated.pause,
        )  # fmt: skip
    return DncListSettings(name, model.description or "", model.region, provider)
