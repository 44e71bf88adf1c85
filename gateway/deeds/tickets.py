"""What people do to tickets through the command line, the console and the API: one function each.

All take the caller's transaction and a `Hand`: who, in which departments, and the name of this one wish, which has its effect once. All
raise `Missing` for a ticket that is none or not theirs to see, and `Refused` for whatever else the desk does not grant; then the
transaction is to be rolled back. After the commit, wake `outbox` where `Done.letters` says so. Entries of the audit log say by themselves
what was changed.
"""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.deeds import wishes
from gateway.deeds.hand import Done, Hand, once
from gateway.deeds.refused import Missing, Refused
from gateway.deeds.wishes import NOTHING_ELSE, Answer, Opening, Wished
from gateway.desk import change as desk_change
from gateway.desk.change import Named
from gateway.desk.record import Recorded
from gateway.domain.facts import Facts, KnownTicket
from gateway.domain.letter import one_line
from gateway.domain.organisation import Gateway, Organisation
from gateway.domain.states import ArticleKind
from gateway.domain.steps import AddArticle, AddCc, File, Merge, Person, Step
from gateway.mail.address import address_key
from storage import ticket_pages, ticket_views
from storage.knowledge import lock_tickets


class Meanwhile(Refused):
    """Somebody wrote on the ticket while the answer was being written; `newest` is the id of the newest article, to be read first."""

    def __init__(self, number: int, newest: int) -> None:
        super().__init__(f"somebody wrote on ticket #{number} meanwhile: read that first, and answer then", "ticket.refused_meanwhile")
        self.newest = newest


async def held(session: AsyncSession, hand: Hand, number: int) -> KnownTicket:
    """The ticket of this number, or that which it was merged into, under lock until the transaction ends. Whoever compares it with what
    somebody has seen does it after this."""
    return await seen_of(session, hand, number, Facts(tickets=await lock_tickets(session, (number,))))


async def reply(session: AsyncSession, hand: Hand, number: int, answer: Answer) -> Done:
    """Raises Meanwhile."""
    ticket = await held(session, hand, number)
    async with once(session, hand, ticket.number) as this:
        if this.before is not None:
            return this.before
        await nothing_newer(session, ticket, answer.seen)
        article = AddArticle(ArticleKind.AGENT_REPLY, text_of(answer), private=answer.private, files=answer.files)
        cc = wishes.people_of(answer.cc, hand.desk)
        named = named_in(answer, cc, hand.desk)
        copies = (AddCc(cc),) if cc and not answer.private else ()
        steps = (article, *wishes.steps_of(answer.wished, hand.desk), *copies)
        sender = sender_of(answer.from_address, hand.desk) if answer.from_address else None
        done = await apply(session, hand, ticket, steps, sender, named)
        if named.to is not None and not done.letters:
            raise Refused(
                "nobody of those whom the answer names can be written to: the client gets no private answer", "ticket.refused_nobody"
            )
        this.ticket = done.ticket
    note_words(hand, answer.files, answer.wished)
    hand.deed.note(private=answer.private, from_address=answer.from_address)
    return done


def text_of(answer: Answer) -> str:
    """A file alone is an answer."""
    return "" if answer.files and not answer.text.strip() else wishes.words_of(answer.text)


def named_in(answer: Answer, cc: tuple[Person, ...], desk: Organisation) -> Named:
    to, bcc = wishes.people_of(answer.to, desk), wishes.people_of(answer.bcc, desk)
    if answer.private and not to and (cc or bcc):
        raise Refused("a private answer goes to those in To: name somebody there, or nobody at all", "ticket.refused_private_to")
    return Named(to or None, cc, bcc)


async def note(
    session: AsyncSession, hand: Hand, number: int, text: str, files: tuple[File, ...] = (), wished: Wished = NOTHING_ELSE
) -> Done:
    """Words between colleagues, which no client ever gets; `wished` changes the ticket along with them."""
    ticket = await held(session, hand, number)
    async with once(session, hand, ticket.number) as this:
        if this.before is not None:
            return this.before
        words = "" if files and not text.strip() else wishes.words_of(text)
        article = AddArticle(ArticleKind.NOTE, words, private=True, files=files)
        done = await apply(session, hand, ticket, (article, *wishes.steps_of(wished, hand.desk)))
        this.ticket = done.ticket
    note_words(hand, files, wished)
    return done


async def set_fields(session: AsyncSession, hand: Hand, number: int, wished: Wished) -> Done:
    """Status, assignee and the like, tags and Cc. What is as wished already stays, and makes no event."""
    ticket = await held(session, hand, number)
    async with once(session, hand, ticket.number) as this:
        if this.before is not None:
            return this.before
        steps = wishes.steps_of(wished, hand.desk)
        if not steps:
            raise Refused("nothing to set: say what shall be otherwise")
        done = await apply(session, hand, ticket, steps)
        this.ticket = done.ticket
    note_words(hand, (), wished)
    return done


