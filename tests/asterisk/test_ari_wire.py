"""The wire format, the order of lanes, and back-off: no socket."""

from __future__ import annotations

import asyncio
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialerd.asterisk.backoff import Backoff
from dialerd.asterisk.lanes import Lanes
from dialerd.asterisk.settings import AmiSettings, AriSettings
from dialerd.asterisk.wire import (
    Reply,
    Request,
    Response,
    decode,
    decode_body,
    encode_request,
    may_have_rest_over_websocket,
    parse_version,
    path_of,
)


@given(
    st.dictionaries(st.text(), st.text()),
    st.none() | st.dictionaries(st.text(), st.text()),
)
def test_a_request_frame_says_what_the_request_says(query: dict[str, str], body: dict[str, str] | None) -> None:
    frame = json.loads(encode_request("7", Request("POST", "channels/x", tuple(query.items()), body)))
    assert (frame["type"], frame["request_id"], frame["method"]) == ("RESTRequest", "7", "POST")
    assert frame["uri"] == "channels/x"
    assert {pair["name"]: pair["value"] for pair in frame.get("query_strings", [])} == query
    assert (json.loads(frame["message_body"]) if "message_body" in frame else None) == body


def test_a_response_frame_becomes_a_reply() -> None:
    frame = {"type": "RESTResponse", "request_id": "3", "status_code": 404, "message_body": '{"message":"gone"}'}
    assert decode(json.dumps(frame)) == Response("3", Reply(404, {"message": "gone"}))
    assert decode(json.dumps({**frame, "message_body": ""})) == Response("3", Reply(404, None))


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"no":"type"}', '{"type":null}', '{"type":"RESTResponse"}'])
def test_frames_that_are_none(text: str) -> None:
    with pytest.raises(ValueError):
        decode(text)


def test_a_reply_explains_itself() -> None:
    assert Reply(409, {"message": "exists"}).message == "exists"
    assert Reply(403, {"error": "denied"}).message == "denied"
    assert Reply(500, None).message == "HTTP status 500"
    assert decode_body("<html>") is None


def test_segments_are_quoted() -> None:
    assert path_of("endpoints", "PJSIP", "a/b ü") == "endpoints/PJSIP/a%2Fb%20%C3%BC"


@pytest.mark.parametrize(
    ("text", "version", "rest"),
    [
        ("22.10.1+dfsg+~cs6.17.60671434-1", (22, 10, 1), True),
        ("22.4.0", (22, 4, 0), True),
        ("22.3.1", (22, 3, 1), False),
        ("21.9.0", (21, 9, 0), True),
        ("20.13.9", (20, 13, 9), False),
        ("20.14.0", (20, 14, 0), True),
        ("18.26.4", (18, 26, 4), False),
        ("certified/20.7-cert2", (20, 7, 0), False),
        ("23.0.0", (23, 0, 0), True),
        ("GIT-master-abcdef", None, True),
    ],
)
def test_versions(text: str, version: tuple[int, int, int] | None, rest: bool) -> None:
    assert parse_version(text) == version
    assert may_have_rest_over_websocket(version) is rest


def test_addresses_and_secrets() -> None:
    for url in ("https://pbx:8089", "https://pbx:8089/", "https://pbx:8089/ari"):
        settings = AriSettings(url, "u", "top-secret", "a")
        assert settings.rest_url == "https://pbx:8089/ari"
        assert settings.events_url == "wss://pbx:8089/ari/events"
        assert "top-secret" not in repr(settings)
    assert "top-secret" not in repr(AmiSettings("h", 1, "u", "top-secret"))


@given(st.integers(min_value=0), st.integers(min_value=1, max_value=3000))
def test_back_off_grows_within_its_bounds(seed: int, tries: int) -> None:
    backoff = Backoff(random.Random(seed), 0.2, 10.0)
    pauses = [backoff.next_s() for _ in range(tries)]
    assert all(0.1 <= pause <= 10.0 for pause in pauses)
    for step, pause in enumerate(pauses[:6]):
        assert min(10.0, 0.2 * 2**step) * 0.5 <= pause <= min(10.0, 0.2 * 2**step)
    backoff.reset()
    assert backoff.next_s() <= 0.2


@given(st.lists(st.sets(st.integers(0, 3), min_size=1, max_size=3), max_size=25), st.integers())
def test_jobs_that_share_a_key_never_overlap_or_overtake(keys: list[set[int]], seed: int) -> None:
    async def play() -> None:
        rng, running, order = random.Random(seed), set[int](), dict[int, list[int]]()
        lanes = Lanes(lambda error: pytest.fail(repr(error)))

        def job(number: int, mine: set[int]):  # type: ignore[no-untyped-def]
            async def run() -> None:
                assert not running & mine
                running.update(mine)
                for _ in range(rng.randrange(4)):
                    await asyncio.sleep(0)
                running.difference_update(mine)
                for key in mine:
                    order.setdefault(key, []).append(number)

            return run

        for number, mine in enumerate(keys):
            lanes.run([str(key) for key in mine], job(number, mine))
        assert await lanes.drain(5)
        assert len(lanes) == 0
        assert lanes._last == {}
        for key, numbers in order.items():
            assert numbers == [number for number, mine in enumerate(keys) if key in mine]

    asyncio.run(play())


async def test_a_job_that_raises_is_reported_and_the_next_one_runs() -> None:
    bugs: list[BaseException] = []
    done = asyncio.Event()
    lanes = Lanes(bugs.append)

    async def bad() -> None:
        raise KeyError("defect")

    async def good() -> None:
        done.set()

    lanes.run(["a"], bad)
    lanes.run(["a"], good)
    await asyncio.wait_for(done.wait(), 5)
    assert [type(bug) for bug in bugs] == [KeyError]


async def test_other_things_do_not_wait_and_stop_ends_all() -> None:
    done, never = asyncio.Event(), asyncio.Event()
    lanes = Lanes(lambda error: None)

    async def wait() -> None:
        await never.wait()

    async def good() -> None:
        done.set()

    lanes.run(["a"], wait)
    lanes.run(["b"], good)
    await asyncio.wait_for(done.wait(), 5)
    assert not await lanes.drain(0.01)
    await lanes.stop()
    assert len(lanes) == 0
