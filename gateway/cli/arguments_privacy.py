"""The command line of what is kept and what is forgotten: `erase`, `erasures`, `legal-hold` and `retention`."""

import argparse

from gateway.cli.arguments import Adder, group, identifier, line


def erase(add: Adder) -> None:
    made = add("erase", "erase:erase_client", "erase all that is kept of a person, for good", as_json=True)
    made.description = (
        "Erases a client with all their addresses, or anybody else by one address: their tickets' content, mail and files, the letters to "
        "them, and whatever names them anywhere else. Tickets keep number, dates and status. A legal hold on anything of it refuses the "
        "whole. What was interrupted is finished by doing it again. See docs/privacy.md."
    )
    made.add_argument("--client", required=True, metavar="ADDR", help="one of the person's addresses")
    made.add_argument("--dry-run", action="store_true", help="tell by table how many rows would go, and change nothing")
    made.add_argument("--yes", action="store_true", help="do not ask, though a terminal is there to be asked at")
    add = group(add, "erasures", "who was erased, by pseudonyms, and doing it again after a restore")
    add("list", "erase:list_erasures", "list erasures, the oldest first; keep what --json prints outside of the database", as_json=True)
    again = add("repeat", "erase:repeat", "erase again whom a restored database has again, by a kept list", as_json=True)
    again.add_argument("file", metavar="FILE", help="what `erasures list --json` printed; - is standard input")
    again.add_argument("--dry-run", action="store_true", help="tell what would go, and change nothing")


def legal_hold(add: Adder) -> None:
    add = group(add, "legal-hold", "what neither retention nor an erasure may touch")
    made = add("set", "legal_holds:set_hold", "keep all of a client, or a ticket, until it is lifted", as_json=True)
    whose(made)
    made.add_argument("--reason", type=line, required=True, metavar="TEXT", help="why, such as a court's file number; shown to who erases")
    made.add_argument("--unknown", action="store_true", help="hold an address though it is no client's")
    whose(add("lift", "legal_holds:lift", "let retention and erasures have it again", as_json=True))
    listed = add("list", "legal_holds:list_holds", "list legal holds, the newest first", as_json=True)
    listed.add_argument("--all", action="store_true", help="also those that were lifted")


def whose(command: argparse.ArgumentParser) -> None:
    what = command.add_mutually_exclusive_group(required=True)
    what.add_argument("--client", metavar="ADDR", help="all of this person, by any of their addresses")
    what.add_argument("--ticket", type=identifier, metavar="N", help="one ticket, with what it was merged with")


def retention(add: Adder) -> None:
    add = group(add, "retention", "what is kept no longer")
    add("run", "retention:run", "remove now what [desk.retention] says is past its time; the schedule does it every hour", as_json=True)
