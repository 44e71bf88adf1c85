"""A signature that nothing marks, below commands: Office programs put one under every mail, `@closed` alone included."""

import re
from functools import lru_cache

from gateway.desk.commands.spelling import fold, is_blank, trim
from gateway.desk.commands.vocabulary import read_words
from gateway.mail.reply.signature import is_sent_from

_SHORT = 60
_MOST_SHORT_LINES = 8
_MOST_LINES = 20
"""Below a closing phrase: a card may be long, and what lawyers add to it."""
_NAME_WORDS = 4
_TARGET = re.compile(r"\s?(?:<[^<>]{1,1000}>|\[[^\[\]]{1,1000}\])")
"""Where a link leads and what a picture is, which programs write into text; nobody counts it as width."""
_RULE = re.compile(r"[-–—_]{2,}|—")
_ORNAMENTS = " \t\u00a0*_~-–—"
_SENTENCE_ENDS = ".!?"


def is_signature(lines: list[str], *, apart: bool, alone: bool) -> bool:
    """Of what stands below a block of commands. `apart`: a blank line is above it; `alone`: there is no other text in the mail."""
    filled = [line for line in lines if not is_blank(line)][: _MOST_LINES + 2]
    if not filled:
        return False
    if opens_signature(filled[0], filled[1] if len(filled) > 1 else ""):
        return len(filled) <= _MOST_LINES + 1
    return apart and not alone and len(filled) <= _MOST_SHORT_LINES and all(_is_short(line) for line in filled)


def opens_signature(line: str, below: str = "") -> bool:
    """By a closing phrase, by dashes, or as mail programs sign; `below` is the next line that is not blank."""
    text = trim(line)
    if _RULE.fullmatch(text) or is_sent_from(text):
        return True
    if not _is_short(text):
        return False
    firm, thanks = _closings()
    text = text.lstrip(_ORNAMENTS)
    folded = _folded(text)
    if firm.match(folded):
        return True
    thanked = thanks.match(folded)
    if thanked is None:
        return False
    return _is_name(text.split()[len(thanked[0].split()) :]) and (not below or _may_be_name(trim(below)))


def _is_short(line: str) -> bool:
    return len(trim(_TARGET.sub("", line[: 8 * _SHORT * _MOST_LINES]))) <= _SHORT


def _is_name(words: list[str]) -> bool:
    """What follows thanks: a few words, none of which goes on as a sentence does."""
    return len(words) <= _NAME_WORDS and not any(word[0].islower() for word in words) and not (words and words[-1][-1] in _SENTENCE_ENDS)


def _may_be_name(line: str) -> bool:
    return _is_short(line) and not line[0].islower() and line[-1] not in _SENTENCE_ENDS


def _folded(text: str) -> str:
    return " ".join(map(fold, text.split()))


@lru_cache(maxsize=1)
def _closings() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Both kinds, of all languages: whoever commands in one may sign in another."""
    tables = read_words("closings").values()
    return _beginning([each for table in tables for each in table["firm"]]), _beginning(
        [each for table in tables for each in table["thanks"]]
    )


def _beginning(phrases: list[str]) -> re.Pattern[str]:
    """The longest first, so that what follows it is known."""
    folded = sorted({_folded(each) for each in phrases}, key=len, reverse=True)
    return re.compile(rf"(?:{'|'.join(map(re.escape, folded))})(?!\w)")
