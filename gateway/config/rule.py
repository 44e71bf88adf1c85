"""`[[rule]]`: what the desk does by itself."""

from collections.abc import Callable
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, PlainSerializer, PlainValidator

from gateway.config.conditions import (
    ADDRESS_PATTERN,
    ATTACHMENT,
    AUTHOR_PATTERN,
    HEADER,
    KINDS,
    LANGUAGE,
    SCORE,
    SIZE,
    TEXT_PATTERN,
    UNANSWERED,
    VERDICT,
    WORDS,
    kept,
    some,
)
from gateway.config.describe import quoted
from gateway.config.hours import HOURS
from gateway.config.section import Kind, Section
from gateway.config.values import Line, read_address, read_line, text_of
from gateway.domain.rules import LEAST_LOADED, ROUND_ROBIN
from gateway.domain.states import EventKind, Priority, Status

WITHOUT_RULES: Final = (EventKind.RULE_APPLIED, EventKind.ERASED)
"""A rule on what rules do would chase itself, and of what was erased nothing is left."""
EVENTS: Final = ("received", "unanswered", *(str(each) for each in EventKind if each not in WITHOUT_RULES))
DEFAULT_REFUSAL: Final = "Message refused by the rules of this desk"
REJECT: Final = "true, or what the peer is told: a line of ASCII, of 200 characters at most"
ASSIGNEE: Final = f'an agent\'s address, "{ROUND_ROBIN}" or "{LEAST_LOADED}"'
STATUSES: Final = tuple(map(str, Status))
PRIORITIES: Final = tuple(map(str, Priority))
EVENT: Final = 'the name of an event: "received", "unanswered" or one of a ticket, such as "status_changed"'


def choice(choices: tuple[str, ...], expected: str) -> Callable[[object], str]:
    def read(value: object) -> str:
        if value not in choices:
            raise ValueError(f"expected {expected}")
        return str(value)

    return read


def read_reject(value: object) -> str | None:
    if isinstance(value, bool):
        return DEFAULT_REFUSAL if value else None
    text = text_of(value, REJECT).strip()
    # RFC 5321 §4.2: printable US-ASCII, with room left for the code and the line's end.
    if not text or not text.isascii() or not text.isprintable() or len(text) > 200:
        raise ValueError(f"expected {REJECT}")
    return text


def read_assignee(value: object) -> str:
    try:
        return str(value) if value in (ROUND_ROBIN, LEAST_LOADED) else read_address(value)
    except ValueError:
        raise ValueError(f"expected {ASSIGNEE}") from None


def read_lines(value: object) -> tuple[str, ...]:
    return some(value, read_line, WORDS)


def read_addresses(value: object) -> tuple[str, ...]:
    return some(value, read_address, "an e-mail address, or a list of them")


StatusName = Annotated[str, PlainValidator(choice(STATUSES, quoted(STATUSES))), Kind(quoted(STATUSES))]
PriorityName = Annotated[str, PlainValidator(choice(PRIORITIES, quoted(PRIORITIES))), Kind(quoted(PRIORITIES))]


def each_key(value: object) -> object:
    """`any = { subject = "a", text = "b" }` is short for a list of tables of one key each."""
    return tuple({key: inner} for key, inner in value.items()) if isinstance(value, dict) and len(value) > 1 else tables(value)


def tables(value: object) -> object:
    """One table stands for a list of it."""
    return (value,) if isinstance(value, dict) else tuple(value) if isinstance(value, list) else value


def none_of(value: object) -> object:
    """`not = [{ … }, { … }]`: none of these."""
    return {"any": tables(value)} if isinstance(value, list) else value


