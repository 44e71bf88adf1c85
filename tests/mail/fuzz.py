"""A fuzzer of whole messages: `python -m tests.mail.fuzz --seconds 600`.

Mail is mutated byte by byte and piece by piece and given to the killable child. A mutant that makes it raise, die, or need more than 2 s or
256 MiB, and one whose message breaks a promise, is written to a file, and the run fails. Everything follows from the seed that is printed.
"""

import argparse
import asyncio
import os
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from tempfile import gettempdir

from gateway.domain.ours import Ours
from gateway.mail.message import Message
from gateway.parsing.parent import Parser
from gateway.parsing.process import Limits
from tests.mail.hostile import FIELDS, HOSTILE_MESSAGES
from tests.mail.winmail import file, winmail

CORPORA = Path(__file__).parents[3] / "shared" / "corpora"
OURS = Ours(("support@desk.test",), ("Support Desk",), ("mx.desk.test",))
SECONDS = 2.0
MEMORY = 256 << 20
LARGEST = 1 << 20
LARGEST_SEED = 64 << 10
SURROGATE = re.compile("[\ud800-\udfff]")
COPIES = (2, 10, 1_000, 30_000)

Mutate = Callable[[random.Random, bytes, bytes], bytes]
"""Chance, a message, and another one to borrow from → a mutant."""

PIECES = [
    b"\r\n", b"\n", b"\r", b"\r\n\r\n", b"\x00", b"\xff", b"\xef\xbb\xbf", b"\x1b$B", b" ", b"\t", b'"', b"\\", b"(", b")", b"<",
    b">", b"@", b",", b";", b":", b"=",
    b"=?utf-8?q?", b"=?utf-8?b?", b"?=", b"From: a@b\r\n", b"Content-Type: ", b"multipart/mixed; boundary=b\r\n",
    b"multipart/alternative; boundary=b\r\n", b"message/rfc822\r\n", b"message/delivery-status\r\n", b"text/html\r\n",
    b"text/calendar\r\n", b"application/ms-tnef\r\n", b"; charset=utf-7", b"; charset=utf-16", b"; charset=iso-2022-jp",
    b"; charset=hz", b"; format=flowed", b"; filename*0*=", b"Content-Transfer-Encoding: base64\r\n",
    b"Content-Transfer-Encoding: quoted-printable\r\n", b"--b\r\n", b"--b--\r\n", b"<div>", b"</div>", b"<blockquote type=cite>",
    b"<table><tr><td>", b"<b>", b"<!--", b"<style>", b"&#", b"<svg>", b"<a href='", b"> ", b"-- \r\n",
    b"On Mon, 1 Jan 2024 Ann wrote:\r\n", b"-----Original Message-----\r\n", b"---------- Forwarded message ---------\r\n",
    "01.01.2024 Анна пишет:\r\n".encode(), b"begin 644 a\r\n", b"end\r\n", b"=ybegin name=a\r\n", b"=yend\r\n", b"BEGIN:VCALENDAR\r\n",
    b"BEGIN:VEVENT\r\n", b"ATTENDEE;PARTSTAT=ACCEPTED:mailto:a@b\r\n", b"Final-Recipient: rfc822; a@b\r\n",
]  # fmt: skip


def _flip(chance: random.Random, message: bytes, _other: bytes) -> bytes:
    mutant = bytearray(message)
    for _ in range(chance.choice((1, 3, 30))):
        mutant[chance.randrange(len(mutant))] = chance.randrange(256)
    return bytes(mutant)


def _delete(chance: random.Random, message: bytes, _: bytes) -> bytes:
    start, end = _stretch(chance, message)
    return message[:start] + message[end:]


def _repeat(chance: random.Random, message: bytes, _: bytes) -> bytes:
    start, end = _stretch(chance, message)
    return message[:end] + message[start:end] * chance.choice(COPIES) + message[end:]


def _insert(chance: random.Random, message: bytes, _: bytes) -> bytes:
    place = chance.randrange(len(message))
    return message[:place] + chance.choice(PIECES) * chance.choice((1, 1, 1, *COPIES)) + message[place:]


def _splice(chance: random.Random, message: bytes, other: bytes) -> bytes:
    start, end = _stretch(chance, other)
    place = chance.randrange(len(message))
    return message[:place] + other[start:end] + message[place:]


def _shuffle(chance: random.Random, message: bytes, _: bytes) -> bytes:
    lines = message.split(b"\n")
    start, end = sorted((chance.randrange(len(lines)), chance.randrange(len(lines))))
    some = lines[start:end]
    chance.shuffle(some)
    return b"\n".join([*lines[:start], *some, *lines[end:]])


