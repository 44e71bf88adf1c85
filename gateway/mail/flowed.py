"""format=flowed (RFC 3676): the lines that a program broke become paragraphs again."""

import re

_QUOTE = re.compile(r">*")
_COMMAND = re.compile(r"@[^\W\d_]")
_NARROWEST = 60
"""Characters that every program fits on a line before it breaks it."""


def unflow(text: str, *, delete_space: bool = False) -> str:
    """`text` has LF ends. Lines are joined within one depth of quoting; the signature separator never is (§4.3)."""
    paragraphs: list[str] = []
    pieces: list[str] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(_QUOTE.match(line)[0]) if line.startswith(">") else 0  # type: ignore[index]  # it matches the empty string too
        content = line[depth:]
        if content.startswith(" "):
            content = content[1:]  # space-stuffing (§4.4)
        separator = content == "-- "
        if pieces and (depth != open_depth or separator or _was_typed(pieces, content)):
            paragraphs.append(_paragraph(open_depth, pieces))
            pieces = []
        soft = content.endswith(" ") and not separator
        pieces.append(content[:-1] if soft and delete_space else content)
        open_depth = depth
        if not soft:
            paragraphs.append(_paragraph(depth, pieces))
            pieces = []
    if pieces:
        paragraphs.append(_paragraph(open_depth, pieces))
    return "\n".join(paragraphs)


def _was_typed(pieces: list[str], following: str) -> bool:
    """Did a person end this line, though they left a space there? Only before `@`, where it matters, and what follows would have fitted."""
    return _COMMAND.match(following) is not None and len(pieces[-1]) + len(following.split(None, 1)[0]) < _NARROWEST


def _paragraph(depth: int, pieces: list[str]) -> str:
    text = "".join(pieces)
    if text != "-- ":
        text = text.rstrip(" ")
    return f"{'>' * depth} {text}".rstrip(" ") if depth else text
