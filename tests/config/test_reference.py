"""docs/configuration.md is in step with the models."""

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.config.reference import main, reference

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_the_page_is_fresh() -> None:
    assert subprocess.run([sys.executable, "-m", "gateway.config.reference", str(PAGE), "--check"], check=False).returncode == 0


def test_a_stale_page_fails_the_check_and_is_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "configuration.md"
    assert main([str(page), "--check"]) == 1
    page.write_text(reference() + "and more\n")
    assert main([str(page), "--check"]) == 1
    assert capsys.readouterr().err.endswith(f"{page} is stale: run `python -m gateway.config.reference {page}`\n")
    assert main([str(page)]) == 0
    assert main([str(page), "--check"]) == 0


@pytest.mark.parametrize(
    "row",
    [
        "| `processes` | a whole number from 1 to 64 | `1` | Processes of each kind: listeners, intakes, senders. |",
        '| `max_message_size` | a size in bytes, or a string such as "50 MiB" | `"50 MiB"` |',
        '| `route_by` | a list, each of its items "to", "cc", "delivered-to" or "envelope" | `["to", "cc", "delivered-to", "envelope"]` |',
        '| `url` | "embedded", or a server\'s URL, such as "postgresql://deskgate@db.example.com/deskgate" | `"embedded"` |',
        '| `relay` | a relay\'s host and port, such as "smtp.example.com:587", "mx", or "directory:PATH" | `"127.0.0.1:25"` |',
        "## `[[gateway]]`",
        "## `[outbound.retry]`",
    ],
)
def test_a_key_is_described(row: str) -> None:
    assert row in reference()
