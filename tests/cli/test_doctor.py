"""`doctor`: each part well and ill, and Asterisk as it really is."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dialerd.cli.examinations import Finding, Health, clock_finding, examine_record, examine_redis
from dialerd.store.migrate import migrate
from lab import Lab
from lab.ports import free_ports
from lab.redis import Redis
from tests.cli.running_api import CAMPAIGNS, Dialerd, parsed


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path / "redis", free_ports(1, 0)[0][0])
    server.start()
    try:
        yield server
    finally:
        server.stop()


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.what: finding for finding in findings}


async def test_a_good_redis(redis_server: Redis) -> None:
    found = by_name(await examine_redis(redis_server.url))
    assert {finding.health for finding in found.values()} == {Health.OK}
    assert "answers, version" in found["redis"].said
    assert found["redis AOF"].said == "the append-only file is on"
    assert found["clock of redis"].said.startswith("agrees within")


async def test_a_redis_that_forgets(redis_server: Redis) -> None:
    from dialerd.store.redis_link import client_for

    client = client_for(redis_server.url, timeout_s=5)
    await client.config_set("appendonly", "no")
    await client.config_set("maxmemory", "100mb")
    await client.config_set("maxmemory-policy", "allkeys-lru")
    await client.aclose()
    found = by_name(await examine_redis(redis_server.url))
    assert (found["redis AOF"].health, found["redis memory"].health) == (Health.WARNING, Health.BAD)
    assert "appendonly yes" in found["redis AOF"].remedy
    assert "noeviction" in found["redis memory"].remedy


async def test_a_redis_with_a_password(redis_server: Redis) -> None:
    from dialerd.store.redis_link import client_for

    client = client_for(redis_server.url, timeout_s=5)
    await client.config_set("requirepass", "s3cret")
    await client.aclose()
    (finding,) = await examine_redis(redis_server.url)
    assert finding.health is Health.BAD
    assert "password" in finding.remedy
    wrong = redis_server.url.replace("redis://", "redis://:wr0ng@")
    (finding,) = await examine_redis(wrong)
    assert finding.health is Health.BAD
    assert "wr0ng" not in str(finding)
    right = redis_server.url.replace("redis://", "redis://:s3cret@")
    assert (await examine_redis(right))[0].health is Health.OK


async def test_no_redis() -> None:
    (finding,) = await examine_redis("redis://:pw@127.0.0.1:1/3")
    assert finding.health is Health.BAD
    assert finding.said == "redis://127.0.0.1:1/3 does not answer: ConnectionError"


async def test_a_record_that_is_well(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await migrate(url)
    (finding,) = await examine_record(url)
    assert finding.health is Health.OK
    assert finding.said.endswith("is writable, tables current, contacts: 0")
    rows = sqlite3.connect(tmp_path / "r.db")
    assert rows.execute("SELECT count(*) FROM audit").fetchone() == (0,), "the probe leaves nothing behind"
    rows.close()


async def test_a_record_without_tables_or_with_others(tmp_path: Path) -> None:
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    (finding,) = await examine_record(url)
    assert (finding.health, "has no tables yet" in finding.said) == (Health.WARNING, True)
    await migrate(url)
    rows = sqlite3.connect(tmp_path / "r.db")
    rows.execute("UPDATE alembic_version SET version_num = 'abc'")
    rows.commit()
    rows.close()
    (finding,) = await examine_record(url)
    assert (finding.health, "has revision abc" in finding.said) == (Health.WARNING, True)


@pytest.mark.parametrize("url", ["sqlite+aiosqlite:////nowhere/at/all.db", "mysql://x", "nonsense"])
async def test_a_record_that_cannot_be_opened(url: str) -> None:
    (finding,) = await examine_record(url)
    assert finding.health is Health.BAD
    assert finding.remedy


async def test_a_record_that_is_locked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dialerd.cli.examinations._TIMEOUT_S", 0.1)
    url = f"sqlite+aiosqlite:///{tmp_path / 'r.db'}"
    await migrate(url)
    other = sqlite3.connect(tmp_path / "r.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    (finding,) = await examine_record(url)
    other.close()
    assert finding.health is Health.BAD
    assert "locked" in finding.said


def test_clocks() -> None:
    now = time.time()
    assert clock_finding("redis", now + 1.5, now).health is Health.OK
    away = clock_finding("redis", now - 30, now)
    assert (away.health, away.said) == (Health.BAD, "is 30.0 s away from this machine's")
    assert "NTP" in away.remedy


def test_everything_down_is_exit_code_1_with_remedies(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "dialerd.yaml").write_text(
        (folder / "dialerd.yaml").read_text()
        .replace("ari: {", "ari: {url: 'http://127.0.0.1:1', ").replace("ami: {", "ami: {port: 1, ")
    )  # fmt: skip
    result = dialerd("doctor")
    assert result.exit_code == 1, result.output
    body: dict[str, Any] = parsed(dialerd("doctor", "--json"))
    assert body["ok"] is False
    bad = {f["what"]: f["remedy"] for f in body["findings"] if f["health"] == "bad"}
    assert bad.keys() == {"ari", "ami", "redis"}
    assert all(bad.values())
    for remedy in bad.values():
        assert remedy.split()[0] in result.stdout
    assert "3 to put right" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_mistakes_in_the_campaigns_are_found(absent: int, folder: Path, dialerd: Dialerd) -> None:
    (folder / "campaigns.yaml").write_text(CAMPAIGNS.replace("progressive", "progresive"))
    body = parsed(dialerd("doctor", "--json"))
    found = {f["what"]: f for f in body["findings"]}
    assert (found["campaigns"]["health"], found["campaigns"]["remedy"]) == ("bad", "Run `dialerd check`.")


def test_settings_that_cannot_be_used(folder: Path, dialerd: Dialerd) -> None:
    result = dialerd("doctor")
    assert result.exit_code == 1
    assert "ari.password" in result.stdout


@pytest.mark.integration
def test_a_real_asterisk_and_redis(lab: Lab, redis_server: Redis, folder: Path, dialerd: Dialerd) -> None:
    at = lab.settings
    url = at.ari_url.removesuffix("/ari")
    (folder / "dialerd.yaml").write_text(
        f"ari: {{url: '{url}', user: '{at.ari_user}', password: '{at.ari_password}', app: {at.ari_app}}}\n"
        f"ami: {{host: '{at.ami_host}', port: {at.ami_port}, user: '{at.ami_user}', secret: '{at.ami_secret}'}}\n"
        f"redis: {{url: '{redis_server.url}'}}\n"
    )
    spoken = f"\n    abandon_message: {at.abandon_sound}\n"
    (folder / "campaigns.yaml").write_text(CAMPAIGNS.rstrip() + spoken)
    result = dialerd("doctor", "--json")
    assert "findings" in parsed(result), result.stdout
    found = {f["what"]: f for f in parsed(result)["findings"]}
    assert [f for f in found.values() if f["health"] == "bad"] == []
    assert result.exit_code == 0
    assert {"ari", "ami", "modules", "dialplan", "redis", "trunk carrier", "queue sales", "clock"} <= found.keys()
    (folder / "campaigns.yaml").write_text(CAMPAIGNS.replace("queue: sales", "queue: nobody").rstrip() + spoken)
    result = dialerd("doctor")
    assert result.exit_code == 1
    assert "Asterisk has no such queue" in result.stdout
    assert "1 to put right" in result.stdout
