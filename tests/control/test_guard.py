"""Who may use the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.control.api_client import Client
from tests.control.stage import Stage, contact
from tests.control.staged_daemon import StagedDaemon

ClientWith = Callable[[str | None], Awaitable[Client]]
PROTECTED = ["/metrics", "/api/v1/status", "/api/v1/campaigns", "/api/v1/attempts", "/api/v1/nowhere"]
BEARER = {"Authorization": "Bearer s3cret"}


@pytest.mark.parametrize("path", PROTECTED)
@pytest.mark.parametrize(
    "headers",
    [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic s3cret"}, {"Authorization": "Bearer "},
     {"Authorization": "s3cret"}, {"Authorization": "Bearer s3cret\u00e9"}],
)  # fmt: skip
async def test_without_the_token_nothing_is_told(client_with: ClientWith, path: str, headers: dict[str, str]) -> None:
    answer = await (await client_with("s3cret")).get(path, headers=headers)
    assert answer.status == 401
    assert answer.content_type == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "s3cret" not in await answer.text()


async def test_with_the_token_everything_is(client_with: ClientWith) -> None:
    api = await client_with("s3cret")
    assert (await api.get("/api/v1/status", headers=BEARER)).status == 200
    assert (await api.get("/api/v1/status", headers={"Authorization": "bearer s3cret"})).status == 200
    assert (await api.get("/metrics", headers=BEARER)).status == 200
    assert (await api.get("/api/v1/nowhere", headers=BEARER)).status == 404


async def test_health_is_open(client_with: ClientWith) -> None:
    api = await client_with("s3cret")
    assert (await api.get("/healthz")).status == 200
    assert (await api.get("/readyz")).status == 503


async def test_a_post_without_the_token_changes_nothing(client_with: ClientWith, daemon: StagedDaemon) -> None:
    answer = await (await client_with("s3cret")).post("/api/v1/campaigns/spring/start")
    assert answer.status == 401
    assert daemon.posted == []


async def test_a_page_of_another_site_is_refused(api: Client, daemon: StagedDaemon) -> None:
    answer = await api.post("/api/v1/campaigns/spring/start", headers={"Origin": "https://evil.example"})
    assert answer.status == 403
    assert daemon.posted == []
    answer = await api.get("/api/v1/status", headers={"Host": "evil.example:8090"})
    assert answer.status == 403, "a name that a foreign site points at this machine"
    answer = await api.get("/api/v1/status", headers={"Origin": f"http://{api.host}:{api.port}"})
    assert answer.status == 200


async def test_with_a_token_any_name_of_the_host_will_do(client_with: ClientWith) -> None:
    api = await client_with("s3cret")
    answer = await api.get("/api/v1/status", headers={**BEARER, "Host": "dialer.example:8090"})
    assert answer.status == 200


async def test_whole_numbers_need_a_token_and_are_audited(
    client_with: ClientWith, stage: Stage, daemon: StagedDaemon
) -> None:
    stage.up().agent().start("spring", contact(1))
    stage.grant()
    open_api, closed_api = await client_with(None), await client_with("s3cret")
    answer = await open_api.get("/api/v1/attempts?unmasked=1")
    assert answer.status == 403
    assert "api: token:" in (await answer.json())["hint"]
    assert await daemon.records.audit(10) == []
    answer = await closed_api.get("/api/v1/attempts", headers=BEARER)
    assert (await answer.json())["live"][0]["number"] == "+4416*****01"
    headers = {**BEARER, "X-Dialerd-User": "anna\tx"}
    for path in ("/api/v1/attempts?unmasked=1", "/api/v1/status?unmasked=true"):
        answer = await closed_api.get(path, headers=headers)
        assert answer.status == 200
        assert "+441632960001" in await answer.text()
    audit = await daemon.records.audit(10)
    assert [row["what"] for row in audit] == ["saw_unmasked_numbers"] * 2
    assert audit[0]["who"] == "annax via 127.0.0.1"
