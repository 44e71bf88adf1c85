"""AUTH (RFC 4954): PLAIN, LOGIN and XOAUTH2, whichever the server offers. No secret is ever in what is raised."""

from collections.abc import Awaitable, Callable
from typing import Final

import aiosmtplib

from gateway.accounts.sasl import AccountError, secret_of, without_secrets
from gateway.domain.login import Login
from gateway.outbound.replies import cleaned
from gateway.outbound.retry import Stage
from gateway.outbound.session import Unreachable

Authenticate = Callable[[aiosmtplib.SMTP, str, str], Awaitable[object]]


async def log_in(client: aiosmtplib.SMTP, login: Login, where: str) -> None:
    """Raises `Unreachable` with whose login was refused at which server (`where`), and what to do."""
    offered = [each for each in client.server_auth_methods if each]
    known = _BY_TOKEN if login.auth == "xoauth2" else _BY_PASSWORD
    mechanisms = [each for each in known if each in offered]
    if not mechanisms:
        raise AccountError(_nothing_fits(client, login, offered, where))
    ways = [known[each] for each in mechanisms]
    secret = await secret_of(login)
    refused = await _try_each(client, login.user, secret, ways)
    # A token may have expired since it was kept: another one is asked for, once.
    if refused is not None and login.auth == "xoauth2" and client.is_connected and (newer := await secret_of(login)) != secret:
        secret, refused = newer, await _try_each(client, login.user, newer, ways)
    if refused is not None:
        raise Unreachable(Stage.LOGIN, _told(refused, login, secret, where), refused.code)


async def _try_each(client: aiosmtplib.SMTP, user: str, secret: str, ways: list[Authenticate]) -> aiosmtplib.SMTPAuthenticationError | None:
    """The last refusal, if none is taken. The next way only where a mechanism was refused, not its secret: wrong logins lock accounts."""
    refused = None
    for authenticate in ways:
        try:
            await authenticate(client, user, secret)
        except aiosmtplib.SMTPAuthenticationError as error:
            refused = error
        else:
            return None
        if refused.code not in _NOT_THIS_MECHANISM:
            break
    return refused


def _nothing_fits(client: aiosmtplib.SMTP, login: Login, offered: list[str], where: str) -> str:
    wanted = " or ".join(each.upper() for each in (_BY_TOKEN if login.auth == "xoauth2" else _BY_PASSWORD))
    if offered:
        return f"{where} offers the login of {login.user} by {', '.join(offered).upper()} alone, not by {wanted}"
    secure = client.get_transport_info("sslcontext") is not None
    remedy = "leave user out, if it wants none" if secure else 'it may after TLS: set security = "starttls"'
    return f"{where} offers no login (AUTH), which that of {login.user} needs; {remedy}"


def _told(error: aiosmtplib.SMTPAuthenticationError, login: Login, secret: str, where: str) -> str:
    said = without_secrets(cleaned(error.message), login.user, secret)
    if error.code not in _WRONG:
        return f"{said} (the login of {login.user} at {where})"
    mend = "see to what token_file or token_command gives" if login.auth == "xoauth2" else "mend its user or password in the configuration"
    return f"{said} (the login of {login.user} at {where}; {mend})"


_BY_PASSWORD: Final[dict[str, Authenticate]] = {"plain": aiosmtplib.SMTP.auth_plain, "login": aiosmtplib.SMTP.auth_login}
_BY_TOKEN: Final[dict[str, Authenticate]] = {"xoauth2": aiosmtplib.SMTP.auth_xoauth2}
_WRONG: Final = frozenset({530, 534, 535, 538, 550, 553, 554})
# RFC 4954 §4, RFC 5321 §4.2.2: the mechanism or its form.
_NOT_THIS_MECHANISM: Final = frozenset({500, 501, 502, 503, 504})
