"""The signature that only an author's earlier mail gives away: a closing block that stands there word for word."""

from collections.abc import Sequence

from gateway.mail.reply.cut import Cut, Span, cut_at

_FEWEST_LINES = 2
_MOST_LINES = 20
_MOST_EARLIER = 10


def trim_signature(text: str, cut: Cut, earlier: Sequence[str]) -> Cut:
    """`cut` of `text` with the closing block that it shares with one of the `earlier` texts of that author moved to the signature.

    Something is always left above; a single repeated line ("Thanks!") is no signature.
    """
    at = next((index for index in range(len(cut.spans) - 1, -1, -1) if cut.spans[index].kind == "new"), None)
    if at is None:
        return cut
    span = cut.spans[at]
    lines = text[span.start : span.end].split("\n")
    keep = min((_start_of_shared(lines, other.split("\n")) for other in earlier[:_MOST_EARLIER]), default=len(lines))
    if keep == len(lines) or not any(any(map(str.isalnum, line)) for line in lines[:keep]):
        return cut
    middle = span.start + sum(len(line) + 1 for line in lines[:keep])
    parts = (Span("new", span.start, middle), Span("signature", middle, span.end))
    return cut_at(text, (*cut.spans[:at], *parts, *cut.spans[at + 1 :]))


def _start_of_shared(lines: list[str], other: list[str]) -> int:
    """The index in `lines` from which they end as `other` does; `len(lines)` where too few lines are shared."""
    mine = [index for index, line in enumerate(lines) if line.strip()]
    theirs = [line.strip() for line in other if line.strip()]
    shared = 0
    while shared < min(len(mine), len(theirs), _MOST_LINES) and lines[mine[-1 - shared]].strip() == theirs[-1 - shared]:
        shared += 1
    return mine[-shared] if _FEWEST_LINES <= shared < len(mine) else len(lines)
