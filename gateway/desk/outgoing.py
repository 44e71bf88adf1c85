"""From a `Send` step to the letter that goes into the outbox: who it is from, what it answers, which tokens it carries. PURE."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from gateway.desk.identify import is_ours
from gateway.desk.senders.choice import Sender, for_staff, from_of
from gateway.desk.telling import Cause, LetterTicket, Subject, letter_facts
from gateway.domain.letter import NO_ANSWERS, ORDINARY, URGENT, AttachmentRef, HeaderValue, NewLetter, NewRecipient, Party, one_line
from gateway.domain.organisation import Organisation
from gateway.domain.senders import NO_PROOFS, Proofs
from gateway.domain.states import LetterKind, Role
from gateway.domain.steps import AddArticle, Addressee, Send
from gateway.letters.faults import Fault
from gateway.letters.operators import Templates
from gateway.letters.texts import VIA
from gateway.letters.write import write_letter
from gateway.mail.address import address_key
from gateway.tokens.carriers import carries_reply_token, letter_id, note_token, reply_address, reply_token, thread_token
from gateway.tokens.codec import Keyring, Purpose

GATHERED = (
    LetterKind.NEW_TICKET,
    LetterKind.CLIENT_REPLY,
    LetterKind.AGENT_REPLY,
    LetterKind.ASSIGNED,
    LetterKind.NOTE,
    LetterKind.IN_PROGRESS,
    LetterKind.RESOLVED,
    LetterKind.CLOSED,
    LetterKind.CANCELLED,
    LetterKind.REOPENED,
    LetterKind.REGISTERED,
)
"""Kinds that an agent may be told of in a digest instead."""


def write(
    sends: Sequence[Send],
    subject: Subject,
    cause: Cause,
    organisation: Organisation,
    faults: list[Fault] | None = None,
    proofs: Proofs = NO_PROOFS,
) -> tuple[NewLetter, ...]:
    """One letter a step; none where nobody but ourselves is left to write to, or all are told by digest. `faults` takes what is wrong
    with the operator's templates that a letter should have been written by; `proofs` are of the From addresses that steps name."""
    written = []
    for index, send in enumerate(sends):
        now = replace(send, to=tuple(each for each in send.to if not is_told_by_digest(send, each, organisation)))
        if any(not is_ours(address_key(each.address), organisation) for each in (*now.to, *now.cc)):
            written.append(one_letter(now, index, subject, cause, organisation, faults if faults is not None else [], proofs))
    return tuple(written)


def gathered(sends: Sequence[Send], cause: Cause, organisation: Organisation) -> tuple[tuple[Addressee, Send, bytes], ...]:
    """Who is told of what by digest, each with the effect that it is."""
    return tuple(
        (each, send, hashlib.sha256(letter_effect(cause, send, index) + each.address.encode()).digest())
        for index, send in enumerate(sends)
        for each in send.to
        if is_told_by_digest(send, each, organisation)
    )


def is_told_by_digest(send: Send, addressee: Addressee, organisation: Organisation) -> bool:
    agent = organisation.agent(addressee.agent) if send.staff and send.kind in GATHERED and addressee.agent else None
    return agent is not None and agent.digest is not None


def letter_effect(cause: Cause, send: Send, index: int) -> bytes:
    return hashlib.sha256(cause.effect + f"{send.kind}:{index}".encode()).digest()


@lru_cache(maxsize=4)
def templates_of(files: tuple[tuple[str, str], ...]) -> Templates:
    return Templates.from_files(dict(files))


