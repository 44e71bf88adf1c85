"""`[desk]`: how the desk as a whole works."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from gateway.config.command_words import CommandWords
from gateway.config.retention import Retention, in_short
from gateway.config.section import Section
from gateway.config.values import Address, Line, Secret
from gateway.domain.organisation import ClientIdentity, CommandPosition, Duplicates, Language, Receipts, RouteSource


class Desk(Section):
    """The desk itself: its name, its secret, its rules of the house."""

    name: Line = "Support"
    """The desk's name, in letters to clients and wherever a gateway has no name of its own."""
    language: Language = "en"
    """The language of letters where neither gateway nor department has one."""
    secret: Secret | None = None
    """Signs the reply tokens; whoever knows it can forge them. 16 characters or more, best of `openssl rand -base64 32`. Every node of one
    desk has the same. With the embedded database one is generated and kept in `data_dir`; with a server of yours it must be given."""
    old_secrets: tuple[Secret, ...] = ()
    """Earlier secrets, whose tokens still count: move the old one here when you change `secret`."""
    token_days: Annotated[int, Field(ge=1, le=3650)] = 90
    """Days for which an agent may still answer a notification once its ticket was closed."""
    reply_address: Address | None = None
    """Where agents' answers go, as `local+TOKEN@domain`. Mail to it must reach us. The default is `r@` and the default gateway's domain."""
    route_by: Annotated[tuple[RouteSource, ...], Field(min_length=1)] = ("to", "cc", "delivered-to", "envelope")
    """Where the gateway address is looked for, in this order. `["to"]` alone takes only mail that openly names a gateway address in To."""
    show_agent_name: bool = True
    """Whether answers go out in the agent's name, or in the gateway's alone."""
    command_languages: Annotated[tuple[Language, ...], Field(min_length=1)] = ("en", "ru", "pl")
    """The languages whose commands agents may write, all of them in every mail."""
    command_words: CommandWords = {}  # noqa: RUF012  pydantic copies it
    """More words for commands, without the `@`: the English key of each, with a list of words, such as `closed = ["done", "finished"]`."""
    command_position: CommandPosition = "end"
    """Where commands are obeyed: at the end of a reply, or `anywhere` in it, with other text below them as well."""
    receipts: Receipts = "problems"
    """When an agent gets a letter on what became of the commands in a mail: when one was not obeyed, always, or never. `@help` is answered
    all the same."""
    auto_cc: bool = False
    """Whether the address that the client wrote to gets a copy of each reply, openly in Cc, and of what an agent's `@to` sends to others. A
    copy that comes back to us is known for what it is."""
    duplicates: Duplicates = "one"
    """What one mail to several gateways becomes: `one` ticket, of the gateway that is named first, or one `per-department`."""
    client_identity: ClientIdentity = "from"
    """Whether the client is who From names, or who the first address of Reply-To is; never one of ours or an agent's."""
    requester_from_forward: bool = False
    """Whether mail that an agent forwards opens a ticket for its original author, or for the agent."""
    private_without_client: bool = False
    """Whether an agent's reply that its `@to` sends to others than the client is kept on the ticket as private."""
    merge_across_clients: bool = False
    """Whether `@merge` may join tickets of different clients."""
    unknown_clients: Literal["create", "hold"] = "create"
    """What becomes of mail from somebody unknown: a new client, or it waits for a person to sort it."""
    notify_recipients: Literal["authenticated", "always", "never"] = "authenticated"
    """Whether the other recipients of a client's mail, ten at most, are told of its ticket: where the mail proves its author, always, or
    never."""
    retention: Annotated[Retention, BeforeValidator(in_short)] = Retention()
    """For how long what is kept; a number stands for the days of raw mail."""
