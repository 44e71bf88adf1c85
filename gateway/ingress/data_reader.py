"""Reads what follows DATA (RFC 5321 §4.1.1.4, §4.5.2) from chunks of any size; the result does not depend on where they are cut."""

import re
from enum import Enum
from io import IncrementalNewlineDecoder

from gateway.ingress.content import Content, NoRoomError

END_OF_DATA = b"\r\n.\r\n"
_DOTTED = b"\r\n."
_NEWLINE = re.compile(rb"\r\n|\r|\n")


class Fault(Enum):
    """Why a message is not taken, the weightier first: a message may have several, and the reply must not depend on the chunks."""

    TOO_LARGE = 1
    LINE_TOO_LONG = 2
    BARE_NEWLINE = 3
    """A bare CR, a bare LF or a NUL: servers differ on whether these end a line, which is how mail is smuggled."""
    NO_ROOM = 4


class DataReader:
    """Feeds `content` with chunks, dots unstuffed, until CRLF.CRLF and nothing else ends it; after a fault it only looks for the end."""

    def __init__(self, content: Content, *, max_size: int, max_line: int, normalise: bool = False) -> None:
        """`normalise`: what would be a bare newline's fault is mended in the content; the end is found before that, and not by it."""
        self._content = content
        self._normalise = normalise
        self._max_size = max_size
        self._max_line = max_line
        self._faults: set[Fault] = set()
        self._seen = IncrementalNewlineDecoder(None, translate=False)
        # The DATA command's own CRLF counts as the one before the first line (RFC 5321 §4.1.1.4), but is no content.
        self._carry = b"\r\n"
        self._skip = 2
        self._open_line = 0
        self.received = 0
        """Octets so far, without the doubled dots and what is still ambiguous: what RFC 1870 calls the message's size."""

    @property
    def fault(self) -> Fault | None:
        return min(self._faults, key=lambda each: each.value, default=None)

    def feed(self, chunk: bytes) -> bytes | None:
        """None while the end has not come; then what follows it: the client's next commands, if it pipelines."""
        work = self._carry + chunk
        # One search where there may be two things to find. Most content has neither, and files in base64 no dot at all.
        dotted = work.find(_DOTTED) if b"." in work else -1
        end = work.find(END_OF_DATA, dotted) if dotted >= 0 else -1
        if end >= 0:
            self._take(work[: end + 2], dotted < end)
            return work[end + len(END_OF_DATA) :]
        kept = _ambiguous_tail(work)
        self._carry = work[len(work) - kept :]
        self._take(work[: len(work) - kept], dotted >= 0)
        return None

    def _take(self, stuffed: bytes, dotted: bool) -> None:
        """Takes octets that are surely content; they end neither between CR and LF nor before a dot that might be stuffed.

        `dotted`: whether any of their lines begins with a dot."""
        if not stuffed:
            return
        bare = b"\0" in stuffed or self._newlines(stuffed) not in (None, "\r\n")
        if bare and not self._normalise:
            self._faults.add(Fault.BARE_NEWLINE)
        octets = stuffed.replace(_DOTTED, b"\r\n") if dotted else stuffed
        if self._skip:
            octets, self._skip = octets[self._skip :], 0
        if bare and self._normalise:
            octets = _mended(octets)
        self._measure_lines(octets)
        self.received += len(octets)
        if self.received > self._max_size:
            self._faults.add(Fault.TOO_LARGE)
        if self._faults:
            self._content.close()
            return
        try:
            self._content.append(octets)
        except NoRoomError:
            self._faults.add(Fault.NO_ROOM)
            self._content.close()

    def _newlines(self, octets: bytes) -> str | tuple[str, ...] | None:
        """Which line ends there are: CRLF alone, or others too. What the standard library has for text files is one pass in C, and four
        times as quick as counting CR, LF and CRLF."""
        self._seen.reset()
        self._seen.decode(octets.decode("latin-1"), final=True)
        return self._seen.newlines

    def _measure_lines(self, octets: bytes) -> None:
        first = octets.find(b"\r\n")
        if first < 0:
            self._open_line += len(octets)
            longest = self._open_line
        else:
            longest = self._open_line + first
            last = octets.rfind(b"\r\n")
            self._open_line = len(octets) - last - 2
            # Lines that lie within the chunk can only be too long when the chunk is.
            if last - first > self._max_line:
                longest = max(longest, *map(len, octets[first:last].split(b"\r\n")))
        if max(longest, self._open_line) > self._max_line:
            self._faults.add(Fault.LINE_TOO_LONG)


def _mended(octets: bytes) -> bytes:
    """Line ends first: were NUL taken out first, what CR NUL LF becomes would depend on where the chunks are cut."""
    return _NEWLINE.sub(b"\r\n", octets).replace(b"\0", b"")


def _ambiguous_tail(work: bytes) -> int:
    """How many last octets may turn out to be the beginning of the end."""
    return next((length for length in range(len(END_OF_DATA) - 1, 0, -1) if work.endswith(END_OF_DATA[:length])), 0)
