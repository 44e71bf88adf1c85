"""Values that are lists, as mail programs leave them behind."""

import re
import unicodedata
from collections.abc import Iterator

from gateway.desk.commands.spelling import trim
from gateway.mail.address import address_key, is_addr_spec

_COMMAS = ",;\u060c\u061b\uff0c\uff1b\u3001"
"""Arabic, full-width and ideographic ones too."""
_TAG = re.compile(f"[^{_COMMAS}]++")
# No comma divides within quotes, brackets or comments. What they hold is bounded, or many that never close would cost the square.
_MAILBOX = re.compile(
    rf'(?:"(?:[^"\\]|\\.){{0,100}}+"|<[^<>]{{0,1000}}+>|\[[^\[\]]{{0,1000}}+\]|\([^()]{{0,300}}+\)|[^{_COMMAS}])++', re.DOTALL
)
_SIGNS = str.maketrans("\uff20\ufe6b", "@@")
_LONGEST_TAG = 100


def addresses_in(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The addresses as written, in order and each once, and the pieces that are none.

    `Name <a@b>` is one, and so is what programs make of one: `a@b<mailto:a@b>`, `a@b [mailto:a@b]`, `<a@b>`.
    """
    good: dict[str, str] = {}
    bad: list[str] = []
    for found in _MAILBOX.finditer(value):
        piece = trim(found[0])
        address = _address(piece.translate(_SIGNS))
        if key := address_key(address):
            good.setdefault(key, address)
        elif piece:
            bad.append(piece)
    return tuple(good.values()), tuple(dict.fromkeys(bad))


def _address(piece: str) -> str:
    """Of one mailbox; what is no address if there is none, or if it could be either of two."""
    before, target = _parted(piece)
    if target is None:
        return _bare(before)
    shown = [word for word in map(_bare, before.split()) if is_addr_spec(word)]
    # A link that a program made keeps leading to the first spelling when its text is corrected: the text counts.
    made = target.lower().startswith("mailto:")
    match shown:
        case []:
            return _bare(target)
        case [address] if made or address_key(address) == address_key(_bare(target)):
            return address
        case _:
            return ""


def _parted(piece: str) -> tuple[str, str | None]:
    """What stands in front of the brackets at the end, and what in them."""
    if piece.endswith(")") and "(" in piece:
        before, _, within = piece[:-1].rpartition("(")
        if not before.endswith("]"):
            return _parted_at_brackets(trim(before))
        return trim(before[:-1]).removeprefix("["), within  # a link of Markdown
    return _parted_at_brackets(piece)


def _parted_at_brackets(piece: str) -> tuple[str, str | None]:
    for opening, closing in (("<", ">"), ("[mailto:", "]")):
        if piece.endswith(closing) and opening in piece:
            before, _, within = piece[:-1].rpartition(opening)
            return trim(before), opening[1:] + trim(within)
    return piece, None


def _bare(address: str) -> str:
    """Without a link's scheme and header fields, and without the quotes and brackets that programs put round an address."""
    address = address.strip("<>()'")
    if address.lower().startswith("mailto:"):
        address = address[len("mailto:") :].partition("?")[0]
    quoted = len(address) > 1 and address[0] == address[-1] == '"'
    return trim(address[1:-1] if quoted else address)


def tags_in(value: str) -> tuple[str, ...]:
    """In order, each once whatever its case, in the first spelling; longer ones are cut."""
    tags: dict[str, str] = {}
    for tag in _tags(value):
        tags.setdefault(unicodedata.normalize("NFC", tag).casefold(), tag)
    return tuple(tags.values())


def _tags(value: str) -> Iterator[str]:
    for found in _TAG.finditer(value):
        words = found[0].split()
        hashed = all(word.startswith(("#", "\uff03")) for word in words)
        for tag in words if hashed else [found[0]]:  # `#vip #new` are two
            if bare := trim(trim(trim(tag).lstrip("#\uff03"))[:_LONGEST_TAG]):
                yield bare
