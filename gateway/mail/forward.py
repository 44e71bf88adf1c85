"""The original of a forwarded message, as the forwarder's mail program wrote it down.

A line such as "Forwarded message" proves a forward; a bare header block only under a subject that says so, since replies quote headers too.
What stands below the attribution of a reply was forwarded by somebody else, and is left alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from gateway.mail.address import parse_mailboxes
from gateway.mail.charsets import clean, decode_bytes
from gateway.mail.headers import Block as HeaderBlock
from gateway.mail.headers import read_block as read_header
from gateway.mail.html_bounds import exceeded_bound
from gateway.mail.html_text import html_to_text
from gateway.mail.message import Forwarded, Mailbox
from gateway.mail.mime import Entity, read_tree
from gateway.mail.parts import Parts
from gateway.mail.phrases import alternatives, fold
from gateway.mail.reply.attribution import is_attribution, may_begin
from gateway.mail.reply.headers import Block, Role, begins_forward, is_rule, read_block, read_field, separator, split_fields
from gateway.mail.reply.lines import Lines, Mark

_PREFIX = re.compile(
    r"\s*(?:\[[^\]\n]{0,60}\]\s*)?(?:"
    + "|".join(sorted(map(re.escape, alternatives("forward_prefix")), key=len, reverse=True))
    + r")\s?(?:[\[(]\d+[\])])?\s?[:：]",
    re.IGNORECASE,
)
_LINKED = re.compile(r"\s?[<\[(]mailto:([^<>\[\]()\s]{1,300})[>\])]", re.IGNORECASE)
_BRACKETED_LINK = re.compile(r"\[(?:mailto:)?([^\[\]\s]{1,300}@[^\[\]\s]{1,300})\]", re.IGNORECASE)
_CLOSES_BLOCK = re.compile(r"={3,20}(?:8<={0,20})?[^=\n]{2,60}={3,20}$")
_ON_BEHALF = re.compile(
    r"\s(?:on behalf of|im auftrag von|de la part de|en nombre de|por conta de|per conto di|namens|w imieniu"
    r"|от имени|від імені|em nome de|vegne af|på vegne av|för|jménem|v mene)\s.*$",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>()\[\]@,;:\"]{1,80}@[^\s<>()\[\]@,;:\"]{1,200}")
_NAMED = re.compile(r"(?:\"[^\"<>\n]{1,80}\"|[^\"<>,:\d\n]{1,80})?\s?<[^<>\s@]{1,80}@[^<>\s@]{1,200}>")
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?\s+\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:\s?[AP]M)?", re.IGNORECASE)
_MOST_LINES = 5_000
_DEEPEST = 10
_MOST_FIELD = 20_000
_FEW_WORDS = 400
"""Characters of text beside an attached message that still leave the attachment the point of the mail."""


@dataclass(frozen=True, slots=True)
class _Original:
    fields: tuple[tuple[Role, str], ...]
    body: int
    quoted: bool

    def first(self, role: Role) -> str:
        return next((value for key, value in self.fields if key == role), "")


def read_forwarded(subject: str, text: str, parts: Parts) -> Forwarded | None:
    """The innermost original; None for a message that forwards nothing, such as a reply that quotes headers."""
    says_so = is_forward_subject(subject)
    lines = Lines(text)
    found = _find(lines, 0, bare=says_so)
    if found is None:
        return _attached(subject, text, parts)
    for _ in range(_DEEPEST):
        inner = _inner(lines, found)
        if inner is None:
            break
        found = inner
    return Forwarded(
        author=next(iter(_mailboxes(found.first("author"))), None),
        to=_mailboxes(found.first("recipient")),
        cc=_mailboxes(found.first("copy")),
        subject=found.first("subject") or _PREFIX.sub("", subject).strip(),
        date=found.first("date"),
        text=_body(lines, found),
    )


def is_forward_subject(subject: str) -> bool:
    """`Fwd:`, `WG:`, `TR:`, …"""
    return _PREFIX.match(fold(subject[:200])) is not None


def _find(lines: Lines, start: int, *, bare: bool) -> _Original | None:
    """The first forwarded header block at or below line `start`, unless a reply's attribution stands above it."""
    end = min(len(lines), start + _MOST_LINES)
    for index in range(start, end):
        line = lines.plain(index)
        if not line:
            continue
        run_in = begins_forward(line)
        kind = separator(line) if run_in is None else None
        if run_in is not None:
            return _run_in(lines, index, run_in[1])
        if kind == "forwarded" or (kind == "original" and bare):
            original = _below(lines, index + 1, end)
            if original is not None:
                return original
        if kind == "original" and not bare:
            return None
        if bare and read_field(line):
            block = read_block(index, end, lines.plain)
            if block and {"author", "date"} <= block.roles and ("subject" in block.roles or "recipient" in block.roles):
                return _original(lines, block)
        attributed = _attributed(lines, index) if bare and may_begin(line) else None
        if attributed is not None:
            return attributed
        if _is_reply_attribution(lines, index, end):
            return None
    return None


def _inner(lines: Lines, outer: _Original) -> _Original | None:
    """The message that the outer one forwards in turn: its subject says so, or it has no words of its own. Else it carries a history."""
    if is_forward_subject(outer.first("subject")):
        return _find(lines, outer.body, bare=True)
    first = lines.next_filled(outer.body, min(len(lines), outer.body + 20))
    if first < len(lines) and separator(lines.plain(first)) == "forwarded":
        return _find(lines, first, bare=False)
    return None


