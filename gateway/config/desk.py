"""`[desk]`: how the desk as a whole works."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.config.section import Section
from gateway.config.values import Address, Line, Secret
from gateway.domain.organisation import Language, RouteSource


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
    client_identity: Literal["from", "reply-to"] = "from"
    """Whether the client is who From names, or who Reply-To does."""
    unknown_clients: Literal["create", "hold"] = "create"
    """What becomes of mail from somebody unknown: a new client, or it waits for a person to sort it."""
    notify_recipients: Literal["authenticated", "always", "never"] = "authenticated"
    """Reserved: whether the other recipients of a client's mail are told of its ticket. This release tells its author alone."""
