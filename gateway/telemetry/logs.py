"""Logs on stderr, a line an event: JSON or key=value, ISO times in UTC, the trace id of the message in hand, no secrets."""

import json
import logging
import sys
from collections.abc import MutableMapping
from functools import lru_cache
from typing import Any, Final, Literal, TextIO

import structlog
from structlog.contextvars import bind_contextvars, merge_contextvars
from structlog.processors import LogfmtRenderer, StackInfoRenderer, TimeStamper, add_log_level, format_exc_info
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.telemetry.scrub import scrub_value

Format = Literal["text", "json"]

# Made once: `json.dumps` would make one for every line. What is cleaned holds nothing that it does not know.
_JSON: Final = json.JSONEncoder(ensure_ascii=False)
_FIRST = ("time", "level", "event", "process", "trace_id")
# Talkative where everything is well; what they say of troubles is welcome.
_QUIET = {
    "mail.log": logging.WARNING,
    "asyncio": logging.WARNING,
    "alembic": logging.INFO,
    "alembic.runtime.plugins": logging.WARNING,
    "sqlalchemy": logging.WARNING,
    "uvicorn": logging.WARNING,
    # It tells the whole URL of every request, and those of webhooks may be secrets.
    "httpx": logging.WARNING,
    "httpcore": logging.WARNING,
    "dkim": logging.ERROR,
    "mailparser": logging.ERROR,
}


def configure(style: Format, *, process: str | None = None, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """For this whole process: structlog and the standard library's loggers write the same lines to `stream` (default: stderr)."""
    structlog.configure(
        processors=_processors(style),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    if process is not None:
        bind_contextvars(process=process)
    logging.basicConfig(handlers=[ToStructlog()], level=level, force=True)
    for name, quieter in _QUIET.items():
        logging.getLogger(name).setLevel(max(quieter, level))


def trace(trace_id: str) -> None:
    """Every line that this task logs from now on belongs to the message of this trace."""
    bind_contextvars(trace_id=trace_id)


def _processors(style: Format) -> list[Processor]:
    renderer: Processor = _as_json if style == "json" else LogfmtRenderer(bool_as_flag=False)
    return [
        merge_contextvars,
        add_log_level,
        StackInfoRenderer(),
        format_exc_info,
        _clean,
        TimeStamper(fmt="iso", utc=True, key="time"),
        _order,
        renderer,
    ]


def _clean(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    cleaned: EventDict = scrub_value(event)
    return cleaned


def _as_json(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return _JSON.encode(event)


def _order(_logger: WrappedLogger, _method: str, event: EventDict) -> MutableMapping[str, Any]:
    first = {name: event[name] for name in _FIRST if name in event}
    return first | {_key(name): value for name, value in event.items() if name not in first}


@lru_cache(1024)
def _key(name: str) -> str:
    # logfmt has no way to write a key with a space, and a log line must not raise.
    return "_".join(name.split()) or "_"


class ToStructlog(logging.Handler):
    """Hands the records of the standard library's loggers (aiosmtpd, uvicorn, asyncio) on to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            fields: dict[str, Any] = {"logger": record.name}
            if record.exc_info:
                fields["exc_info"] = record.exc_info
            structlog.get_logger().log(record.levelno, record.getMessage(), **fields)
        except Exception:  # noqa: BLE001 - the edge: the standard library's own way of saying that logging failed
            self.handleError(record)
