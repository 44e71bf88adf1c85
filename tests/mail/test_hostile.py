"""Hostile mail in the killable child, which is given no more than a message may have."""

import ast
from pathlib import Path

import pytest

import gateway.mail
from gateway.domain.ours import Ours
from gateway.mail.parse import parse_message
from gateway.parsing.parent import Counters, Parser
from gateway.parsing.process import Limits
from tests.mail.hostile import BOMB, HOSTILE_MESSAGES

MEMORY = 256 << 20
OPENERS = {"bz2", "gzip", "lzma", "shutil", "tarfile", "zipfile", "zlib"}


@pytest.mark.timeout(240)
async def test_no_message_needs_more_memory_than_one_may() -> None:
    """Time is measured elsewhere, by the processor's clock; here it only must not hang."""
    async with Parser(Limits(seconds=60, memory=MEMORY), spares=0) as parser:
        for number, content in enumerate(HOSTILE_MESSAGES.values(), 1):
            message = await parser.parse(content, Ours())
            assert parser.counters == Counters(requests=number), message.warnings
            assert message.kind


def test_an_archive_is_attached_as_it_came() -> None:
    assert len(BOMB) < MEMORY // 100
    [attached] = parse_message(HOSTILE_MESSAGES["a zip bomb"], Ours()).attachments
    assert (attached.filename, attached.content) == ("photos.zip", BOMB)


def test_nothing_that_reads_mail_can_open_an_archive() -> None:
    imported: dict[str, set[str]] = {}
    for path in Path(gateway.mail.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported[path.name] = imported.get(path.name, set()) | {name.partition(".")[0] for name in names}
    assert len(imported) > 20
    assert {name: found & OPENERS for name, found in imported.items() if found & OPENERS} == {}
