"""What the desk knows when it decides on a message: values gathered from the database, or assumed by `explain`."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from gateway.domain.organisation import Language
from gateway.domain.probes import KnownProbe
from gateway.domain.room import UNBOUNDED, Room
from gateway.domain.screening import Screening
from gateway.domain.states import Priority, RecipientState, Status

Part = Literal["requester", "cc", "named", "stranger"]
Relation = Literal["is", "sent", "refers", "tag"]


@dataclass(frozen=True, slots=True)
class Participant:
    """`key` is the normalised address. `cc` gets the letters; `named` and `stranger` proved nothing and get nothing."""

    key: str
    address: str
    name: str
    part: Part


@dataclass(frozen=True, slots=True)
class KnownClient:
    """`keys` are all their normalised addresses; `address` the first that they were known by."""

    id: int
    name: str
    address: str
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a person said of mail that waited for one: the id of its client, None where its writer is to become one; and its department,
    None for the gateway's."""

    client_id: int | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class Assigned:
    """An `Assignment` with the client as known today."""

    client: KnownClient | None = None
    department: str | None = None


@dataclass(frozen=True, slots=True)
class KnownTicket:
    """A ticket under lock. `thread` are the ids that its client has seen, oldest first, without angle brackets; `last_message` is the id
    of what the client wrote last."""

    number: int
    subject: str
    status: Status
    priority: Priority
    department: str
    gateway: str
    language: Language
    client: KnownClient
    category: str | None = None
    assignee: str | None = None
    merged_into: int | None = None
    participants: tuple[Participant, ...] = ()
    tags: tuple[str, ...] = ()
    thread: tuple[str, ...] = ()
    last_message: str | None = None
    earlier: tuple[tuple[str, str], ...] = ()
    """The latest articles as (author's address, end of the text with its signature), the newest first."""
    closed_for: timedelta | None = None
    """How long ago it was closed; None while it is not."""
    created_at: datetime | None = None
    written_to: str | None = None
    """The outside address that its client wrote to, where that mail was forwarded to the gateway."""
    answered_today: int = 0
    """Automatic letters of the last day that outside mail caused on it."""

    def takes_part(self, key: str) -> bool:
        """Whether letters of this ticket go to the address: its client or somebody in Cc."""
        return key in self.client.keys or any(each.key == key and each.part in ("requester", "cc") for each in self.participants)

    def names(self, key: str) -> bool:
        """Whether the address stands anywhere on the ticket."""
        return key in self.client.keys or any(each.key == key for each in self.participants)


@dataclass(frozen=True, slots=True)
class IdMatch:
    """An id that the message names and a ticket remembers: an article's own (`is`), a letter's (`sent`), one that an article names, or the
    number that an imported ticket had before (`tag`; `identifier` is then as `old_tags.shown` has it, and proves nothing)."""

    identifier: str
    ticket: int
    relation: Relation


@dataclass(frozen=True, slots=True)
class Effect:
    """Of a message's dedupe keys, one that already had its effect."""

    inbound_id: int
    ticket: int | None


By = Literal["path", "id", "mark"]
"""How a report names the letter that it is about: by a reverse-path that is one recipient's own, by the letter's signed id, or by a probe's
mark."""


@dataclass(frozen=True, slots=True)
class SentLetter:
    """A recipient of a letter of ours that a report is about. `address` is the recipient, None where only the letter is known."""

    outbox_id: int
    recipient_id: int | None
    address: str | None
    ticket: int | None
    kind: str
    agent: str | None
    state: RecipientState = RecipientState.SENT
    by: By = "path"
    has_path: bool = False
    """Whether the recipient has a reverse-path of its own, which a genuine report comes to."""
    shared: bool = False
    """Whether others got the letter under the same id."""
    in_hand: bool = False
    """Whether a sender is at it this moment, and what came of it is not written down yet."""
    doubtful: bool = False
    """Whether an attempt ended without the answer to the final dot: it may have arrived although it still waits."""
    delayed: bool = False
    """Whether its ticket was told already that it is late."""
    complained: bool = False
    """Likewise, that its recipient complained."""
    age: timedelta = timedelta(0)
    """How long ago it was sent."""
    names_another: str | None = None
    """Whom the report names in the recipient's place, where that is somebody else who was written to about the same ticket."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`spent` names the budget that an automatic letter to this author would exceed, None where all have room; `room` is what they have
    left, for others who may get one too. `waited`: for how long the message has been ours. `verified_senders`: normalised From addresses
    that proved to be ours."""

    duplicate_of: Effect | None = None
    id_matches: tuple[IdMatch, ...] = ()
    tickets: tuple[KnownTicket, ...] = ()
    client: KnownClient | None = None
    spent: str | None = None
    room: Room = UNBOUNDED
    held_told_recently: bool = False
    reported: tuple[SentLetter, ...] = ()
    """Those that a report is about; a relay's may name several recipients of one letter."""
    from_relay: bool = False
    """Whether it was handed over by a relay of ours or a network that is believed (`trust`)."""
    returns: frozenset[str] = frozenset()
    """Of the author's normalised addresses, those that automatic letters do not go to because mail to them came back."""
    waited: timedelta = timedelta(0)
    now: datetime | None = None
    """By the database's clock, in UTC; None where no clock was asked."""
    loads: tuple[tuple[str, int], ...] = ()
    """Tickets that are not ended, by the assignee's address; asked for only where a rule assigns by turns or load."""
    last_assigned: tuple[tuple[str, str], ...] = ()
    """Whose the newest ticket of each department is that is anybody's; likewise."""
    verified_senders: frozenset[str] = frozenset()
    probe: KnownProbe | None = None
    """Of ours, whose genuine mark the message carries."""
    assigned: Assigned | None = None
    """What a person said of it, where it waited for one."""
    own_words: bool = False
    """Whether it has the words of a letter of ours, and comes from an address that we write from."""
    screening: Screening | None = None
    """What was found on it before it was kept; None where nothing was looked for."""

    def ticket(self, number: int) -> KnownTicket | None:
        """The ticket of this number, or the one it was merged into."""
        found = next((each for each in self.tickets if each.number == number), None)
        if found is not None and found.merged_into is not None:
            return next((each for each in self.tickets if each.number == found.merged_into), found)
        return found
