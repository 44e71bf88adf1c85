"""What a server's refusal means, by its enhanced status code (RFC 3463 and its registry), by its reply code, or by its words."""

import re
from enum import StrEnum
from typing import Final


class Meaning(StrEnum):
    """In words of every language: `gateway/letters/returned.py`."""

    NO_MAILBOX = "no_mailbox"
    BAD_ADDRESS = "bad_address"
    MOVED = "moved"
    NO_DOMAIN = "no_domain"
    NO_MAIL_DOMAIN = "no_mail_domain"
    DISABLED = "disabled"
    FULL = "full"
    TOO_LARGE = "too_large"
    NOT_ALLOWED = "not_allowed"
    UNWANTED = "unwanted"
    UNAUTHENTICATED = "unauthenticated"
    CONTENT = "content"
    LOOP = "loop"
    UNREACHABLE = "unreachable"
    EXPIRED = "expired"
    BUSY = "busy"
    REFUSED = "refused"
    """Which is all that is known."""


def enhanced_status(text: str) -> str | None:
    """The first of the text, behind a reply code where there is one: `550 5.1.1 no such user` → `5.1.1`."""
    found = _STATUS.search(text)
    return found[0] if found is not None else None


def meaning_of(said: str, status: str | None = None) -> Meaning:
    """`said` is the server's answer or a report's diagnostic; `status` is a report's own, which may say less than the answer does."""
    for pattern, meaning in _PLAIN_WORDS:
        if pattern.search(said):
            return meaning
    for each in _codes(said, status):
        if each.startswith("4.7."):
            # For now only: greylisting, or too much at once.
            return Meaning.BUSY
        if (exact := _BY_CODE.get(each.partition(".")[2])) is not None:
            return exact
    for pattern, meaning in _WORDS:
        if pattern.search(said):
            return meaning
    subjects = (_BY_SUBJECT.get(each.split(".")[1]) for each in _codes(said, status))
    return next((each for each in subjects if each is not None), Meaning.REFUSED)


def is_hard(said: str, status: str | None = None, *, at_rcpt: bool = False, named: bool = False) -> bool:
    """Whether there is no such mailbox, so that nothing should be written to it by itself any more. A full mailbox, a policy or a letter
    that nobody could deliver in time say nothing of the kind.

    `at_rcpt`: a server's own answer to RCPT TO, where a bare 550 means the recipient. `named`: what a report of failure says of this very
    recipient, where plain words do, for many servers have one code for everything, or none.
    """
    if status is not None and not status.startswith("5"):
        return False
    codes = _codes(said, status)
    if any(each in _SOFT for each in codes) or any(each.split(".")[1] in ("6", "7") for each in codes):
        # Yandex and others have 5.7.1 for this too.
        return (named or at_rcpt) and "5.7.1" in codes and _NO_SUCH_USER.search(said) is not None and not _is_about(said, _NOT_THE_ADDRESS)
    if any(each in _HARD for each in codes):
        return not _is_about(said, _NOT_THE_ADDRESS)
    if "5.4.1" in codes:
        # So Exchange says that there is no such recipient; from others it is a host that does not answer.
        return _EXCHANGE.search(said) is not None
    if _OF_THE_SENDER.search(said) or any(each in _SENDERS for each in codes):
        return False
    if (named or at_rcpt) and not _TEMPORARY_REPLY.search(said) and _is_about(said, _GONE):
        return not _is_about(said, _NOT_THE_ADDRESS | _OURSELVES)
    vague = not codes or all(each == "5.0.0" for each in codes)
    bare = _REPLY.search(said)
    told = "5.0.0" in codes or (at_rcpt and bare is not None)
    # A relay that does not take our mail at all says so at RCPT, too: of nobody is that the mailbox' fault.
    return vague and told and (bare is None or bare[0] in _NO_SUCH) and not _is_about(said, _NOT_THE_ADDRESS | _OURSELVES)


def _is_about(said: str, meanings: frozenset[Meaning]) -> bool:
    """Servers that have one code for everything say in words what it was."""
    return any(pattern.search(said) for pattern, meaning in (*_PLAIN_WORDS, *_WORDS) if meaning in meanings)


