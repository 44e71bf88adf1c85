"""The reading of a message that no parser may touch again: subject, author and ids from the first fields, and the raw file."""

from dataclasses import replace

from gateway.mail.headers import Block, Field, preface, read_block
from gateway.mail.message import Message
from gateway.mail.parse import read_fields, with_raw

_MAX_BLOCK = 64 * 1024
_MAX_LINES = 500
_MAX_VALUE = 2048
_KEPT = frozenset({
    "auto-submitted", "authentication-results", "cc", "date", "delivered-to", "dkim-signature", "envelope-to", "from",
    "in-reply-to", "list-id",
    "list-unsubscribe", "message-id", "precedence", "received", "references", "reply-to", "return-path", "sender", "subject", "to",
    "x-auto-response-suppress", "x-autoreply", "x-forwarded-to", "x-original-to",
})  # fmt: skip


def raw_message(content: bytes, why: str) -> Message:
    """The cheapest total reading, used when the parsing child died of the message. `why` becomes its reason and a warning.

    It looks at 64 KiB of header and 2 KiB of a field, decodes no body and parses no HTML. Cut fields say nothing certain, so nobody is
    trusted.
    """
    block = read_block(content, preface(content), max_bytes=_MAX_BLOCK, max_lines=_MAX_LINES)
    kept = tuple(Field(field.name, field.raw[:_MAX_VALUE]) for field in block.fields if field.name in _KEPT)
    message = read_fields(Block(kept, block.body))
    return with_raw(replace(message, reason=why, author_unambiguous=False), content, why)
