"""What providers of do-not-call lists said, over the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialerd.config.dnc_lists import DncListSettings, ProviderSettings
from dialerd.providers.http_dnc import source_of
from dialerd.store.provider_answers import RedisAnswers
from tests.control.api_client import Client
from tests.control.staged_daemon import StagedDaemon

ONE, OTHER = "+441632960001", "+441632960002"
PATH = "/api/v1/dnc/provider-answers"
REGISTRY = ProviderSettings("https://dnc.example/check")
STATE = ProviderSettings("https://state.example/check")


@pytest.fixture
async def provided(daemon: StagedDaemon) -> StagedDaemon:
    """Two lists have providers; both have answered, about one number and about two."""
    daemon.dnc_lists |= {
        "registry": DncListSettings("registry", provider=REGISTRY),
        "state": DncListSettings("state", provider=STATE),
    }
    await daemon.answers.keep(source_of("registry", REGISTRY), {ONE: True, OTHER: False}, 600.0)
    await daemon.answers.keep(source_of("state", STATE), {ONE: False}, 60.0)
    return daemon


async def test_answers_that_hold_are_told(api: Client, provided: StagedDaemon) -> None:
    told = await (await api.get(PATH, params={"number": ONE})).json()
    assert [(one["dnc_list"], one["listed"], one["until"]) for one in told["answers"]] == [
        ("registry", True, provided.now() + 600.0),
        ("state", False, provided.now() + 60.0),
    ]
    assert all(one["number"] != ONE for one in told["answers"]), "numbers are masked"
    told = await (await api.get(PATH, params={"number": OTHER, "list": "state"})).json()
    assert told == {"answers": []}


async def test_one_number_and_all_are_forgotten_and_audited(api: Client, provided: StagedDaemon) -> None:
    headers = {"X-Dialerd-User": "anna"}
    done = await api.delete(PATH, params={"number": ONE}, headers=headers)
    assert (done.status, await done.json()) == (200, {"forgotten": {"registry": 1, "state": 1}})
    done = await api.delete(PATH, params={"all": "1", "list": "registry"}, headers=headers)
    assert (done.status, await done.json()) == (200, {"forgotten": {"registry": 1}})
    noted = await provided.answers.forgotten("")
    assert [(one.dnc_list, one.number) for one in noted] == [("registry", ONE), ("state", ONE), ("registry", None)]
    audit = (await (await api.get("/api/v1/audit")).json())["audit"]
    assert [row["what"] for row in audit[:2]] == ["dnc_provider_forget"] * 2
    assert ONE not in str(audit)


@pytest.mark.parametrize(
    ("method", "asked", "status", "said"),
    [
        ("GET", {"number": "12"}, 400, "no country code"),
        ("GET", {}, 400, "number"),
        ("GET", {"number": ONE, "list": "opt_outs"}, 404, "'opt_outs' has no provider"),
        ("DELETE", {}, 400, "give `number` or `all=1`"),
        ("DELETE", {"number": ONE, "all": "1"}, 400, "give `number` or `all=1`"),
        ("DELETE", {"all": "1", "list": "missing"}, 404, "'missing' has no provider"),
    ],
)
async def test_mistakes(
    api: Client, provided: StagedDaemon, method: str, asked: dict[str, str], status: int, said: str
) -> None:
    answer = await api.request(method, PATH, params=asked)
    assert answer.status == status
    assert said in await answer.text()
    assert await provided.answers.forgotten("") == []


async def test_no_list_has_a_provider(api: Client) -> None:
    answer = await api.delete(PATH, params={"all": "1"})
    assert answer.status == 404
    assert "no do-not-call list has a provider" in await answer.text()


async def test_redis_is_away(
    api: Client, provided: StagedDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = RedisAnswers("redis://127.0.0.1:1/0", timeout_s=0.2)
    monkeypatch.setattr(provided.dnc.answers, "_answers", away)
    for answer in (await api.get(PATH, params={"number": ONE}), await api.delete(PATH, params={"number": ONE})):
        assert answer.status == 503
        assert "Redis" in await answer.text()
    await away.aclose()
