"""What stays the same of a message on two ways of forwarding, so that twins are known."""

import hashlib
import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_RULE = re.compile(r"\n_{20,}\n")
_FOOTER = 2000
_FOOTER_LINES = 12


def body_hash(text: str, attachments: Iterable[str]) -> str:
    """SHA-256, in hex, of the words of the text and of the attachments' own hashes.

    White space, line ends, wrapping, quoting marks and the footer of a mailing list do not count; every letter and digit does.
    """
    digest = hashlib.sha256("".join(_WORD.findall(_without_footer(text))).encode("utf-8", "replace"))
    for each in sorted(attachments):
        digest.update(b"\0" + each.encode())
    return digest.hexdigest()


def _without_footer(text: str) -> str:
    """Mailman and its kin write a line of underscores and a few lines below it."""
    rules = [rule.start() for rule in _RULE.finditer(text, max(0, len(text) - _FOOTER))]
    return text[: rules[-1]] if rules and text.count("\n", rules[-1]) <= _FOOTER_LINES + 2 else text
