"""The mails of the pipeline benchmark: multipart of 4 KiB, a fifth of them replies, a tenth with an attachment of 50 kB."""

import base64
import random
from collections.abc import Callable

SENTENCES = (
    "The printer on the second floor does not print, and its red light blinks.",
    "Принтер на втором этаже не печатает, мигает красная лампочка.",
    "Drukarka na drugim piętrze nie drukuje, miga czerwona lampka.",
)
CLIENTS = 500
REPLIES = 5
"""Every fifth mail answers an earlier one of the same client."""
FILES = 10


def multipart_messages(seed: int = 1, size: int = 4096) -> Callable[[int], bytes]:
    """`content(number)` is the message's octets; the same for the same seed, ids apart."""
    chance = random.Random(seed)  # noqa: S311  nothing secret
    text = base64_lines("\n".join(chance.choices(SENTENCES, k=size // 3 // 90)).encode())
    html = base64_lines("".join(f"<p>{each}</p>" for each in chance.choices(SENTENCES, k=size // 3 // 100)).encode())
    file = base64_lines(chance.randbytes(50_000))

    def content(number: int) -> bytes:
        client = number % CLIENTS
        answered = number - CLIENTS if number % REPLIES == 0 and number >= CLIENTS else None
        threading = f"In-Reply-To: <{identifier(seed, answered)}>\r\n" if answered is not None else ""
        head = (
            f"From: Client {client} <client{client}@load{client % 50}.test>\r\nTo: Support <support@example.com>\r\n"
            f"Subject: {'Re: ' if answered is not None else ''}Trouble {number if answered is None else answered}\r\n"
            f"Message-ID: <{identifier(seed, number)}>\r\n{threading}Date: Sun, 01 Mar 2026 09:05:07 +0000\r\nMIME-Version: 1.0\r\n"
        )
        alternative = (
            b'Content-Type: multipart/alternative; boundary="alternative"\r\n\r\n'
            b"--alternative\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + text
            + b"--alternative\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            + html
            + b"--alternative--\r\n"
        )
        if number % FILES != 0:
            return head.encode() + alternative
        attached = (
            b"--mixed\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
            b'Content-Disposition: attachment; filename="log.bin"\r\n\r\n' + file + b"--mixed--\r\n"
        )
        return head.encode() + b'Content-Type: multipart/mixed; boundary="mixed"\r\n\r\n--mixed\r\n' + alternative + attached

    return content


def identifier(seed: int, number: int) -> str:
    return f"{seed}.{number}@load.test"


def base64_lines(octets: bytes) -> bytes:
    return base64.encodebytes(octets).replace(b"\n", b"\r\n")
