"""The command line of who may come in over HTTP: operators of the console."""

from gateway.cli.arguments import Adder, group, identifier


def web(add: Adder) -> None:
    password = add("password", "web:password", "make the hash of an operator's password, for [[web.operator]]")
    password.description = (
        "Asks for a password twice, or reads it from standard input where that is no terminal, and prints its Argon2 hash on stdout. The "
        "password itself is kept nowhere."
    )
    sessions(group(add, "sessions", "who has come into the console"))


def sessions(add: Adder) -> None:
    listed = add("list", "web:list_sessions", "list those who are logged in, the last used first", as_json=True)
    listed.add_argument("--operator", metavar="NAME", help="only this operator's")
    revoke = add("revoke", "web:revoke_sessions", "end sessions: whoever had them has to log in again")
    revoke.add_argument("ids", nargs="*", type=identifier, metavar="ID", help="as `deskgate web sessions list` shows them")
    revoke.add_argument("--operator", metavar="NAME", help="all of this operator's")
    revoke.add_argument("--all", action="store_true", help="everybody's")
