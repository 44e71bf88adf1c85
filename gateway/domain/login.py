"""How we log in at another server, as the configuration has it."""

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Login:
    """Exactly one of password, `token_file` and `token_command` is set; the last two are asked anew at each login, for tokens expire."""

    user: str
    auth: Literal["login", "xoauth2"] = "login"
    password: str | None = field(default=None, repr=False)
    token_file: str | None = None
    token_command: tuple[str, ...] = ()
