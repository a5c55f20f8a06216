"""Requests over HTTP whose connection Asterisk closed under them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from mock_ari import Answer, MockAri

from dialerd.asterisk.http import HttpRest
from dialerd.asterisk.wire import Reply, Request, Unanswered

DROP, HANG, OK = Answer(fault="drop"), Answer(fault="hang"), Answer(200, {"id": "x"})
ORIGINATE = Request("POST", "channels/x", (("endpoint", "PJSIP/1+2@c"),), {"variables": {}}, confirm="channels/x")


@pytest.fixture
async def http(ari: MockAri) -> AsyncIterator[HttpRest]:
    async with HttpRest(ari.settings()) as session:
        yield session


async def test_what_may_have_happened_is_asked_before_it_is_repeated(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x", DROP, OK)
    result = await http.request(ORIGINATE)
    assert result == Reply(200, {"id": "x"}, repeated=True)
    assert [asked.method for asked in ari.asked] == ["POST", "GET", "POST"]
    assert ari.asked[0].query == {"endpoint": "PJSIP/1+2@c"}  # a plus stays a plus


async def test_what_did_happen_is_not_repeated(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x", DROP)
    ari.answer("GET channels/x", OK)
    result = await http.request(ORIGINATE)
    assert result.ok
    assert [asked.method for asked in ari.asked] == ["POST", "GET"]


async def test_a_refusal_of_a_repetition_says_that_it_is_one(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x", DROP, Answer(409, {"message": "exists"}))
    assert await http.request(ORIGINATE) == Reply(409, {"message": "exists"}, repeated=True)


async def test_three_tries_then_unknown(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x", DROP)
    result = await http.request(ORIGINATE)
    assert isinstance(result, Unanswered)
    assert result.sent
    assert len(ari.requests("POST", "channels/x")) == 3


async def test_when_even_the_question_gets_no_answer(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x", DROP)
    ari.answer("GET channels/x", DROP)
    result = await http.request(ORIGINATE)
    assert isinstance(result, Unanswered)
    assert result.sent
    assert len(ari.requests("POST", "channels/x")) == 1


async def test_what_must_come_once_is_not_repeated(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x/continue", DROP)
    result = await http.request(Request("POST", "channels/x/continue", once=True))
    assert isinstance(result, Unanswered)
    assert len(ari.asked) == 1


async def test_silence_is_not_repeated(ari: MockAri, http: HttpRest) -> None:
    ari.answer("POST channels/x", HANG)
    assert await http.request(ORIGINATE) == Unanswered(sent=True, reason="timed out")
    assert len(ari.asked) == 1


async def test_nobody_there_means_that_nothing_was_sent(ari: MockAri) -> None:
    settings = ari.settings()
    assert ari.server is not None
    await ari.server.close()
    async with HttpRest(settings) as session:
        result = await session.request(ORIGINATE)
    assert isinstance(result, Unanswered)
    assert not result.sent


async def test_a_page_instead_of_json(ari: MockAri, http: HttpRest) -> None:
    ari.answer("GET x", Answer(404, None))
    result = await http.request(Request("GET", "x"))
    assert (result.status, result.message) == (404, "HTTP status 404")
