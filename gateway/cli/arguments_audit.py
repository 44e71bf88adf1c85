"""The command line of what is kept for auditors: the log, and the configurations that were in force."""

from gateway.cli.arguments import Adder, group, how_many, identifier, moment
from gateway.domain.audit import Access, Result


def audit(add: Adder) -> None:
    add = group(add, "audit", "what operators did and read")
    listed = add("list", "audit:list_entries", "list entries of the log, the newest first", as_json=True)
    listed.add_argument("--since", type=moment, metavar="WHEN", help="from this day (or time) on; UTC where it has no zone")
    listed.add_argument("--until", type=moment, metavar="WHEN", help="before this day (or time)")
    listed.add_argument("--actor", metavar="WHO", help="an agent's address, or a user, or a part of it")
    listed.add_argument("--action", metavar="A", help="such as tickets.set, or tickets for all that begins so")
    listed.add_argument("--access", choices=[str(each) for each in Access], metavar="A", help=f"one of {', '.join(Access)}")
    listed.add_argument("--result", choices=[str(each) for each in Result], metavar="R", help=f"one of {', '.join(Result)}")
    listed.add_argument("--ticket", type=identifier, metavar="N", help="what was about this ticket")
    listed.add_argument("--client", metavar="ID|ADDR", help="what was about this client; of two such options, either will do")
    listed.add_argument("--inbound", type=identifier, metavar="ID", help="what was about this inbound message")
    listed.add_argument("--outbox", type=identifier, metavar="ID", help="what was about this letter")
    listed.add_argument("--limit", type=how_many, default=100, metavar="N", help="how many at most (default: 100)")
    exported = add("export", "audit:export", "print the log as JSON lines, the oldest entry first")
    exported.add_argument("--after", type=identifier, default=0, metavar="ID", help="only what came after this entry")
    verify = add("verify", "audit:verify", "say whether entries were changed or taken out, and which is the first", as_json=True)
    verify.description = (
        "Follows the chain of digests through the whole log. Exit status 0 if it is whole, else 1 with the first entry that is not as it "
        "was written. Keep the ID:DIGEST that it prints somewhere else, and give it back with --expect: then a log that somebody wrote "
        "anew from its beginning is found out, too"
    )
    which = verify.add_mutually_exclusive_group()
    which.add_argument("--expect", metavar="ID:DIGEST", help="an entry that must still be there, as this command printed it once")
    which.add_argument("--file", metavar="FILE", help="check exported lines instead of the database; - is standard input")


def configurations(add: Adder) -> None:
    add = group(add, "config", "which configuration was in force when")
    history = add("history", "config:history", "list what gateways ran with and which files they refused, the newest first", as_json=True)
    history.add_argument("--limit", type=how_many, default=50, metavar="N", help="how many at most (default: 50)")
    shown = add("show", "config:show", "show a configuration as it was in force, without its secrets", as_json=True)
    fingerprint = "its fingerprint, or how it begins"
    shown.add_argument("fingerprint", nargs="?", metavar="FINGERPRINT", help=f"{fingerprint} (default: the latest one's)")
    diff = add("diff", "config:diff", "show what two configurations differ in, key by key", as_json=True)
    diff.add_argument("a", nargs="?", metavar="A", help=f"{fingerprint} (default: the one before the latest)")
    diff.add_argument("b", nargs="?", metavar="B", help="likewise (default: the latest one)")
