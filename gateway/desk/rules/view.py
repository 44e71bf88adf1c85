"""A `Seen` as patterns look at it: each text is made ready once for all rules, and only where one asks for it."""

from functools import cached_property, lru_cache
from typing import Final

from gateway.desk.rules.seen import Seen
from gateway.domain.regex import LONGEST_TEXT, expression, glob, octets
from gateway.domain.rules import AddressPattern, AuthorPattern, Contains, Glob, Regex, Somebody, TextPattern
from gateway.mail.address import normalise_domain


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

    def has(self, pattern: TextPattern | Glob) -> bool:
        match pattern:
            case Contains(text):
                return _folded_pattern(text) in self.folded
            case Regex(source):
                return expression(source).found_in(self.octets)
            case Glob(source):
                return glob(source).found_in(self.octets)


class View:
    def __init__(self, seen: Seen) -> None:
        self.seen = seen

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
    def recipients(self) -> tuple[str, ...]:
        """Normalised: of the envelope, then of the fields."""
        message = self.seen.message
        fields = (*message.to, *message.cc, *message.delivered_to) if message is not None else ()
        return tuple(dict.fromkeys((*self.seen.recipients, *(each.key for each in fields if each.key))))


def address_fits(address: str, patterns: tuple[AddressPattern, ...]) -> bool:
    """An address that is none fits no pattern, not even `*`."""
    return bool(address) and any(Subject(address).has(each) for each in patterns)


def author_fits(address: str, name: str, patterns: tuple[AuthorPattern, ...]) -> bool:
    return any(_is_somebody(address, name, each) if isinstance(each, Somebody) else address_fits(address, (each,)) for each in patterns)


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
