"""A desk that takes raw mail: kept, claimed, parsed, decided on and ended, as the intake does, without its processes."""

import hashlib
from email.message import EmailMessage
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from gateway.desk.erasing import Erased, OnHold, erase
from gateway.desk.process import Arrived, Busy, Processed, process
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.organisation import Organisation
from gateway.domain.ours import Ours
from gateway.domain.states import InboundState
from gateway.mail.parse import parse_message
from storage import inbound
from storage.erasure import arrived
from tests.desk.values import ALIGNED, ORGANISATION

Sessions = async_sessionmaker[AsyncSession]


class Office:
    def __init__(self, sessions: Sessions, organisation: Organisation = ORGANISATION) -> None:
        self.sessions = sessions
        self.organisation = organisation

    async def receive(self, mail: EmailMessage | bytes, reverse_path: str = "anna@client.test", to: str = "support@desk.test") -> int:
        """Kept, and not worked on; its id."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes()
        peer = Peer(Entry.SMTP, "192.0.2.1", 25, "client.test")
        kept = inbound.Arrival(Envelope(reverse_path, (to,), peer, trace_id="trace"), content, hashlib.sha256(content).digest())
        async with self.sessions.begin() as session:
            [number] = await inbound.receive(session, [kept])
        return number

    async def claim(self) -> list[inbound.Claimed]:
        async with self.sessions.begin() as session:
            return await inbound.claim(session, "w1", 10, 30.0, begin=True)

    async def work(self, claimed: inbound.Claimed) -> Processed | Busy:
        """Raises `LeaseLost`."""
        async with self.sessions() as session:
            content = await inbound.content_of(session, claimed.id)
        assert content is not None
        message = parse_message(content, Ours())
        arrival = Arrived(claimed.id, claimed.envelope, claimed.redelivery_key, claimed.size, claimed.assignment)
        async with self.sessions.begin() as session:
            done = await process(session, arrival, message, ALIGNED, self.organisation)
            if isinstance(done, Processed):
                decision = done.decision
                state = decision.state
                assert state in (InboundState.DONE, InboundState.HELD, InboundState.IGNORED)
                await inbound.finish(
                    session,
                    claimed,
                    state,
                    outcome=decision.outcome,
                    why=decision.why,
                    decision=decision.reasons,
                    ticket=done.ticket,
                    verdict=ALIGNED,
                    message_id=message.message_id,
                    subject=message.subject,
                    author=message.author.address if message.author is not None else None,
                    kind=message.kind,
                    writer=done.writer,
                )
        assert isinstance(done, Processed | Busy)
        return done

    async def take(self, mail: EmailMessage | bytes, reverse_path: str = "anna@client.test", to: str = "support@desk.test") -> int:
        """The whole of it; the message's id."""
        number = await self.receive(mail, reverse_path, to)
        for each in await self.claim():
            assert isinstance(await self.work(each), Processed)
        return number

    async def erase(self, key: str = "anna@client.test", *, dry: bool = False) -> Erased | OnHold:
        return await erase(self.sessions, key, self.organisation, no_knocks, dry=dry)

    async def rows(self, query: str, **given: object) -> list[Any]:
        async with self.sessions() as session:
            return [tuple(row) for row in (await session.execute(text(query), given)).all()]

    async def alter(self, statement: str) -> None:
        async with self.sessions.begin() as session:
            await session.execute(text(statement))


def no_knocks(_knocked: arrived.Knocked) -> list[bytes]:
    return []


def written(author: str, words: str = "Help!", subject: str = "A printer", **fields: str) -> EmailMessage:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = author, "support@desk.test", subject
    made["Message-ID"] = f"<{abs(hash((author, words, subject)))}@client.test>"
    for name, value in fields.items():
        made[name] = value
    made.set_content(words)
    return made
