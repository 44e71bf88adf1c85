"""What a rule's `when` takes: each key's value → the condition that it asks for.

A maker raises ValueError with a sentence that says what was expected. The settings keep what the file has; `convert_rules` calls the makers
once more.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar, get_args

from gateway.config.describe import quoted
from gateway.config.hours import HOURS, window
from gateway.config.values import read_size, text_of
from gateway.domain.regex import expression
from gateway.domain.rules import (
    AddressPattern,
    AllOf,
    AnyOf,
    AttachmentIs,
    AuthorIs,
    AuthorPattern,
    CategoryIs,
    Comparison,
    Condition,
    Contains,
    DepartmentIs,
    GatewayIs,
    Glob,
    HeaderHas,
    Hours,
    IsAssigned,
    IsKnownClient,
    IsReply,
    KindIs,
    LanguageIs,
    Not,
    PriorityIs,
    RecipientIs,
    Regex,
    SizeIs,
    Somebody,
    SpamScoreIs,
    StatusIs,
    SubjectHas,
    TagIs,
    TextHas,
    TextPattern,
    Unanswered,
    VerdictIs,
    VerdictMethod,
)
from gateway.domain.states import Priority, Status
from gateway.domain.verdict import Result
from gateway.mail.address import normalise_domain
from gateway.mail.message import Kind

Maker = Callable[[object], Condition]
T = TypeVar("T")

TEXT_PATTERN: Final = 'a text to look for, "re:" and a regular expression, or a list of those'
ADDRESS_PATTERN: Final = 'an address, "@domain" or a local part, in which "*" stands for anything, "re:…", or a list of those'
AUTHOR_PATTERN: Final = 'an address, "@domain" or part of a name, in which "*" stands for anything, "re:…", or a list of those'
ATTACHMENT: Final = (
    'part of the name of a file or its type, such as "*.exe" or "image/*", a list of those, true for any, '
    'or a table of name, type and size, such as { name = "*.zip", size = "> 5 MiB" }'
)
HEADER: Final = 'a table of header fields, such as { X-Spam-Flag = "yes", List-Id = true }'
SIZE: Final = 'a comparison with a size, such as "> 5 MiB"; a size alone means at least that'
SCORE: Final = 'a comparison with a number, such as ">= 5"; a number alone means at least that'
VERDICT: Final = '"pass", "fail" or "none" for the author\'s domain, or a table of methods, such as { dmarc = "fail" }'
UNANSWERED: Final = "a number of hours above 0"
LANGUAGE: Final = 'the two letters of a language, such as "ru", or a list of them'
WORDS: Final = "a line of text, or a list of them"
LONGEST_PATTERN: Final = 1000
ATTACHMENT_KEYS: Final = {"name": "name", "type": "type", "size": "size", "filename": "name", "content_type": "type"}
"""The longer ones are what `explain` calls them."""
KINDS: Final[tuple[str, ...]] = get_args(Kind)
METHODS: Final = tuple(each for each in get_args(VerdictMethod) if each != "author")


def text_pattern(value: object, expected: str = TEXT_PATTERN) -> TextPattern:
    text = _pattern_of(value, expected)
    return _regex(text, expected) if text.startswith("re:") else Contains(text)


def address_patterns(value: object) -> tuple[AddressPattern, ...]:
    return tuple(pattern for each in some(value, address_pattern, ADDRESS_PATTERN) for pattern in each)


def address_pattern(value: object) -> tuple[AddressPattern, ...]:
    """What has no "@" is a local part; with a dot in it, it may as well be meant as a domain."""
    text = _pattern_of(value, ADDRESS_PATTERN)
    if text.startswith("re:"):
        return (_regex(text, ADDRESS_PATTERN),)
    if "@" in text:
        return (Glob(_address_glob(text)),)
    domain = (f"@{text}",) if "." in text else ()
    return tuple(Glob(_address_glob(each)) for each in (f"{text}@*", *domain))


def author_pattern(value: object) -> AuthorPattern:
    text = _pattern_of(value, AUTHOR_PATTERN)
    if text.startswith("re:"):
        return _regex(text, AUTHOR_PATTERN)
    if "@" in text:
        return Glob(_address_glob(text))
    return Glob(text.casefold()) if "*" in text or "?" in text else Somebody(text)


def _pattern_of(value: object, expected: str) -> str:
    text = text_of(value, expected)
    if not text.strip() or len(text) > LONGEST_PATTERN:
        raise ValueError(f"expected {expected}{f'; of {LONGEST_PATTERN} characters at most' if text.strip() else ''}")
    return text


def _regex(text: str, expected: str) -> Regex:
    source = text.removeprefix("re:")
    if not source:
        raise ValueError(f'expected {expected}; nothing stands behind "re:"')
    try:
        expression(source)
    except ValueError as refused:
        raise ValueError(f"expected a regular expression that RE2 can run: {refused}") from None
    return Regex(source)


def _address_glob(text: str) -> str:
    """As normalised addresses are written, as far as a pattern can be."""
    local, _, domain = text.strip().rpartition("@")
    return f"{local.casefold() or '*'}@{normalise_domain(domain) or domain.casefold()}"


def some(value: object, make: Callable[[object], T], expected: str) -> tuple[T, ...]:
    """Of one value, or of each of a list."""
    values = value if isinstance(value, list) else [value]
    if not values:
        raise ValueError(f"expected {expected}, not an empty list")
    return tuple(map(make, values))


def comparison(value: object, expected: str, number: Callable[[str], float]) -> Comparison:
    """Of a number alone: at least that much."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    found = re.fullmatch(r"\s*(<=|>=|<|>|==?|)\s*(\S.*?)\s*", str(value) if is_number else text_of(value, expected))
    if found is None:
        raise ValueError(f"expected {expected}")
    sign: Any = {"==": "=", "": ">="}.get(found[1], found[1])
    try:
        return Comparison(sign, number(found[2]))
    except ValueError:
        raise ValueError(f"expected {expected}") from None


