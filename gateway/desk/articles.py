"""From a message to the article that a ticket keeps of it. PURE."""

import hashlib
import re
from dataclasses import replace
from html import unescape

from gateway.domain.facts import KnownTicket
from gateway.domain.states import ArticleKind
from gateway.domain.steps import AddArticle, File, Person, Remember
from gateway.mail.above import above_forward
from gateway.mail.address import address_key
from gateway.mail.charsets import decode_bytes
from gateway.mail.message import Attachment, Mailbox, Message
from gateway.mail.reply import trim_signature
from gateway.mail.reply.cut import whole
from gateway.tokens.masking import mask_tokens, mask_tokens_in_bytes

MAY_HOLD_MAIL = ("message/", "text/", "application/octet-stream", "application/vnd.ms-outlook")
"""Types of files that may be a letter of ours, or quote one."""
BELOW_FILES = re.compile(r"ATT\d{5}\.(?:txt|html?)", re.IGNORECASE)
MOST_TEXT = 64 * 1024
"""Octets of such a file that are looked at."""
TAG = re.compile(r"<[^<>]{0,1000}>")


def article_of(message: Message, kind: ArticleKind, verified: bool = True, hide_tokens: bool = False) -> AddArticle:
    """`hide_tokens`: what goes on to a client shows no agent's reply token, even where a quoted notification was not cut."""
    shown = mask_tokens if hide_tokens else str
    body = message.body
    return AddArticle(
        kind,
        shown(body.new_text),
        shown(body.quoted_text),
        shown(body.signature),
        shown(body.html) if body.html is not None else None,
        verified=verified,
        message_id=message.message_id,
        to=people(message.to),
        cc=people(message.cc),
        files=files_of(message, hide_tokens),
        warnings=message.warnings,
    )


def files_of(message: Message, hide_tokens: bool = False) -> tuple[File, ...]:
    return tuple(file_of(each, hide_tokens) for each in message.attachments)


def file_of(attachment: Attachment, hide_tokens: bool) -> File:
    """A notification that an agent attached as a whole shows no token either."""
    name, content, sha256 = attachment.filename, attachment.content, attachment.sha256
    if hide_tokens:
        name = mask_tokens(name)
    if hide_tokens and attachment.content_type.lower().startswith(MAY_HOLD_MAIL):
        content = mask_tokens_in_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
    return File(name, attachment.content_type, content, sha256, attachment.inline, attachment.content_id)


def people(mailboxes: tuple[Mailbox, ...]) -> tuple[Person, ...]:
    return tuple(Person(each.name, each.address) for each in mailboxes)


def signature_trimmed(message: Message, ticket: KnownTicket) -> Message:
    """X4: a closing block that the author's earlier mail on the ticket ends with as well is a signature, though nothing marks it."""
    body = message.body
    key = message.author.key if message.author is not None else ""
    earlier = [closing for author, closing in ticket.earlier if address_key(author) == key]
    cut = trim_signature(body.new_text, whole(body.new_text), earlier)
    if not key or not cut.signature:
        return message
    signature = "\n\n".join(filter(None, (cut.signature, body.signature)))
    return replace(message, body=replace(body, new_text=cut.new_text, signature=signature))


def own_words(message: Message) -> tuple[str, str]:
    """The author's own words, and the mail that they pass on."""
    return above_forward(message.body.new_text) if message.forwarded is not None else (message.body.new_text, "")


def text_beside_files(message: Message) -> str:
    """What an Exchange server made files of: words that stood below a picture or a file in the agent's text, mostly their signature."""
    return "\n".join(text_of(each) for each in message.attachments if BELOW_FILES.fullmatch(each.filename))


def text_of(attachment: Attachment) -> str:
    """Crudely, line by line: HTML is parsed elsewhere, where a parser may die of it."""
    return unescape(TAG.sub("\n", decode_bytes(attachment.content[:MOST_TEXT])))


def remember(message: Message) -> Remember:
    own = (message.message_id,) if message.message_id else ()
    return Remember(own, tuple(dict.fromkeys((*message.references[-50:], *message.in_reply_to))))
