"""One message on its way from a mailbox: bounded, and with the line ends that mail has on the wire."""

from gateway.fetch.mailbox import TooLargeError
from gateway.ingress.content import Content


class Incoming:
    """Whoever made it owns `content`, and closes it unless it is handed on."""

    def __init__(self, content: Content, largest: int) -> None:
        self.content = content
        self._largest = largest
        self._given = 0
        self._held = b""
        self._ended = False

    def take(self, octets: bytes) -> None:
        """The next piece. Raises TooLargeError, and `NoRoomError` as `Content` does."""
        self._given += len(octets)
        if self._given > self._largest:
            raise TooLargeError(f"more than {self._largest} octets")
        octets = self._held + octets.replace(b"\0", b"")
        # A CR at the end may be half of a line's end.
        self._held = octets[-1:] if octets.endswith(b"\r") else b""
        self._append(octets[: len(octets) - len(self._held)])

    def end(self) -> Content:
        """With CRLF at each line's end, the last one's too, and without NUL: as `ingress.stdin.normalised` makes it."""
        if self._held:
            self._append(self._held)
        elif self.content.size and not self._ended:
            self.content.append(b"\r\n")
        return self.content

    def _append(self, octets: bytes) -> None:
        if octets:
            self._ended = octets.endswith((b"\r", b"\n"))
            self.content.append(octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n", b"\r\n"))