def _codes(said: str, status: str | None) -> tuple[str, ...]:
    """The answer's own code before the report's, unless that one says more."""
    own = enhanced_status(said)
    found = [each for each in (own, status) if each is not None]
    exact = [each for each in found if not each.endswith(".0.0")]
    return tuple(dict.fromkeys(exact or found))


_STATUS: Final = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
_REPLY: Final = re.compile(r"(?<![\d.])5[0-5]\d(?=[\s-])")
_NO_SUCH: Final = frozenset({"550", "551", "553"})
_TEMPORARY_REPLY: Final = re.compile(r"(?<![\d.])4(?:[0-5]\d(?=[\s-])|\.\d{1,3}\.\d{1,3})")
_OF_THE_SENDER: Final = re.compile(
    r"\b(?:valid|invalid|unknown|unroutable|unrouteable|of|unauthenticated) senders?\b|\bsender (?:address|domain|verif|reject)|\brdns\b"
    r"|mail ?from\b|\bfrom:|(?:your|source|client|blocked) ip\b|\bip frequency|client host",
    re.IGNORECASE,
)
"""Refusals of whom a letter comes from, which some servers give in words for a recipient that is not there."""
_NO_SUCH_USER: Final = re.compile(r"no such (?:user|mailbox|recipient)\b|\b(?:user|recipient) unknown\b|\bunknown user\b", re.IGNORECASE)
_EXCHANGE: Final = re.compile(r"recipient address rejected|access denied", re.IGNORECASE)

_HARD: Final = frozenset({"5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"})
_SOFT: Final = frozenset({"5.2.2", "5.2.3", "5.3.4", "5.4.7"})
_SENDERS: Final = frozenset({"5.1.7", "5.1.8"})

_GONE: Final = frozenset({Meaning.NO_MAILBOX, Meaning.NO_DOMAIN})

_NOT_THE_ADDRESS: Final = frozenset(
    {
        Meaning.FULL,
        Meaning.UNWANTED,
        Meaning.UNAUTHENTICATED,
        Meaning.EXPIRED,
        Meaning.TOO_LARGE,
        Meaning.CONTENT,
        Meaning.LOOP,
        Meaning.UNREACHABLE,
    }
)
_OURSELVES: Final = frozenset({Meaning.NOT_ALLOWED, Meaning.BUSY})

_BY_CODE: Final[dict[str, Meaning]] = {
    "1.1": Meaning.NO_MAILBOX,
    "1.2": Meaning.NO_DOMAIN,
    "1.3": Meaning.BAD_ADDRESS,
    "1.4": Meaning.BAD_ADDRESS,
    "1.6": Meaning.MOVED,
    "1.8": Meaning.UNAUTHENTICATED,
    "1.10": Meaning.NO_MAIL_DOMAIN,
    "2.0": Meaning.DISABLED,
    "2.1": Meaning.DISABLED,
    "2.2": Meaning.FULL,
    "2.3": Meaning.TOO_LARGE,
    "3.1": Meaning.FULL,
    "3.2": Meaning.BUSY,
    "3.4": Meaning.TOO_LARGE,
    "4.1": Meaning.UNREACHABLE,
    "4.2": Meaning.UNREACHABLE,
    "4.3": Meaning.UNREACHABLE,
    "4.4": Meaning.NO_DOMAIN,
    "4.5": Meaning.BUSY,
    "4.6": Meaning.LOOP,
    "4.7": Meaning.EXPIRED,
    "7.1": Meaning.NOT_ALLOWED,
    "7.2": Meaning.NOT_ALLOWED,
    "7.20": Meaning.UNAUTHENTICATED,
    "7.21": Meaning.UNAUTHENTICATED,
    "7.22": Meaning.UNAUTHENTICATED,
    "7.23": Meaning.UNAUTHENTICATED,
    "7.24": Meaning.UNAUTHENTICATED,
    "7.25": Meaning.UNAUTHENTICATED,
    "7.26": Meaning.UNAUTHENTICATED,
    "7.27": Meaning.UNAUTHENTICATED,
    "7.28": Meaning.UNWANTED,
}
"""By subject and detail: the class says whether it is for good."""

