"""The command line of tokens, by which other programs come in."""

from gateway.cli.arguments import Adder, group, how_many, line, moment
from gateway.domain.api import Scope


def token(add: Adder) -> None:
    add = group(add, "token", "tokens of other programs, for the API")
    new = add("new", "tokens:new", "make a token, and show it: nobody can show it again", as_json=True)
    new.add_argument("name", type=line, metavar="NAME", help="what it is for; the audit log calls it so")
    new.add_argument(
        "--scope",
        dest="scopes",
        action="extend",
        nargs="+",
        required=True,
        choices=[str(each) for each in Scope],
        metavar="SCOPE",
        help=f"what it is good for, any of {', '.join(Scope)}; write has read in it",
    )
    new.add_argument("--department", dest="departments", action="append", metavar="KEY", help="of these alone (default: of all)")
    new.add_argument("--as", dest="agent", metavar="AGENT", help="the agent in whose name it acts (default: in its own)")
    ending = new.add_mutually_exclusive_group()
    ending.add_argument("--expires", type=moment, metavar="WHEN", help="the day or time from which it is no longer good")
    ending.add_argument("--days", type=how_many, metavar="N", help="for how many days it is good (default: until it is revoked)")
    listed = add("list", "tokens:list_tokens", "list tokens, and when each was last used", as_json=True)
    listed.add_argument("--all", action="store_true", help="also those that were revoked or have expired")
    revoked = add("revoke", "tokens:revoke", "end a token at once")
    revoked.add_argument("token", metavar="NAME|ID")
