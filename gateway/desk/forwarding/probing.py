"""Probes go out, and agents are told when what they show has changed (U7)."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

import storage.outbox
from gateway.desk import audience
from gateway.desk.forwarding.report import in_words, patience
from gateway.desk.outgoing import letter_of_desk
from gateway.desk.suppressing import staff_unreached
from gateway.desk.telling import Cause, LetterTicket
from gateway.domain.actor import SYSTEM
from gateway.domain.letter import URGENT, NewLetter, NewRecipient, Party, one_line
from gateway.domain.organisation import Agent, Gateway, Organisation
from gateway.domain.probes import Probe
from gateway.domain.states import LetterKind
from gateway.domain.steps import Person, Send
from gateway.letters.texts import PROBE
from gateway.tokens.codec import Keyring, Purpose
from gateway.tokens.probe import probe_mark
from storage import probes

LIFETIME: Final = timedelta(hours=1)
"""For which a probe is worth sending: who waits for it wants to know about now."""


async def send_probe(session: AsyncSession, address: str, organisation: Organisation) -> int:
    """Its number. `address` is normalised."""
    author = author_of(address, organisation)
    number = await probes.begin(session, address, author.address)
    [letter_id] = await storage.outbox.add(session, [probe_letter(number, address, author, organisation)])
    await probes.sent_by(session, number, letter_id)
    return number


def author_of(address: str, organisation: Organisation) -> Party:
    """Another address than the one it goes to: only so it is seen whether From survives."""
    default = organisation.default_gateway
    others = (each for each in organisation.gateways if each.enabled and not each.catches_all)
    gateway = next((each for each in (default, *others) if each.address != address and not each.catches_all), None)
    if gateway is None:
        return Party(one_line(organisation.desk.name), organisation.desk.reply_address)
    return Party(one_line(gateway.name), gateway.address)


def probe_letter(number: int, address: str, author: Party, organisation: Organisation) -> NewLetter:
    """Its mark stands wherever one may survive: some forwarders write Message-ID anew, some drop fields that they do not know, some keep
    the body alone."""
    desk, keyring = organisation.desk, Keyring(organisation.desk.secrets)
    mark, words = probe_mark(keyring, number), PROBE[desk.language]
    effect = hashlib.sha256(f"probe:{number}:{mark}".encode()).digest()
    verp = None
    if desk.bounce_domain is not None:
        verp = f"b+{keyring.sign(Purpose.BOUNCE, effect[:8] + bytes(2))}@{desk.bounce_domain}"
    return NewLetter(
        kind=LetterKind.PROBE,
        headers=(
            ("From", (author,)),
            ("To", (Party("", address),)),
            ("Auto-Submitted", "auto-generated"),
            # Not All: a report of what could not be delivered is welcome.
            ("X-Auto-Response-Suppress", "OOF, AutoReply"),
            ("X-Deskgate-Probe", mark),
        ),
        subject=f"{words['subject'].format(address=address)} ({mark})",
        text=f"{words['text'].format(desk=one_line(desk.name), address=address)}\n\n{mark}\n",
        message_id=f"<{mark}.{effect[:8].hex()}@{desk.reply_address.rpartition('@')[2]}>",
        recipients=(NewRecipient(address, verp=verp),),
        effect=effect,
        urgency=URGENT,
        reverse_path=author.address,
        lifetime=LIFETIME,
        withheld=desk.shadow,
    )


async def tell_agents(session: AsyncSession, gateway: Gateway, probe: Probe, organisation: Organisation, *, failed: bool) -> int:
    """One letter a language; how many. Told of once, for it is remembered in the same transaction."""
    kind = LetterKind.FORWARDING_FAILED if failed else LetterKind.FORWARDING_RESTORED
    dead = await staff_unreached(session, organisation)
    sends = audience.to_staff(kind, (each for each in agents_of(gateway, organisation) if each not in dead), organisation)
    letters = [agents_letter(each, gateway, probe, organisation) for each in sends]
    await probes.alarm(session, probe.number, failed=failed)
    if letters:
        await storage.outbox.add(session, letters)
    return len(letters)


def agents_of(gateway: Gateway, organisation: Organisation) -> tuple[Agent, ...]:
    """Of the department whose mail it is; all who may be told where nobody there is."""
    return audience.staff_of(gateway.department, organisation) or tuple(filter(audience.told, organisation.agents))


def agents_letter(send: Send, gateway: Gateway, probe: Probe, organisation: Organisation) -> NewLetter:
    send = replace(send, about="nothing", why=in_words(probe, send.language, patience(gateway.verify_every)))
    # The default one writes: a dead gateway's own answers would not come.
    ticket = LetterTicket(None, "", gateway.department, organisation.default_gateway.address, Person("", probe.address))
    cause = Cause(hashlib.sha256(f"{send.kind}:{probe.number}:{send.language}".encode()).digest(), SYSTEM)
    return letter_of_desk(send, ticket, cause, organisation)
