"""`[[gateway]]`: the addresses that clients write to."""

from typing import Annotated, Literal

from pydantic import Field

from gateway.config.fetch import Fetch
from gateway.config.section import Section
from gateway.config.values import Address, GatewayAddress, Line
from gateway.domain.organisation import Language


class Gateway(Section):
    """An address that mail is taken in for, and that answers go out from."""

    address: GatewayAddress
    """The address, or `"*@domain"` for every address of a domain that has no table of its own."""
    name: Line | None = None
    """The name beside the address in our letters; the default is `desk.name`."""
    department: str | None = None
    """Key of the department that gets its tickets; the default is the first available one."""
    default: bool = False
    """Whether letters that belong to no other address go out from it. One gateway is the default; if there is one only, it is."""
    enabled: bool = True
    """Whether mail to it makes tickets."""
    when_disabled: Literal["ignore", "defer"] = "ignore"
    """What becomes of mail to it while it is disabled: it is kept without a ticket, or the peer is told to try again later."""
    language: Language | None = None
    """The language of letters to its clients; the default is its department's."""
    category: Line | None = None
    """The category that its tickets get."""
    forwarded_from: tuple[Address, ...] = ()
    """Outside mailboxes whose mail is forwarded to it. `deskgate gateways verify` proves that it is, and mail that bears such an address in
    From is known for a forward that hides who wrote it."""
    verify_hours: Annotated[float, Field(gt=0, le=8760)] | None = None
    """Hours between two probes to each of `forwarded_from` or, without any, to the address itself: agents are told by letter when none
    comes any more, and when they come again. Without it, probes go out when somebody asks for one."""
    fetch: Fetch | None = None
    """The mailbox that its mail is fetched from; without one, mail comes by SMTP or LMTP."""
