"""`deskgate tickets`: reading them, and changing them through the same door as mail, which is imported by those commands alone."""

import argparse
import secrets
from typing import TYPE_CHECKING, Any

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import block, print_fields, print_json, print_table, say, shown
from gateway.cli.work import Work, words, work
from gateway.desk.views import ticket_document
from gateway.domain.actor import Actor
from gateway.domain.organisation import Agent
from gateway.domain.states import Priority, Role, Status
from gateway.domain.steps import Person
from storage import ticket_views

if TYPE_CHECKING:
    from gateway.deeds.hand import Done, Hand
    from gateway.deeds.wishes import Wished


async def list_tickets(options: argparse.Namespace) -> None:
    async with work(options) as opened, opened.sessions() as session:
        found = [ticket_document(each, opened.organisation) for each in await ticket_views.list_tickets(session, options.status)]
        opened.deed.about("ticket", *(each["number"] for each in found))
        opened.deed.about("client", *(each["client"]["id"] for each in found))
    if options.json:
        print_json(found)
        return
    rows = [
        (
            each["number"],
            each["status"],
            each["priority"],
            each["department"],
            each["assignee"],
            (each["client"]["addresses"] or [""])[0],
            each["updated_at"],
            each["subject"],
        )
        for each in found
    ]
    headings = ("#", "status", "priority", "department", "assignee", "client", "updated", "subject")
    print_table(headings, rows, "no tickets: they come with the first mail to a gateway address")


async def show(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        found = await document(opened, options.number)
    if options.json:
        print_json(found)
    else:
        print_ticket(found)


async def document(opened: Work, number: int) -> dict[str, Any]:
    async with opened.sessions() as session:
        found = await ticket_views.show_ticket(session, number)
    if found is None:
        raise Fail(f"there is no ticket #{number}")
    told = ticket_document(found, opened.organisation)
    opened.deed.about("client", told["client"]["id"])
    return told


def print_ticket(found: dict[str, Any]) -> None:
    client = found["client"]
    print(f"#{found['number']}  {shown(found['subject'])}")
    print_fields(
        {name: found[name] for name in ("status", "priority", "category", "department", "gateway", "language", "assignee", "cc", "tags")}
        | {"client": f"{client['name']} <{(client['addresses'] or [''])[0]}>", "related": found["related"]}
        | {"imported": imported_in_words(found["imported"])}
        | {"merged": found["merged"], "rating": rating_in_words(found["rating"])}
        | {"created": found["created_at"], "updated": found["updated_at"]}
    )
    for each in found["articles"]:
        author = each["author"]
        marks = " · private" if each["private"] else "" if each["verified"] else " · unverified"
        print(f"\n{shown(each['created_at'])}  {each['kind']} by {shown(author['name'] or author['address'])}{marks}")
        print(block(each["text"]))
        for file in each["attachments"]:
            print(f"    [{shown(file['filename'])}, {file['size']} bytes]")
    print("\nevents")
    for event in found["events"]:
        data = ", ".join(f"{name} {in_words(value)}" for name, value in event["data"].items())
        print(f"  {shown(event['at'])}  {event['kind']}  {shown(event['actor'])}  {data}".rstrip())


def in_words(value: Any) -> str:
    return " ".join(f"{name}={shown(each)}" for name, each in value.items()) if isinstance(value, dict) else shown(value)


def imported_in_words(imported: dict[str, Any] | None) -> str | None:
    return f"{imported['from']} {imported['number']}" if imported is not None else None


def rating_in_words(rating: dict[str, Any] | None) -> str | None:
    if rating is None:
        return None
    return f"{rating['score']}, {rating['level']}" + (f": {rating['comment']}" if rating["comment"] else "")


async def new(options: argparse.Namespace) -> None:
    from gateway.deeds import tickets
    from gateway.deeds.wishes import Opening

    opening = Opening(Person(options.name, options.client), options.subject, words(options.text), options.gateway)
    async with work(options) as opened:
        agent = opened.acting(options.agent)
        async with opened.changing() as session:
            done = await tickets.open_by_hand(session, hand(opened, agent), opening)
        await opened.wake("outbox")
        if options.json:
            print_json(await document(opened, done.ticket))
        else:
            print(f"#{done.ticket}")


async def set_fields(options: argparse.Namespace) -> None:
    from gateway.deeds import tickets
    from gateway.deeds.wishes import NOTHING_ELSE

    wished = wished_by(options)
    if wished == NOTHING_ELSE:
        raise Fail(
            "nothing to set: give --status, --category, --priority, --assignee, --department, --subject, --tag, --untag, --cc or --uncc",
            Exit.USAGE,
        )
    async with work(options) as opened:
        agent = opened.acting(options.agent)
        async with opened.changing() as session:
            done = await tickets.set_fields(session, hand(opened, agent), options.number, wished)
        await tell(opened, done)
    print(f"#{options.number}: done")


def wished_by(options: argparse.Namespace) -> "Wished":
    from gateway.deeds.wishes import Wished

    return Wished(
        status=None if options.status is None else Status(options.status),
        priority=None if options.priority is None else Priority(options.priority),
        department=options.department,
        category=options.category,
        assignee=options.assignee,
        subject=options.subject,
        add_tags=tuple(options.tag),
        remove_tags=tuple(options.untag),
        add_cc=tuple(options.cc),
        remove_cc=tuple(options.uncc),
    )


async def reply(options: argparse.Namespace) -> None:
    from gateway.deeds import tickets
    from gateway.deeds.wishes import Answer

    answer = Answer(words(options.text), from_address=options.from_address)
    async with work(options) as opened:
        agent = opened.acting(options.agent)
        async with opened.changing() as session:
            done = await tickets.reply(session, hand(opened, agent), options.number, answer)
        await tell(opened, done)
    print(f"#{options.number}: answered")


async def note(options: argparse.Namespace) -> None:
    from gateway.deeds import tickets

    text = words(options.text)
    async with work(options) as opened:
        agent = opened.acting(options.agent)
        async with opened.changing() as session:
            done = await tickets.note(session, hand(opened, agent), options.number, text)
        await tell(opened, done)
    print(f"#{options.number}: noted")


async def merge(options: argparse.Namespace) -> None:
    from gateway.deeds import tickets

    async with work(options) as opened:
        agent = opened.acting(options.agent)
        async with opened.changing() as session:
            done = await tickets.merge(session, hand(opened, agent), options.number, options.into)
        await tell(opened, done)
    print(f"#{options.number}: is part of #{done.ticket} now")


def hand(opened: Work, agent: Agent) -> "Hand":
    """Each command is one wish, and sees all departments; what the agent may do, the desk knows."""
    from gateway.deeds.hand import Hand

    return Hand(Actor(Role.AGENT, agent.name, agent.address), opened.organisation, opened.deed, secrets.token_hex(16))


async def tell(opened: Work, done: "Done") -> None:
    from gateway.desk.suppress import in_words as in_words_of

    if done.letters:
        await opened.wake("outbox")
    for each in done.warnings:
        say(f"deskgate: the reply goes out, but may not reach {each.address}: {in_words_of(each)}")
