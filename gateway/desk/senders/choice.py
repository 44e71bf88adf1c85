"""Whom a letter comes from (Z6–Z9, U6, C12): From, Reply-To, reverse-path and the server that it leaves by. PURE."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gateway.auth.organisational import aligned
from gateway.desk.telling import gateway_name
from gateway.domain.letter import RELAY, Party, one_line
from gateway.domain.organisation import FromServer, Language, Organisation
from gateway.domain.senders import UNPROVEN, Proof, Proofs
from gateway.letters.texts import VIA
from gateway.mail.address import address_key

OWN_SERVER: Final = "smtp:"
"""Begins the destination of letters that leave by the server of their From address."""


@dataclass(frozen=True, slots=True)
class Sender:
    """`own_paths`: each recipient may have a return address of their own, at `outbound.bounce_domain`."""

    author: Party
    reply_to: Party
    reverse_path: str
    own_paths: bool = True
    destination: str = RELAY


def from_of(
    asked: str | None,
    gateway: str,
    named: Callable[[str], str],
    language: Language,
    organisation: Organisation,
    proofs: Proofs,
) -> Sender:
    """`asked` is the address that somebody chose, `gateway` the ticket's; `named` makes what stands beside an address of its friendly name.

    A From address that does not prove to be its owner's is not used; one that receivers would not believe stands in the name alone.
    """
    chosen = asked is not None and may_be_used(address_key(asked) or asked, organisation, proofs)
    address = asked if asked is not None and chosen else gateway
    key = address_key(address) or address
    listed = organisation.from_address(key)
    own_name = listed.name if listed is not None and chosen else gateway_name(address, organisation)
    name, home = named(own_name), Party(gateway_name(gateway, organisation), gateway)
    # What is written to an address that is no gateway never comes here. Where it is one, Reply-To says so all the same (U6): relays
    # that know but their own users put another address into From.
    comes_here = key == address_key(gateway) or organisation.receives(key)
    answers_to = Party(own_name, address) if comes_here else home
    if listed is not None and listed.server is not None:
        account = account_of(listed.server, address)
        return Sender(Party(name, address), answers_to, account, own_paths=False, destination=destination(key))
    if listed is None or comes_here:
        return Sender(Party(name, address), answers_to, path_beside(address, gateway))
    proof = proofs.get(key, UNPROVEN)
    if proof.aligned is None:
        # RFC 7489 §3.1: of a domain that does not vouch for our relay, only the name may stand there.
        through = VIA[language].format(name=one_line(name) or address, desk=organisation.desk.name)
        return Sender(Party(through, gateway), home, gateway)
    path, own_paths = return_path(address, gateway, proof, organisation)
    return Sender(Party(name, address), answers_to, path, own_paths)


def may_be_used(address: str, organisation: Organisation, proofs: Proofs) -> bool:
    """Whether this normalised address is ours to write from, be it by name alone."""
    listed = organisation.from_address(address)
    if listed is None:
        # A gateway that is no From address besides; one that is switched off there is never used.
        return organisation.gateway(address) is not None and not any(each.address == address for each in organisation.from_addresses)
    return listed.server is not None or organisation.receives(address) or proofs.get(address, UNPROVEN).verified


def return_path(address: str, gateway: str, proof: Proof, organisation: Organisation) -> tuple[str, bool]:
    """Where reports go, and whether each recipient may have a path of their own.

    A signature vouches for From whatever the path is. SPF speaks of the path's domain alone, which has to be the author's
    (RFC 7489 §3.1.2): where that is not ours, reports go to the author's mailbox.
    """
    if proof.aligned == "dkim":
        return gateway, True
    bounces, domain = organisation.desk.bounce_domain, address.rpartition("@")[2]
    return path_beside(address, gateway), bounces is not None and aligned(bounces, domain.lower(), strict=True)


def path_beside(address: str, gateway: str) -> str:
    """A return path that SPF vouches for this author by: the ticket's gateway, if it is in the same domain."""
    return gateway if gateway.rpartition("@")[2].lower() == address.rpartition("@")[2].lower() else address


def for_staff(sender: Sender, organisation: Organisation) -> Sender:
    """Without addresses that need SMTPUTF8 (RFC 6531), where another gateway has none: the relay and the agents' own servers may lack it,
    and agents answer to a token whatever From says."""
    if is_plain(sender.author.address) and is_plain(sender.reverse_path):
        return sender
    gateways = (organisation.default_gateway, *organisation.gateways)
    plain = next((each.address for each in gateways if each.enabled and not each.catches_all and is_plain(each.address)), None)
    return sender if plain is None else Sender(Party(sender.author.name, plain), Party(sender.reply_to.name, plain), plain)


def is_plain(address: str) -> bool:
    """Only a local part that is not ASCII needs SMTPUTF8; domains have A-labels."""
    return address.rpartition("@")[0].isascii()


def account_of(server: FromServer, address: str) -> str:
    """The reverse-path that a server lets its user have: the account, where its name is an address."""
    return server.user if server.user is not None and address_key(server.user) else address


def destination(address: str) -> str:
    """Of letters from this normalised address, whose server is its own."""
    return f"{OWN_SERVER}{address}"
