"""`[trust]`: whose word counts on who wrote a message."""

from typing import Literal

from gateway.config.section import Section
from gateway.config.values import Domain, Line, Local, Nameserver, Network


class Trust(Section):
    """Mail authentication. What stands here decides who may command by mail: leave it strict."""

    agent_authentication: Literal["required", "token"] = "required"
    """What an agent's mail must prove. `required`: the reply token, and SPF or DKIM in line with the agent's domain (or a relay's word for
    it). `token`: the reply token alone, for one machine without DNS; who gets hold of a notification can then write as its agent."""
    relays: tuple[Network, ...] = ()
    """Networks of relays in front of us, whose `Authentication-Results` are believed."""
    authserv_id: Line | None = None
    """The name that those relays sign their `Authentication-Results` with; without it, none of theirs is believed."""
    arc_sealers: tuple[Domain, ...] = ()
    """Domains whose ARC seals are believed: when mail was forwarded by one of these and its seal verifies, what it found on arrival counts
    as our own finding."""
    local: tuple[Local, ...] = ()
    """Networks, and ways of entry without a peer, whose mail is believed to be from whom it says."""
    nameservers: tuple[Nameserver, ...] = ()
    """DNS servers to ask; without them, those of the system."""
    dnssec: bool = False
    """Believe name servers on other machines that they have validated an answer by DNSSEC. Whoever is on the way there can say so in their
    name: leave it off unless the way is your own."""
