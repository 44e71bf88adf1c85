"""The command line as a whole: every command with its options and its help."""

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import get_args

from gateway.domain.language import Language
from gateway.domain.states import InboundState, LetterKind, OutboxState

ROLES = ("all", "listener", "intake", "sender", "poller", "web")

DESCRIPTION = "Deskgate is the mail door of a support desk: it takes mail in over SMTP, makes tickets of it and sends what has to be sent."
EPILOG = """\
The configuration is --config, else $DESKGATE_CONFIG, else ./config.toml, else the built-in example (said on stderr).
Exit status: 0 done · 1 the thing asked about is wrong or absent · 2 bad usage or configuration · 75 try again later.
"""

Adder = Callable[..., argparse.ArgumentParser]
LARGEST = 2**63 - 1
"""What a number column of the database holds."""


def identifier(text: str) -> int:
    """The number of a ticket, a letter or a message."""
    number = int(text)
    if not 0 <= number <= LARGEST:
        raise argparse.ArgumentTypeError(f"{text} is no number that anything here has")
    return number


identifier.__name__ = "number"


MOST_DAYS = 36_500


def how_many(text: str) -> int:
    number = int(text)
    if not 0 < number <= 2**31 - 1:
        raise argparse.ArgumentTypeError(f"{text}: a number from 1 up is expected")
    return number


how_many.__name__ = "number"


def days(text: str) -> int:
    number = int(text)
    if not 0 <= number <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"{text}: a number of days from 1 to {MOST_DAYS} is expected, or 0 for ever")
    return number


def key_bits(text: str) -> int:
    """RFC 8301 §3.2: what all signers may make and all verifiers take."""
    number = int(text)
    if not 1024 <= number <= 4096:
        raise argparse.ArgumentTypeError(f"{text}: 1024 to 4096 bits are expected; 2048 is what most have")
    return number


key_bits.__name__ = "number"


def seconds(text: str) -> float:
    found = float(text)
    if not 0 <= found <= 86_400:
        raise argparse.ArgumentTypeError(f"{text}: seconds from 0 to 86400 are expected")
    return found


def moment(text: str) -> datetime:
    """A day, which begins at midnight UTC, or a time."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text}: a day such as 2026-11-21 is expected, or a time such as 2026-11-21T09:00Z") from error
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found


def words(text: str) -> str:
    """Text that can be kept: what the terminal's encoding did not understand arrives as half characters."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise argparse.ArgumentTypeError("it is not UTF-8 text") from error
    return text


def line(text: str) -> str:
    return " ".join(words(text).split())


