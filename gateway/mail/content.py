"""Which parts of a MIME tree are the text of the message, and which are attachments. Nothing is left out: what is not text is attached."""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from gateway.mail import filenames
from gateway.mail.calendars import read_calendar
from gateway.mail.charsets import clean
from gateway.mail.headers import read_block, shown
from gateway.mail.message import Attachment, Calendar
from gateway.mail.mime import Entity, Tree
from gateway.mail.parts import Part, Parts
from gateway.mail.texts import read_text

_BODY_TYPES = {"text/plain", "text/html", "text/enriched", "text/richtext"}
_READABLE = {
    "text/plain", "text/html", "text/rfc822-headers", "text/rfc822-header", "message/delivery-status", "message/global-delivery-status",
    "message/disposition-notification", "message/feedback-report", "text/x-amp-html", "text/calendar", "message/global-headers",
}  # fmt: skip
"""Types whose text the readers of reports want to see."""
_NESTED = {"message/rfc822", "message/global", "message/news"}
_MAX_READABLE = 256 * 1024
_WIDE_CHARSETS = ("utf-16", "utf16", "utf-32", "utf32", "unicode", "ucs", "iso-10646")
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x0e\x0f\x1b"))
"""But those that shift between the alphabets of ISO 2022 are text."""
_SAMPLE = 4096
_WORD = re.compile(r"\w")
_BLANK_LINES = "\n\n"


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch of the text of the message, in the forms in which it came."""

    plain: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True)
class _Attached:
    entity: Entity
    related: bool


@dataclass(slots=True)
class _Found:
    passages: list[Passage] = field(default_factory=list)
    attached: list[_Attached] = field(default_factory=list)

    def add(self, other: "_Found") -> None:
        self.passages += other.passages
        self.attached += other.attached


@dataclass(frozen=True, slots=True)
class Content:
    """What a tree contains. `locations` tells the Content-ID of parts that HTML may name by their Content-Location."""

    passages: tuple[Passage, ...]
    attachments: tuple[Attachment, ...]
    parts: Parts
    calendar: Calendar | None
    locations: dict[str, str]


def read_content(tree: Tree) -> Content:
    found = _read(tree.root, related=False)
    if not found.passages:
        found = _with_named_text(found)
    leaves = list(_leaves(tree.root))
    html = "".join(passage.html or "" for passage in found.passages)
    return Content(
        passages=tuple(found.passages),
        attachments=tuple(_attachments(found.attached, html)),
        parts=tuple(_part(leaf) for leaf in leaves),
        calendar=next((calendar for calendar in map(_calendar, leaves) if calendar is not None), None),
        locations={
            location: content_id for each in found.attached if (location := _location(each.entity)) and (content_id := _content_id(each))
        },
    )


def _leaves(entity: Entity) -> Iterator[Entity]:
    if not entity.children:
        yield entity
    for child in entity.children:
        yield from _leaves(child)


def _read(entity: Entity, *, related: bool) -> _Found:
    """Depth is bounded by the tree's."""
    if not entity.children:
        return _read_leaf(entity, related=related)
    match entity.content_type:
        case "multipart/alternative":
            return _read_alternative([_read(child, related=related) for child in entity.children])
        case "multipart/related":
            return _read_related(entity)
        case _:
            return _read_mixed([_read(child, related=False) for child in entity.children])


def _read_leaf(entity: Entity, *, related: bool) -> _Found:
    if not _is_body(entity):
        return _Found(attached=[_Attached(entity, related)])
    text = read_text(entity)
    if not text.strip():
        return _Found()
    return _Found(passages=[Passage(html=text) if entity.content_type == "text/html" else Passage(plain=text)])


def _is_body(entity: Entity) -> bool:
    """Text that is neither put down as an attachment nor a file with a name, nor bytes in disguise.

    A multipart that cannot be cut up is text.
    """
    if entity.main_type == "multipart":
        return bool(entity.body.strip())
    if entity.content_type not in _BODY_TYPES or entity.disposition.value == "attachment" or _given_name(entity):
        return False
    return not _is_binary(entity)


def _is_binary(entity: Entity) -> bool:
    """Bytes that no text has. Charsets of two-byte units are full of NUL, and are believed."""
    if entity.parameter("charset").lower().startswith(_WIDE_CHARSETS):
        return False
    sample = entity.content[:_SAMPLE]
    return b"\0" in sample or 20 * (len(sample) - len(sample.translate(None, _CONTROLS))) > len(sample)


