"""The secret that a mailbox is opened with."""

from gateway.accounts import sasl
from gateway.domain.login import Login
from gateway.fetch.mailbox import MailboxError


async def secret_of(login: Login) -> str:
    """The password, or an access token that is valid now. Raises `MailboxError` where there is none."""
    try:
        return await sasl.secret_of(login)
    except sasl.AccountError as error:
        raise MailboxError(str(error)) from None
