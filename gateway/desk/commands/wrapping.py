"""Lines that a mail program broke: where the second half of a long value stands on the line below it.

Programs that write plain text break lines at some column between 65 and 80, at the last space that fits. A break is taken for theirs only
when the word behind it had no place on the line above:

- in 80 columns, which are the most that any of them fill; or
- in the widest line of this text, once the text shows that its lines are broken: one of them goes on with a small letter, which begins
  neither a sentence nor a name, and that word had no place either.

A shorter line was ended by its author.
"""

from itertools import pairwise

from gateway.desk.commands.command_line import begins_with_at
from gateway.desk.commands.spelling import trim_end

_SHORTEST = 60
_WIDEST = 80


def wrap_column(lines: list[str]) -> int:
    """Beyond which no line of this text goes, as far as can be proven."""
    widest = max(map(len, map(trim_end, lines)), default=0)
    if not _SHORTEST <= widest < _WIDEST:
        return _WIDEST
    broken = any(_goes_on(above, below, widest) and below.lstrip()[0].islower() for above, below in pairwise(lines))
    return widest if broken else _WIDEST


def is_wrapped(above: str, below: str, column: int) -> bool:
    """Whether `below` is the rest of `above`, in a text broken at that column."""
    return _goes_on(above, below, column) and not begins_with_at(below)


def _goes_on(above: str, below: str, column: int) -> bool:
    width = len(trim_end(above))
    first = below.split(None, 1)[:1]
    return _SHORTEST <= width <= _WIDEST and bool(first) and width + 1 + len(first[0]) > column
