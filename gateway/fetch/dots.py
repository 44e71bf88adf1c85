"""The end of a POP3 message, and its stuffed dots (RFC 1939 §3). PURE."""

import re

_END = re.compile(rb"\n\.\r?\n")


class DotReader:
    """Takes a multi-line answer in pieces, however they are cut."""

    def __init__(self) -> None:
        # As if a line had ended before: the first octet given out is this one, and is dropped.
        self._held = b"\n"
        self._started = False
        self.rest: bytes | None = None
        """What came behind the end; None before it."""

    def feed(self, piece: bytes) -> bytes:
        """What is certain to belong to the message."""
        octets = self._held + piece
        end = _END.search(octets)
        if end is not None:
            self.rest = octets[end.end() :]
            return self._given_out(octets[: end.start() + 1])
        # `\n`, `\n.` and `\n.\r` may yet become the end, or a stuffed dot.
        held_from = octets.rfind(b"\n", max(0, len(octets) - 3))
        cut = held_from if held_from >= 0 else len(octets)
        self._held = octets[cut:]
        return self._given_out(octets[:cut])

    def _given_out(self, octets: bytes) -> bytes:
        unstuffed = octets.replace(b"\n.", b"\n")
        if self._started or not unstuffed:
            return unstuffed
        self._started = True
        return unstuffed[1:]