def parser(version: str) -> argparse.ArgumentParser:
    from gateway.cli import (  # they take their types from here
        arguments_audit,
        arguments_privacy,
        arguments_tickets,
        arguments_tokens,
        arguments_web,
        arguments_webhooks,
    )

    top = argparse.ArgumentParser(
        prog="deskgate", description=DESCRIPTION, epilog=EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    top.add_argument("--config", metavar="PATH", help="the configuration file; may stand behind the command as well")
    top.add_argument("--version", action="version", version=f"deskgate {version}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    running(adder(commands))
    understanding(adder(commands))
    arguments_tickets.tickets(adder(commands))
    clients(adder(commands))
    templates(adder(commands))
    rules(adder(commands))
    inbound(adder(commands))
    outbox(adder(commands))
    gateways(adder(commands))
    senders(adder(commands))
    suppressions(adder(commands))
    arguments_webhooks.webhooks(adder(commands))
    web = group(adder(commands), "web", "who may come in over HTTP")
    arguments_web.web(web)
    arguments_tokens.token(web)
    dkim(adder(commands))
    watching(adder(commands))
    arguments_privacy.erase(adder(commands))
    arguments_privacy.legal_hold(adder(commands))
    arguments_privacy.retention(adder(commands))
    arguments_audit.audit(adder(commands))
    arguments_audit.configurations(adder(commands))
    return top


def adder(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> Adder:
    def add(name: str, command: str | None, text: str, as_json: bool = False) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        if command is not None:
            made.set_defaults(command=command)
            # Without a default of its own, so that one before the command is not forgotten.
            made.add_argument("--config", metavar="PATH", default=argparse.SUPPRESS, help="the configuration file")
            if as_json:
                made.add_argument("--json", action="store_true", help="print one JSON document on stdout, and nothing else")
        return made

    return add


def group(add: Adder, name: str, text: str) -> Adder:
    made = add(name, None, text)
    return adder(made.add_subparsers(title="commands", metavar="COMMAND", required=True))


def running(add: Adder) -> None:
    serve = add("serve", "serve:serve", "run the gateway until SIGTERM or SIGINT")
    serve.add_argument("--role", action="extend", nargs="+", choices=ROLES, metavar="ROLE", help=f"what to run, any of {', '.join(ROLES)}")
    serve.add_argument("--shadow", action="store_true", help="decide and record, but send nothing")
    add("migrate", "schema:migrate", "bring the database's schema to this release's")
    check = add("check", "check:check", "say what is wrong with the configuration, all of it at once", as_json=True)
    check.add_argument("--database", action="store_true", help="also list rows that refer to what the configuration no longer has")
    check.add_argument("--dns", action="store_true", help="also look up MX, SPF, DKIM, DMARC and reverse names, and say what to publish")
    add("demo", "demo:demo", "play the whole story on a database of its own, step by step")
    bench = add(
        "bench",
        "bench:bench",
        "measure this machine, beside bare aiosmtpd and aiosmtplib, on a database that is thrown away",
        as_json=True,
    )
    bench.add_argument(
        "parts",
        nargs="*",
        metavar="PART",
        help="what to measure: accepts, large, latency, connections, connections_tls, start, pipeline, history or letters; all of these by"
        " default; or million, a desk with so many tickets, which takes some minutes and 6 GB",
    )
    bench.add_argument("--quick", action="store_true", help="a short form, for a first impression")


def understanding(add: Adder) -> None:
    explain = add("explain", "explain:explain", "say how messages would be understood and what would happen, without a database")
    explain.add_argument("files", nargs="+", metavar="FILE", help="a message file; - is standard input")
    shape = explain.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="one JSON document (a list, where several files are given)")
    shape.add_argument("--jsonl", action="store_true", help="one JSON object a line, in order; a bad file does not stop it")
    explain.add_argument("--database", action="store_true", help="decide on the real facts of the database, changing nothing")
    inject = add("inject", "inject:inject", "take a message in from a pipe or file, durably, and print its id")
    inject.add_argument("--from", dest="reverse_path", default="", metavar="ADDR", help="the reverse-path (default: the null one)")
    inject.add_argument("--to", dest="recipients", action="append", default=[], metavar="ADDR", help="a recipient; may be given again")
    inject.add_argument("file", metavar="FILE", help="a message file; - is standard input")


def clients(add: Adder) -> None:
    add = group(add, "clients", "know clients before they write")
    add("list", "clients:list_clients", "list clients", as_json=True)
    shown = add("show", "clients:show", "show a client", as_json=True)
    shown.add_argument("client", metavar="ID|ADDR")
    new = add("add", "clients:add", "add a client", as_json=True)
    new.add_argument("addresses", nargs="+", metavar="ADDR", help="the client's addresses")
    new.add_argument("--name", type=line, default="", help="the client's name")
    new.add_argument("--to", metavar="ID|ADDR", help="a client who is known and gets these addresses besides their own")
    imported = add("import", "clients:import_csv", "add clients from a CSV file with the columns name and address", as_json=True)
    imported.description = (
        "Adds all clients of the file, or none where a line is wrong. Fields are separated by commas, semicolons or tabs; headings may be "
        "English, Russian or Polish, and without any the addresses are known by their @. A field may hold several addresses. A client "
        "who is known gets those that are new, so that the same file may be imported again. Users and contacts that Zammad, osTicket and "
        "Zoho Desk write out are read as they are; people without an address and staff are left out of them, and named."
    )
    imported.add_argument("csv", metavar="CSV", help="the file; - is standard input")


def templates(add: Adder) -> None:
    add = group(add, "templates", "the words of letters")
    exported = add("export", "templates:export", "write the built-in templates out for editing; a file that is there stays as it is")
    exported.add_argument("directory", metavar="DIRECTORY")
    preview = add("preview", "templates:preview", "show the letter that a template makes of a ticket; nothing is sent")
    preview.add_argument("name", metavar="NAME", help="an event, such as resolved, or a name of your own")
    preview.add_argument("--ticket", type=identifier, required=True, metavar="N")
    preview.add_argument("--language", choices=get_args(Language), metavar="L", help="en, ru or pl (default: the reader's)")
    preview.add_argument("--audience", choices=("client", "participant", "staff"), metavar="A", help="client, participant or staff")
    preview.add_argument("--html", action="store_true", help="the HTML instead of subject and text")


def rules(add: Adder) -> None:
    add = group(add, "rules", "what the desk does by itself")
    test = add("test", "rules:test", "say what the rules of the configuration would do with old mail; nothing is changed", as_json=True)
    test.description = (
        "Weighs the rules of the configuration on each message, as if it came in now: which of them match, and what follows. "
        "With one message it says why, too. Of a file, authentication is not checked, the author counts as new unless it answers a ticket, "
        "and the time of the week is that of its Date field; of stored mail, all that was known then counts. "
        "Put a new configuration beside the old one, and try it: deskgate --config new.toml rules test --since 2026-11-01"
    )
    test.add_argument("files", nargs="*", metavar="FILE", help="a message file, or a directory with .eml files; - is standard input")
    test.add_argument(
        "--since", type=moment, metavar="WHEN", help="also stored mail that arrived from this day (or time) on; UTC where it has no zone"
    )


def inbound(add: Adder) -> None:
    add = group(add, "inbound", "what arrived")
    listed = add("list", "inbound:list_inbound", "list what arrived, the newest first", as_json=True)
    listed.add_argument("--state", choices=[str(each) for each in InboundState], metavar="S", help=f"one of {', '.join(InboundState)}")
    listed.add_argument("--limit", type=how_many, default=100, metavar="N")
    shown = add("show", "inbound:show", "show one message's way and what was decided on it", as_json=True)
    shown.add_argument("id", type=identifier, metavar="ID")
    shown.add_argument("--raw", action="store_true", help="write the message's bytes as they were kept")
    assigned = add("assign", "sorting:assign", "say whose held mail is; it then counts as if it had come now", as_json=True)
    picked(assigned)
    whose = assigned.add_mutually_exclusive_group(required=True)
    whose.add_argument("--client", metavar="ADDR|ID", help="a client that is known; whoever wrote it is that client from now on")
    whose.add_argument("--new", action="store_true", help="whoever wrote it becomes a client")
    assigned.add_argument("--department", metavar="KEY", help="the department of its ticket (default: the gateway's)")
    picked(add("discard", "sorting:discard", "settle held mail without any effect; its bytes stay", as_json=True))
    replay = add("replay", "inbound:replay", "decide on a message again; a finished one has no second effect")
    replay.add_argument("id", type=identifier, metavar="ID")


def picked(command: argparse.ArgumentParser) -> None:
    """Which messages: by number, or all that are held of an author or a domain."""
    command.add_argument("ids", nargs="*", type=identifier, metavar="ID")
    command.add_argument("--author", action="append", default=[], metavar="ADDR", help="all held mail of this author; may be given again")
    command.add_argument("--domain", action="append", default=[], metavar="NAME", help="likewise of all authors at this domain")


def outbox(add: Adder) -> None:
    add = group(add, "outbox", "what is to be sent")
    listed = add("list", "outbox:list_outbox", "list letters, the newest first", as_json=True)
    listed.add_argument("--state", choices=[str(each) for each in OutboxState], metavar="S", help=f"one of {', '.join(OutboxState)}")
    listed.add_argument("--ticket", type=identifier, metavar="N", help="only this ticket's")
    listed.add_argument("--kind", choices=[str(each) for each in LetterKind], metavar="K", help="only of this kind, such as agent_reply")
    listed.add_argument("--to", metavar="ADDR", help="only to this address")
    listed.add_argument("--destination", metavar="D", help='only by "relay", or by the server of a From address ("smtp:ADDR")')
    listed.add_argument("--limit", type=how_many, default=100, metavar="N")
    shown = add("show", "outbox:show", "show a letter", as_json=True)
    shown.add_argument("id", type=identifier, metavar="ID")
    shown.add_argument("--raw", action="store_true", help="write the letter's bytes as they go out (to its first recipient)")
    retry = add("retry", "outbox:retry", "try letters now, even while sending is held or their server rests", as_json=True)
    letters(retry, "all letters of this ticket that wait or have failed")
    retry.add_argument("--failed", action="store_true", help="all that have failed; with --ticket, of these only that ticket's")
    letters(
        add("cancel", "outbox:cancel", "send letters to nobody who has not got them yet", as_json=True),
        "all letters of this ticket that wait",
    )
    hold = add("hold", "outbox:hold", "send nothing until release, on any node; what is on the wire is finished", as_json=True)
    hold.add_argument("--why", type=line, default="held by an operator", metavar="TEXT", help="shown in status")
    add("release", "outbox:release", "let letters go again", as_json=True)
    add("adopt", "outbox:adopt", "make a restored or copied database this server's, so that it may send", as_json=True)


def letters(command: argparse.ArgumentParser, of_ticket: str) -> None:
    """Which letters: by number, or a ticket's."""
    command.add_argument("ids", nargs="*", type=identifier, metavar="ID")
    command.add_argument("--ticket", type=identifier, metavar="N", help=of_ticket)


def gateways(add: Adder) -> None:
    add = group(add, "gateways", "gateway addresses, and proofs that their mail reaches us")
    add("list", "gateways:list_gateways", "list gateway addresses, and how forwarding to them fares", as_json=True)
    verify = add("verify", "gateways:verify", "send a probe to an outside address and wait until it has been forwarded to us", as_json=True)
    verify.description = (
        "Sends a probe to an address that is forwarded to us, or is one of ours, and waits for it. Says whether To and From survived, what "
        "the gateway is found by, what SPF, DKIM and ARC say, and, where nothing came, the likeliest causes. Exit status 0 if clients who "
        "write there get tickets of their own, else 1"
    )
    verify.add_argument("address", metavar="ADDRESS")
    verify.add_argument("--wait", type=seconds, default=60.0, metavar="SECONDS", help="how long to wait for it (default: 60)")


def senders(add: Adder) -> None:
    add = group(add, "senders", "From addresses and their verification")
    add("list", "senders:list_senders", "list From addresses, and whether letters may bear them", as_json=True)
    verify = add("verify", "senders:verify", "send a letter with a code to a From address, or send it again", as_json=True)
    verify.add_argument("address", metavar="ADDRESS", help="one of the [[from_address]] tables")
    confirm = add("confirm", "senders:confirm", "take the code of such a letter, which proves the address", as_json=True)
    confirm.add_argument("token", metavar="TOKEN", help="the code, as the letter has it")


def suppressions(add: Adder) -> None:
    """Alone it lists."""
    command, text = "suppressions:list_suppressions", "addresses that automatic letters do not go to"
    made = add("suppressions", command, text, as_json=True)
    add = adder(made.add_subparsers(title="commands", metavar="COMMAND"))
    listed = add("list", command, "list them, the newest first")
    # Without a default of its own, so that one before the word `list` is not forgotten.
    listed.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS, help="print one JSON document on stdout, and nothing else"
    )
    lift = add("lift", "suppressions:lift", "write to an address by itself again", as_json=True)
    lift.add_argument("address", metavar="ADDRESS")
    more = add("add", "suppressions:add", "send no automatic letters to an address", as_json=True)
    more.add_argument("address", metavar="ADDRESS")
    more.add_argument("--why", type=line, required=True, metavar="TEXT", help="shown in lists and to agents who write there")
    more.add_argument("--days", type=days, default=0, metavar="N", help="for so long (default: until it is lifted)")


def dkim(add: Adder) -> None:
    add = group(add, "dkim", "keys that letters are signed with")
    new = add("new", "dkim:new", "make a key, and say what to publish in DNS and to put into the configuration", as_json=True)
    new.add_argument("domain", metavar="DOMAIN", help="the domain of the From addresses that it shall vouch for")
    new.add_argument("--selector", metavar="S", help="the key's name under the domain (default: desk and the month, such as desk202611)")
    new.add_argument("--type", dest="kind", choices=("rsa", "ed25519"), default="rsa", help="rsa, which everybody verifies (the default)")
    new.add_argument("--bits", type=key_bits, metavar="N", help="of an RSA key: 1024 to 4096 (default: 2048)")
    new.add_argument(
        "--file", metavar="PATH", help="where to put the key (default: beside the configuration, named by domain and selector)"
    )


def watching(add: Adder) -> None:
    add("status", "status:status", "counts by state, waiting ages, connections, versions", as_json=True)
    traced = add("trace", "trace:trace", "tell a message's whole way, from its connection to the delivery of its letters", as_json=True)
    traced.description = (
        "Reads from the database, without any log: who handed the message over and when, what was decided on it and why, which letters it "
        "caused, and what each recipient's server said of them. MESSAGE-ID is a mail's or one of our letter's; or what its sender read "
        "(“250 … queued as ID”), which is trace_id in the log; or a number of `inbound list`; or outbox:N; or ticket:N."
    )
    traced.add_argument("id", type=words, metavar="MESSAGE-ID")
    rated = add("ratings", "ratings:show", "how content clients are: counts and means, by agent, department and month", as_json=True)
    rated.add_argument("--since", type=moment, metavar="DAY", help="only ratings from this day (or time) on; UTC where it has no zone")
    rated.add_argument("--by", choices=("agent", "department", "month"), help="only by this (default: by all three)")
    rated.add_argument("--csv", action="store_true", help="print a CSV table")
