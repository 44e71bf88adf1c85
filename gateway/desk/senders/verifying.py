"""Codes for From addresses (Z7): the letter that carries one, and what becomes of a code that comes back."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

import storage.outbox
from gateway.desk.outgoing import letter_of_desk
from gateway.desk.telling import Cause, LetterTicket
from gateway.domain.actor import SYSTEM
from gateway.domain.letter import NewLetter
from gateway.domain.organisation import FromAddress, Organisation
from gateway.domain.senders import wants_code
from gateway.domain.states import LetterKind
from gateway.domain.steps import Addressee, Person, Send
from gateway.mail.address import shown_address
from gateway.tokens.codec import Keyring
from gateway.tokens.verification import Expired, Verified, read_sender_token, sender_token
from storage import senders
from storage.statements import now

CODE_DAYS: Final = 7
"""For which a code counts; another one can be sent any time."""


async def send_code(session: AsyncSession, sender: FromAddress, organisation: Organisation, *, again: bool) -> bool:
    """Whether a letter was written; not `again`: not where one was before."""
    if not await senders.requested(session, sender.address, again=again):
        return False
    moment = await now(session)
    code = sender_token(Keyring(organisation.desk.secrets), sender.address, moment + timedelta(days=CODE_DAYS))
    effect = hashlib.sha256(f"verification:{sender.address}:{moment.isoformat()}".encode()).digest()
    await storage.outbox.add(session, [letter(sender, code, Cause(effect, SYSTEM, now=moment), organisation)])
    return True


async def confirm(session: AsyncSession, code: str, organisation: Organisation) -> Verified | Expired | None:
    """None for what is no code of an address that the configuration has. Confirmed twice, it is as once."""
    wanted = [each.address for each in organisation.from_addresses if wants_code(each, organisation)]
    read = read_sender_token(Keyring(organisation.desk.secrets), code, wanted, await now(session))
    if isinstance(read, Verified):
        await senders.confirmed(session, read.address)
    return read


def letter(sender: FromAddress, code: str, cause: Cause, organisation: Organisation) -> NewLetter:
    desk, gateway = organisation.desk, organisation.default_gateway
    department = organisation.department(sender.department) if sender.department is not None else None
    language = (department.language if department is not None else None) or desk.language
    send = Send(LetterKind.VERIFICATION, (Addressee(sender.name, sender.address),), language, about="nothing")
    ticket = LetterTicket(None, "", gateway.department, gateway.address, Person(sender.name, shown_address(sender.address)))
    written = letter_of_desk(send, ticket, cause, organisation, code=code)
    return replace(written, lifetime=min(desk.letter_lifetime, timedelta(days=CODE_DAYS)))