def _attributed(lines: Lines, index: int) -> _Original | None:
    """Outlook for Mac forwards under an attribution; only the subject tells it from a reply."""
    line = lines.plain(index)
    named = _NAMED.search(line)
    if named is None or not is_attribution(line, quote_follows=True):
        return None
    date = _DATE.search(line)
    fields: tuple[tuple[Role, str], ...] = (("author", named[0].lstrip(", ")), ("date", date[0].strip(" ,:") if date else ""))
    return _Original(fields, index + 1, lines.marks[index] is not Mark.NONE)


def _is_reply_attribution(lines: Lines, index: int, end: int) -> bool:
    if not may_begin(lines.plain(index)):
        return False
    following = lines.next_filled(index + 1, min(end, index + 4))
    joined = lines.plain(index)
    if following == index + 1 and following < end and not joined.endswith((":", "：")):
        joined = f"{joined} {lines.plain(following)}"
        following = lines.next_filled(following + 1, min(end, following + 4))
    marked = following < len(lines) and lines.marks[following] is not Mark.NONE
    return is_attribution(joined, quote_follows=marked)


def _below(lines: Lines, index: int, end: int) -> _Original | None:
    """The header block under a separator; a rule or a blank line or two may stand between."""
    first = lines.next_filled(index, min(end, index + 6))
    if first < end and is_rule(lines.plain(first)):
        first = lines.next_filled(first + 1, min(end, first + 4))
    if first >= end:
        return None
    block = read_block(first, end, lines.plain)
    if block is None:
        field = read_field(lines.plain(first))
        if field is None or field[0] != "author":
            return None
        return _Original(tuple(split_fields(field)), first + 1, lines.marks[first] is not Mark.NONE)
    return _original(lines, block)


def _original(lines: Lines, block: Block) -> _Original:
    """Zoho and The Bat! put a divider below the block as well."""
    first = lines.next_filled(block.end, min(len(lines), block.end + 3))
    body = first + 1 if first < len(lines) and _CLOSES_BLOCK.match(lines.plain(first)) else block.end
    return _Original(block.fields, body, lines.marks[block.start] is not Mark.NONE)


def _run_in(lines: Lines, index: int, rest: str) -> _Original | None:
    field = read_field(rest)
    if field is None:
        return None
    fields = split_fields(field)
    following = read_block(index + 1, min(len(lines), index + 12), lines.plain) if fields[-1][0] != "subject" else None
    return _Original(
        (*fields, *(following.fields if following else ())), following.end if following else index + 1, lines.marks[index] is not Mark.NONE
    )


def _body(lines: Lines, original: _Original) -> str:
    """What the original said, without the quote marks that the forwarding put on its lines."""
    body = [line[1:].removeprefix(" ") if original.quoted and line.startswith(">") else line for line in lines.raw[original.body :]]
    return "\n".join(body).strip("\n\ufeff")


def _mailboxes(value: str) -> tuple[Mailbox, ...]:
    """Of a field as a mail program shows it: with links, semicolons between, and "on behalf of"."""
    shown = value[:_MOST_FIELD]
    if "mailto" in shown.casefold() and "<" in shown:
        # "Anna <a@b.example<mailto:a@b.example>>" tells the address twice, "Anna<mailto:a@b.example>" once.
        without = _LINKED.sub("", shown)
        shown = without if "@" in without else _LINKED.sub(r" <\1>", shown)
    shown = _BRACKETED_LINK.sub(r"<\1>", shown)
    shown = _ON_BEHALF.sub("", shown).replace(";", ",").strip(" ,*")
    mailboxes = tuple(mailbox for mailbox in parse_mailboxes(shown) if mailbox.key)
    if mailboxes:
        return mailboxes
    found = _ADDRESS.search(shown)
    if found:
        return parse_mailboxes(found[0])
    return (Mailbox(shown.strip("\"' "), "", ""),) if shown else ()


def _attached(subject: str, text: str, parts: Parts) -> Forwarded | None:
    """The message attached as a whole, where it is what the mail is about."""
    attached = [part for part in parts if part.content_type in {"message/rfc822", "message/global"}]
    if not attached or not (is_forward_subject(subject) or len(text.strip()) <= _FEW_WORDS):
        return None
    block = read_header(attached[0].content)
    if block.first("from") is None:
        return None
    return Forwarded(
        author=next(iter(parse_mailboxes(block.value("from"))), None),
        to=parse_mailboxes(block.value("to")),
        cc=parse_mailboxes(block.value("cc")),
        subject=_text_of(block, "subject"),
        date=_text_of(block, "date"),
        text=_attached_text(attached[0].content, block),
    )


def _text_of(block: HeaderBlock, name: str) -> str:
    field = block.first(name)
    return clean(field.text) if field else ""


def _attached_text(content: bytes, block: HeaderBlock) -> str:
    """Of the first part that is text, plain rather than HTML."""
    leaves = list(_text_leaves(read_tree(content, block).root))
    chosen = next((leaf for leaf in leaves if leaf.content_type == "text/plain"), leaves[0] if leaves else None)
    if chosen is None:
        return ""
    text = clean(decode_bytes(chosen.content, chosen.parameter("charset") or None)).replace("\r\n", "\n").replace("\r", "\n")
    if chosen.content_type == "text/html":
        return html_to_text(text) if exceeded_bound(text) is None else ""
    return text.strip("\n")


def _text_leaves(root: Entity) -> Iterator[Entity]:
    waiting = [root]
    while waiting:
        entity = waiting.pop()
        if entity.children:
            waiting.extend(reversed(entity.children))
        elif entity.content_type in {"text/plain", "text/html"} and entity.disposition.value != "attachment":
            yield entity