class When(Section):
    """What must be true for the rule to apply: all that stands here; of a list, one. Without it the rule always applies.

    A plain text is looked for in any case of letters. Behind `re:` stands a regular expression as RE2 has it, in any case of letters too:
    `^` and `$` are the ends of lines, and `\\d`, `\\w` and `\\b` know ASCII alone. A mebibyte of a text is looked at, and less where an
    expression is large and many share the work that is done for one mail; `check` warns of those that look at less than 16 KiB.
    """

    gateway: Annotated[Any, PlainValidator(kept("gateway")), Kind(ADDRESS_PATTERN)] | None = None
    """The gateway; under a catch-all, the address that was written to."""
    author: Annotated[Any, PlainValidator(kept("author")), Kind(AUTHOR_PATTERN)] | None = None
    """Who wrote the mail; of a ticket, its client. In a rule that rejects: the reverse-path."""
    recipient: Annotated[Any, PlainValidator(kept("recipient")), Kind(ADDRESS_PATTERN)] | None = None
    """An address that the mail went to, by its envelope or by To, Cc and Delivered-To. In a rule that rejects: by its envelope."""
    subject: Annotated[Any, PlainValidator(kept("subject")), Kind(TEXT_PATTERN)] | None = None
    """The subject."""
    text: Annotated[Any, PlainValidator(kept("text")), Kind(TEXT_PATTERN)] | None = None
    """What is new in the text; not what it quotes of earlier mail."""
    header: Annotated[Any, PlainValidator(kept("header")), Kind(HEADER)] | None = None
    """Fields of the mail's header: a pattern for their value, `true` for one that is there at all, `false` for none."""
    kind: Annotated[Any, PlainValidator(kept("kind")), Kind(f"{quoted(KINDS)}, or a list of those")] | None = None
    """What kind of mail it is."""
    reply: Annotated[Any, PlainValidator(kept("reply")), Kind("true or false")] | None = None
    """Whether it belongs to a ticket there is."""
    known_client: Annotated[Any, PlainValidator(kept("known_client")), Kind("true or false")] | None = None
    """Whether its author was a client before."""
    attachment: Annotated[Any, PlainValidator(kept("attachment")), Kind(ATTACHMENT)] | None = None
    """A file that comes with it. Pictures shown within the text are none."""
    size: Annotated[Any, PlainValidator(kept("size")), Kind(SIZE)] | None = None
    """The size of the mail as a whole."""
    language: Annotated[Any, PlainValidator(kept("language")), Kind(LANGUAGE)] | None = None
    """The language of the mail's text, or of the ticket."""
    verdict: Annotated[Any, PlainValidator(kept("verdict")), Kind(VERDICT)] | None = None
    """What mail authentication says."""
    department: Annotated[Any, PlainValidator(kept("department")), Kind("the key of a [[department]], or a list of them")] | None = None
    """The department of the gateway; of a ticket, its own."""
    spam_score: Annotated[Any, PlainValidator(kept("spam_score")), Kind(SCORE)] | None = None
    """The highest score that our scanners gave with what `[screening]` adds for listings, or that a spam filter on the way wrote into the
    header: X-Spam-Score, X-Spam-Status and the fields of Rspamd."""
    hours: Annotated[Any, PlainValidator(kept("hours")), Kind(HOURS)] | None = None
    """The time of the week; what ends before it begins ends on the next day. Inside `not` it means outside these hours. With
    `on = "unanswered"` a number is `unanswered_hours`."""
    status: Annotated[Any, PlainValidator(kept("status")), Kind(f"{quoted(STATUSES)}, or a list of those")] | None = None
    """The status of the ticket there is, after what happened."""
    category: Annotated[Any, PlainValidator(kept("category")), Kind("a category, or a list of them")] | None = None
    """The category of the ticket, or the one that it will get from its gateway."""
    priority: Annotated[Any, PlainValidator(kept("priority")), Kind(f"{quoted(PRIORITIES)}, or a list of those")] | None = None
    """The priority of the ticket there is."""
    tag: Annotated[Any, PlainValidator(kept("tag")), Kind("a tag, or a list of them")] | None = None
    """A tag of the ticket there is."""
    assigned: Annotated[Any, PlainValidator(kept("assigned")), Kind("true or false")] | None = None
    """Whether the ticket there is has an assignee."""
    unanswered_hours: Annotated[Any, PlainValidator(kept("unanswered_hours")), Kind(UNANSWERED)] | None = None
    """With `on = "unanswered"`: for how long the client has been waiting."""
    any: Annotated[tuple["When", ...] | None, BeforeValidator(each_key)] = None
    """Tables like this one, of which one must be true: `any = [{ subject = "a" }, { author = "@b.test" }]`. Of a single table it is enough
    that one of its keys is."""
    all: Annotated[tuple["When", ...] | None, BeforeValidator(tables)] = None
    """Tables like this one, which must all be true."""
    not_: Annotated["When | None", BeforeValidator(none_of), Field(alias="not")] = None
    """A table like this one, which must not be true; of a list, none may be."""


class Then(Section):
    """What the rule does. Mail is taken in as ever, unless the rule discards, holds or rejects it."""

    create: bool = True
    """The mail makes a ticket, as it does anyway; `false` is the same as `discard`."""
    discard: bool = False
    """The mail makes no ticket; it is kept as `ignored`, with the rule's name."""
    hold: bool = False
    """The mail waits for a person."""
    reject: Annotated[str, PlainValidator(read_reject), Kind(REJECT)] | None = None
    """The mail is refused in the SMTP dialogue, where only `gateway`, `author`, `recipient` and `size` are known. Mail that came another
    way is discarded instead."""
    department: str | None = None
    """Key of the department that gets the ticket."""
    category: Line | None = None
    """The ticket's category."""
    priority: PriorityName | None = None
    """The ticket's priority."""
    status: StatusName | None = None
    """The ticket's status."""
    tags: Annotated[tuple[str, ...], PlainValidator(read_lines), PlainSerializer(list), Kind("a tag, or a list of them")] | None = None
    """Tags that are added."""
    assignee: Annotated[str, PlainValidator(read_assignee), Kind(ASSIGNEE)] | None = None
    """Who gets the ticket: one agent, the department's agents by turns, or the one of them with the fewest open tickets."""
    cc: (
        Annotated[tuple[str, ...], PlainValidator(read_addresses), PlainSerializer(list), Kind("an e-mail address, or a list of them")]
        | None
    ) = None
    """People who are put into the ticket's Cc."""
    notify: (
        Annotated[tuple[str, ...], PlainValidator(read_addresses), PlainSerializer(list), Kind("an agent's address, or a list of them")]
        | None
    ) = None
    """Agents who are told instead of the department, whatever their departments are."""
    answer: Line | None = None
    """Name of the template that its author is answered with."""
    stop: bool = False
    """No rule below has a say."""


class Rule(Section):
    """A rule. Rules are weighed in the order of the file, and all of them that apply have their effect: of two that say different things
    the later one is obeyed, tags and people add up. A rule that stops, discards, holds or rejects is the last. What rules do sets off no
    rules.
    """

    name: Line
    """The name by which tickets and messages tell of it."""
    on: Annotated[str, PlainValidator(choice(EVENTS, EVENT)), Kind(EVENT)] = "received"
    """When it is weighed: when mail is being taken in, when something happened to a ticket, or when nobody has answered for a while. The
    events of tickets are those that `tickets show` tells of."""
    when: When = When()
    """What must be true."""
    then: Then
    """What is done."""
