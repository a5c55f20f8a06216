"""`dnc provider`: answers are looked up and forgotten, with and without a daemon."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from dialerd.config.dnc_lists import DncListSettings, ProviderSettings
from dialerd.ports import ProviderAnswers
from dialerd.providers.http_dnc import source_of
from dialerd.store.provider_answers import RedisAnswers
from lab.ports import free_ports
from lab.redis import Redis
from tests.cli.running_api import Dialerd, Served, parsed

ONE, OTHER = "+441632960001", "+441632960002"
URL = "https://dnc.example/check"
REGISTRY = source_of("registry", ProviderSettings(URL))


async def keep(store: ProviderAnswers) -> None:
    await store.keep(REGISTRY, {ONE: True, OTHER: False}, 600.0)


def settle(folder: Path, redis_url: str = "redis://127.0.0.1:1/0") -> None:
    """Settings of a list with a provider, and of this Redis."""
    path = folder / "campaigns.yaml"
    file = yaml.safe_load(path.read_text())
    file["dnc_lists"] = {"opt_outs": {}, "registry": {"provider": {"url": URL}}}
    path.write_text(yaml.safe_dump(file))
    path = folder / "dialerd.yaml"
    path.write_text(path.read_text().replace("redis://127.0.0.1:1/0", redis_url))


@pytest.fixture
def redis(tmp_path: Path, absent: int, folder: Path) -> Iterator[Redis]:
    """A Redis with two answers, and no daemon."""
    server = Redis(tmp_path / "redis", free_ports(1, 0)[0][0])
    server.start()

    async def fill() -> None:
        store = RedisAnswers(server.url)
        await keep(store)
        await store.aclose()

    try:
        asyncio.run(fill())
        settle(folder, server.url)
        yield server
    finally:
        server.stop()


def test_without_a_daemon(redis: Redis, dialerd: Dialerd) -> None:
    (told,) = parsed(dialerd("dnc", "provider", "answers", ONE, "--json"))["answers"]
    assert (told["dnc_list"], told["listed"]) == ("registry", True)
    shown = dialerd("dnc", "provider", "answers", OTHER)
    assert (shown.exit_code, "not listed" in shown.stdout) == (0, True)
    done = dialerd("dnc", "provider", "forget", ONE)
    assert (done.exit_code, done.stdout.strip()) == (0, "forgotten registry: 1")
    gone = dialerd("dnc", "provider", "answers", ONE)
    assert (gone.exit_code, "no answer is kept" in gone.stdout) == (1, True)
    assert parsed(dialerd("dnc", "provider", "forget", "--all", "--list", "registry", "--json")) == {
        "forgotten": {"registry": 1}
    }


def test_with_a_daemon_the_daemon_does_it(served: Served, folder: Path, dialerd: Dialerd) -> None:
    settle(folder)
    served.daemon.dnc_lists["registry"] = DncListSettings("registry", provider=ProviderSettings(URL))
    served.do(keep(served.daemon.answers))
    (told,) = parsed(dialerd("dnc", "provider", "answers", ONE, "--json"))["answers"]
    assert told["listed"] is True
    assert parsed(dialerd("dnc", "provider", "forget", "--all", "--json")) == {"forgotten": {"registry": 2}}
    assert dialerd("dnc", "provider", "answers", ONE).exit_code == 1
    refused = dialerd("dnc", "provider", "forget", ONE, "--list", "opt_outs")
    assert refused.exit_code == 1
    assert "has no provider" in refused.output


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("forget",), 2, "give a NUMBER or --all"),
        (("forget", ONE, "--all"), 2, "give a NUMBER or --all"),
        (("forget", "12"), 2, "no country code"),
        (("forget", ONE, "--list", "opt_outs"), 2, "has no provider"),
        (("forget", ONE), 1, "Redis"),
        (("answers", ONE), 1, "Redis"),
        (("answers", "12"), 2, "no country code"),
        (("answers", ONE, "--url", "http://127.0.0.1:1"), 3, "no daemon answers"),
    ],
)
def test_mistakes(
    absent: int, folder: Path, dialerd: Dialerd, arguments: tuple[str, ...], code: int, said: str
) -> None:
    """Neither a daemon nor Redis is there."""
    settle(folder)
    result = dialerd("dnc", "provider", *arguments)
    assert said in " ".join(result.output.split())
    assert result.exit_code == code
