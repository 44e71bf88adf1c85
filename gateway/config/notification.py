"""`[[notification]]` and `[templates]`: who is told of what, and in which words."""

from typing import Annotated, Final, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from gateway.config.conditions import some
from gateway.config.describe import quoted
from gateway.config.rule import choice
from gateway.config.section import Kind, Section
from gateway.config.values import Address, ConfigPath, Line, read_address
from gateway.domain.notifications import AUDIENCES, NOTIFIED
from gateway.domain.organisation import Language

EVENTS: Final = tuple(map(str, NOTIFIED))
TO: Final = f"{quoted(AUDIENCES)}, an agent's address, or a list of those"


def read_audience(value: object) -> tuple[str, ...]:
    def read(each: object) -> str:
        try:
            return str(each) if each in AUDIENCES else read_address(each)
        except ValueError:
            raise ValueError(f"expected {TO}") from None

    return tuple(dict.fromkeys(some(value, read, TO)))


class Notification(Section):
    """A letter on something that happened. Without any, everybody is told what they need to know; each takes the place of the built-in one
    of the same event and audience. Of several that fit a ticket, the one that names more of category, department and language counts.
    """

    on: Annotated[str, PlainValidator(choice(EVENTS, quoted(EVENTS))), Kind(quoted(EVENTS))]
    """The event. `in_progress`: a new ticket is opened by anything but a reply."""
    to: Annotated[tuple[str, ...], PlainValidator(read_audience), PlainSerializer(list), Kind(TO)] | None = None
    """Whom it goes to; the default is whom the event usually concerns. `recipients` are those whom the client's mail was openly addressed
    to, within `desk.notify_recipients`; `cc` is the ticket's Cc."""
    category: Line | None = None
    """Only for tickets of this category."""
    department: str | None = None
    """Only for tickets of the department of this key."""
    language: Language | None = None
    """Only for tickets in this language."""
    send: Literal["immediately", "delayed", "never"] = "immediately"
    """When it is sent. A delayed one is not sent at all if the ticket has left that status by then."""
    delay_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 30)] | None = None
    """By how much it is delayed."""
    template: Line | None = None
    """Name of its template; the default is the event's."""
    from_: Annotated[Address | None, Field(alias="from")] = None
    """The address that it goes out from: a gateway's, or a `[[from_address]]`. The default is the one that the client wrote to."""


class Templates(Section):
    """Letters in words of your own. `deskgate templates export DIRECTORY` writes down the built-in ones."""

    directory: ConfigPath | None = None
    """Where they are: `LANGUAGE/NAME.txt`, whose first line is `Subject: …`, then a blank line and the text, and `LANGUAGE/NAME.html`.
    What is not there is taken from the built-in ones."""