def _cut(chance: random.Random, message: bytes, _: bytes) -> bytes:
    return message[: chance.randrange(len(message))]


MUTATIONS: Sequence[Mutate] = (_flip, _delete, _repeat, _insert, _insert, _splice, _shuffle, _cut)


def _stretch(chance: random.Random, message: bytes) -> tuple[int, int]:
    start = chance.randrange(len(message))
    return start, start + chance.choice((1, 10, 100, 1_000))


def mutants(seeds: Sequence[bytes], chance: random.Random) -> Iterator[bytes]:
    """Without end, most of them small. Each seed is changed a few times over, for what breaks a parser is seldom one thing alone."""
    while True:
        mutant = chance.choice(seeds)
        largest = LARGEST if chance.random() < 0.1 else LARGEST_SEED
        for _ in range(chance.randint(1, 6)):
            mutant = chance.choice(MUTATIONS)(chance, mutant or b"\n", chance.choice(seeds) or b"\n")[:largest]
        yield mutant


def seeds() -> list[bytes]:
    """Mail of our own, and that of `../shared/corpora` where it is."""
    own = [content for content in HOSTILE_MESSAGES.values() if len(content) <= LARGEST_SEED]
    wrapped = winmail(file(b"a.txt", b"words"))
    own.append(FIELDS + b"Content-Type: application/ms-tnef\r\n\r\n" + wrapped)
    others = [path for folder in ("odd", "reports") for path in sorted((CORPORA / folder).glob("*")) if path.stat().st_size <= LARGEST_SEED]
    return [*own, *(_as_message(path) for path in others)]


def _as_message(path: Path) -> bytes:
    content = path.read_bytes()
    return FIELDS + b"Content-Type: application/ms-tnef\r\n\r\n" + content if path.suffix == ".tnef" else content


@dataclass(frozen=True, slots=True)
class Failure:
    mutant: bytes
    why: str


async def fuzz(chance: random.Random, go_on: Callable[[int], bool]) -> tuple[int, Failure | None]:
    """How many mutants were read, and what broke. `go_on` is asked before each, with their number so far."""
    number = 0
    async with Parser(Limits(seconds=10 * SECONDS, memory=MEMORY), spares=0) as parser:
        for mutant in mutants(seeds(), chance):
            if not go_on(number):
                break
            number += 1
            begun = processor_time(parser.pids)
            message = await parser.parse(mutant, OURS)
            took = processor_time(parser.pids) - begun
            counters = parser.counters
            if counters.deaths or counters.timeouts or counters.failures:
                return number, Failure(mutant, message.reason)
            if why := broken_promise(message) or (f"it took {took:.1f} s" if took > SECONDS else None):
                return number, Failure(mutant, why)
    return number, None


def processor_time(pids: Sequence[int]) -> float:
    """In seconds, of these processes together; machines that fuzz are busy. Where the system does not tell, the clock must do."""
    ticks = [path.read_text().rpartition(")")[2].split()[11:13] for pid in pids if (path := Path(f"/proc/{pid}/stat")).exists()]
    return sum(int(each) for pair in ticks for each in pair) / os.sysconf("SC_CLK_TCK") if ticks else time.perf_counter()


def broken_promise(message: Message) -> str | None:
    """Which of those that a `Message` makes whatever the bytes were."""
    if any("\x00" in text or (not text.isprintable() and _has_surrogate(text)) for text in _texts(message)):
        return "a text that no database takes"
    body = message.body
    if sorted("".join((body.new_text + body.quoted_text + body.signature).split())) != sorted("".join(body.text.split())):
        return "new text, quoted text and signature are not the text"
    if not message.whole and not any(each.content_type == "message/rfc822" for each in message.attachments):
        return "a bound was exceeded, and the raw message is not attached"
    if any(not each.filename or "/" in each.filename or len(each.filename.encode()) > 255 for each in message.attachments):
        return "an attachment without a safe name"
    return None


def _has_surrogate(text: str) -> bool:
    return not text.isascii() and SURROGATE.search(text) is not None


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for each in value:
            yield from _texts(each)
    elif is_dataclass(value):
        for field in fields(value):
            yield from _texts(getattr(value, field.name))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
    print(f"seed {seed}", flush=True)
    end = time.monotonic() + options.seconds
    number, failure = asyncio.run(fuzz(random.Random(seed), lambda _: time.monotonic() < end))
    if failure is None:
        print(f"{number} mutants were read")
        return
    kept = Path(gettempdir()) / f"deskgate-fuzz-{seed}-{number}.eml"
    kept.write_bytes(failure.mutant)
    sys.exit(f"mutant {number} of seed {seed}: {failure.why}\nit is in {kept}")


if __name__ == "__main__":
    main()
