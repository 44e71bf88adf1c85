"""Files that come in older wrappings than MIME's: winmail.dat, uuencode and yEnc. They are made parts like any other, where they were."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from email.utils import format_datetime
from functools import cached_property

from gateway.mail import filenames
from gateway.mail.calendars import write_calendar
from gateway.mail.enclosed import take_enclosed
from gateway.mail.headers import Block
from gateway.mail.made import make_file, make_multipart, make_text, write_message
from gateway.mail.mime import Entity, Tree
from gateway.mail.texts import read_text
from gateway.mail.tnef import TnefFile, Unpacked, read_tnef

_TNEF_TYPES = {"application/ms-tnef", "application/vnd.ms-tnef"}
_TNEF_NAMES = {"winmail.dat", "win.dat"}
_DEEPEST = 3
MOST_PARTS = 500
"""Of a message, made of what its wrappings hold."""
_CALENDAR_ITEMS = {
    "ipm.appointment": ("PUBLISH", ""), "ipm.schedule.meeting.request": ("REQUEST", ""), "ipm.microsoft schedule.mtgreq": ("REQUEST", ""),
    "ipm.schedule.meeting.canceled": ("CANCEL", ""), "ipm.microsoft schedule.mtgcncl": ("CANCEL", ""),
    "ipm.schedule.meeting.resp.pos": ("REPLY", "ACCEPTED"), "ipm.microsoft schedule.mtgrespp": ("REPLY", "ACCEPTED"),
    "ipm.schedule.meeting.resp.neg": ("REPLY", "DECLINED"), "ipm.microsoft schedule.mtgrespn": ("REPLY", "DECLINED"),
    "ipm.schedule.meeting.resp.tent": ("REPLY", "TENTATIVE"), "ipm.microsoft schedule.mtgrespa": ("REPLY", "TENTATIVE"),
}  # fmt: skip
"""Of Outlook's items (MS-OXOCAL §2.2): the method and the status that they stand for."""
_OTHER_TYPES = ("multipart/", "message/")
"""Types that a file within may not claim, for it has no parts."""
_TAG = re.compile(r"<[^<>]{0,4096}>")
_WORD = re.compile(r"\w{3,}")
_COMPARED = 200
"""Words of a text that tell whether another one says the same."""


def unwrap(tree: Tree) -> Tree:
    """The tree with every such part replaced by what is in it; what cannot be opened stays."""
    unwrapper = _Unwrapper(tree.root)
    root = unwrapper.unwrapped(tree.root, 0)
    return replace(tree, root=root, faults=(*tree.faults, *dict.fromkeys(unwrapper.faults)))


@dataclass
class _Unwrapper:
    root: Entity
    faults: list[str] = field(default_factory=list)
    made: int = 0

    def unwrapped(self, entity: Entity, depth: int) -> Entity:
        """The same object where there was nothing to open. Recursion is bounded by the depth of the tree and by ours."""
        if entity.children:
            children = [self.unwrapped(child, depth) for child in entity.children]
            changed = any(new is not old for new, old in zip(children, entity.children, strict=True))
            return replace(entity, children=children) if changed else entity
        parts = self._opened(entity) if depth < _DEEPEST else None
        if parts is None:
            return entity
        self.made += len(parts)
        if self.made > MOST_PARTS:
            self.faults.append(f"more than {MOST_PARTS} files in winmail.dat or in the text: the others stay as they are")
            return entity
        return make_multipart("multipart/mixed", [self.unwrapped(part, depth + 1) for part in parts])

    def _opened(self, entity: Entity) -> list[Entity] | None:
        """What it consists of, and None where it is nothing but itself."""
        if _may_be_tnef(entity):
            return self._unpacked(entity)
        return _without_files(entity) if _is_text(entity) and entity.content_type == "text/plain" else None

    def _unpacked(self, entity: Entity) -> list[Entity] | None:
        unpacked = read_tnef(entity.content)
        if unpacked is None:
            self.faults.append("winmail.dat cannot be read")
            return None
        self.faults += unpacked.warnings
        parts = [*self._texts(unpacked), *_invitations(unpacked), *_files(unpacked)] or list(_item(unpacked))
        if not parts and unpacked.warnings:
            return None
        return parts or [make_text("text/plain", "")]

    def _texts(self, unpacked: Unpacked) -> Iterator[Entity]:
        """The text of the winmail.dat: for the message's own where it has none, else for a file unless both say the same."""
        forms = _forms(unpacked)
        if not forms:
            return
        words = _words(forms[0][1])
        if not self._own_words:
            yield make_multipart("multipart/alternative", [make_text(*form) for form in forms])
        elif sum(word in self._own_words for word in words) < 0.9 * len(words):
            content_type, text = forms[-1]
            yield make_file(content_type, f"{_name_of(unpacked)}.{filenames.EXTENSIONS[content_type]}", text.encode())

    @cached_property
    def _own_words(self) -> frozenset[str]:
        """Of the text that the message has without its winmail.dat."""
        return frozenset(word for leaf in _leaves(self.root) if _is_text(leaf) for word in _WORD.findall(_TAG.sub(" ", read_text(leaf))))


