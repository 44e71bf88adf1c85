"""Reply tokens blotted out of what goes on to a client: an agent's words, and files that may hold one of our letters.

A token counts where it has our shape and stands as it rides, so that letters which merely look alike (base64 of a picture) stay as they
are. In files a mask is as long as what it hides: formats that count octets stay whole.
"""

import re
from base64 import b64decode, b64encode

from gateway.tokens.carriers import claimed_ticket

LETTER = "[a-z2-7]"
PLUS = r"\+|%2b|&#43;"
IN_TEXT = re.compile(rf"({PLUS}|\br\.)({LETTER}{{36,42}})(?![a-z0-9+/])", re.IGNORECASE)


def riding(glue: str, plus: str, at: str, r: str, dot: str) -> re.Pattern[bytes]:
    """A token after `plus` and before `at` or, as in an id, after `r` and before `dot`; with `glue` between its letters."""
    token = rf"{LETTER}(?:{glue}{LETTER}){{35,41}}"
    return re.compile(rf"(?:{plus})({token})(?={at})|(?:{r})({token})(?={dot})".encode(), re.IGNORECASE)


SOFT_BREAK = r"(?:=\r?\n)?"
NARROW = riding(SOFT_BREAK, r"\+|%2b|=2b", rf"{SOFT_BREAK}(?:@|%40|=40)", rf"\br\.{SOFT_BREAK}", rf"{SOFT_BREAK}\.")
# UTF-16, in which Outlook saves messages.
WIDE = riding(r"\x00", r"\+\x00", r"\x00@", r"r\x00\.\x00", r"\x00\.")
BASE64 = re.compile(rb"(?:^[a-z0-9+/]{40,100}\r?\n)+(?:[a-z0-9+/]{1,100}={0,2}\r?$)?", re.IGNORECASE | re.MULTILINE)


def mask_tokens(text: str) -> str:
    """The text with every reply token blotted out."""
    return IN_TEXT.sub(lambda found: f"{found[1]}***" if is_ours(found[2]) else found[0], text)


def mask_tokens_in_bytes(content: bytes) -> bytes:
    """As `mask_tokens`, in a file of the same length; the very bytes where it holds no token. Sees through quoted-printable and base64."""
    masked = WIDE.sub(starred, NARROW.sub(starred, content))
    return BASE64.sub(within_base64, masked)


def starred(found: re.Match[bytes]) -> bytes:
    token = found[1] or found[2]
    bare = re.sub(rb"=\r?\n|\x00", b"", token)
    if not is_ours(bare.decode("ascii")):
        return found[0]
    return found[0].replace(token, re.sub(rb"[a-zA-Z2-7]", b"*", token))


def within_base64(block: re.Match[bytes]) -> bytes:
    """The block, with its lines as they were."""
    lines = block[0].split(b"\n")
    packed = b"".join(line.rstrip(b"\r") for line in lines)
    packed, odd = packed[: len(packed) // 4 * 4], packed[len(packed) // 4 * 4 :]
    try:
        plain = b64decode(packed)
    except ValueError:
        return block[0]
    masked = WIDE.sub(starred, NARROW.sub(starred, plain))
    if masked == plain:
        return block[0]
    again, at, out = b64encode(masked) + odd, 0, []
    for line in lines:
        length = len(line.rstrip(b"\r"))
        out.append(again[at : at + length] + line[length:])
        at += length
    return b"\n".join(out)


def is_ours(token: str) -> bool:
    """By its shape, unproven: an altered token is as good as none, but costs nothing to hide."""
    return claimed_ticket(token.lower()) is not None
