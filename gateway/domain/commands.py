"""Commands that an agent writes under a reply, and what may be wrong with one (O1–O9)."""

from dataclasses import dataclass
from enum import StrEnum


class CommandName(StrEnum):
    """CONTRACT's English keys."""

    OPEN = "open"
    PENDING = "pending"
    CLOSED = "closed"
    SPAM = "spam"
    TRASH = "trash"
    RESOLVED = "resolved"
    CANCELLED = "cancelled"
    IN_PROGRESS = "in_progress"
    ME = "me"
    ASSIGNEE = "assignee"
    SUBJECT = "subject"
    CC = "cc"
    BCC = "bcc"
    TAGS = "tags"
    NOTE = "note"
    PRIORITY = "priority"
    CATEGORY = "category"
    DEPARTMENT = "department"
    TEMPLATE = "template"
    FROM = "from"
    TO = "to"
    PRIVATE = "private"
    MERGE = "merge"
    HELP = "help"


class Problem(StrEnum):
    """Why a command was not obeyed; `gateway.letters.problems` says it in words. What `details` of a `Refusal` hold stands behind each."""

    MISSING_VALUE = "missing_value"
    UNWANTED_VALUE = "unwanted_value"
    SPACING = "spacing"
    """Not exactly one space between name and value."""
    TEXT_BELOW = "text_below"
    """Other text stands below it, so it is part of the reply."""
    WITHHELD = "withheld"
    """As `TEXT_BELOW`, of a command whose words must not reach the client: nothing of the mail was sent."""
    UNKNOWN_AGENT = "unknown_agent"
    AMBIGUOUS_AGENT = "ambiguous_agent"
    """The agents it could be, as `Name <address>`."""
    INACTIVE_AGENT = "inactive_agent"
    AGENT_ELSEWHERE = "agent_elsewhere"
    """The agent, and the department that is not theirs."""
    BAD_ADDRESS = "bad_address"
    """The malformed ones."""
    OWN_ADDRESS = "own_address"
    """Those that are gateway or reply addresses of ours."""
    TOO_MANY = "too_many"
    """The bound."""
    TOO_LONG = "too_long"
    """The bound, in characters."""
    UNKNOWN_PRIORITY = "unknown_priority"
    """Those there are."""
    UNKNOWN_DEPARTMENT = "unknown_department"
    """Those there are."""
    UNKNOWN_TEMPLATE = "unknown_template"
    """Those that this agent may use here."""
    FROM_NOT_ALLOWED = "from_not_allowed"
    """Those that are."""
    NOT_A_NUMBER = "not_a_number"
    UNKNOWN_TICKET = "unknown_ticket"
    SAME_TICKET = "same_ticket"
    OTHER_CLIENT = "other_client"
    """Of a merge across clients, which `desk.merge_across_clients` does not allow."""
    OTHER_DEPARTMENT = "other_department"
    """The department of the other ticket, which the agent lacks."""
    IN_SIGNATURE = "in_signature"
    """It stands in the signature."""
    NO_REPLY = "no_reply"
    """It says how a reply is sent, and no reply stands with it."""
    NO_TICKET_YET = "no_ticket_yet"
    """It acts on a ticket that there is, and stands in the mail that opens one."""
    NOT_STAFF = "not_staff"
    """Its author is no agent: it is part of the text."""


@dataclass(frozen=True, slots=True)
class Command:
    """`value` is as written, without outer white space; `""` where there is none. `line` is the whole line."""

    name: CommandName
    value: str
    line: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A command that was not obeyed."""

    name: CommandName
    value: str
    line: str
    problem: Problem
    details: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """One line of the vocabulary as `@help` lists it: how it is written, e.g. `@assignee NAME`, and what it does."""

    usage: str
    meaning: str
