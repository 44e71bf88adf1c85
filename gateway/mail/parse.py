"""The door of the room: raw bytes → `Message`. Total: whatever the bytes are, a message comes out."""

import hashlib
import re
from dataclasses import dataclass, replace

from gateway.domain.ours import Ours
from gateway.mail import automatic, forward, kind, language
from gateway.mail.address import hides_another, parse_mailboxes
from gateway.mail.canonical import body_hash
from gateway.mail.charsets import clean
from gateway.mail.content import Content, Passage, read_content
from gateway.mail.dates import read_date
from gateway.mail.headers import Block, preface, read_block, rescue, shown
from gateway.mail.html import from_text, sanitise
from gateway.mail.html_bounds import exceeded_bound
from gateway.mail.html_text import html_to_text
from gateway.mail.ids import read_id, read_ids
from gateway.mail.message import Attachment, Body, Confirmation, Mailbox, Message, Trace
from gateway.mail.mime import read_tree
from gateway.mail.reply import cut_reply
from gateway.mail.second_reading import read_again
from gateway.mail.texts import MAX_TEXT
from gateway.mail.wrapped import unwrap

_DELIVERED_TO = ("delivered-to", "x-original-to", "x-forwarded-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_TOLD_TWICE = re.compile(r"(?<![^\s<(\[\"';,:])([^\s<>@\"',;:()\[\]]{1,64}@[^\s<>@\"',;:()\[\]]{1,255})<mailto:\1>", re.IGNORECASE)
_MAX_SUBJECT = 2000
_MAX_TRACES = 50


def parse_message(content: bytes, ours: Ours) -> Message:
    """Everything that the bytes alone tell.

    A message that exceeds a bound keeps its subject, its author and what was read, has its raw file attached, and a warning that names the
    bound.
    """
    if b"\n" not in content and b"\r" in content:
        content = content.replace(b"\r", b"\n")
    block = read_block(content, preface(content))
    if block.exceeded is not None:
        block = rescue(content, block)
    message = read_fields(block)
    tree = unwrap(read_tree(content, block))
    read = read_content(tree)
    text = _text_of(read)
    message = _with_content(message, read, text, ours)
    message = replace(message, warnings=(*message.warnings, *tree.faults, *text.warnings))
    if bound := block.exceeded or tree.exceeded or text.exceeded:
        return with_raw(replace(message, attachments=() if tree.exceeded else message.attachments), content, bound)
    return message


def read_fields(block: Block) -> Message:
    """What the header block alone tells; kind and text are still to come."""
    headers = shown(block.fields)
    authors = block.all("from")
    mailboxes = parse_mailboxes(authors[0].value) if len(authors) == 1 else ()
    author = mailboxes[0] if len(mailboxes) == 1 else None
    unambiguous, warnings = _judge_author(block, author)
    subject = block.first("subject")
    message_id = block.first("message-id")
    return Message(
        kind="message",
        reason="",
        message_id=read_id(message_id.value) if message_id is not None else None,
        subject=subject.text[:_MAX_SUBJECT] if subject is not None else "",
        date=read_date(block.value("date")),
        author=author,
        author_unambiguous=unambiguous,
        originator=next(iter(_mailboxes(block, "sender")), None),
        reply_to=_mailboxes(block, "reply-to"),
        to=_mailboxes(block, "to"),
        cc=_mailboxes(block, "cc"),
        delivered_to=tuple(mailbox for field in block.fields if field.name in _DELIVERED_TO for mailbox in parse_mailboxes(field.value)),
        in_reply_to=_ids(block, "in-reply-to"),
        references=_ids(block, "references"),
        body=Body(text="", new_text=""),
        automatic=automatic.why_automatic(headers),
        list_mail=automatic.is_list_mail(headers),
        authentication_results=_traces(block),
        received_count=len(block.all("received")),
        headers=headers,
        warnings=(*dict.fromkeys(block.faults), *warnings),
    )


def with_raw(message: Message, content: bytes, bound: str) -> Message:
    """The message with its own bytes attached, because `bound` was exceeded."""
    raw = Attachment("message.eml", "message/rfc822", content, hashlib.sha256(content).hexdigest())
    attachments = (*message.attachments, raw)
    return replace(
        message,
        kind="message" if message.kind == "empty" else message.kind,
        whole=False,
        attachments=attachments,
        body_hash=body_hash(message.body.text, (each.sha256 for each in attachments)),
        warnings=(*message.warnings, f"{bound}: what lies beyond is in message.eml"),
    )


def _judge_author(block: Block, author: Mailbox | None) -> tuple[bool, tuple[str, ...]]:
    """Whether authority may rest on From, and what speaks against it."""
    fields = block.all("from")
    if block.exceeded is not None:
        return False, ()
    if len(fields) != 1:
        return False, (f"{len(fields)} From fields" if fields else "no From field",)
    value = fields[0].value
    if author is None or not author.key:
        return False, ("From does not name exactly one valid address",)
    if "\x00" in value or hides_another(value):
        return False, ("From names another address in its display name",)
    second = read_again(block)
    if second.author != author.key:
        return False, ("From reads differently to another parser", *second.doubts)
    return True, ()


def _mailboxes(block: Block, name: str) -> tuple[Mailbox, ...]:
    return tuple(mailbox for field in block.all(name) for mailbox in parse_mailboxes(field.value))


def _ids(block: Block, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for field in block.all(name) for each in read_ids(field.value)))


def _traces(block: Block) -> tuple[Trace, ...]:
    received = 0
    traces: list[Trace] = []
    for field in block.fields:
        if field.name == "received":
            received += 1
        elif field.name == "authentication-results" and len(traces) < _MAX_TRACES:
            traces.append(Trace(clean(field.value[:8192]), received))
    return tuple(traces)


@dataclass(frozen=True, slots=True)
class _Text:
    """`source` is the HTML as it came, for the reply cutter; `html` is what may be shown."""

    text: str
    source: str | None = None
    html: str | None = None
    exceeded: str | None = None
    warnings: tuple[str, ...] = ()


def _text_of(content: Content) -> _Text:
    readings = [_read_passage(passage) for passage in content.passages]
    text = "\n\n".join(reading.text.strip("\n") for reading in readings)
    exceeded = next((reading.exceeded for reading in readings if reading.exceeded), None)
    if len(text) > MAX_TEXT:
        text, exceeded = text[:MAX_TEXT], exceeded or f"text of more than {MAX_TEXT:,} characters"
    sources = [reading.source for reading in readings]
    if not any(sources):
        return _Text(text, exceeded=exceeded)
    source = "\n".join(source or from_text(reading.text) for source, reading in zip(sources, readings, strict=True))
    if bound := exceeded_bound(source):
        return _Text(text, exceeded=exceeded or bound)
    return _Text(text, source, sanitise(source, content.locations), exceeded)


def _read_passage(passage: Passage) -> _Text:
    if passage.html is None:
        return _Text(passage.plain or "")
    bound = exceeded_bound(passage.html)
    if bound is not None:
        return _Text(passage.plain or without_tags(passage.html), exceeded=bound)
    return _Text(_without_targets(passage.plain) if passage.plain is not None else html_to_text(passage.html), source=passage.html)


def _without_targets(plain: str) -> str:
    """Exchange's plain form of its HTML has each link's target behind the link, `a@b.example<mailto:a@b.example>`: once is enough."""
    return _TOLD_TWICE.sub(r"\1", plain) if "<mailto:" in plain else plain


def without_tags(html: str) -> str:
    """For HTML that no parser may see: what stands between its angle brackets, crudely."""
    pieces = html[: 2 * MAX_TEXT].split("<")
    return " ".join(" ".join(text.split()) for piece in pieces if (text := piece.partition(">")[2])).strip()


def _with_content(message: Message, content: Content, text: _Text, ours: Ours) -> Message:
    forwards, answers = forward.is_forward_subject(message.subject), bool(message.in_reply_to or message.references)
    cut = cut_reply(text.text, text.source, ours, forwards=forwards, answers=answers)
    verdict = _judged(kind.read_kind(message.headers, message.subject, text.text, content.parts), content)
    return replace(
        message,
        kind=verdict.kind,
        reason=verdict.reason,
        bounce=verdict.bounce,
        complaint=verdict.complaint,
        body=Body(text.text, cut.new_text, cut.quoted_text, cut.signature, text.html),
        attachments=content.attachments,
        language=language.guess_language(cut.new_text or text.text),
        forwarded=forward.read_forwarded(message.subject, text.text, content.parts),
        calendar=content.calendar,
        confirmation=Confirmation(verdict.code, verdict.link) if verdict.kind == "forwarding_confirmation" else None,
        body_hash=body_hash(text.text, (each.sha256 for each in content.attachments)),
    )


def _judged(verdict: kind.KindVerdict, content: Content) -> kind.KindVerdict:
    """What is known of the attachments alone: files make a message, and an answer to an invitation is a person's, whatever marks it has."""
    if verdict.kind == "empty" and content.attachments:
        return kind.KindVerdict("message", "it has nothing but attachments")
    if verdict.kind == "auto_reply" and content.calendar is not None and content.calendar.method in ("REPLY", "COUNTER"):
        return kind.KindVerdict("message", "somebody answers an invitation")
    return verdict
