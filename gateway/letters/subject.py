"""Subjects of letters: one tag `[#N]` at the end, no heap of `Re:`."""

import re

SHOWN = 100
"""Characters of a client's subject that a letter repeats."""

PREFIXES = re.compile(r"(?:\s*(?:re|fwd?|aw|wg|sv|odp|pd|ha|rv|tr|ответ|на|отв|пересл)(?:\[\d+\])?\s*:)+\s*", re.IGNORECASE)
TAGS = re.compile(r"\s*\[#\d{1,12}\]\s*")


def bare_subject(subject: str) -> str:
    """Without reply prefixes and our tags, on one line, cut at `SHOWN` characters."""
    one_line = " ".join(TAGS.sub(" ", subject).split())
    found = PREFIXES.match(one_line)
    bare = one_line[found.end() :] if found else one_line
    return bare if len(bare) <= SHOWN else bare[: SHOWN - 1].rstrip() + "…"
