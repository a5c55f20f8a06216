"""What `doctor` examines beside Asterisk: Redis, the record, the clock."""

from __future__ import annotations

import time
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from redis.exceptions import AuthenticationError, RedisError, ResponseError
from sqlalchemy import func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from dialerd.cli.record import record_at
from dialerd.store.database import BadDatabaseUrl
from dialerd.store.migrate import head
from dialerd.store.record_health import DATABASE_ERRORS, reason_of
from dialerd.store.redis_link import client_for
from dialerd.store.schema import audit, contacts

LEAST_REDIS = (6, 2)
CLOCK_TOLERANCE_S = 2.0
_TIMEOUT_S = 3.0


class Health(StrEnum):
    """How bad a finding is; only ``bad`` makes the doctor fail."""

    OK = "ok"
    WARNING = "warning"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Finding:
    """What was examined, what was found, and what to do about it (empty: nothing)."""

    what: str
    health: Health
    said: str
    remedy: str = ""


async def examine_redis(url: str) -> list[Finding]:
    """Whether Redis answers, is new enough, keeps what it was told, and agrees on the time."""
    where = _without_password(url)
    client = client_for(url, timeout_s=_TIMEOUT_S)
    try:
        await client.ping()
        server = await client.info("server")
        persistence = await client.info("persistence")
        memory = await client.info("memory")
        seconds, microseconds = await client.time()
    except AuthenticationError as error:
        return [Finding("redis", Health.BAD, f"{where}: {error}", "Put the password into `redis: url:`.")]
    except ResponseError as error:
        remedy = "The user needs PING, INFO and TIME, and the scripting commands."
        return [Finding("redis", Health.BAD, f"{where}: {error}", remedy)]
    except (RedisError, OSError) as error:
        remedy = "Start Redis, or correct `redis: url:`."
        return [Finding("redis", Health.BAD, f"{where} does not answer: {type(error).__name__}", remedy)]
    finally:
        await client.aclose()
    version = str(server["redis_version"])
    findings = [Finding("redis", Health.OK, f"{where} answers, version {version}")]
    if tuple(int(part) for part in version.split(".")[:2]) < LEAST_REDIS:
        remedy = f"Install Redis {'.'.join(map(str, LEAST_REDIS))} or newer."
        findings[0] = Finding("redis", Health.BAD, f"{where} has version {version}, which is too old", remedy)
    if persistence.get("aof_enabled"):
        findings.append(Finding("redis AOF", Health.OK, "the append-only file is on"))
    else:
        remedy = "Set `appendonly yes` in redis.conf: a crash of Redis would forget which calls are live."
        findings.append(Finding("redis AOF", Health.WARNING, "the append-only file is off", remedy))
    policy = str(memory.get("maxmemory_policy", "noeviction"))
    if policy != "noeviction" and int(memory.get("maxmemory", 0)) > 0:
        remedy = "Set `maxmemory-policy noeviction`: Redis would throw live calls away."
        findings.append(Finding("redis memory", Health.BAD, f"maxmemory-policy is {policy}", remedy))
    findings.append(clock_finding("redis", seconds + microseconds / 1e6, time.time()))
    return findings


async def examine_record(url: str) -> list[Finding]:
    """Whether the database opens, has this version's tables, and can be written."""
    try:
        async with record_at(url, _TIMEOUT_S) as engine:
            return [await _examined(engine)]
    except BadDatabaseUrl as error:
        return [Finding("record", Health.BAD, str(error), "Correct `sql: url:`.")]


async def _examined(engine: AsyncEngine) -> Finding:
    where = engine.url.render_as_string(hide_password=True)
    try:
        revision = await _revision(engine)
        if revision != head():
            said = "has no tables yet" if revision is None else f"has revision {revision}, not {head()}"
            remedy = "The daemon and `dialerd contacts import` make them by themselves, if they may."
            return Finding("record", Health.WARNING, f"{where} {said}", remedy)
        async with engine.connect() as connection:
            # Written and taken back: the only proof that it can be.
            await connection.execute(insert(audit).values(at=time.time(), who="doctor", what="probe", detail={}))
            await connection.rollback()
            number = (await connection.execute(select(func.count()).select_from(contacts))).scalar_one()
    except DATABASE_ERRORS as error:
        remedy = "Is the server up, the disk writable and not full, and `sql: url:` right?"
        return Finding("record", Health.BAD, f"{where}: {reason_of(error)}", remedy)
    return Finding("record", Health.OK, f"{where} is writable, tables current, contacts: {number:,}")


def clock_finding(whose: str, theirs: float, ours: float) -> Finding:
    """Whether another machine's clock (epoch seconds) agrees with this one's."""
    apart = abs(theirs - ours)
    if apart <= CLOCK_TOLERANCE_S:
        return Finding(f"clock of {whose}", Health.OK, f"agrees within {max(apart, 0.01):.2f} s")
    remedy = "Run NTP (chrony) on both machines: leases and retry times depend on it."
    return Finding(f"clock of {whose}", Health.BAD, f"is {apart:.1f} s away from this machine's", remedy)


async def _revision(engine: AsyncEngine) -> str | None:
    async with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            query = "select name from sqlite_master where type = 'table' and name = 'alembic_version'"
        else:
            query = "select to_regclass('alembic_version')::text"
        if (await connection.execute(text(query))).scalar() is None:
            return None
        found = (await connection.execute(text("select version_num from alembic_version"))).scalar()
        return str(found) if found is not None else None


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}"
    return f"{parts.scheme}://{parts.hostname or ''}:{parts.port or 6379}{parts.path}"