_BY_SUBJECT: Final[dict[str, Meaning]] = {
    "1": Meaning.BAD_ADDRESS,
    "2": Meaning.DISABLED,
    "3": Meaning.BUSY,
    "4": Meaning.UNREACHABLE,
    "6": Meaning.CONTENT,
    "7": Meaning.NOT_ALLOWED,
}


def _said(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


# Words that say more than any code beside them.
_PLAIN_WORDS: Final = (
    (_said(r"\b(?:spam|junk|phish|blacklist|blocklist|dnsbl|rbl|reputation)", r"blocked (?:by|using|due|because|for)"), Meaning.UNWANTED),
    (_said(r"\b(?:dmarc|dkim|spf)\b", r"reverse dns", r"\bptr\b", r"sender verif"), Meaning.UNAUTHENTICATED),
    (_said(r"\b(?:virus|malware)\b"), Meaning.CONTENT),
    # Exchange has 5.1.10 for this, which RFC 7505 has for a domain without mail.
    (_said(r"recipient ?not ?found"), Meaning.NO_MAILBOX),
    (
        _said(
            r"(?:mailbox|inbox|storage|account)[^.\n]{0,40}\b(?:full|exceeded)",
            r"over ?quota|quota (?:is )?(?:exceeded|full)|exceed\w* (?:\w+ ){0,3}quota",
            r"insufficient (?:disk|storage|system storage)",
            r"ящик[^.\n]{0,30}переполнен",
            r"skrzynk[^.\n]{0,30}(?:pe[łl]na|przepe[łl]niona)",
        ),
        Meaning.FULL,
    ),
)
_WORDS: Final = (
    (
        _said(
            r"no such (?:user|mailbox|recipient|address|person)",
            r"(?:user|recipient|mailbox|account|address)[^.\n]{0,60}(?:unknown|not found|does(?: not|n't) exist|invalid|no longer)",
            r"unknown (?:user|recipient|local part)",
            r"invalid (?:recipient|mailbox)",
            r"user (?:not exist|does(?: not|n't) have)",
            r"не (?:существует|найден)",
            r"нет так\w+ (?:пользовател|получател|адрес|ящик)|неизвестн\w+ (?:пользовател|получател)",
            r"nie (?:istnieje|znaleziono)|nie ma takie\w+ (?:u[żz]ytkownik|odbiorc|kont|adres|skrzynk)",
            r"nieznan\w+ (?:u[żz]ytkownik|odbiorc|adresat)|(?:u[żz]ytkownik|odbiorca|adresat) nieznany",
            r"(?:benutzer|empfänger) unbekannt|unbekannter (?:benutzer|empfänger)",
        ),
        Meaning.NO_MAILBOX,
    ),
    (_said(r"disabled|inactive|suspended|deactivated", r"заблокирован", r"wyłączon|zablokowan"), Meaning.DISABLED),
    (
        _said(
            r"host (?:or domain )?(?:name )?not found",
            r"domain[^.\n]{0,40}not (?:found|exist)",
            r"unrouteable|nxdomain",
            r"n[o']t find a(?:ny host| mail exchanger)",
        ),
        Meaning.NO_DOMAIN,
    ),
    (_said(r"(?:message|mail)[^.\n]{0,40}(?:too (?:large|big)|size)", r"size limit"), Meaning.TOO_LARGE),
    (_said(r"given up after|expired|retry time|too long|could not be delivered for"), Meaning.EXPIRED),
    (_said(r"too many hops", r"loops? (?:back|detected)", r"(?:mail|routing) loop"), Meaning.LOOP),
    (_said(r"connection (?:refused|timed)", r"no route|unreachable|could not connect|no answer|timed? ?out"), Meaning.UNREACHABLE),
    (_said(r"greylist|try again|rate limit|too many|temporar"), Meaning.BUSY),
    (
        _said(r"relay(?:ing)? (?:access )?(?:denied|not)", r"not (?:allowed|permitted|authori[sz]ed)", r"policy|denied|authentication"),
        Meaning.NOT_ALLOWED,
    ),
)
