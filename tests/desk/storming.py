"""A world for storms: desks on databases of their own, the bytes of their letters, who answers them, and a clock that tests move.

Letters are read out of the outbox, assembled as the sender does, and read again by whoever gets them.
"""

import re
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import count

from sqlalchemy import text

import storage.outbox
from gateway.domain.envelope import Entry, Envelope, Peer
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.ours import Ours
from gateway.domain.verdict import Verdict
from gateway.mail.parse import parse_message
from gateway.outbound.assemble import assemble, copies
from tests.desk.test_process import Desk, Sessions
from tests.desk.values import NOTHING, ORGANISATION

HOUR = 60
DAY = 24 * HOUR
"""Minutes, as the world counts time."""

serials = count(1)


@dataclass(frozen=True)
class Mail:
    """On its way."""

    author: str
    recipient: str
    reverse_path: str
    content: bytes

    @property
    def subject(self) -> str:
        return str(self.read["Subject"])

    @property
    def words(self) -> str:
        body = self.read.get_body(("plain",))
        return "" if body is None else str(body.get_content())

    @property
    def read(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.SMTP)


Answering = Callable[[Mail], Iterable[Mail]]
Relay = Callable[[Mail], Mail]


class House(Desk):
    """A desk whose letters can be taken out. `address` is its gateway."""

    def __init__(self, sessions: Sessions, organisation: Organisation = ORGANISATION, peer: str = "192.0.2.1") -> None:
        super().__init__(sessions, organisation)
        self.address = organisation.default_gateway.address
        self.peer = peer
        self.domain = self.address.rpartition("@")[2]
        self.ours = Ours(
            tuple(each.address for each in organisation.gateways), tuple(each.name for each in organisation.gateways), (self.domain,)
        )
        self._seen = 0

    async def receive(self, mail: Mail, verdict: Verdict = NOTHING) -> str:
        """The way that it was decided on."""
        content = f"Return-Path: <{mail.reverse_path}>\r\n".encode() + mail.content
        sent = Envelope(mail.reverse_path, (mail.recipient,), Peer(Entry.SMTP, self.peer, 25, "peer.test"))
        return (await self.take(parse_message(content, self.ours), sent, verdict)).decision.outcome

    async def letters_out(self) -> list[Mail]:
        """What has been written to people outside since the last time."""
        found = []
        async with self.sessions() as session:
            rows = await session.execute(text("SELECT id FROM outbox_messages WHERE id > :seen ORDER BY id"), {"seen": self._seen})
            for number in rows.scalars().all():
                self._seen = number
                letter = await storage.outbox.load(session, number)
                assert letter is not None
                for copy in copies(letter, letter.recipients):
                    content = assemble(letter, copy, {})
                    found += [Mail(self.address, each.address, copy.reverse_path, content) for each in copy.recipients]
        return [each for each in found if self.organisation.agent(each.recipient.lower()) is None]

    async def pass_minutes(self, minutes: float) -> None:
        """What goes by time grows so much older."""
        moved = (("automatic_letters", "at"), ("effects", "expires_at"), ("outbox_messages", "created_at"))
        async with self.sessions.begin() as session:
            for table, column in moved:
                await session.execute(text(f"UPDATE {table} SET {column} = {column} - make_interval(secs => :s)"), {"s": minutes * 60})

    async def silences(self) -> Counter[str]:
        """Why it fell, and how often, as the tickets say."""
        rows = await self.rows("SELECT data ->> 'why' FROM ticket_events WHERE kind = 'silenced' ORDER BY id")
        return Counter(str(why) for (why,) in rows)


