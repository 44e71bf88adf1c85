"""A `Seen` as patterns look at it: each text is made ready once for all rules, and only where one asks for it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from gateway.desk.rules.seen import Seen
from gateway.domain.regex import LONGEST_TEXT, expression, glob, octets
from gateway.domain.rules import AddressPattern, AuthorPattern, Contains, Glob, Regex, Somebody, TextPattern
from gateway.mail.address import normalise_domain

MOST_RECIPIENTS: Final = 1000
"""Addresses of a mail that are looked at; the envelope's come first."""


class Subject:
    """Something that patterns are compared with, in the forms that they need."""

    def __init__(self, text: str) -> None:
        self.text = text[:LONGEST_TEXT]

    @cached_property
    def folded(self) -> str:
        return folded(self.text)

    @cached_property
    def octets(self) -> bytes:
        return octets(self.text)


@dataclass(frozen=True, slots=True)
class File:
    """An attachment. Pictures within the text are none."""

    name: Subject
    content_type: Subject
    size: int


class View:
    """`uses`: how many regular expressions may be tried on it, so that all of them together have their bound."""

    def __init__(self, seen: Seen, uses: int = 1) -> None:
        self.seen = seen
        self.uses = uses

    def has(self, texts: Sequence[Subject], patterns: Iterable[TextPattern | Glob]) -> bool:
        """Whether one of the patterns is found in one of the texts."""
        return any(found(each, texts, self.uses) for each in patterns)

    @cached_property
    def subject(self) -> Subject:
        return Subject(self.seen.subject)

    @cached_property
    def text(self) -> Subject:
        """The new text, its signature and a passed-on original, which are new to us; not what was quoted."""
        message = self.seen.message
        if message is None:
            return NOTHING
        original = message.forwarded.text if message.forwarded is not None else ""
        return Subject("\n".join(each for each in (message.body.new_text, message.body.signature, original) if each))

    @cached_property
    def headers(self) -> dict[str, list[Subject]]:
        fields: dict[str, list[Subject]] = {}
        for name, value in self.seen.message.headers if self.seen.message is not None else ():
            fields.setdefault(name, []).append(Subject(value))
        return fields

    @cached_property
    def recipients(self) -> tuple[Subject, ...]:
        """Normalised: of the envelope, then of the fields."""
        message = self.seen.message
        fields = (*message.to, *message.cc, *message.delivered_to) if message is not None else ()
        keys = dict.fromkeys((*self.seen.recipients, *(each.key for each in fields)))
        return tuple(Subject(each) for each in keys if each)[:MOST_RECIPIENTS]

    @cached_property
    def files(self) -> tuple[File, ...]:
        attachments = self.seen.message.attachments if self.seen.message is not None else ()
        real = (each for each in attachments if not (each.inline and each.content_type.startswith("image/")))
        return tuple(File(Subject(each.filename), Subject(each.content_type), each.size) for each in real)


def found(pattern: TextPattern | Glob, texts: Sequence[Subject], uses: int = 1) -> bool:
    match pattern:
        case Contains(text):
            return any(_folded_pattern(text) in each.folded for each in texts)
        case Regex(source):
            return expression(source).found_in((each.octets for each in texts), uses)
        case Glob(source):
            # It is about the whole of each.
            return any(glob(source).found_in((each.octets,)) for each in texts)


def address_fits(address: str, patterns: tuple[AddressPattern, ...]) -> bool:
    """An address that is none fits no pattern, not even `*`."""
    return bool(address) and any(found(each, (Subject(address),)) for each in patterns)


def author_fits(address: str, name: str, patterns: tuple[AuthorPattern, ...]) -> bool:
    return any(_is_author(address, name, each) for each in patterns)


def _is_author(address: str, name: str, pattern: AuthorPattern) -> bool:
    """A name, which anybody can give themselves, is never taken for the address that a pattern with an "@" asks for."""
    match pattern:
        case Somebody():
            return _is_somebody(address, name, pattern)
        case Glob(text) | Regex(text) if "@" in text:
            return address_fits(address, (pattern,))
        case Glob() | Regex():
            return address_fits(address, (pattern,)) or (bool(name) and found(pattern, (Subject(name),)))


def folded(text: str) -> str:
    """Without case, white space as one space."""
    return " ".join(text.casefold().split())


def _is_somebody(address: str, name: str, pattern: Somebody) -> bool:
    wanted = _folded_pattern(pattern.text)
    return wanted in folded(name) or (bool(address) and address.rpartition("@")[2] == _domain(pattern.text))


@lru_cache(maxsize=4096)
def _folded_pattern(text: str) -> str:
    return folded(text)


@lru_cache(maxsize=4096)
def _domain(text: str) -> str:
    """What is no domain equals none: an address always has one."""
    return normalise_domain(text) or " "


NOTHING: Final = Subject("")
