"""From a `Send` step to the letter that goes into the outbox: who it is from, what it answers, which tokens it carries. PURE."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.desk.identify import is_ours
from gateway.domain.actor import Actor
from gateway.domain.letter import ORDINARY, URGENT, AttachmentRef, HeaderValue, NewLetter, NewRecipient, Party, one_line
from gateway.domain.organisation import Language, Organisation
from gateway.domain.states import LetterKind, Role
from gateway.domain.steps import AddArticle, Addressee, Person, Send
from gateway.domain.verdict import Verdict
from gateway.letters.facts import ArticleFacts, GatewayFacts, LetterFacts, ReceiptFacts, TicketFacts
from gateway.letters.receipt import receipt_facts
from gateway.letters.texts import CUT, VIA
from gateway.letters.write import write_letter
from gateway.mail.address import address_key
from gateway.tokens.carriers import carries_reply_token, letter_id, reply_address, reply_token, thread_token
from gateway.tokens.codec import Keyring, Purpose

STAFF_FILES = 10 * 2**20
"""Bytes of attachments that a letter to staff carries; what is larger is named in it and stays on the ticket."""

STAFF_WORDS = 100_000
"""Characters of a message that a letter to staff repeats."""


@dataclass(frozen=True, slots=True)
class LetterTicket:
    """What letters tell of their ticket. `number` None: the letter is about none. `thread`: ids that the client has seen, oldest first;
    `last_message`: the id of what the client wrote last."""

    number: int | None
    subject: str
    department: str
    gateway: str
    client: Person
    thread: tuple[str, ...] = ()
    last_message: str | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """What makes the letters exist; `effect` seeds their identity, so that the same cause written twice makes the same letters.

    `verdict` is of the mail that is the cause."""

    effect: bytes
    actor: Actor
    inbound_id: int | None = None
    trace_id: str = ""
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """What letters of one decision are about: the ticket as it stands after it, and the article that it added."""

    ticket: LetterTicket
    article: AddArticle | None = None
    article_id: int | None = None


def write(sends: Sequence[Send], subject: Subject, cause: Cause, organisation: Organisation) -> tuple[NewLetter, ...]:
    """One letter a step; none where nobody but ourselves is left to write to."""
    return tuple(
        one_letter(send, index, subject, cause, organisation)
        for index, send in enumerate(sends)
        if any(not is_ours(address_key(each.address), organisation) for each in (*send.to, *send.cc))
    )


def one_letter(send: Send, index: int, subject: Subject, cause: Cause, organisation: Organisation) -> NewLetter:
    effect = hashlib.sha256(cause.effect + f"{send.kind}:{index}".encode()).digest()
    ticket, desk = subject.ticket, organisation.desk
    domain = desk.reply_address.rpartition("@")[2]
    unique = effect[:8].hex()
    written = write_letter(letter_facts(send, subject, cause, organisation))
    return NewLetter(
        kind=send.kind,
        headers=headers(send, ticket, cause, organisation, domain),
        subject=written.subject,
        text=written.text,
        html=written.html,
        message_id=shared_id(send, ticket, unique, domain, organisation),
        recipients=recipients(send, ticket, effect, domain, organisation),
        effect=effect,
        attachments=files(send, subject.article),
        ticket=ticket.number,
        article_id=subject.article_id if send.about == "article" else None,
        urgency=URGENT if send.kind is LetterKind.AGENT_REPLY else ORDINARY,
        reverse_path=ticket.gateway,
        automatic=send.automatic,
        agent=cause.actor.address if cause.actor.role is Role.AGENT and not send.automatic else None,
        inbound_id=cause.inbound_id,
        trace_id=cause.trace_id,
        lifetime=desk.letter_lifetime,
        withheld=desk.shadow,
    )


def letter_facts(send: Send, subject: Subject, cause: Cause, organisation: Organisation) -> LetterFacts:
    ticket, article = subject.ticket, subject.article if send.about == "article" else None
    department = organisation.department(ticket.department)
    author = article.author if article is not None and article.author is not None else cause.actor
    told = ArticleFacts()
    if article is not None:
        words = bounded(article.text, send.language) if send.staff else signed(article)
        told = ArticleFacts(words, tuple(each.filename for each in article.files if not each.inline), article.verified)
    return LetterFacts(
        kind=send.kind,
        language=send.language,
        ticket=TicketFacts(ticket.number, ticket.subject),
        gateway=GatewayFacts(gateway_name(ticket.gateway, organisation), ticket.gateway),
        client=ticket.client,
        author=Person(author.name, author.address or ""),
        department=department.name if department is not None else ticket.department,
        desk=organisation.desk.name,
        article=told,
        why=send.why,
        receipt=receipt_facts(send.receipt, send.language) if send.receipt is not None else ReceiptFacts(),
    )


def signed(article: AddArticle) -> str:
    """An agent's words with their signature, which is theirs to send; a single line of it is but a telephone's advertisement."""
    return f"{article.text}\n\n-- \n{article.signature}" if "\n" in article.signature.strip() else article.text


def bounded(text: str, language: Language) -> str:
    return text if len(text) <= STAFF_WORDS else f"{text[:STAFF_WORDS]}\n\n{CUT[language]}"


def headers(send: Send, ticket: LetterTicket, cause: Cause, organisation: Organisation, domain: str) -> tuple[tuple[str, HeaderValue], ...]:
    found: list[tuple[str, HeaderValue]] = [
        ("From", (Party(author_name(send, ticket, cause, organisation), send.from_address or ticket.gateway),))
    ]
    found.append(("To", parties(send.to)))
    if send.cc:
        found.append(("Cc", parties(send.cc)))
    answers = thread_ids(send, ticket, domain)
    if answers:
        found += [("In-Reply-To", f"<{answers[-1]}>"), ("References", " ".join(f"<{each}>" for each in answers))]
    if send.automatic:
        # RFC 3834 §5: our registration answers a message, the others are made by the desk itself.
        found.append(("Auto-Submitted", "auto-replied" if send.kind is LetterKind.REGISTERED else "auto-generated"))
        found.append(("X-Auto-Response-Suppress", "All"))
    if ticket.number is not None:
        found.append(("X-Deskgate-Ticket", str(ticket.number)))
    return tuple(found)


def author_name(send: Send, ticket: LetterTicket, cause: Cause, organisation: Organisation) -> str:
    """U5, Z12: an agent's reply goes out in the agent's name where the desk says so; staff see who wrote."""
    own = gateway_name(send.from_address or ticket.gateway, organisation)
    if send.kind is LetterKind.AGENT_REPLY:
        return one_line(cause.actor.name) if organisation.desk.show_agent_name and cause.actor.name else own
    if send.staff and send.about == "article" and cause.actor.role is not Role.SYSTEM:
        name = one_line(cause.actor.name) or cause.actor.address or own
        return VIA[send.language].format(name=name, desk=own)
    return own


def gateway_name(address: str, organisation: Organisation) -> str:
    gateway = organisation.gateway(address)
    return (gateway.name if gateway is not None else "") or organisation.desk.name


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


def recipients(send: Send, ticket: LetterTicket, effect: bytes, domain: str, organisation: Organisation) -> tuple[NewRecipient, ...]:
    """Never an address of our own: such a letter would come back to us for ever."""
    keyring = Keyring(organisation.desk.secrets)
    found = []
    for index, each in enumerate((*send.to, *send.cc, *send.bcc)):
        if is_ours(address_key(each.address), organisation):
            continue
        proof = effect[:8] + index.to_bytes(2, "big")
        message_id = reply_to = verp = None
        if each.agent is not None and ticket.number is not None:
            token = reply_token(keyring, ticket.number, each.agent)
            message_id = f"<{letter_id('r', token, proof.hex(), domain)}>"
            reply_to = reply_address(organisation.desk.reply_address, token)
        if organisation.desk.bounce_domain is not None:
            verp = f"b+{keyring.sign(Purpose.BOUNCE, proof)}@{organisation.desk.bounce_domain}"
        found.append(NewRecipient(each.address, one_line(each.name), message_id, reply_to, verp))
    return tuple(found)


def files(send: Send, article: AddArticle | None) -> tuple[AttachmentRef, ...]:
    if article is None or send.about != "article" or send.kind is LetterKind.REGISTERED:
        return ()
    if send.staff and sum(len(each.content) for each in article.files) > STAFF_FILES:
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


def parties(addressees: Sequence[Addressee]) -> tuple[Party, ...]:
    return tuple(Party(one_line(each.name), each.address) for each in addressees)
