"""What the processes of `serve`, and the commands that need no database, must not import: each of these is a good part of a start. What
other commands import is in tests/packaging/test_imports.py."""

import subprocess
import sys

import pytest

HEAVY = ("asyncio", "pydantic", "sqlalchemy", "asyncpg", "alembic", "structlog", "starlette", "uvicorn", "jinja2", "mailparser", "nh3")
DATABASE = ("sqlalchemy", "asyncpg", "alembic", "storage.models")
WEB = ("starlette", "uvicorn", "multipart", "jinja2")


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("from gateway.cli import arguments, main; arguments.parser('1').format_help()", (*HEAVY, "rich")),
        ("import gateway.cli.explain", (*DATABASE, *WEB, "rich", "httpx", "charset_normalizer")),
        ("import gateway.cli.check", (*DATABASE, *WEB, "rich", "httpx")),
        (
            "import gateway.telemetry.lean, gateway.app.listener",
            (*WEB, "alembic", "rich", "httpx", "charset_normalizer", "mailparser", "nh3", "selectolax", "aiosmtplib", "babel"),
        ),
        ("import gateway.telemetry.lean, gateway.app.serve", (*DATABASE, *WEB, "rich", "httpx", "aiosmtpd", "mailparser", "nh3")),
        ("import gateway.telemetry.lean, gateway.app.database", (*WEB, "alembic", "rich", "aiosmtpd", "mailparser", "nh3")),
    ],
    ids=["help", "explain", "check", "listener", "parent", "database"],
)
def test_a_process_imports_no_more_than_it_needs(code: str, absent: tuple[str, ...]) -> None:
    found = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules)"], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not set(absent) & set(found)
