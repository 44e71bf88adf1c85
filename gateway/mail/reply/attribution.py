"""The line above a quotation that says who wrote it and when, in any of the languages and word orders of `phrases`."""

import re
from dataclasses import dataclass

from gateway.mail.phrases import alternatives

LONGEST = 420
"""Characters of an attribution, however many lines it is wrapped over."""


def _words(*fields: str) -> frozenset[str]:
    return frozenset(word for field in fields for phrase in alternatives(field) for word in re.findall(r"[^\W\d_]+", phrase))


def _phrase(field: str) -> str:
    options = sorted(alternatives(field), key=len, reverse=True)
    return "|".join(re.escape(option).replace(r"\ ", r"\s+") for option in options)


def _first_letter(field: str) -> str:
    """A cheap look ahead: at most places none of the many alternatives needs to be tried."""
    return f"(?=[{re.escape(''.join(sorted({option[0] for option in alternatives(field)})))}])"


_OPENERS = _words("openers")
_CALENDAR = _words("calendar")
_LEAD = _OPENERS | _CALENDAR | {"de", "den", "o", "at", "a", "gmt", "utc", "г", "р"}
_WORD = re.compile(r"[^\W\d_]+")
_CJK = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WROTE = re.compile(rf"{_first_letter('wrote')}(?:(?<![^\W\d_])|(?<=[{_CJK}]))(?:{_phrase('wrote')})(?![^\W\d_])", re.IGNORECASE)
_WROTE_BY = re.compile(rf"{_first_letter('wrote_by')}(?<!\w)(?:{_phrase('wrote_by')})(?!\w)", re.IGNORECASE)
_STARTS = re.compile(rf"(?:{_phrase('starts')})(?!\w)", re.IGNORECASE)
_TIME = re.compile(r"(?<!\d)\d{1,2}\s?[:.hч時时]\s?\d{2}(?!\d)|\d\s?[ap]\.?m\b", re.IGNORECASE)
_COMMA_AFTER_TIME = re.compile(r"\d[:.]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?(?:\s\(?[+A-Z][\w:+]{1,9}\)?)?\s?,", re.IGNORECASE)
_NUMERIC_DATE = re.compile(
    r"(?<!\d)(?:\d{4}[./-]\s?\d{1,2}[./-]\s?\d{1,2}|\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:\d{4}|\d{2}))(?!\d)|\d{4}\s?[年년]"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_ADDRESS = re.compile(r"[^\s<>()\[\]@,;:\"]{1,80}@[^\s<>()\[\]@,;:\"]{1,200}")
_BRACKETED = re.compile(r"[<(\[]\s*(?:mailto:\s*)?[^\s<>()\[\]@,;:\"]{1,80}@[^\s<>()\[\]@,;:\"]{1,200}")
_OLD_GMAIL = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}(?:\s+\d{1,2}:\d{2})?\s+(?:GMT[+-]\d{1,2}:\d{2}\s+)?[^\n:]{1,60}$")
_FIRST_PERSON = re.compile(
    r"(?<!\w)(?:i\s+(?:wrote|sent|said)|schrieb\s+ich|ich\s+schrieb|j'ai|я\s+(?:написал|писал)|мне|mi|mir|me)(?!\w)", re.IGNORECASE
)
# A person tells of what others wrote by such words; a mail program puts the name there.
_PROSE = re.compile(
    r"(?<!\w)(?:the|your|our|my|his|her|their|someone|somebody|ваш\w*|наш\w*|мой|моя|моей|его|её|ее|их|клиент\w*|оператор\w*|сотрудни\w*|менеджер\w*|специалист\w*"
    r"|ваша|вашої|мій|моя|співробітни\w*|wasz\w*|nasz\w*|mój|moja|państwa|pracowni\w*|klient\w*|konsultant\w*|der|die|das|ein|eine|mein\w*|unser\w*|kunde"
    r"|votre|vos|notre|cliente|empleado|vuestro|vostro|nostro|uw|uw|mijn|onze|seu|sua|nosso)(?!\w)"
    # These begin names of weekdays, too: "On Mon, 3 Mar 2025", "su 2.3.2025".
    r"|(?<!\w)(?:mon|ma|su)\s[^\W\d_]{2}",
    re.IGNORECASE,
)
_TAIL = re.compile(r"[\s:：*_.\-–—>()]*$")


@dataclass(frozen=True, slots=True)
class _Signs:
    """What an attribution could be recognised by."""

    text: str
    lead_end: int
    """Where what stands before the date ends, if that is nothing but words known to stand there."""
    ends_in_colon: bool
    dashed: bool
    arrowed: bool
    """As GroupWise writes them: `>>> Anna <anna@example.net> 3/12/2025 2:05 PM >>>`."""
    led: bool
    opened: bool
    dated: bool
    timed: bool
    address: bool
    bracketed: bool
    verb_ends: bool
    verb: re.Match[str] | None


def is_attribution(text: str, *, quote_follows: bool, named_first: bool = True) -> bool:
    """`text` is one line, or several joined by spaces. What is not followed by marked quotation needs more signs.

    Without `named_first` only those that begin with a date, or with the words before one, count.
    """
    if not 6 <= len(text) <= LONGEST:
        return False
    signs = _read(text)
    if not quote_follows and not signs.address and _PROSE.search(signs.text, signs.lead_end):
        return False
    if signs.verb and _FIRST_PERSON.search(_ADDRESS.sub("", signs.text)) and not signs.bracketed:
        return False
    if signs.led and signs.dated and _dated_first(signs, quote_follows):
        return True
    return named_first and _named_first(signs, quote_follows)


