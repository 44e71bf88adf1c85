"""One process of the letters' benchmark: our sender, aiosmtplib alone, or a program as one would write it by hand, handing letters to the
sink.

It reads what to do as a line of JSON, says `ready`, waits for another line, and tells in JSON what came of it.
"""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr
from pathlib import Path
from typing import Any, Final

import aiosmtplib
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.bench.letters import DOMAIN, new_letter
from gateway.bench.loops import loop_factory
from gateway.domain.dkim import DkimKey
from gateway.domain.letter import RELAY, Letter, NewLetter, Recipient
from gateway.outbound.assemble import assemble, copies
from gateway.outbound.deliver import Relay, SmtpTransport
from gateway.outbound.sign import Signing
from gateway.supervisor.collector import spare_what_stands
from gateway.telemetry import logs
from gateway.workers.sender import Sender, Sending
from storage import engine as storage_engine
from storage.engine import single_statements

DIFFERENT: Final = 200
"""Letters that bare aiosmtplib sends again and again."""
LOOK_SECONDS: Final = 0.2
RESERVED: Final = 2
WARM: Final = 4
_WAITING: Final = text("SELECT EXISTS (SELECT FROM outbox_messages WHERE state IN ('queued', 'leased') AND state <> 'sent')")
MAIL_AND_BYTES = tuple[str, list[str], bytes]


