"""`deskgate tickets`: reading them, and changing them through the same door as mail, which is imported by those commands alone."""

import argparse
import secrets
from typing import Any

from gateway.cli.exits import Exit, Fail
from gateway.cli.output import block, print_fields, print_json, print_table, say, shown
from gateway.cli.work import Work, words, work
from gateway.desk.views import ticket_document
from gateway.domain.actor import Actor
from gateway.domain.organisation import Agent, Organisation
from gateway.domain.states import ArticleKind, Priority, Role, Status
from gateway.domain.steps import (
    AddArticle,
    Assign,
    Person,
    SetCategory,
    SetDepartment,
    SetPriority,
    SetStatus,
    SetSubject,
    Step,
)
from gateway.mail.address import address_key
from storage import ticket_views


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
    from gateway.desk.change import Refused, open_by_hand

    async with work(options) as opened:
        desk = opened.organisation
        agent = opened.acting(options.agent)
        gateway = desk.default_gateway
        if options.gateway is not None:
            found = desk.gateway(address_key(options.gateway))
            if found is None or found.catches_all:
                raise Fail(f"--gateway {options.gateway}: no such gateway; the configuration has {gateways(desk)}", Exit.WRONG)
            gateway = found
        async with opened.changing() as session:
            client = Person(options.name, options.client)
            done = await open_by_hand(session, client, options.subject, words(options.text), agent, gateway, desk, secrets.token_hex(16))
            if isinstance(done, Refused):
                raise Fail(done.why)
            opened.deed.about("ticket", done.ticket)
        await opened.wake("outbox")
        assert done.ticket is not None
        if options.json:
            print_json(await document(opened, done.ticket))
        else:
            print(f"#{done.ticket}")


async def set_fields(options: argparse.Namespace) -> None:
    async with work(options) as opened:
        steps = wished(options, opened.organisation)
        if not steps:
            raise Fail("nothing to set: give --status, --category, --priority, --assignee, --department or --subject", Exit.USAGE)
        if options.subject is not None:
            # That it was, and not to what: it may be a client's words.
            opened.deed.note(subject="set")
        await apply(opened, options.number, opened.acting(options.agent), steps)
    print(f"#{options.number}: done")


def wished(options: argparse.Namespace, desk: Organisation) -> list[Step]:
    steps: list[Step] = []
    if options.status is not None:
        steps.append(SetStatus(Status(options.status)))
    if options.category is not None:
        steps.append(SetCategory(options.category or None))
    if options.priority is not None:
        steps.append(SetPriority(Priority(options.priority)))
    if options.department is not None:
        steps.append(SetDepartment(options.department))
    if options.assignee is not None:
        named = desk.agent(address_key(options.assignee)) if options.assignee else None
        steps.append(Assign(named.address if named is not None else options.assignee or None))
    if options.subject is not None:
        steps.append(SetSubject(options.subject))
    return steps


async def reply(options: argparse.Namespace) -> None:
    text = words(options.text)
    async with work(options) as opened:
        desk = opened.organisation
        agent = opened.acting(options.agent)
        steps: list[Step] = [AddArticle(ArticleKind.AGENT_REPLY, text)]
        if options.from_address is not None:
            key = address_key(options.from_address)
            gateway, listed = desk.gateway(key), desk.from_address(key)
            address = listed.address if listed is not None else gateway.address if gateway is not None and not gateway.catches_all else None
            if any(each.address == key and not each.enabled for each in desk.from_addresses):
                raise Fail(f"--from {options.from_address}: it is switched off; its [[from_address]] has enabled = false")
            if address is None:
                raise Fail(f"--from {options.from_address}: not an address of ours; the configuration has {own_addresses(desk)}")
            await apply(opened, options.number, agent, steps, address)
        else:
            await apply(opened, options.number, agent, steps)
    print(f"#{options.number}: answered")


async def apply(opened: Work, number: int, agent: Agent, steps: list[Step], from_address: str | None = None) -> None:
    from gateway.desk.change import Refused, change
    from gateway.desk.suppress import in_words as in_words_of

    actor = Actor(Role.AGENT, agent.name, agent.address)
    async with opened.changing() as session:
        before = await ticket_views.settings_of(session, number)
        done = await change(session, number, actor, steps, opened.organisation, secrets.token_hex(16), from_address)
        if isinstance(done, Refused):
            raise Fail(done.why)
        now = await ticket_views.settings_of(session, number)
        for name, value in before.items():
            opened.deed.changed(name, value, now[name])
    if done.letters:
        await opened.wake("outbox")
    for each in done.warnings:
        say(f"deskgate: the reply goes out, but may not reach {each.address}: {in_words_of(each)}")


def own_addresses(desk: Organisation) -> str:
    """What a reply may be asked to go out from."""
    listed = (each.address for each in desk.from_addresses if each.enabled)
    return ", ".join(dict.fromkeys((*(each.address for each in desk.gateways if not each.catches_all), *listed)))


def gateways(desk: Organisation) -> str:
    return ", ".join(each.address for each in desk.gateways if not each.catches_all)
