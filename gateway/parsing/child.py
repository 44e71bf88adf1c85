"""The child process: reads hostile bytes for its parent, and holds nothing worth stealing.

Started as `python -m gateway.parsing.child FD PARENT MEMORY SECONDS` with one end of a socketpair. It answers one request at a
time: a kind, an argument and a content go in; a status and a value come out. It ends when the parent's end closes or the parent dies.
"""

import ctypes
import os
import resource
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, BinaryIO

from gateway.auth.signature import Verified
from gateway.auth.verify import verify_content
from gateway.domain.ours import Ours
from gateway.mail.message import Message
from gateway.mail.parse import parse_message
from gateway.parsing.wire import FRAME, OUT_OF_MEMORY, codec, pack, unpack

Handler = Callable[[bytes, bytes], Any]
"""Content and packed argument → what `pack` takes."""

READY, DONE, FAILED = "ready", "done", "failed"

PR_SET_PDEATHSIG = 1
GROWTH = 128 << 20
"""A child that has kept so much more memory than it started with asks to be replaced: its next message would have less room."""

_to_data = codec(Message).to_data
_verified_to_data = codec(Verified).to_data


@lru_cache(maxsize=8)
def _ours(argument: bytes) -> Ours:
    return codec(Ours).from_data(unpack(argument))


def parse(content: bytes, argument: bytes) -> Any:
    return _to_data(parse_message(content, _ours(argument)))


def verify(content: bytes, argument: bytes) -> Any:
    return _verified_to_data(verify_content(content, unpack(argument), time.time()))


HANDLERS: Mapping[str, Handler] = {"parse": parse, "verify": verify}


def main(handlers: Mapping[str, Handler] = HANDLERS) -> None:
    descriptor, parent, memory, seconds = (int(argument) for argument in sys.argv[1:5])
    outlive_signals()
    die_with(parent)
    with socket.socket(fileno=descriptor) as ours, ours.makefile("rb") as requests, ours.makefile("wb") as replies:
        warm(handlers)
        confine(memory)
        be_silent()
        reply(replies, READY, None)
        baseline = address_space()
        while serve_one(handlers, requests, replies, seconds, baseline):
            pass


def serve_one(handlers: Mapping[str, Handler], requests: BinaryIO, replies: BinaryIO, seconds: int, baseline: int) -> bool:
    """Whether there was a request. A function of its own, so that nothing of one message is still held when the next one is read."""
    request = read_request(requests)
    if request is None:
        return False
    bound_processor_time(seconds)
    answer(handlers, replies, baseline, *request)
    return True


def outlive_signals() -> None:
    """A terminal or a supervisor signals the whole process group; when this process ends is for the parent to say."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


def die_with(parent: int) -> None:
    """By the kernel's hand where it is Linux; elsewhere the end of the socket does it, as soon as the child reads again."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we asked
        os._exit(1)


def warm(handlers: Mapping[str, Handler]) -> None:
    """One run of everything before the limits are set, so that what is loaded on first use counts as baseline."""
    content = b"From: a@example.com\r\nSubject: =?utf-8?q?warm?=\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>warm</p>\r\n"
    handlers["parse"](content, pack(codec(Ours).to_data(Ours())))
    handlers["verify"](content, pack({}))


def confine(memory: int) -> None:
    """No core dumps, no files, no processes, and `memory` bytes of address space above what it has now."""
    limits = [(resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0), (resource.RLIMIT_NPROC, 0)]
    if now := address_space():
        limits.append((resource.RLIMIT_AS, now + memory))
    for limit, value in limits:
        resource.setrlimit(limit, (value, value))


def be_silent() -> None:
    """Until now standard error told the parent why a start failed; from now on nobody reads what a library prints there."""
    with open(os.devnull, "wb") as nowhere:  # noqa: PTH123 - a descriptor is wanted, not a path
        os.dup2(nowhere.fileno(), sys.stderr.fileno())


def address_space() -> int:
    """Bytes of virtual memory in use; 0 where the system does not tell."""
    try:
        # After each message: by pathlib it would take several times as long.
        with open("/proc/self/statm", "rb", buffering=0) as statm:  # noqa: PTH123
            pages = statm.read(64).split()[0]
    except OSError:
        return 0
    return int(pages) * resource.getpagesize()


def bound_processor_time(seconds: int) -> None:
    """The parent's clock comes first; this one holds when the parent is too busy to look at it."""
    used = time.process_time()
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used) + seconds + 1, hard))


def read_request(requests: BinaryIO) -> tuple[str, bytes, bytes] | None:
    """None when the parent has closed its end."""
    header = requests.read(FRAME.size)
    if len(header) < FRAME.size:
        return None
    head_size, content_size = FRAME.unpack(header)
    head, content = requests.read(head_size), requests.read(content_size)
    if len(head) < head_size or len(content) < content_size:
        return None
    kind, argument = unpack(head)
    return kind, argument, content


def answer(handlers: Mapping[str, Handler], replies: BinaryIO, baseline: int, kind: str, argument: bytes, content: bytes) -> None:
    try:
        value = pack(handlers[kind](content, argument))
    except MemoryError:
        # Nothing that is left can be relied on, not even for words: the status says it. The parent makes room for another.
        os._exit(OUT_OF_MEMORY)
    except Exception as error:  # noqa: BLE001 - the edge: whatever a parser raises becomes data for the parent, which logs it
        summary = f"{type(error).__name__}: {error}".partition("\n")[0][:200].strip()
        trace = traceback.format_exc(limit=-8)[-4000:]
        # The words may quote the message, and what made it fail may be what cannot be written.
        reply(replies, FAILED, [text.encode(errors="replace").decode() for text in (summary, trace)])
    else:
        outgrown = address_space() > baseline + len(content) + len(value) + GROWTH
        reply(replies, DONE, outgrown, value)


def reply(replies: BinaryIO, status: str, note: Any, value: bytes = b"") -> None:
    head = pack([status, note])
    replies.write(FRAME.pack(len(head), len(value)))
    replies.write(head)
    replies.write(value)
    replies.flush()


if __name__ == "__main__":
    main()