def one_letter(
    send: Send, index: int, subject: Subject, cause: Cause, organisation: Organisation, faults: list[Fault], proofs: Proofs
) -> NewLetter:
    effect = letter_effect(cause, send, index)
    ticket, desk = subject.ticket, organisation.desk
    domain = desk.reply_address.rpartition("@")[2]
    unique = effect[:8].hex()
    written = write_letter(letter_facts(send, subject, cause, organisation), templates_of(organisation.template_files))
    faults += written.faults
    sender = sender_of(send, ticket, cause, organisation, proofs)
    return NewLetter(
        kind=send.kind,
        headers=headers(send, ticket, cause, sender, domain),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=shared_id(send, ticket, unique, domain, organisation),
        recipients=recipients(send, ticket, effect, domain, organisation, named=send.staff or cause.proven, own_paths=sender.own_paths),
        effect=effect,
        attachments=files(send, subject.told_by(send)),
        ticket=ticket.number,
        article_id=subject.article_id if send.about == "article" and send.kind is not LetterKind.NOTE else None,
        urgency=URGENT if send.kind is LetterKind.AGENT_REPLY else ORDINARY,
        destination=sender.destination,
        reverse_path=sender.reverse_path,
        automatic=send.automatic,
        agent=cause.actor.address if cause.actor.role is Role.AGENT and not send.automatic else None,
        inbound_id=cause.inbound_id,
        trace_id=cause.trace_id,
        lifetime=desk.letter_lifetime,
        due_in=send.delay,
        while_status=send.while_status,
        withheld=desk.shadow,
        notice=send.automatic and not send.staff and not send.participant and ticket.number is not None,
    )


def letter_of_desk(send: Send, ticket: LetterTicket, cause: Cause, organisation: Organisation, **told: Any) -> NewLetter:
    """A letter about no ticket: `ticket` says who writes, and about whom. `told` are fields of `LetterFacts` besides what the send says."""
    desk, effect = organisation.desk, letter_effect(cause, send, 0)
    domain = desk.reply_address.rpartition("@")[2]
    facts = replace(letter_facts(send, Subject(ticket), cause, organisation), **told)
    written = write_letter(facts, templates_of(organisation.template_files))
    sender = sender_of(send, ticket, cause, organisation)
    return NewLetter(
        kind=send.kind,
        headers=headers(send, ticket, cause, sender, domain),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=shared_id(send, ticket, effect[:8].hex(), domain, organisation),
        recipients=recipients(send, ticket, effect, domain, organisation, named=True, own_paths=sender.own_paths),
        effect=effect,
        destination=sender.destination,
        reverse_path=sender.reverse_path,
        lifetime=desk.letter_lifetime,
        withheld=desk.shadow,
    )


def sender_of(send: Send, ticket: LetterTicket, cause: Cause, organisation: Organisation, proofs: Proofs = NO_PROOFS) -> Sender:
    def named(own: str) -> str:
        return author_name(send, own, cause, organisation)

    sender = from_of(send.from_address, ticket.gateway, named, send.language, organisation, proofs)
    return for_staff(sender, organisation) if send.staff else sender


def headers(send: Send, ticket: LetterTicket, cause: Cause, sender: Sender, domain: str) -> tuple[tuple[str, HeaderValue], ...]:
    found: list[tuple[str, HeaderValue]] = [("From", (sender.author,)), ("Reply-To", (sender.reply_to,))]
    # X6: a name is its bearer's words, and who is not proven may have written it to somebody else.
    named = send.staff or cause.proven
    found.append(("To", parties(send.to, named=named)))
    copies = (*send.cc, *((send.own_copy,) if send.own_copy is not None else ()))
    if copies:
        found.append(("Cc", parties(copies, named=named)))
    answers = thread_ids(send, ticket, domain)
    if answers:
        found += [("In-Reply-To", f"<{answers[-1]}>"), ("References", " ".join(f"<{each}>" for each in answers))]
    if send.automatic:
        # RFC 3834 §5: our registration answers a message, the others are made by the desk itself.
        found.append(("Auto-Submitted", "auto-replied" if send.kind is LetterKind.REGISTERED else "auto-generated"))
        found.append(NO_ANSWERS)
    if ticket.number is not None:
        found.append(("X-Deskgate-Ticket", str(ticket.number)))
    return tuple(found)