def size_comparison(value: object) -> Comparison:
    return comparison(value, SIZE, read_size)


def score_comparison(value: object) -> Comparison:
    return comparison(value, SCORE, _score)


def _score(text: str) -> float:
    if re.fullmatch(r"[+-]?\d{1,6}(\.\d{1,6})?", text) is None:
        raise ValueError(text)
    return float(text)


def one_of(choices: tuple[str, ...]) -> Callable[[object], Any]:
    expected = f"{quoted(choices)}, or a list of those"

    def read(value: object) -> str:
        if value not in choices:
            raise ValueError(f"expected {expected}")
        return str(value)

    return lambda value: some(value, read, expected)


def yes_or_no(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("expected true or false")  # noqa: TRY004  pydantic takes ValueError alone
    return value


def header(value: object) -> Condition:
    """All of its fields; `true` asks for one that is there, `false` for none."""
    if not isinstance(value, dict) or not value:
        raise ValueError(f"expected {HEADER}")
    return _all([_header_field(name, wanted) for name, wanted in value.items()])


def _header_field(name: str, wanted: object) -> Condition:
    # RFC 5322 §3.6.8: printable US-ASCII but the colon.
    if re.fullmatch(r"[!-9;-~]+", name) is None:
        raise ValueError(f'expected {HEADER}; "{name}" is no name of a field')
    if isinstance(wanted, bool) or wanted == "*":
        present = HeaderHas(name.lower())
        return present if wanted else Not(present)
    # `X-Priority = 1` is how people write it down.
    written = str(wanted) if isinstance(wanted, int) else wanted
    return HeaderHas(name.lower(), some(written, text_pattern, TEXT_PATTERN))


def attachment(value: object) -> Condition:
    if isinstance(value, bool):
        return AttachmentIs() if value else Not(AttachmentIs())
    return _any(list(some(value, _one_attachment, ATTACHMENT)))


def _one_attachment(value: object) -> Condition:
    if isinstance(value, dict):
        return _attachment_table(value)
    text = _pattern_of(value, ATTACHMENT)
    # No file's name has a slash.
    is_type = "/" in text and not text.startswith("re:")
    return AttachmentIs(content_type=Glob(text.casefold())) if is_type else AttachmentIs(name=_file_name(text))


def _attachment_table(table: dict[str, object]) -> Condition:
    unknown = [each for each in table if each not in ATTACHMENT_KEYS]
    given = {ATTACHMENT_KEYS[each]: value for each, value in table.items() if each not in unknown}
    if unknown or not table or len(given) < len(table):
        raise ValueError(f"expected {ATTACHMENT}" + (f"; there is no {unknown[0]}" if unknown else ""))
    name, kind, size = given.get("name"), given.get("type"), given.get("size")
    return AttachmentIs(
        None if name is None else _file_name(_pattern_of(name, ATTACHMENT)),
        None if kind is None else Glob(_pattern_of(kind, ATTACHMENT).casefold()),
        None if size is None else size_comparison(size),
    )


def _file_name(text: str) -> Glob | Regex | Contains:
    """`.exe` is short for `*.exe`; what else has no `*` is part of a name."""
    if text.startswith("re:"):
        return _regex(text, ATTACHMENT)
    if text.startswith("."):
        return Glob(f"*{text}")
    return Glob(text) if "*" in text or "?" in text else Contains(text)


def language(value: object) -> Condition:
    def read(each: object) -> str:
        code = text_of(each, LANGUAGE).casefold()
        if re.fullmatch(r"[a-z]{2}", code) is None:
            raise ValueError(f"expected {LANGUAGE}")
        return code

    return LanguageIs(some(value, read, LANGUAGE))


def verdict(value: object) -> Condition:
    if not isinstance(value, dict):
        return VerdictIs("author", _one_of_verdicts(value))
    if not value:
        raise ValueError(f"expected {VERDICT}")
    unknown = next((each for each in value if each not in METHODS), None)
    if unknown is not None:
        raise ValueError(f"expected {VERDICT}; there is no method {unknown}, but {', '.join(METHODS)}")
    return _all([VerdictIs(method, _results(result)) for method, result in value.items()])


def _one_of_verdicts(value: object) -> tuple[str, ...]:
    def read(each: object) -> str:
        if each not in ("pass", "fail", "none"):
            raise ValueError(f"expected {VERDICT}")
        return str(each)

    return some(value, read, VERDICT)


_results = one_of(get_args(Result))


def hours(value: object) -> Condition:
    if isinstance(value, int | float):
        return unanswered(value)
    return Hours(some(value, window, HOURS))


def unanswered(value: object) -> Condition:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 24 * 365:
        raise ValueError(f"expected {UNANSWERED}")
    return Unanswered(float(value))


def _line(value: object) -> str:
    text = text_of(value, WORDS).strip()
    if not text or not text.isprintable():
        raise ValueError(f"expected {WORDS}")
    return text


def _all(conditions: list[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else AllOf(tuple(conditions))


def _any(conditions: list[Condition]) -> Condition:
    return conditions[0] if len(conditions) == 1 else AnyOf(tuple(conditions))


def _some_of(condition: Callable[[Any], Condition], make: Callable[[object], Any], expected: str) -> Maker:
    return lambda value: condition(some(value, make, expected))


_statuses, _priorities, _kinds = one_of(tuple(map(str, Status))), one_of(tuple(map(str, Priority))), one_of(KINDS)

MAKERS: Final[dict[str, Maker]] = {
    "gateway": lambda value: GatewayIs(address_patterns(value)),
    "author": _some_of(AuthorIs, author_pattern, AUTHOR_PATTERN),
    "recipient": lambda value: RecipientIs(address_patterns(value)),
    "subject": _some_of(SubjectHas, text_pattern, TEXT_PATTERN),
    "text": _some_of(TextHas, text_pattern, TEXT_PATTERN),
    "header": header,
    "kind": lambda value: KindIs(_kinds(value)),
    "reply": lambda value: IsReply(yes_or_no(value)),
    "known_client": lambda value: IsKnownClient(yes_or_no(value)),
    "attachment": attachment,
    "size": lambda value: SizeIs(size_comparison(value)),
    "language": language,
    "verdict": verdict,
    "department": _some_of(DepartmentIs, _line, WORDS),
    "spam_score": lambda value: SpamScoreIs(score_comparison(value)),
    "hours": hours,
    "status": lambda value: StatusIs(tuple(map(Status, _statuses(value)))),
    "category": _some_of(CategoryIs, _line, WORDS),
    "priority": lambda value: PriorityIs(tuple(map(Priority, _priorities(value)))),
    "tag": _some_of(TagIs, _line, WORDS),
    "assigned": lambda value: IsAssigned(yes_or_no(value)),
    "unanswered_hours": unanswered,
}
"""In the order in which conditions are weighed and told."""

MAIL_KEYS: Final = frozenset(
    {"recipient", "text", "header", "kind", "reply", "known_client", "attachment", "size", "verdict", "spam_score"}
)
"""What only a mail that is being taken in has."""
SMTP_KEYS: Final = frozenset({"gateway", "author", "recipient", "size", "any", "all", "not"})
"""What is known while a mail can still be refused."""


def kept(key: str) -> Callable[[object], object]:
    """Finds fault with a value, and keeps it as the file has it."""
    return partial(_kept, MAKERS[key])


def _kept(make: Maker, value: object) -> object:
    make(value)
    return value
