"""Mail that no peer waits for is scanned as well: what would be refused waits for a person, what is deferred stays where it is."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.auth.dns import Resolver
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.fetch import Fetch, Protocol
from gateway.ingress.checks.policy import Place, Policy, Scanner
from gateway.ingress.checks.screener import Screener
from gateway.ingress.checks.unasked import NotScannedError, ScreeningAcceptor
from gateway.ingress.content import Content
from gateway.ingress.limits import Budget
from storage import inbound
from storage.engine import database_away
from tests.fetch.polling import mail, organisation, polling
from tests.screening.scanner_peer import SPAM, ScannerPeer

Sessions = async_sessionmaker[AsyncSession]
FETCHED = Envelope("ann@client.test", ("support@example.com",), Peer(Entry.IMAP, mailbox="support@example.com"), trace_id="t")


@asynccontextmanager
async def acceptor(sessions: Sessions, policy: Policy | None) -> AsyncIterator[ScreeningAcceptor]:
    resolver = Resolver([("127.0.0.1", 9)])
    made = ScreeningAcceptor(sessions, "mx.example.com", lambda _channel: None)
    screener = None if policy is None else Screener(policy, "mx.example.com", resolver)
    made.screener = lambda: screener
    yield made
    await made.aclose()
    await resolver.close()


def content(total: Budget | None = None) -> Content:
    made = Content(total=total)
    made.append(b"Subject: Hi\r\n\r\nText\r\n")
    return made


async def only(sessions: Sessions) -> inbound.Inbound:
    async with sessions() as session:
        (row,) = await inbound.list_inbound(session)
    return row


async def test_without_scanners_it_is_the_door_that_it_was(sessions: Sessions) -> None:
    async with acceptor(sessions, None) as door:
        await door.accept_message(FETCHED, content())
    assert (await only(sessions)).screening is None


@pytest.mark.parametrize(
    ("kind", "hold"), [("spamd", "spamd: spam, 9.5 of 5 (GTUBE, BAYES_9)"), ("clamd", "clamd: infected by Eicar-Test-Signature")]
)
async def test_what_would_be_refused_is_kept_for_a_person(sessions: Sessions, kind: str, hold: str) -> None:
    async with ScannerPeer(kind, SPAM[kind]) as peer, acceptor(sessions, Policy(scanners=(peer.scanner(),), on_spam="reject")) as door:  # type: ignore[arg-type,index]  # its kinds
        await door.accept_message(FETCHED, content())
    found = (await only(sessions)).screening
    assert found is not None
    assert found["hold"] == hold


async def test_what_is_deferred_is_not_taken_and_nobody_takes_it_for_the_databases_fault(sessions: Sessions) -> None:
    budget = Budget(1 << 20)
    policy = Policy(scanners=(Scanner("clamd", Place("127.0.0.1", 9), 1 << 20, "defer"),))
    async with acceptor(sessions, policy) as door:
        with pytest.raises(NotScannedError) as failure:
            await door.accept_message(FETCHED, content(budget))
    assert not database_away(failure.value)
    assert budget.used == 0
    async with sessions() as session:
        assert await inbound.list_inbound(session) == []


async def test_a_fetched_message_stays_in_its_mailbox_while_the_scanner_is_away_and_comes_when_it_is_back(
    sessions: Sessions, tmp_path: Path
) -> None:
    for name in ("new", "cur", "tmp"):
        (tmp_path / name).mkdir()
    (tmp_path / "new" / "1.a").write_bytes(mail())
    resolver = Resolver([("127.0.0.1", 9)])

    def screener(place: Place) -> Screener:
        return Screener(Policy(scanners=(Scanner("clamd", place, 1 << 20, "defer"),)), "mx.example.com", resolver)

    asking = screener(Place("127.0.0.1", 9))
    door = ScreeningAcceptor(sessions, "mx.example.com", lambda _channel: None)
    door.screener = lambda: asking
    fetched = organisation(Fetch(Protocol.MAILDIR, path=str(tmp_path), interval=0.2))
    async with ScannerPeer("clamd", SPAM["clamd"]) as peer:
        async with polling(sessions, fetched, acceptor=door) as polled:
            standing = await polled.stands(lambda found: found.failures > 0)
            assert "clamd: no answer: " in (standing.error or "")
            assert (tmp_path / "new" / "1.a").exists()
        asking = screener(peer.place)
        async with sessions.begin() as session:
            await session.execute(text("UPDATE mailboxes SET due_at = now()"))
        async with polling(sessions, fetched, acceptor=door) as polled:
            (row,) = await polled.kept(1)
    assert row["screening"]["hold"] == "clamd: infected by Eicar-Test-Signature"
    await resolver.close()