def may_name_first(line: str) -> bool:
    """Could this be the first of the lines over which an attribution is wrapped that begins with the author's name?"""
    return _BRACKETED.search(line) is not None or line.rstrip().endswith("<") or _STARTS.match(line.lstrip("*_-–— ")) is not None


def may_end(line: str) -> bool:
    """A cheap test of what was joined so far: could an attribution end here, with no quotation marked below?"""
    return line.endswith((":", "：", "-", "*", ".", ">>>")) or "@" in line or "GMT" in line


def is_bare_verb(line: str) -> bool:
    """The end of a wrapped attribution: `> wrote:`, or `>:`."""
    bare = line.strip("*_> ")
    return bare in {":", "："} or (len(bare) < 40 and bare.endswith((":", "：")) and _WROTE.match(bare) is not None)


def may_begin(line: str) -> bool:
    """A cheap test that almost every line fails: could an attribution begin here?"""
    head = line.lstrip("*_-–—>( \"'\u201c«„")[:60]
    if not head:
        return False
    if head[0].isdigit() or "@" in line or line.endswith(("<", ">>>")):
        return True
    word = _WORD.match(head)
    return (word is not None and (word[0].casefold() in _LEAD or _STARTS.match(head) is not None)) or _is_short_with_verb(line)


def _is_short_with_verb(line: str) -> bool:
    return len(line) <= 160 and line.endswith((":", "：", "-")) and (_WROTE.search(line) is not None or _WROTE_BY.search(line) is not None)


def _read(text: str) -> _Signs:
    stripped = text.strip("*_ \t")
    core = stripped.strip("-–—*_ \t>")
    digit = re.search(r"\d", core[:70])
    lead = [word.casefold() for word in _WORD.findall(core[: digit.start()])] if digit else []
    led = digit is not None and len(lead) <= 6 and all(word in _LEAD or word.rstrip("s") in _LEAD for word in lead)
    verb = max(_WROTE.finditer(core), key=re.Match.start, default=None)
    return _Signs(
        text=core,
        lead_end=digit.start() if digit and led else 0,
        ends_in_colon=core.endswith((":", "：", ":.")),
        dashed=stripped.startswith("--") and stripped.endswith("--"),
        arrowed=stripped.startswith(">>>") and stripped.endswith(">>>"),
        led=led,
        opened=bool(lead) and any(word in _OPENERS for word in lead[:3]),
        dated=_is_dated(core),
        timed=_TIME.search(core) is not None,
        address=_ADDRESS.search(core) is not None,
        bracketed=_BRACKETED.search(core) is not None,
        verb_ends=verb is not None and _TAIL.match(core, verb.end()) is not None,
        verb=verb,
    )


def _is_dated(core: str) -> bool:
    if _NUMERIC_DATE.search(core):
        return True
    if not any(map(str.isdigit, core)):
        return False
    return any(word.casefold() in _CALENDAR for word in _WORD.findall(core[:160]))


def _dated_first(signs: _Signs, quote_follows: bool) -> bool:
    """As in "On 12 March 2025 Anna wrote:" and "12.03.2025, 14:05, Anna <anna@example.net>:"."""
    full = signs.timed or _YEAR.search(signs.text) is not None
    if signs.verb_ends:
        if quote_follows or signs.dashed or signs.address:
            return True
        return signs.ends_in_colon and full and (signs.opened or _COMMA_AFTER_TIME.search(signs.text) is not None)
    if signs.ends_in_colon and _WROTE_BY.search(signs.text):
        return full or quote_follows
    if signs.address and _ends_in_address(signs.text):
        return (
            (signs.ends_in_colon and (full or quote_follows))
            or (quote_follows and not signs.verb)
            or _OLD_GMAIL.match(signs.text) is not None
        )
    if signs.verb and signs.ends_in_colon and signs.address:
        return full or quote_follows
    if quote_follows and signs.ends_in_colon and signs.timed:
        return True
    return "GMT" in signs.text and _OLD_GMAIL.match(signs.text) is not None


def _named_first(signs: _Signs, quote_follows: bool) -> bool:
    """As in "Anna <anna@example.net> wrote:", "Anna schrieb am 12.3.2025 um 14:05:" and "---- Anna wrote ----"."""
    words = len(_WORD.findall(signs.text[:200]))
    if (signs.dashed and signs.verb_ends) or (signs.arrowed and signs.dated and signs.timed):
        return True
    if quote_follows and signs.dated and signs.timed and signs.bracketed and signs.ends_in_colon and words <= 24:
        return True  # in a language that `phrases` does not have
    if signs.ends_in_colon and _STARTS.match(signs.text):
        return (signs.dated and (signs.timed or signs.bracketed)) or (quote_follows and signs.bracketed)
    if signs.bracketed and signs.ends_in_colon and (signs.verb or _WROTE_BY.search(signs.text)):
        address = _BRACKETED.search(signs.text)
        before = len(_WORD.findall(signs.text[: address.start()])) if address else 0
        return before <= 8 and (signs.verb_ends or signs.dated)
    by = _WROTE_BY.search(signs.text)
    if by and signs.ends_in_colon and signs.dated and signs.timed and len(_WORD.findall(signs.text[: by.start()])) <= 5:
        return True
    if not (quote_follows and signs.ends_in_colon and signs.verb):
        return False
    if signs.verb_ends:
        return words <= 6 or (signs.opened and words <= 14)
    return signs.dated and signs.timed and len(_WORD.findall(signs.text[: signs.verb.start()])) <= 5


def _ends_in_address(core: str) -> bool:
    tail = core.rstrip(":： )>]\"'")
    last = max(_ADDRESS.finditer(tail, max(0, len(tail) - 300)), key=re.Match.start, default=None)
    return last is not None and last.end() == len(tail)
