"""What stays the same of a message on two ways of forwarding, so that twins are known."""

import hashlib
import re
from collections.abc import Iterable

_WORD = re.compile(r"\w+")
_LIST_FOOTER = re.compile(r"\n_{20,}\n(?:[^\n]*\n?){1,12}\Z")
_TAIL = 4000


def body_hash(text: str, attachments: Iterable[str]) -> str:
    """SHA-256, in hex, of the words of the text and of the attachments' own hashes.

    White space, line ends, wrapping, quoting marks and the footer of a mailing list do not count; every letter and digit does.
    """
    head, tail = text[:-_TAIL], text[-_TAIL:]
    words = _WORD.findall(head + _LIST_FOOTER.sub("\n", tail))
    digest = hashlib.sha256("".join(words).encode("utf-8", "replace"))
    for each in sorted(attachments):
        digest.update(b"\0" + each.encode())
    return digest.hexdigest()
