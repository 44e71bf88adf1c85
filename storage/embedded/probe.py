"""Whether the server answers, asked in PostgreSQL's own protocol without a driver or an event loop."""

import socket
import struct

from storage.embedded.layout import NAME, Layout

PROTOCOL_3_0 = 196608
STARTING_OR_STOPPING = frozenset({"57P01", "57P02", "57P03"})


def is_ready(layout: Layout, timeout: float = 5.0) -> bool:
    """Whether a session can be opened. Asks nothing of a server that says itself that it is not ready, which spares its log."""
    return _says_ready(layout) and _answers(layout, timeout)


def _says_ready(layout: Layout) -> bool:
    """The eighth line of postmaster.pid is the server's state: `starting`, `stopping`, `ready`."""
    try:
        lines = (layout.cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return False
    return len(lines) >= 8 and lines[7].strip() == "ready"


def _answers(layout: Layout, timeout: float) -> bool:
    parameters = b"".join(
        f"{key}\0{value}\0".encode() for key, value in (("user", NAME), ("database", NAME), ("application_name", "probe"))
    )
    body = struct.pack("!I", PROTOCOL_3_0) + parameters + b"\0"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(timeout)
            connection.connect(str(layout.socket))
            connection.sendall(struct.pack("!I", len(body) + 4) + body)
            answer = _first_verdict(connection)
            connection.sendall(b"X" + struct.pack("!I", 4))
            return answer
    except (OSError, struct.error):
        return False


def _first_verdict(connection: socket.socket) -> bool:
    """Reads up to ReadyForQuery or an error. Any error but that of a starting or stopping server shows a server that works."""
    with connection.makefile("rb") as stream:
        while True:
            kind, length = struct.unpack("!cI", stream.read(5))
            payload = stream.read(length - 4)
            if kind == b"Z":
                return True
            if kind == b"E":
                fields = {field[:1]: field[1:].decode(errors="replace") for field in payload.split(b"\0") if field}
                return fields.get(b"C") not in STARTING_OR_STOPPING