def _without_files(entity: Entity) -> list[Entity] | None:
    rest, files = take_enclosed(entity.content)
    if not files:
        return None
    fields = tuple(each for each in entity.block.fields if each.name != "content-transfer-encoding")
    text = Entity(Block(fields, entity.block.body), entity.default_type, rest)
    return [text, *(make_file(filenames.type_of(each.name), each.name, each.content) for each in files)]


def _leaves(entity: Entity) -> Iterator[Entity]:
    if not entity.children:
        yield entity
    for child in entity.children:
        yield from _leaves(child)


def _file_name(entity: Entity) -> str:
    return entity.disposition.get("filename") or entity.parameter("name")


def _may_be_tnef(entity: Entity) -> bool:
    return entity.content_type in _TNEF_TYPES or _file_name(entity).strip().lower() in _TNEF_NAMES


def _is_text(entity: Entity) -> bool:
    return entity.main_type == "text" and entity.disposition.value != "attachment" and not _file_name(entity)


def _words(text: str) -> list[str]:
    return _WORD.findall(_TAG.sub(" ", text))[:_COMPARED]


def _forms(unpacked: Unpacked) -> list[tuple[str, str]]:
    """The type and the words of each form of its text, the richest last."""
    forms = [("text/plain", unpacked.text), ("text/html", unpacked.html)]
    return [(content_type, text) for content_type, text in forms if text is not None]


def _files(unpacked: Unpacked) -> Iterator[Entity]:
    for file in unpacked.files:
        if file.message is not None:
            yield make_file("message/rfc822", f"{_name_of(file.message, file.name)}.eml", _as_message(file.message))
        elif file.content or file.name:
            yield make_file(_type_of(file), file.name, file.content, content_id=file.content_id, location=file.location)


def _invitations(unpacked: Unpacked) -> Iterator[Entity]:
    """A meeting, or an answer to one, as the calendar part that any other program would have sent."""
    kind = next((kind for item, kind in _CALENDAR_ITEMS.items() if unpacked.item.casefold().startswith(item)), None)
    if kind is not None:
        method, status = kind
        author = unpacked.author_address
        calendar = write_calendar(
            method,
            unpacked.subject,
            unpacked.start,
            unpacked.end,
            place=unpacked.place,
            organiser="" if status else author,
            attendee=author if status else "",
            status=status,
        )
        yield make_file(f"text/calendar; charset=utf-8; method={method}", "invite.ics", calendar.encode())


def _item(unpacked: Unpacked) -> Iterator[Entity]:
    """An item with neither text nor files, such as a task. An ordinary message of that kind only repeats what MIME has told."""
    if unpacked.subject and not _forms(unpacked) and "note" not in unpacked.item.casefold():
        yield make_file("message/rfc822", f"{_name_of(unpacked)}.eml", _as_message(unpacked))


def _type_of(file: TnefFile) -> str:
    stated = file.content_type
    return stated if "/" in stated and not stated.startswith(_OTHER_TYPES) else filenames.type_of(file.name)


def _name_of(unpacked: Unpacked, otherwise: str = "") -> str:
    return (unpacked.subject or otherwise or "message").replace("/", "-").replace("\\", "-").removesuffix(".eml")


def _as_message(unpacked: Unpacked) -> bytes:
    """An embedded message as a file that any mail program opens."""
    fields = [
        ("from", f"{unpacked.author_name} <{unpacked.author_address}>" if unpacked.author_address else unpacked.author_name),
        ("to", unpacked.to),
        ("cc", unpacked.cc),
        ("subject", unpacked.subject),
        ("date", format_datetime(unpacked.date) if unpacked.date is not None else ""),
        ("message-id", unpacked.message_id),
    ]
    texts = [make_text(*form) for form in _forms(unpacked)] or [make_text("text/plain", "")]
    body = texts[0] if len(texts) == 1 else make_multipart("multipart/alternative", texts)
    files = list(_files(unpacked))
    return write_message(fields, make_multipart("multipart/mixed", [body, *files]) if files else body)
