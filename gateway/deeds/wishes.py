"""What people ask for on a ticket, and the steps that it becomes once it is cleaned and found to make sense. PURE."""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from gateway.deeds.refused import Refused
from gateway.desk.articles import MAY_HOLD_MAIL
from gateway.desk.audience import can_be_written_to
from gateway.desk.commands.values import addresses_in, tags_in
from gateway.desk.identify import is_ours
from gateway.desk.orders import LONGEST_CATEGORY, LONGEST_SUBJECT, MOST_ADDRESSES, MOST_TAGS
from gateway.domain.letter import one_line
from gateway.domain.organisation import Organisation
from gateway.domain.states import Priority, Status
from gateway.domain.steps import (
    AddCc,
    AddTags,
    Assign,
    File,
    Person,
    RemoveCc,
    RemoveTags,
    SetCategory,
    SetDepartment,
    SetPriority,
    SetStatus,
    SetSubject,
    Step,
)
from gateway.mail.address import address_key
from gateway.tokens.masking import mask_tokens, mask_tokens_in_bytes

LONGEST_TEXT: Final = 500_000
"""Characters of an answer or a note."""
MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")
"""RFC 6838 §4.2."""
ANY_TYPE: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Wished:
    """What of a ticket shall be otherwise; None: as it is. Of `category` and `assignee` (an agent's address) `""` is nothing and nobody."""

    status: Status | None = None
    priority: Priority | None = None
    department: str | None = None
    category: str | None = None
    assignee: str | None = None
    subject: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    add_cc: tuple[str, ...] = ()
    """Addresses, also as `Name <address>`."""
    remove_cc: tuple[str, ...] = ()


NOTHING_ELSE: Final = Wished()


@dataclass(frozen=True, slots=True)
class Answer:
    """An agent's words. They go to the client and the ticket's Cc, or to whom `to` names instead, with `cc` and `bcc` besides, whoever
    stands in `cc` being in the ticket's Cc from then on. A `private` answer never goes to the client: it stays on the ticket, or goes to
    those of `to`.

    `from_address` is one of ours, None: as the department has it. `wished` changes the ticket along with it; a change of status is told in
    the answer. `seen` is the id of the newest article that its writer had before them: a newer one of a client's, or a colleague's answer,
    raises `Meanwhile`; None: whatever came since.
    """

    text: str
    files: tuple[File, ...] = ()
    private: bool = False
    from_address: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    wished: Wished = field(default_factory=Wished)
    seen: int | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """A ticket for a client who came by another channel, such as the telephone: `text` is what they said. `gateway` is the address that its
    letters come from and whose department gets it, None: the default one."""

    client: Person
    subject: str
    text: str
    gateway: str | None = None


def steps_of(wished: Wished, desk: Organisation) -> list[Step]:
    """In the order in which events tell of them; none for what is not wished. Raises Refused."""
    steps: list[Step] = []
    if wished.status is not None:
        steps.append(SetStatus(wished.status))
    if wished.category is not None:
        steps.append(SetCategory(category_of(wished.category, desk)))
    if wished.priority is not None:
        steps.append(SetPriority(wished.priority))
    if wished.department is not None:
        steps.append(SetDepartment(wished.department))
    if wished.assignee is not None:
        steps.append(Assign(assignee_of(wished.assignee, desk)))
    if wished.subject is not None:
        steps.append(SetSubject(subject_of(wished.subject)))
    return [*steps, *hanging(wished, desk)]


def hanging(wished: Wished, desk: Organisation) -> Iterable[Step]:
    if added := tags_of(wished.add_tags):
        yield AddTags(added)
    if removed := tags_of(wished.remove_tags):
        yield RemoveTags(removed)
    if copies := people_of(wished.add_cc, desk):
        yield AddCc(copies)
    if gone := tuple(Person("", each) for each in wished.remove_cc if address_key(each)):
        yield RemoveCc(gone)


def words_of(text: str) -> str:
    """As they are kept: LF ends, nothing that the database or a letter cannot hold, no reply token of a notification that somebody pasted.
    White space at the beginning of the first line stays."""
    if len(text) > LONGEST_TEXT:
        raise Refused(
            f"the text is too long: {len(text)} characters, where {LONGEST_TEXT} are the most; send the rest as a file",
            "ticket.refused_too_long",
            n=len(text),
            most=LONGEST_TEXT,
        )
    words = mask_tokens(cleaned(text)).strip("\n").rstrip()
    if not words.strip():
        raise Refused("the text is empty: write what there is to say", "ticket.refused_empty")
    return words


