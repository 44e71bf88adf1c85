"""Two tickets that become one, as letters and later steps see it. PURE."""

from dataclasses import replace

from gateway.domain.facts import KnownTicket, Participant


def joined(survivor: KnownTicket, source: KnownTicket) -> KnownTicket:
    """`survivor` with everybody of `source`, whose client comes into its Cc where it is another, and with the ids that they have seen."""
    known = {each.key: each for each in survivor.participants}
    for each in source.participants:
        known.setdefault(each.key, moved(each, survivor))
    return replace(
        survivor,
        participants=tuple(known.values()),
        tags=tuple({each.casefold(): each for each in (*source.tags, *survivor.tags)}.values()),
        thread=tuple(dict.fromkeys((*source.thread, *survivor.thread))),
        last_message=source.last_message or survivor.last_message,
        earlier=(*source.earlier, *survivor.earlier),
    )


def moved(participant: Participant, survivor: KnownTicket) -> Participant:
    """A ticket has one requester; the other's is told of it all the same, unless it is the same client at another address."""
    if participant.part != "requester":
        return participant
    return replace(participant, part="named" if participant.key in survivor.client.keys else "cc")
