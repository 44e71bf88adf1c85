import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import structlog
from structlog.contextvars import clear_contextvars

from gateway.telemetry import logs


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configured = structlog.get_config()
    yield
    root.handlers[:], root.level = handlers, level
    clear_contextvars()
    structlog.configure(**configured)


@pytest.fixture
def written() -> io.StringIO:
    return io.StringIO()


def test_json_is_one_object_a_line_with_time_level_process_and_trace(written: io.StringIO) -> None:
    logs.configure("json", process="listener-0", stream=written)
    logs.trace("abc123")
    structlog.get_logger().warning("message_refused", why="петля", lines="a\nb")
    structlog.get_logger().info("next")
    first, _ = written.getvalue().splitlines()
    told = json.loads(first)
    assert datetime.now(UTC) > datetime.fromisoformat(told.pop("time")).astimezone(UTC)
    assert told == {
        "level": "warning",
        "event": "message_refused",
        "process": "listener-0",
        "trace_id": "abc123",
        "why": "петля",
        "lines": "a\nb",
    }


def test_text_is_one_line_of_key_and_value(written: io.StringIO) -> None:
    logs.configure("text", stream=written)
    structlog.get_logger().info("message accepted", size=12, lines="a\nb", **{"a key": "x y"})
    [line] = written.getvalue().splitlines()
    time, rest = line.split(" ", 1)
    assert time.startswith("time=20")
    assert time.endswith("Z")
    assert rest == 'level=info event="message accepted" size=12 lines=a\\nb a_key="x y"'


@pytest.mark.parametrize("style", ["text", "json"])
def test_a_traceback_stays_within_its_line_and_is_scrubbed(style: logs.Format, written: io.StringIO) -> None:
    logs.configure(style, stream=written)
    try:
        raise ValueError("r+k5pqe7yw2m4tz3a6v7r2s5n8@example.com is unknown")
    except ValueError:
        structlog.get_logger().exception("failed")
    [line] = written.getvalue().splitlines()
    assert "ValueError: r+…@example.com is unknown" in line
    assert "Traceback" in line


def test_the_standard_librarys_loggers_write_the_same_lines(written: io.StringIO) -> None:
    logs.configure("json", process="web-0", stream=written)
    logging.getLogger("uvicorn.error").warning("%s connections", 3)
    told = json.loads(written.getvalue())
    assert (told["event"], told["level"], told["logger"], told["process"]) == ("3 connections", "warning", "uvicorn.error", "web-0")


def test_talkative_libraries_are_heard_only_when_something_is_wrong(written: io.StringIO) -> None:
    logs.configure("json", stream=written)
    logging.getLogger("mail.log").info("Peer: ('127.0.0.1', 4711)")
    logging.getLogger("uvicorn.error").info("Started server process")
    assert written.getvalue() == ""
    logging.getLogger("mail.log").error("a fault")
    assert "a fault" in written.getvalue()
