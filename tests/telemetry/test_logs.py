"""Log lines: shape, level, masking, and the same for libraries' own lines."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from dialerd.telemetry.logs import set_up_logging


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_json_line_has_name_level_time_and_ids() -> None:
    stream = io.StringIO()
    set_up_logging("info", "json", stream=stream)
    structlog.get_logger().info("call_abandoned", campaign="spring", attempt="dlr-000000000000000000000001")
    (line,) = lines(stream)
    assert line["event"] == "call_abandoned"
    assert line["level"] == "info"
    assert line["campaign"] == "spring"
    assert line["attempt"] == "dlr-000000000000000000000001"
    assert str(line["timestamp"]).endswith("Z")


def test_numbers_are_masked_in_event_fields_and_tracebacks() -> None:
    stream = io.StringIO()
    set_up_logging("info", "json", stream=stream)
    log = structlog.get_logger()
    try:
        raise ValueError("cannot dial +441632960001")
    except ValueError:
        log.exception("failed for +441632960002", number="01632960003", deep={"to": ["+441632960004"]})
    text = stream.getvalue()
    assert "44163296000" not in text
    assert "01632960003" not in text
    (line,) = lines(stream)
    assert line["event"] == "failed for +4416*****02"
    assert line["deep"] == {"to": ["+4416*****04"]}
    assert "cannot dial +4416*****01" in str(line["exception"])


def test_masking_can_be_turned_off() -> None:
    stream = io.StringIO()
    set_up_logging("info", "json", mask_numbers=False, stream=stream)
    structlog.get_logger().info("call", number="+441632960001")
    assert lines(stream)[0]["number"] == "+441632960001"


def test_lines_of_libraries_take_the_same_road() -> None:
    stream = io.StringIO()
    set_up_logging("warning", "json", stream=stream)
    logging.getLogger("aiohttp.server").error("Error handling request for %s", "+441632960001")
    logging.getLogger("aiohttp.server").info("not this")
    (line,) = lines(stream)
    assert line["event"] == "library"
    assert line["library"] == "aiohttp.server"
    assert line["message"] == "Error handling request for +4416*****01"
    assert line["level"] == "error"


def test_a_traceback_of_a_library_is_masked_too() -> None:
    stream = io.StringIO()
    set_up_logging("info", "json", stream=stream)
    try:
        raise RuntimeError("+441632960001")
    except RuntimeError:
        logging.getLogger("aiohttp.server").exception("oops")
    assert "+4416*****01" in str(lines(stream)[0]["exception"])
    assert "441632960001" not in stream.getvalue()


def test_levels_below_the_wanted_are_dropped() -> None:
    stream = io.StringIO()
    set_up_logging("error", "json", stream=stream)
    structlog.get_logger().warning("no")
    structlog.get_logger().error("yes")
    assert [line["event"] for line in lines(stream)] == ["yes"]


def test_setting_up_again_replaces_and_does_not_double() -> None:
    first, second = io.StringIO(), io.StringIO()
    set_up_logging("info", "json", stream=first)
    set_up_logging("info", "json", stream=second)
    logging.getLogger("aiohttp.server").warning("once")
    structlog.get_logger().info("mine")
    assert first.getvalue() == ""
    assert len(lines(second)) == 2


def test_for_people_there_is_one_plain_line_without_colour_codes() -> None:
    stream = io.StringIO()
    set_up_logging("info", "console", stream=stream)
    structlog.get_logger().warning("agent_line_down", agent="8001", number="+441632960001")
    text = stream.getvalue()
    assert text.count("\n") == 1
    assert "\x1b" not in text
    assert "agent_line_down" in text
    assert "agent=8001" in text
    assert "+4416*****01" in text
