"""Arguments of `tickets`."""

import argparse

from gateway.cli.arguments import Adder, group, identifier, line, words
from gateway.domain.states import Priority, Status


def tickets(add: Adder) -> None:
    add = group(add, "tickets", "read and change tickets")
    listed = add("list", "tickets:list_tickets", "list tickets, the newest first", as_json=True)
    listed.add_argument("--status", choices=[str(each) for each in Status], metavar="S", help=f"one of {', '.join(Status)}")
    shown = add("show", "tickets:show", "show a ticket with its articles and events", as_json=True)
    shown.add_argument("number", type=identifier, metavar="N")
    new = add("new", "tickets:new", "open a ticket that came by another channel, such as the telephone", as_json=True)
    new.add_argument("--client", required=True, metavar="ADDR", help="the client's address")
    new.add_argument("--name", type=line, default="", help="the client's name, where they are not known yet")
    new.add_argument("--subject", type=line, required=True, metavar="S")
    new.add_argument("--text", type=words, required=True, metavar="T", help="what the client said; - reads standard input")
    new.add_argument("--as", dest="agent", required=True, metavar="AGENT", help="the address of the agent who opens it")
    new.add_argument("--gateway", metavar="ADDR", help="the gateway address it belongs to (default: the default one)")
    changed = add("set", "tickets:set_fields", "change a ticket, as its agent would by mail")
    changed.add_argument("number", type=identifier, metavar="N")
    changed.add_argument("--status", choices=[str(each) for each in Status], metavar="S", help=f"one of {', '.join(Status)}")
    changed.add_argument("--category", type=line, metavar="C", help='any word; "" takes it away')
    changed.add_argument("--priority", choices=[str(each) for each in Priority], metavar="P", help=f"one of {', '.join(Priority)}")
    changed.add_argument("--assignee", metavar="ADDR", help='an agent; "" takes the ticket from its assignee')
    changed.add_argument("--department", metavar="KEY")
    changed.add_argument("--subject", type=line, metavar="S")
    hanging(changed)
    changed.add_argument("--as", dest="agent", required=True, metavar="AGENT", help="the address of the agent who acts")
    reply = add("reply", "tickets:reply", "answer the client as an agent")
    reply.add_argument("number", type=identifier, metavar="N")
    reply.add_argument("--as", dest="agent", required=True, metavar="AGENT", help="the address of the agent who answers")
    reply.add_argument("--text", type=words, default="-", metavar="T", help="the answer; - reads standard input (the default)")
    reply.add_argument("--from", dest="from_address", metavar="ADDR", help="an address to answer from (default: the ticket's)")
    more(add)
    import_of_tickets(add)


def import_of_tickets(add: Adder) -> None:
    imported = add("import", "ticket_import:import_csv", "take over open tickets of another desk from its CSV export", as_json=True)
    imported.description = (
        "Makes tickets of the rows of a CSV file that Zammad, osTicket or Zoho Desk wrote, or anything with headings. They get numbers of "
        "ours; answers to the old desk's letters find them by the old number or Message-ID. Nobody is written to. A file may be imported "
        "again: what was imported before stays as it is. Every row that cannot be is named with its line, column and remedy, and the exit "
        "status is 1. See docs/importing.md."
    )
    imported.add_argument("csv", metavar="CSV", help="the file with the tickets; - is standard input")
    imported.add_argument(
        "--from", dest="desk", choices=("auto", "zammad", "osticket", "zoho", "other"), default="auto", metavar="DESK",
        help="zammad, osticket, zoho or other (default: auto, by its headings)",
    )  # fmt: skip
    imported.add_argument("--articles", metavar="CSV", help="a file with what was written on them: Zoho's threads, Zammad's articles")
    imported.add_argument("--clients", metavar="CSV", help="the desk's users or contacts, where tickets name theirs without an address")
    imported.add_argument(
        "--map", action="append", default=[], type=words, metavar="THEIRS=OURS",
        help="what a word of theirs means here: a status, priority, department's key, agent's address (none: nobody) or column; may be "
        "given again; status:THEIRS=OURS and so on where a word means several things",
    )  # fmt: skip
    imported.add_argument("--department", metavar="KEY", help="of tickets whose department or group nothing here is called like")
    imported.add_argument("--all", action="store_true", help="also tickets that have ended: resolved, closed, deleted")
    imported.add_argument(
        "--dates", choices=("dmy", "mdy"), metavar="ORDER", help="dmy or mdy: what comes first in dates such as 05/11/2026"
    )
    imported.add_argument("--timezone", default="UTC", metavar="ZONE", help="of times that name none, such as Europe/Warsaw (default: UTC)")
    imported.add_argument("--charset", metavar="NAME", help="of the files (default: by their mark, UTF-8, or a guess from the letters)")
    imported.add_argument("--dry-run", action="store_true", help="say what would be imported, and change nothing")


def hanging(changed: argparse.ArgumentParser) -> None:
    for name, metavar, what in (
        ("--tag", "TAG", "puts it on"),
        ("--untag", "TAG", "takes it off"),
        ("--cc", "ADDR", "puts somebody into the ticket's Cc"),
        ("--uncc", "ADDR", "takes somebody out of it"),
    ):
        changed.add_argument(name, action="append", default=[], metavar=metavar, help=f"{what}; may be given again")


def more(add: Adder) -> None:
    note = add("note", "tickets:note", "write a note between colleagues, which no client gets")
    note.add_argument("number", type=identifier, metavar="N")
    note.add_argument("--as", dest="agent", required=True, metavar="AGENT", help="the address of the agent who writes it")
    note.add_argument("--text", type=words, default="-", metavar="T", help="the note; - reads standard input (the default)")
    merge = add("merge", "tickets:merge", "make a ticket part of another one, which lives on")
    merge.add_argument("number", type=identifier, metavar="N")
    merge.add_argument("--into", type=identifier, required=True, metavar="M", help="the ticket that lives on")
    merge.add_argument("--as", dest="agent", required=True, metavar="AGENT", help="the address of the agent who acts")