def subject_of(subject: str) -> str:
    found = mask_tokens(one_line(cleaned(subject)))
    if not found:
        raise Refused("a subject cannot be empty", "ticket.refused_subject_empty")
    if len(found) > LONGEST_SUBJECT:
        raise Refused(
            f"the subject is too long: {len(found)} characters, where {LONGEST_SUBJECT} are the most",
            "ticket.refused_subject_long",
            n=len(found),
            most=LONGEST_SUBJECT,
        )
    return found


def category_of(category: str, desk: Organisation) -> str | None:
    """In the spelling of the configuration, where a gateway has it."""
    found = one_line(cleaned(category))
    if len(found) > LONGEST_CATEGORY:
        raise Refused(
            f"the category is too long: {len(found)} characters, where {LONGEST_CATEGORY} are the most",
            "ticket.refused_category_long",
            n=len(found),
            most=LONGEST_CATEGORY,
        )
    known = {each.category.casefold(): each.category for each in desk.gateways if each.category}
    return known.get(found.casefold(), found) or None


def assignee_of(named: str, desk: Organisation) -> str | None:
    agent = desk.agent(address_key(named)) if named else None
    return agent.address if agent is not None else named or None


def tags_of(tags: Sequence[str]) -> tuple[str, ...]:
    found = {unicodedata.normalize("NFC", tag).casefold(): tag for each in reversed(tags) for tag in reversed(tags_in(cleaned(each)))}
    if len(found) > MOST_TAGS:
        raise Refused(
            f"{len(found)} tags at once are too many: {MOST_TAGS} are the most", "ticket.refused_tags", n=len(found), most=MOST_TAGS
        )
    return tuple(reversed(found.values()))


def people_of(addresses: Sequence[str], desk: Organisation) -> tuple[Person, ...]:
    """Whom letters can go to, each once; every piece may itself be a list, as people type them. Raises Refused for the first that
    cannot."""
    found: dict[str, Person] = {}
    for piece in addresses:
        good, bad = addresses_in(cleaned(piece))
        if bad:
            raise Refused(f"{bad[0]!r} is not an address", "ticket.refused_address", address=bad[0])
        for each in good:
            if (against := why_not_written_to(each, desk)) is not None:
                raise against
            found.setdefault(address_key(each), Person("", each))
    if len(found) > MOST_ADDRESSES:
        raise Refused(
            f"{len(found)} addresses at once are too many: {MOST_ADDRESSES} are the most",
            "ticket.refused_addresses",
            n=len(found),
            most=MOST_ADDRESSES,
        )
    return tuple(found.values())


def why_not_written_to(address: str, desk: Organisation) -> Refused | None:
    key = address_key(address)
    agent = desk.agent(key)
    if not key or not can_be_written_to(address):
        return Refused(f"{address!r} is not an address", "ticket.refused_address", address=address)
    if is_ours(key, desk):
        return Refused(f"{address} is an address of our own: no letter goes there", "ticket.refused_own_address", address=address)
    if agent is not None and not agent.active:
        return Refused(
            f"{agent.address} is not active: an agent who has left gets no letters", "ticket.refused_left", address=agent.address
        )
    return None


def file_of(filename: str, content_type: str, content: bytes) -> File:
    """What somebody attached. Its name and type are whatever they say; one of our own letters among them shows no reply token."""
    kind = content_type.partition(";")[0].strip().lower()
    kind = kind if MEDIA_TYPE.fullmatch(kind) else ANY_TYPE
    if kind.startswith(MAY_HOLD_MAIL):
        content = mask_tokens_in_bytes(content)
    name = mask_tokens(one_line(cleaned(filename.replace("\\", "/").rpartition("/")[2]))) or "file"
    return File(name, kind, content, hashlib.sha256(content).hexdigest())


def cleaned(text: str) -> str:
    """PostgreSQL takes no NUL, UTF-8 no half characters; other controls but tabs and line ends mean nothing."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(each for each in lines if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))