async def merge(session: AsyncSession, hand: Hand, number: int, into: int) -> Done:
    """What hangs on ticket `number` moves to `into`, which lives on; the other is closed, and its number leads there. Both are of one
    client, unless `desk.merge_across_clients` allows otherwise."""
    # Both under lock at once, in the order of number, or two merges crosswise would wait for each other.
    found = Facts(tickets=await lock_tickets(session, (number, into)))
    async with once(session, hand, into) as this:
        if this.before is not None:
            return this.before
        source, survivor = await seen_of(session, hand, number, found), await seen_of(session, hand, into, found)
        if source.number == survivor.number:
            raise Refused(f"#{number} and #{into} are one ticket already", "ticket.refused_one_ticket", number=str(number), into=str(into))
        done = await apply(session, hand, survivor, (Merge(source.number),))
        hand.deed.about("ticket", source.number)
        this.ticket = done.ticket
    return done


async def seen_of(session: AsyncSession, hand: Hand, number: int, found: Facts) -> KnownTicket:
    ticket = found.ticket(number)
    if ticket is None:
        raise Missing(await desk_change.why_absent(session, number))
    if not hand.sees(ticket.department):
        raise Missing(f"there is no ticket #{number}")
    return ticket


async def open_by_hand(session: AsyncSession, hand: Hand, opening: Opening) -> Done:
    """A ticket that came by another channel. Its client is known by the address, or becomes known; both they and the department are told as
    of one that came by mail."""
    gateway = gateway_of(opening.gateway, hand)
    async with once(session, hand) as this:
        if this.before is not None:
            return this.before
        client = Person(one_line(wishes.cleaned(opening.client.name)), opening.client.address.strip())
        subject, words = wishes.subject_of(opening.subject), wishes.words_of(opening.text)
        made = await desk_change.open_by_hand(session, client, subject, words, hand.actor, gateway, hand.desk, hand.effect)
        done = granted(made)
        this.ticket = done.ticket
    hand.deed.about("ticket", done.ticket)
    return done


def gateway_of(address: str | None, hand: Hand) -> Gateway:
    """Of those whose department they see; `*@domain` is no address that a letter could come from."""
    usable = [each for each in hand.desk.gateways if not each.catches_all and hand.sees(each.department)]
    if address is None:
        default = hand.desk.default_gateway
        if default in usable or not usable:
            return default
        return usable[0]
    found = hand.desk.gateway(address_key(address))
    if found is None or found not in usable:
        raise Refused(
            f"{address}: no such gateway; the configuration has {', '.join(each.address for each in usable)}",
            "ticket.refused_gateway",
            address=address,
        )
    return found


async def apply(
    session: AsyncSession,
    hand: Hand,
    ticket: KnownTicket,
    steps: Sequence[Step],
    from_address: str | None = None,
    named: Named = desk_change.NOBODY_ELSE,
) -> Done:
    """Through the one door to a ticket, with what it changes told to the audit log."""
    before = await ticket_views.settings_of(session, ticket.number)
    made = await desk_change.change(session, ticket.number, hand.actor, steps, hand.desk, hand.effect, from_address, named=named)
    done = granted(made)
    now = await ticket_views.settings_of(session, ticket.number)
    hand.deed.about("ticket", ticket.number)
    for name, value in before.items():
        hand.deed.changed(name, value, now[name])
    return done


def granted(made: Recorded | desk_change.Refused) -> Done:
    if isinstance(made, desk_change.Refused):
        raise Refused(made.why)
    assert made.ticket is not None
    return Done(made.ticket, made.letters, warnings=made.warnings)


async def nothing_newer(session: AsyncSession, ticket: KnownTicket, seen: int | None) -> None:
    newest = await ticket_pages.newest_words(session, ticket.number) if seen is not None else None
    if seen is not None and newest is not None and newest > seen:
        raise Meanwhile(ticket.number, newest)


def sender_of(address: str, desk: Organisation) -> str:
    """One of ours, enabled; whether a reply of this department may bear it is the desk's to say."""
    key = address_key(address)
    gateway, listed = desk.gateway(key), desk.from_address(key)
    if any(each.address == key and not each.enabled for each in desk.from_addresses):
        raise Refused(
            f"{address}: it is switched off; its [[from_address]] has enabled = false", "ticket.refused_sender_off", address=address
        )
    if listed is not None:
        return listed.address
    if gateway is None or gateway.catches_all:
        raise Refused(
            f"{address}: not an address of ours; the configuration has {own_addresses(desk)}", "ticket.refused_sender", address=address
        )
    return gateway.address


def own_addresses(desk: Organisation) -> str:
    """What a reply may be asked to go out from."""
    listed = (each.address for each in desk.from_addresses if each.enabled)
    return ", ".join(dict.fromkeys((*(each.address for each in desk.gateways if not each.catches_all), *listed)))


def note_words(hand: Hand, files: Sequence[File], wished: Wished) -> None:
    """For the audit log: that there were files or a subject, and not which, for these may be a client's words."""
    hand.deed.note(files=len(files) or None, subject="set" if wished.subject is not None else None)
    hand.deed.note(tags_added=wished.add_tags, tags_removed=wished.remove_tags, cc_added=wished.add_cc, cc_removed=wished.remove_cc)
