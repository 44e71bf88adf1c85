"""Subjects of letters: one tag `[#N]` at the end, no heap of `Re:`."""

import re

from gateway.domain.letter import one_line

SHOWN = 100
"""Characters of a client's subject that a letter repeats."""

PREFIXES = re.compile(r"(?:\s*(?:re|fwd?|aw|wg|sv|odp|pd|ha|rv|tr|ответ|на|отв|пересл)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
TAGS = re.compile(r"\s*\[#\d{1,12}\]\s*")


def bare_subject(subject: str) -> str:
    """Without reply prefixes and our tags, on one line, cut at `SHOWN` characters."""
    # What cannot stand in a header goes first: a tag could be hidden around it.
    line = one_line(TAGS.sub(" ", one_line(subject)))
    found = PREFIXES.match(line)
    bare = line[found.end() :] if found else line
    return bare if len(bare) <= SHOWN else bare[: SHOWN - 1].rstrip() + "…"


def tagged(title: str, number: int | None) -> str:
    """With the ticket's tag at its end, and no other; a letter about no ticket has none."""
    bare = " ".join(TAGS.sub(" ", title).split())
    return bare if number is None else f"{bare} [#{number}]".lstrip()