@dataclass
class World:
    """Everybody who sends; `sent` are the letters of desks to people outside, with the minute of each."""

    houses: dict[str, House]
    relay: Relay = lambda mail: mail
    answering: Answering = lambda _mail: ()
    minute: float = 0.0
    sent: list[tuple[float, str, str]] = field(default_factory=list)
    way: deque[Mail] = field(default_factory=deque)

    async def run(self, minutes: float, kindle: Sequence[Mail] = (), every: float = HOUR, step: float = 1.0) -> None:
        """For so long; the kindling comes anew each `every` minutes. A letter and its answer take a minute each."""
        until = self.minute + minutes
        next_kindling = self.minute
        while self.minute < until:
            if self.minute >= next_kindling:
                self.way.extend(anew(each) for each in kindle)
                next_kindling += every
            if not self.way:
                await self.pass_minutes(next_kindling - self.minute)
                continue
            for mail in [self.way.popleft() for _ in range(len(self.way))]:
                await self.deliver(mail)
            await self.pass_minutes(step)

    async def deliver(self, mail: Mail) -> None:
        house = self.houses.get(mail.recipient.rpartition("@")[2])
        if house is None:
            self.way.extend(self.relay(each) for each in self.answering(mail))
            return
        await house.receive(mail)
        for each in await house.letters_out():
            self.sent.append((self.minute, house.address, each.recipient))
            self.way.append(self.relay(each))

    async def pass_minutes(self, minutes: float) -> None:
        self.minute += minutes
        for house in self.houses.values():
            await house.pass_minutes(minutes)

    def most_an_hour(self) -> int:
        """Letters of one desk to one address, in whatever hour had the most."""
        return max(
            (sum(1 for at, *way in self.sent if way == list(to) and start <= at < start + HOUR) for start, *to in self.sent), default=0
        )

    def total(self) -> int:
        return len(self.sent)


def anew(mail: Mail) -> Mail:
    """The same from the same, as another mail."""
    number = next(serials)
    content = re.sub(rb"(?im)^Message-ID:.*$", f"Message-ID: <kindle.{number}@kindle.test>".encode(), mail.content)
    return replace(mail, content=re.sub(rb"(?im)^Subject: (.*?)\r?$", rf"Subject: \1 {number}".encode() + b"\r", content))


def written(author: str, to: str, subject: str, words: str, **fields: str) -> Mail:
    """A mail as a program writes it; `fields` with `_` for `-`."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = author, to, subject
    mail["Message-ID"] = f"<{next(serials)}.made@{author.rpartition('@')[2].strip('>')}>"
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(words, charset="utf-8")
    path = re.sub(r"^.*<|>$", "", author)
    return Mail(path, to, path, mail.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n"))


MARKS = re.compile(rb"(?im)^(?:auto-submitted|x-auto-response-suppress|x-deskgate-[\w-]+|precedence|list-[\w-]+):.*(?:\r\n[ \t].*)*\r\n")


def stripped(mail: Mail) -> Mail:
    """Through a relay that leaves nothing to know an automatic letter by, and gives it an id of its own."""
    head, _, body = mail.content.partition(b"\r\n\r\n")
    head = MARKS.sub(b"", head + b"\r\n")
    head = re.sub(rb"(?im)^Message-ID:.*$", f"Message-ID: <{next(serials)}@relay.test>\r".encode(), head)
    return replace(mail, content=head.replace(b"\r\r", b"\r") + b"\r\n" + body)


def renamed(mail: Mail) -> Mail:
    """Besides, each mail gets a subject that nobody has seen."""
    bare = stripped(mail)
    return replace(
        bare, content=re.sub(rb"(?im)^Subject:.*(?:\r\n[ \t].*)*$", f"Subject: Note {next(serials)}\r".encode(), bare.content, count=1)
    )


def neighbour(domain: str, secret: bytes) -> Organisation:
    """Another company's Deskgate."""
    desk = replace(ORGANISATION.desk, name="Other Desk", hostname=f"mx.{domain}", reply_address=f"r@{domain}", secrets=(secret,))
    return replace(ORGANISATION, desk=desk, gateways=(Gateway(f"help@{domain}", "Help", "support", default=True),))