def author_name(send: Send, own: str, cause: Cause, organisation: Organisation) -> str:
    """U5, Z12: an agent's reply goes out in the agent's name where the desk says so; staff see who wrote. `own` is the address's name."""
    if send.kind is LetterKind.AGENT_REPLY:
        return one_line(cause.actor.name) if organisation.desk.show_agent_name and cause.actor.name else own
    if send.staff and send.about == "article" and cause.actor.role is not Role.SYSTEM:
        name = one_line(cause.actor.name) or cause.actor.address or own
        return VIA[send.language].format(name=name, desk=own)
    return own


def thread_ids(send: Send, ticket: LetterTicket, domain: str) -> tuple[str, ...]:
    """What the letter refers to; the last is what it answers. Clients see only ids that they have seen before; each agent's mail program
    gathers a ticket under one id of ours."""
    if send.staff:
        return (f"ticket.{ticket.number}@{domain}",) if ticket.number is not None else ()
    answered = ticket.last_message
    # RFC 5322 §3.6.4: the parent's id comes last, so that programs hang the letter under it.
    ordered = [each for each in ticket.thread if each != answered][-10:] + ([answered] if answered else [])
    return tuple(each for each in ordered if may_be_referred_to(each))


def may_be_referred_to(identifier: str) -> bool:
    """Whether an id can stand in a field of a client's letter: as it is, and without giving an agent's token away."""
    fits = identifier.isascii() and identifier.isprintable() and not set(identifier) & set(" <>") and len(identifier) < 900
    return fits and not carries_reply_token(identifier)


def shared_id(send: Send, ticket: LetterTicket, unique: str, domain: str, organisation: Organisation) -> str:
    if send.staff or ticket.number is None:
        return f"<n.{unique}@{domain}>"
    token = thread_token(Keyring(organisation.desk.secrets), ticket.number)
    return f"<{letter_id('t', token, unique, domain)}>"


def recipients(
    send: Send, ticket: LetterTicket, effect: bytes, domain: str, organisation: Organisation, *, named: bool, own_paths: bool = True
) -> tuple[NewRecipient, ...]:
    """Never an address of our own, but for the one copy that is asked for: such a letter would come back to us for ever."""
    keyring = Keyring(organisation.desk.secrets)
    found = []
    for index, each in enumerate(written_to(send, organisation)):
        proof = effect[:8] + index.to_bytes(2, "big")
        message_id = reply_to = verp = None
        if each.agent is not None and ticket.number is not None:
            token = (note_token if shows_note(send) else reply_token)(keyring, ticket.number, each.agent)
            message_id = f"<{letter_id('r', token, proof.hex(), domain)}>"
            reply_to = reply_address(organisation.desk.reply_address, token)
        if organisation.desk.bounce_domain is not None and own_paths:
            verp = f"b+{keyring.sign(Purpose.BOUNCE, proof)}@{organisation.desk.bounce_domain}"
        found.append(NewRecipient(each.address, one_line(each.name) if named else "", message_id, reply_to, verp))
    return tuple(found)


def written_to(send: Send, organisation: Organisation) -> tuple[Addressee, ...]:
    """How content the client is, is asked of the client alone: a letter with the scale has no copy."""
    outside = (each for each in (*send.to, *send.cc, *send.bcc) if not is_ours(address_key(each.address), organisation))
    meant = tuple(each for each in outside if send.envelope is None or each in send.envelope)
    return (*meant, send.own_copy) if send.own_copy is not None and not send.scale else meant


def shows_note(send: Send) -> bool:
    return send.kind is LetterKind.NOTE and send.about == "article"


def files(send: Send, article: AddArticle | None) -> tuple[AttachmentRef, ...]:
    if article is None or send.about != "article" or send.kind is LetterKind.REGISTERED:
        return ()
    return tuple(
        AttachmentRef(
            each.sha256,
            one_line(each.filename),
            one_line(each.content_type),
            len(each.content),
            each.inline,
            one_line(each.content_id or "") or None,
        )
        for each in article.files
    )


def parties(addressees: Sequence[Addressee], *, named: bool) -> tuple[Party, ...]:
    return tuple(Party(one_line(each.name) if named else "", each.address) for each in addressees)
