"""Keys by which we log in at another server, wherever they stand: what they must agree on, and the value they make."""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal, Protocol

from pydantic import SecretStr

from gateway.config.faults import path_of
from gateway.config.lines import Location
from gateway.domain.login import Login

TOKENS = ("token_file", "token_command")
LOGIN_KEYS = ("user", "password", "auth", *TOKENS)


class LoginTable(Protocol):
    user: str | None
    password: SecretStr | None
    auth: Literal["login", "xoauth2"]
    token_file: Path | None
    token_command: tuple[str, ...]


def secret_is_whole(place: Location, table: LoginTable, whose: str) -> Iterator[tuple[Location, str]]:
    """Of a table with a user: `whose` says what the password is of."""
    tokens = [key for key in TOKENS if getattr(table, key)]
    if table.auth == "login":
        if table.password is None:
            yield (*place, "password"), f"missing: expected the password {whose}"
        for key in tokens:
            yield (*place, key), 'expected auth = "xoauth2" beside it: a password needs no token'
    elif table.password is not None:
        yield (*place, "password"), 'expected nothing here: auth = "xoauth2" takes its token from token_file or token_command'
    elif len(tokens) != 1:
        wrong = "both are given" if tokens else "there is none"
        yield (*place, "token_file"), f"expected one of token_file and token_command; {wrong}"


def login_is_whole(place: Location, table: LoginTable) -> Iterator[tuple[Location, str]]:
    """Of a table whose server may want no login."""
    if table.user is not None:
        yield from secret_is_whole(place, table, f"that belongs to {path_of((*place, 'user'))}")
        return
    given = next((key for key in ("password", *TOKENS) if getattr(table, key)), None)
    if given is not None or table.auth == "xoauth2":
        yield (*place, "user"), f"missing: expected the user that belongs to {path_of((*place, given or 'auth'))}"


def login_of(table: LoginTable) -> Login | None:
    """None without a user."""
    if table.user is None:
        return None
    return Login(
        user=table.user,
        auth=table.auth,
        password=None if table.password is None else table.password.get_secret_value(),
        token_file=None if table.token_file is None else str(table.token_file),
        token_command=table.token_command,
    )
