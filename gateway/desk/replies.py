"""An agent's reply as the letters that carry it: to whom, from which address, with what it tells of the ticket. PURE."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from gateway.desk import audience
from gateway.desk.notify import is_reply, style_of_reply
from gateway.desk.standing import Standing, standing_of
from gateway.domain.facts import KnownTicket
from gateway.domain.organisation import Organisation
from gateway.domain.states import LetterKind, Status
from gateway.domain.steps import Addressee, Person, Send, Step
from gateway.mail.address import address_key

__all__ = ["is_reply", "replies"]

TOLD = (Status.RESOLVED, Status.CLOSED, Status.CANCELLED)
"""Statuses that a reply tells of."""


def replies(
    ticket: KnownTicket,
    steps: Sequence[Step],
    organisation: Organisation,
    *,
    to: Iterable[Person] | None = None,
    more: Iterable[Person] = (),
    bcc: Iterable[Person] = (),
    but_client: bool = False,
    from_address: str | None = None,
    verified: frozenset[str] = frozenset(),
) -> tuple[Send, ...]:
    """None where nobody outside is left to write to. `to` replaces the client and the ticket's Cc; `steps` change the ticket beside it."""
    letter = audience.to_client(LetterKind.AGENT_REPLY, ticket, organisation, to, more, bcc, but_client)
    if letter is None:
        return ()
    standing = standing_of(ticket, steps)
    style = style_of_reply(standing, organisation)
    if style is not None and style.send == "never":
        return ()
    letter = replace(
        letter,
        from_address=from_address or (style.from_address if style else None) or usual_from(standing.department, organisation, verified),
        template=style.template if style else None,
        news=standing.status if standing.status in TOLD and standing.status is not standing.before else None,
        own_copy=own_copy(letter, ticket, standing, organisation),
    )
    return with_scale(letter, standing, organisation)


def usual_from(department: str, organisation: Organisation, verified: frozenset[str]) -> str | None:
    """Z6: the department's default From address, its own before one for all; None: the ticket's gateway (O12)."""
    usable = {each.address for each in organisation.from_choices(department, verified)}
    defaults = [each for each in organisation.from_addresses if each.default and each.address in usable]
    own = [each.address for each in defaults if each.department == department]
    return next(iter((*own, *(each.address for each in defaults))), None)


def own_copy(letter: Send, ticket: KnownTicket, standing: Standing, organisation: Organisation) -> Addressee | None:
    """Z10: the address that the client wrote to. A gateway that is switched off gets none, for its mail may have to wait."""
    if not organisation.auto_cc(standing.department):
        return None
    address = ticket.written_to or ticket.gateway or organisation.default_gateway.address
    gateway = organisation.gateway(address_key(address))
    off = gateway is not None and not gateway.enabled
    gets_it = address_key(address) in audience.keys_of((*letter.to, *letter.cc, *letter.bcc))
    return None if off or gets_it else Addressee("", address)


def with_scale(letter: Send, standing: Standing, organisation: Organisation) -> tuple[Send, ...]:
    """C9: the scale goes to the requester only, so others get the same letter without it."""
    requester = tuple(each for each in letter.to if address_key(each.address) in standing.client_keys)
    if letter.news is not Status.RESOLVED or not requester or organisation.desk.base_url is None:
        return (letter,)
    others = tuple(each for each in (*letter.to, *letter.cc, *letter.bcc) if each not in requester)
    if not others and letter.own_copy is None:
        return (replace(letter, scale=True),)
    return replace(letter, scale=True, envelope=requester), replace(letter, envelope=others)