async def bare(load: dict[str, Any], signing: Signing) -> dict[str, Any]:
    """aiosmtplib's own `sendmail`, of bytes that are made beforehand."""
    mails = [made(number, signing) for number in range(min(load["letters"], DIFFERENT))]

    async def send(client: aiosmtplib.SMTP, number: int) -> None:
        await client.sendmail(*mails[number % len(mails)])

    told = await _over_kept_connections(load, send)
    return told | {"octets": sum(len(content) for _, _, content in mails) // len(mails)}


async def signing(load: dict[str, Any], keys: Signing) -> dict[str, Any]:
    """The same with each letter signed when its turn comes, as one who signs has to."""
    letters = [as_claimed(number, new_letter(number)) for number in range(min(load["letters"], DIFFERENT))]
    ready = [(letter, copy, assemble(letter, copy, {})) for letter in letters for copy in copies(letter, letter.recipients)]

    async def send(client: aiosmtplib.SMTP, number: int) -> None:
        letter, copy, content = ready[number % len(ready)]
        recipients = [each.address for each in copy.recipients]
        await client.sendmail(copy.reverse_path, recipients, keys.signed(letter, copy, content))

    return await _over_kept_connections(load, send) | {"octets": len(ready[0][2])}


async def composing(load: dict[str, Any], signing: Signing) -> dict[str, Any]:
    """What one would write by hand: the same letters, each made with the standard library's `EmailMessage` when its turn comes, and sent by
    aiosmtplib's `send_message`; signed by the same functions as ours. It keeps nothing, and remembers nothing of what was sent."""
    letters = [as_claimed(number, new_letter(number)) for number in range(load["letters"])]

    async def send(client: aiosmtplib.SMTP, number: int) -> None:
        letter = letters[number]
        [copy] = copies(letter, letter.recipients)
        recipients = [each.address for each in copy.recipients]
        message = composed(letter)
        if signing.signs:
            await client.sendmail(copy.reverse_path, recipients, signing.signed(letter, copy, message.as_bytes(policy=SMTP)))
        else:
            await client.send_message(message, sender=copy.reverse_path, recipients=recipients)

    return await _over_kept_connections(load, send) | {"octets": len(composed(letters[0]).as_bytes(policy=SMTP))}


def composed(letter: Letter) -> EmailMessage:
    message = EmailMessage()
    for name, value in letter.headers:
        message[name] = value if isinstance(value, str) else ", ".join(formataddr((party.name, party.address)) for party in value)
    message["Subject"] = letter.subject
    message["Date"] = letter.created_at
    message["Message-ID"] = letter.message_id
    message.set_content(letter.text)
    message.add_alternative(letter.html, subtype="html")
    return message


async def _over_kept_connections(load: dict[str, Any], send: Callable[[aiosmtplib.SMTP, int], Awaitable[None]]) -> dict[str, Any]:
    numbers = iter(range(load["letters"]))
    ends: list[float] = []

    async def session(client: aiosmtplib.SMTP) -> None:
        for number in numbers:
            await send(client, number)
            ends.append(time.time())

    clients = [aiosmtplib.SMTP(hostname="127.0.0.1", port=load["port"], start_tls=False) for _ in range(load["connections"])]
    for each in clients:
        await each.connect()
        await each.ehlo()
    await told_to_go()
    await asyncio.gather(*map(session, clients))
    for each in clients:
        await each.quit()
    return {"ends": ends}


async def deskgate(load: dict[str, Any], signing: Signing) -> dict[str, Any]:
    """The sender as `serve` has it, with its log; it stops when the whole outbox is sent, by whomever.

    It uses as many connections as the others do: the hands that it keeps for agents' replies, which are none of these, come on top.
    """
    engine = storage_engine.connect(load["url"], pool_size=10)
    sessions = storage_engine.sessions(engine)
    relay = Relay("127.0.0.1", load["port"], hostname=DOMAIN, connections=load["connections"])
    stop = asyncio.Event()
    ends: list[float] = []
    sender = Sender(
        sessions,
        {RELAY: SmtpTransport(relay)},
        not_expected,
        worker=f"bench {os.getpid()}",
        sending=Sending(hands=load["connections"] + RESERVED, reserved=RESERVED),
        signing=signing,
        attempted=lambda _outcome, _seconds: ends.append(time.time()),
    )
    # Connections to the database are made before; those to the server are made when there are letters, which counts for nobody (`run`).
    await asyncio.gather(*(waiting(sessions) for _ in range(WARM)))
    await told_to_go()
    running = asyncio.create_task(sender.run(stop, engine))
    while await waiting(sessions):  # noqa: ASYNC110  the letters may be sent by another process
        await asyncio.sleep(LOOK_SECONDS)
    stop.set()
    await running
    await engine.dispose()
    return {"ends": ends, "octets": 0}


async def waiting(sessions: Any) -> bool:
    async with single_statements(sessions) as session:
        return bool((await session.execute(_WAITING)).scalar_one())


async def not_expected(_session: AsyncSession, letter: Letter, recipients: Sequence[Recipient]) -> None:
    raise RuntimeError(f"the sink refused letter {letter.id}: {recipients[0].reply}")


async def told_to_go() -> None:
    spare_what_stands()  # as children of `serve` do
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    if not await asyncio.to_thread(sys.stdin.readline):
        sys.exit("nobody waits for the benchmark any more")


def made(number: int, signing: Signing) -> MAIL_AND_BYTES:
    letter = as_claimed(number, new_letter(number))
    [copy] = copies(letter, letter.recipients)
    return copy.reverse_path, [each.address for each in copy.recipients], signing.signed(letter, copy, assemble(letter, copy, {}))


def as_claimed(number: int, new: NewLetter) -> Letter:
    return Letter(
        id=number,
        kind=new.kind,
        headers=new.headers,
        subject=new.subject,
        text=new.text,
        html=new.html,
        attachments=(),
        message_id=new.message_id,
        reverse_path=new.reverse_path,
        recipients=tuple(Recipient(index, each.address, verp=each.verp) for index, each in enumerate(new.recipients)),
        ticket=None,
        article_id=None,
        urgency=new.urgency,
        destination=new.destination,
        automatic=new.automatic,
        agent=None,
        inbound_id=None,
        trace_id=new.trace_id,
        attempts=1,
        created_at=datetime.now(UTC),
        age=0.0,
        time_left=timedelta(days=5).total_seconds(),
        warned=False,
    )


def keys() -> list[DkimKey]:
    """RSA of 2048 bits and ed25519, made anew: what they sign goes nowhere."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    def pem(key: RSAPrivateKey | Ed25519PrivateKey) -> str:
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    return [
        DkimKey(DOMAIN, "rsa", "rsa", 2048, "", pem(generate_private_key(65537, 2048))),
        DkimKey(DOMAIN, "ed25519", "ed25519", 256, "", pem(Ed25519PrivateKey.generate())),
    ]


async def main(name: str) -> None:
    load = json.loads(await asyncio.to_thread(sys.stdin.readline))
    signing = Signing(keys() if load["signed"] else ())
    told = await RUNS[name](load, signing)
    sys.stdout.write(json.dumps(told | {"letters": load["letters"]}) + "\n")


RUNS: Final[dict[str, Callable[[dict[str, Any], Signing], Awaitable[dict[str, Any]]]]] = {
    "bare": bare,
    "signing": signing,
    "composing": composing,
    "deskgate": deskgate,
}


if __name__ == "__main__":
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        logs.configure("json", process="bench", stream=nowhere)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(main(sys.argv[1]))
