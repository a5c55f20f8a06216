"""Sets up the log: one event name a line with its ids, as JSON or for people; phone numbers masked.

Lines of libraries that log by the standard way (aiohttp, SQLAlchemy, Alembic) take the same road, so that they are
masked and shaped like our own.
"""

from __future__ import annotations

import logging
import sys
from typing import Any, TextIO, cast

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from dialerd.core.masking import masked_text, masked_value

_UNMASKED = frozenset({"timestamp", "level", "attempt", "channel", "bridge"})
"""Fields that never hold a number, and are left as they are: ids must be found again."""
_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def set_up_logging(
    level: str = "info", style: str = "console", mask_numbers: bool = True, stream: TextIO | None = None
) -> None:
    """Send all log lines from ``level`` (``debug``, ``info``, ``warning``, ``error``) on to ``stream``, by default
    standard error. ``style``: ``json`` for machines, ``console`` for people (coloured on a terminal).

    Call it once, before the first line is logged; calling it again replaces the earlier set-up."""
    out = stream if stream is not None else sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=style == "json", key="timestamp"),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    if mask_numbers:
        shared.append(mask_event)
    rendered: list[Processor]
    if style == "json":
        rendered = [structlog.processors.JSONRenderer(serializer=_json)]
    else:
        rendered = [
            structlog.dev.ConsoleRenderer(
                colors=out.isatty(), pad_event_to=28, exception_formatter=structlog.dev.plain_traceback
            )
        ]
    structlog.configure(
        processors=[*shared, *rendered],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_name_library, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendered],
        )
    )
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old.formatter, structlog.stdlib.ProcessorFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(max(_LEVELS[level], logging.INFO))
    for talkative in ("sqlalchemy.engine", "aiosqlite", "asyncio", "alembic", "picows"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def mask_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A structlog processor: masks every phone number in the event, whatever field it is in."""
    for key, value in event.items():
        if key not in _UNMASKED and not key.startswith("_"):
            event[key] = masked_text(value) if key in ("event", "exception") else masked_value(value, key)
    return event


def _name_library(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    # A library's message is a sentence, not an event name: it goes into a field of its own.
    record = cast("logging.LogRecord | None", event.get("_record"))
    event["message"], event["event"] = event["event"], "library"
    event["library"] = record.name if record is not None else "unknown"
    return event


def _json(value: Any, default: Any = None, **_: Any) -> str:
    return orjson.dumps(value, default=default or str, option=orjson.OPT_NON_STR_KEYS).decode()
