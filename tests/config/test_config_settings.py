"""Daemon settings: the file, the environment over it, secrets, and what is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest
from config_texts import changed, marked
from pydantic import SecretStr, ValidationError

from dialerd.config.daemon import DaemonSettings
from dialerd.config.daemon_file import check_settings, environment_names, load_settings

SECRETS = {"DIALERD_ARI__PASSWORD": "ari-pass", "DIALERD_AMI__SECRET": "ami-pass"}
FILE = """\
ari:
  url: http://pbx.example:8088
  password: one-password
ami:
  secret: two-password
shutdown_grace: 1m
"""


def settings(text: str, environ: dict[str, str] | None = None, base: Path | None = None) -> DaemonSettings:
    result = check_settings(text, "dialerd.yaml", environ, base)
    assert [str(p) for p in result.problems] == []
    assert result.settings is not None
    return result.settings


def test_defaults_with_nothing_but_the_secrets(tmp_path: Path) -> None:
    got = settings("", SECRETS, tmp_path)
    assert (got.ari.url, got.ari.user, got.ari.app) == ("http://127.0.0.1:8088", "dialerd", "dialerd")
    assert got.ari.password == SecretStr("ari-pass")
    assert (got.ami.host, got.ami.port, got.ami.secret) == ("127.0.0.1", 5038, SecretStr("ami-pass"))
    assert got.redis.url.get_secret_value() == "redis://127.0.0.1:6379/0"
    assert got.sql.url.get_secret_value() == f"sqlite+aiosqlite:///{tmp_path}/dialerd.db"
    assert (got.api.host, got.api.port, got.api.token) == ("127.0.0.1", 8090, None)
    assert (got.log.level, got.log.format, got.log.mask_numbers) == ("info", "console", True)
    assert (got.shutdown_grace_s, got.lease_ttl_s, got.shard) == (30.0, 10.0, "main")
    assert got.instance
    assert got.campaigns == tmp_path / "campaigns.yaml"


def test_settings_do_not_change_and_do_not_show_secrets() -> None:
    got = settings(FILE)
    with pytest.raises(ValidationError):
        got.ari.url = "http://other"
    for shown in (repr(got), str(got), got.model_dump_json()):
        assert "one-password" not in shown
        assert "two-password" not in shown


def test_the_environment_goes_over_the_file() -> None:
    environ = {
        "DIALERD_ARI__URL": "https://127.0.0.1:8089/", "DIALERD_ARI__PASSWORD": "three",
        "DIALERD_LOG__MASK_NUMBERS": "no",
        "DIALERD_SHUTDOWN_GRACE": "5s", "DIALERD_INSTANCE": "b", "DIALERD_API__PORT": "9000", "HOME": "/nowhere",
    }  # fmt: skip
    got = settings(FILE, environ)
    assert (got.ari.url, got.ari.password) == ("https://127.0.0.1:8089", SecretStr("three"))
    assert got.ami.secret == SecretStr("two-password")
    assert (got.log.mask_numbers, got.shutdown_grace_s, got.instance, got.api.port) == (False, 5.0, "b", 9000)


def test_secrets_from_files(tmp_path: Path) -> None:
    (tmp_path / "ari").write_text("from-file\n", encoding="utf-8")
    (tmp_path / "redis").write_text("redis://:hidden@10.0.0.1:6379/1\n", encoding="utf-8")
    text = "ari: {password_file: ari}\nredis: {url_file: redis}\n"
    got = settings(text, {"DIALERD_AMI__SECRET_FILE": str(tmp_path / "ari")}, tmp_path)
    assert (got.ari.password, got.ami.secret) == (SecretStr("from-file"), SecretStr("from-file"))
    assert got.redis.url == SecretStr("redis://:hidden@10.0.0.1:6379/1")
    # Whichever form the environment uses, it goes over the other form in the file.
    assert settings(text, SECRETS, tmp_path).ari.password == SecretStr("ari-pass")
    over = settings(FILE, {"DIALERD_ARI__PASSWORD_FILE": "ari"}, tmp_path)
    assert over.ari.password == SecretStr("from-file")


MISTAKES = [
    ("shutdown_grace: 1m", "shutdown_grace: «forever", "shutdown_grace", "not a duration", ""),
    ("shutdown_grace: 1m", "«shutdown-grace: 1m", "shutdown-grace", "not a setting", "`shutdown_grace`"),
    ("shutdown_grace: 1m", "lease_ttl: «1s", "lease_ttl", "too short", ""),
    ("shutdown_grace: 1m", "«port: 8090", "port", "not a setting", "belongs under `ami:`"),
    ("http://pbx.example:8088", "«pbx.example:8088", "ari.url", "not a web address", "`http://pbx.example:8088`"),
    ("http://pbx.example:8088", "«http://pbx.example:8088/ari", "ari.url", "ends with `/ari`", "8088`"),
    ("http://pbx.example:8088", "«http://pbx.example:99999", "ari.url", "not a web address", ""),
    ("http://pbx.example:8088", "«http://u:hush@pbx.example", "ari.url", "holds a user", "`password:`"),
    ("  password: one-password", "  password: «[hush]", "ari.password", "a list", ""),
    ("  password: one-password", "  password:«", "ari.password", "nothing is written", ""),
    ("  password: one-password", "  password: hush\n  «password_file: x", "ari.password_file", "both stated", ""),
    ("  password: one-password", "  password_file: «no/such", "ari.password_file", "cannot be read", ""),
    ("ami:\n  secret: two-password\n", "«ami:\n  port: 5038\n", "ami.secret", "is missing", "DIALERD_AMI__SECRET"),
    ("shutdown_grace: 1m", "api:\n  host: «0.0.0.0", "api.host", "can be reached", "DIALERD_API__TOKEN_FILE"),
    ("shutdown_grace: 1m", "api:\n  port: «99999", "api.port", "too large", ""),
    ("shutdown_grace: 1m", "log: {mask_numbers: «maybe}", "log.mask_numbers", "neither yes nor no", ""),
    ("shutdown_grace: 1m", "log: {level: «warn}", "log.level", "not known", "`warning`"),
    ("shutdown_grace: 1m", "redis: {url: «'http://:hush@x'}", "redis.url", "not the address of a Redis", ""),
    ("shutdown_grace: 1m", "sql: {url: «'postgresql://u:hush@h/d'}", "sql.url", "cannot be used", "asyncpg"),
    ("shutdown_grace: 1m", "sql: {url: «'sqlite+aiosqlite://x.db'}", "sql.url", "names no file", "three slashes"),
    ("shutdown_grace: 1m", "sql: «x", "sql", "a single value", ""),
    ("shutdown_grace: 1m", "shard: «'a b'", "shard", "cannot be used", "`a_b`"),
]


@pytest.mark.parametrize(("old", "new", "path", "says", "hint"), MISTAKES, ids=[m[1] for m in MISTAKES])
def test_one_mistake(old: str, new: str, path: str, says: str, hint: str) -> None:
    text, mark = marked(changed(FILE, old, new))
    result = check_settings(text)
    assert result.settings is None
    (problem,) = result.problems
    assert (problem.line, problem.column) == mark
    assert problem.path == path
    assert says in problem.message
    assert hint in problem.hint
    assert "hush" not in str(problem), "secrets are not repeated"


def test_mistakes_in_the_environment_name_the_variable() -> None:
    environ = {"DIALERD_API__PORT": "many", "DIALERD_ARI__PASSWORT": "hush", "DIALERD_SERVICE_HOST": "10.0.0.1"}
    result = check_settings(FILE, environ=environ)
    port, typo = result.problems
    assert (port.file, port.line, port.path) == ("environment variable DIALERD_API__PORT", 0, "api.port")
    assert "`many` is not a whole number" in port.message
    assert (typo.severity, typo.hint) == ("warning", "did you mean DIALERD_ARI__PASSWORD?")
    assert "hush" not in str(typo)
    assert result.settings is None


def test_secret_files_that_hold_no_secret(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n", encoding="utf-8")
    (tmp_path / "lines").write_text("hush1\nhush2\n", encoding="utf-8")
    (tmp_path / "sql").write_text("mysql://hush@x/y\n", encoding="utf-8")
    text = "ari: {password_file: empty}\nami: {secret_file: lines}\nsql: {url_file: sql}\n"
    result = check_settings(text, base=tmp_path)
    said = [str(p) for p in result.problems]
    assert [p.path for p in result.problems] == ["sql.url", "ari.password_file", "ami.secret_file"]
    assert "cannot be used" in said[0]
    assert result.problems[0].file == str(tmp_path / "sql")
    assert "is empty" in said[1]
    assert "more than one line" in said[2]
    assert "hush" not in "".join(said)


def test_every_setting_can_come_from_the_environment() -> None:
    names = environment_names()
    assert names["DIALERD_ARI__PASSWORD_FILE"] == ("ari", "password_file")
    assert names["DIALERD_LEASE_TTL"] == ("lease_ttl",)
    assert len(names) == 39


def test_a_token_opens_the_api_to_other_machines() -> None:
    got = settings(FILE, {"DIALERD_API__HOST": "0.0.0.0", "DIALERD_API__TOKEN": "t0ken"})
    assert (got.api.host, got.api.token) == ("0.0.0.0", SecretStr("t0ken"))
    assert settings(FILE, {"DIALERD_API__HOST": "::1"}).api.host == "::1"


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    (problem,) = load_settings(tmp_path / "no.yaml", SECRETS).problems
    assert "cannot be read" in problem.message


@pytest.mark.parametrize("text", ["- a", "just text", "a: [", "ari: {password: x", "\tari: x"])
def test_a_file_of_another_shape(text: str) -> None:
    result = check_settings(text, environ=SECRETS)
    assert result.settings is None
    assert result.problems
