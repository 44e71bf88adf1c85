"""A letter made lighter for a server that it is too large for: links in the place of files. Pure.

Where no links can be, letters that nobody is told of when they are lost go without the files, which stay on the ticket. The largest files
go first, and no more of them than it takes; pictures that belong to the text go when nothing else is left. The same letter gets the same
links at every attempt.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import Final

from gateway.domain.letter import AttachmentRef, Letter
from gateway.domain.states import LetterKind
from gateway.letters.links import Link, with_links
from gateway.outbound.assemble import Copy, assemble
from gateway.outbound.sign import Signing
from gateway.tokens.codec import Keyring
from gateway.tokens.file import MOST_FILES, file_token

WORTH: Final = 2048
"""Octets of a file below which its link, in text and HTML, is hardly shorter."""
STAFF_FILES: Final = 10 * 2**20
"""Octets of files that a letter to staff carries."""
MUCH: Final = 200_000
"""Octets from which a picture in the text goes along with the files, where nobody knows how little is little enough."""


@dataclass(frozen=True, slots=True)
class Links:
    """Where links lead, and for how long. `base_url` is without a slash at its end."""

    keyring: Keyring = field(repr=False)
    base_url: str
    lifetime: timedelta

    def url(self, letter: Letter, position: int) -> str:
        """It names nothing: who sees it pass learns neither the file's name nor whose it is."""
        return f"{self.base_url}/file/{file_token(self.keyring, letter.id, position, self.expires_at(letter))}"

    def expires_at(self, letter: Letter) -> datetime:
        """A midnight (UTC), counted from the letter's time. One that is retried late begins another period, lest its links are dead."""
        begun = timedelta(seconds=letter.age) / self.lifetime
        until = letter.created_at + self.lifetime * (1 + int(begun + 0.5))
        return datetime.combine(until.astimezone(UTC).date() + timedelta(days=1), time(), UTC)


@dataclass(frozen=True, slots=True)
class Lightened:
    """A parcel's `lighter`: the copy of a letter with links, or without the files where there can be none."""

    letter: Letter
    copy: Copy
    blobs: Mapping[str, bytes]
    links: Links | None
    signing: Signing

    def __call__(self, limit: int | None = None, *, plain: bool = False) -> bytes:
        positions = replaceable(self.letter)
        number = heavy(self.letter, positions) if limit is None else enough(self.letter, positions, limit)
        while True:
            content = self._made(positions[:number], plain)
            if limit is None or len(content) <= limit or number == len(positions):
                return content
            number += 1

    def _made(self, positions: tuple[int, ...], plain: bool) -> bytes:
        lighter = lighten(self.letter, positions, self.links)
        return self.signing.signed(lighter, self.copy, assemble(lighter, self.copy, self.blobs, ascii_only=plain))


@dataclass(frozen=True, slots=True)
class Lightening:
    """For a sender. `links` is asked anew each time; None where pages have no address that the world knows."""

    signing: Signing
    links: Callable[[], Links | None]

    def usual(self, letter: Letter) -> Letter:
        """As it goes to a server that takes anything."""
        if not letter.attachments:
            return letter
        return lighten(letter, replaceable(letter)[: too_much_for_staff(letter)], self.links())

    def lighter(self, letter: Letter, copy: Copy, blobs: Mapping[str, bytes]) -> Lightened | None:
        """None where nothing can go, or may: an agent's reply without its files is no reply, and the agent is told of that instead."""
        if not letter.attachments or not replaceable(letter):
            return None
        links = self.links()
        may = links is not None or not is_told_when_lost(letter)
        return Lightened(letter, copy, blobs, links, self.signing) if may else None


def is_told_when_lost(letter: Letter) -> bool:
    return letter.kind is LetterKind.AGENT_REPLY and letter.agent is not None


def lighten(letter: Letter, positions: tuple[int, ...], links: Links | None) -> Letter:
    """The letter with links in the place of the attachments at these positions, or without them."""
    if not positions:
        return letter
    replaced = [(position, letter.attachments[position]) for position in sorted(positions)]
    shown = [Link(file.filename, file.size, links.url(letter, position) if links else None) for position, file in replaced]
    last_day = (links.expires_at(letter) - timedelta(days=1)).date() if links else letter.created_at.date()
    text, html = with_links(letter.text, letter.html, shown, last_day)
    kept = tuple(file for position, file in enumerate(letter.attachments) if position not in positions)
    return replace(letter, text=text, html=html, attachments=kept)


def too_much_for_staff(letter: Letter) -> int:
    """How many files of a letter to staff alone go, however much its server takes: each agent gets a copy of their own."""
    to_staff = all(each.has_own_copy for each in letter.recipients)
    return fewest(letter, replaceable(letter), STAFF_FILES, lambda file: file.size) if to_staff else 0


def replaceable(letter: Letter) -> tuple[int, ...]:
    """Positions of attachments in the order in which they go: files before what is shown in the text, the largest first."""
    worth = ((each.inline, -each.size, position) for position, each in enumerate(letter.attachments) if each.size >= WORTH)
    return tuple(position for _, _, position in sorted(worth) if position < MOST_FILES)


def heavy(letter: Letter, positions: tuple[int, ...]) -> int:
    """How many of them go where a server only said that it is too much: all but small pictures, or all where there is nothing else."""
    files = [letter.attachments[position] for position in positions]
    return max(sum(not each.inline or each.size >= MUCH for each in files) or len(files), too_much_for_staff(letter))


def enough(letter: Letter, positions: tuple[int, ...], limit: int) -> int:
    """How many of them go at least, so that the files that stay have so many octets at most in the letter."""
    return max(fewest(letter, positions, limit, encoded_size), too_much_for_staff(letter))


def fewest(letter: Letter, positions: tuple[int, ...], most: int, size: Callable[[AttachmentRef], int]) -> int:
    left = sum(map(size, letter.attachments))
    for number, position in enumerate(positions):
        if left <= most:
            return number
        left -= size(letter.attachments[position])
    return len(positions)


def encoded_size(file: AttachmentRef) -> int:
    """Octets of its content in the letter: base64 in lines of 57 octets each (RFC 2045 §6.8)."""
    lines, rest = divmod(file.size, 57)
    return lines * 78 + ((rest + 2) // 3 * 4 + 2 if rest else 0)
