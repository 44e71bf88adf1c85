import pytest
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.ingress.accept import Acceptor
from gateway.ingress.limits import Limits
from gateway.ingress.stdin import Unacceptable, inject, normalised
from storage import inbound
from tests.ingress.conftest import HOSTNAME

Sessions = async_sessionmaker[AsyncSession]


@pytest.mark.parametrize(
    ("octets", "content"),
    [
        (b"", b""),
        (b"Subject: Hi\n\ntext\n", b"Subject: Hi\r\n\r\ntext\r\n"),
        (b"Subject: Hi\r\n\r\ntext", b"Subject: Hi\r\n\r\ntext\r\n"),
        (b"a\rb\r\nc\n\rd\n", b"a\r\nb\r\nc\r\n\r\nd\r\n"),
        (b"From ann Mon Mar  1 2026\nSubject: Hi\n\nFrom here\n", b"Subject: Hi\r\n\r\nFrom here\r\n"),
        (b"From: ann@client.test\n\n", b"From: ann@client.test\r\n\r\n"),
        (b"a\0b\n", b"ab\r\n"),
        (b"one\n.\ntwo\n", b"one\r\n.\r\ntwo\r\n"),
    ],
)
def test_a_local_programs_line_ends_become_those_of_mail(octets: bytes, content: bytes) -> None:
    assert normalised(octets) == content


async def test_a_piped_message_is_kept_as_the_listener_keeps_it(sessions: Sessions) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None)
    inbound_id = await inject(acceptor, b"Subject: Hi\n\ntext\n", reverse_path="", recipients=["support@example.com"] * 2, limits=Limits())
    assert isinstance(inbound_id, int)
    async with sessions() as session:
        row = await inbound.show(session, inbound_id)
        content = await inbound.content_of(session, inbound_id)
    assert row is not None
    assert (row.entry, row.reverse_path, row.recipients, row.peer["address"]) == ("stdin", "", ("support@example.com",), None)
    assert content is not None
    assert content.endswith(b"Subject: Hi\r\n\r\ntext\r\n")


@pytest.mark.parametrize(
    ("octets", "reverse_path", "recipient", "why"),
    [
        (b"x\n", "not an address", "support@example.com", "not an address: 'not an address'"),
        (b"x\n", "", "a@b> SIZE=1", "not an address: 'a@b> SIZE=1'"),
        (b"x\n", "", "", "not an address: ''"),
        (b"x" * 101, "", "support@example.com", "103 octets are more than max_message_size, 100"),
        (b"Received: x\n" * 5, "", "support@example.com", "mail loop: 5 or more Received fields"),
    ],
)
async def test_what_can_never_be_kept_is_said_to_be_so(
    sessions: Sessions, octets: bytes, reverse_path: str, recipient: str, why: str
) -> None:
    acceptor = Acceptor(sessions, HOSTNAME, lambda _: None)
    limits = Limits(max_message_size=100, received_fields=5)
    outcome = await inject(acceptor, octets, reverse_path=reverse_path, recipients=[recipient], limits=limits)
    assert outcome == Unacceptable(why)
