"""Our clients against the programs themselves: ClamAV's clamd and SpamAssassin's spamd."""

from collections.abc import Iterator

import pytest

from gateway.ingress.checks.policy import Place, Scanner
from gateway.ingress.checks.scanners.results import Clean, Infected, NotAsked, Result, Spam
from gateway.ingress.checks.scanners.scan import Scanners
from gateway.ingress.checks.scanners.wire import Asked
from gateway.ingress.content import Content
from tests.peers import scanners
from tests.peers.scanners import EICAR, GTUBE

HEAD = (
    b"From: Ann <ann@client.example>\r\nTo: <support@example.com>\r\nSubject: The printer\r\n"
    b"Date: Sun, 22 Nov 2026 07:00:00 +0000\r\nMessage-ID: <4711.0815@mail.client.example>\r\n\r\n"
)
WORDS = b"Since Monday the printer on the second floor does not print any more. Could somebody have a look at it?\r\n"
RECEIVED = (
    b"Received: from mail.client.example (mail.client.example [8.8.4.4])\r\n"
    b"\tby mx.example.com with ESMTP id a; Sun, 22 Nov 2026 07:00:01 +0000\r\n"
)


@pytest.fixture(scope="module")
def clamd() -> Iterator[Scanner]:
    with scanners.clamd() as path:
        yield Scanner("clamd", Place(path=path), 1 << 30)


@pytest.fixture(scope="module")
def spamd() -> Iterator[Scanner]:
    with scanners.spamd() as path:
        yield Scanner("spamd", Place(path=path), 1 << 30)


async def scanned(scanner: Scanner, octets: bytes) -> Result:
    content = Content.of(octets)
    asked = Asked(content.size, content.chunks, RECEIVED, "ann@client.example", ("support@example.com",), "8.8.4.4", "mail.client.example")
    (told,) = await Scanners([scanner], 1).scan(asked)
    content.close()
    return told.result


async def test_clamd_knows_the_eicar_file_and_nothing_in_an_ordinary_mail(clamd: Scanner) -> None:
    assert await scanned(clamd, HEAD + WORDS) == Clean()
    found = await scanned(clamd, HEAD + EICAR + b"\r\n")
    assert isinstance(found, Infected)
    assert found.name.startswith("Test.Eicar")


async def test_clamd_says_of_what_is_too_large_for_it_that_it_did_not_look(clamd: Scanner) -> None:
    assert isinstance(await scanned(clamd, HEAD + WORDS * 40_000), NotAsked)


async def test_spamd_knows_the_gtube_mail_and_nothing_in_an_ordinary_one(spamd: Scanner) -> None:
    clean = await scanned(spamd, HEAD + WORDS)
    assert isinstance(clean, Clean)
    assert clean.score is not None
    assert clean.threshold == 5
    found = await scanned(spamd, HEAD + GTUBE + b"\r\n")
    assert isinstance(found, Spam)
    assert found.score > 900
    assert "GTUBE" in found.symbols