def _with_named_text(found: _Found) -> _Found:
    """A message whose only text is a file to be shown inline: shown, and attached too."""
    for each in found.attached:
        entity = each.entity
        if entity.content_type not in ("text/plain", "text/html") or entity.disposition.value == "attachment" or each.related:
            continue
        text = "" if _is_binary(entity) else read_text(entity)
        if _WORD.search(text):
            return _Found([Passage(html=text) if entity.content_type == "text/html" else Passage(plain=text)], found.attached)
    return found


def _read_alternative(forms: list[_Found]) -> _Found:
    """The same in several forms: the first in plain text, and the last in HTML, which is the richest (RFC 2046 §5.1.4)."""
    attached = [each for form in forms for each in form.attached]
    plain = next((form for form in forms if form.passages and all(passage.html is None for passage in form.passages)), None)
    html = next((form for form in reversed(forms) if any(passage.html is not None for passage in form.passages)), None)
    if html is None or plain is None:
        chosen = html or plain
        return _Found(chosen.passages if chosen is not None else [], attached)
    text = _BLANK_LINES.join(passage.plain or "" for passage in plain.passages)
    markup = "\n".join(passage.html or "" for passage in html.passages)
    return _Found([Passage(text if _WORD.search(text) else None, markup)], attached)


def _read_related(entity: Entity) -> _Found:
    """A root and what it shows (RFC 2387)."""
    start = entity.parameter("start").strip("<> ")
    root = next((child for child in entity.children if start and child.content_id == start), entity.children[0])
    found = _read(root, related=False)
    for child in entity.children:
        if child is not root:
            other = _read(child, related=True)
            # Some programs put a plain form of the same text beside the root.
            found.attached += other.attached
            if not found.passages:
                found.passages = other.passages
    return found


def _read_mixed(sections: list[_Found]) -> _Found:
    found = _Found()
    for section in sections:
        if _repeats(found.passages, section.passages):
            found.passages = [Passage(found.passages[0].plain, section.passages[0].html)]
            section.passages = []
        found.add(section)
    return found


def _repeats(before: list[Passage], after: list[Passage]) -> bool:
    """Whether plain text and then HTML are the two forms of one text, though called mixed."""
    if len(before) != 1 or len(after) != 1 or before[0].html is not None or after[0].html is None or before[0].plain is None:
        return False
    words = re.findall(r"\w{3,}", before[0].plain)[:50]
    return len(words) >= 5 and sum(word in after[0].html for word in words) >= 0.9 * len(words)


def _given_name(entity: Entity) -> str:
    """The name that a part was given, made safe, or `""`."""
    return filenames.safe_filename(entity.disposition.get("filename") or entity.parameter("name") or entity.disposition.get("name"))


def _filename(entity: Entity, number: int) -> str:
    name = _given_name(entity)
    if name:
        return name
    if entity.content_type in _NESTED:
        subject = read_block(entity.content[: 64 * 1024]).first("subject")
        name = filenames.safe_filename(subject.text.replace("/", "-").replace("\\", "-")) if subject is not None else ""
        return filenames.shorten(f"{name or 'message'}.eml")
    location = filenames.safe_filename(_location(entity).partition("?")[0])
    return location if "." in location else filenames.default_filename(entity.content_type, number)


def _attachments(attached: Iterable[_Attached], html: str) -> Iterator[Attachment]:
    for number, each in enumerate(attached, 1):
        entity = each.entity
        content = entity.content
        content_id = _content_id(each)
        shown_within = content_id is not None and f"cid:{content_id}" in html
        location = _location(entity)
        yield Attachment(
            filename=_filename(entity, number),
            content_type=entity.content_type if entity.main_type != "multipart" else "application/octet-stream",
            content=content,
            sha256=hashlib.sha256(content).hexdigest(),
            inline=shown_within
            or bool(each.related and location and location in html)
            or (entity.disposition.value == "inline" and entity.main_type == "image"),
            content_id=content_id,
        )


def _content_id(each: _Attached) -> str | None:
    """Parts that are shown by their location get it for an id too."""
    return each.entity.content_id or (_location(each.entity) or None if each.related else None)


def _location(entity: Entity) -> str:
    return "".join(clean(entity.block.value("content-location")).split())[:1000]


def _part(leaf: Entity) -> Part:
    readable = leaf.content_type in _READABLE or leaf.main_type == "multipart"
    return Part(
        content_type=leaf.content_type,
        headers=shown(leaf.block.fields),
        text=read_text(leaf)[:_MAX_READABLE] if readable and len(leaf.content) <= 4 * _MAX_READABLE else None,
        content=leaf.content,
    )


def _calendar(leaf: Entity) -> Calendar | None:
    if leaf.content_type not in ("text/calendar", "application/ics"):
        return None
    return read_calendar(read_text(leaf), leaf.parameter("method"))
