"""Which kind of mailbox a protocol is."""

from typing import assert_never

from gateway.domain.fetch import Fetch, Protocol
from gateway.fetch.imap import ImapMailbox
from gateway.fetch.mailbox import Mailbox
from gateway.fetch.maildir import MaildirMailbox
from gateway.fetch.pop3 import Pop3Mailbox


async def open_mailbox(fetch: Fetch) -> Mailbox:
    """Raises MailboxError with why it cannot be opened."""
    match fetch.protocol:
        case Protocol.IMAP | Protocol.IMAPS:
            return await ImapMailbox.open(fetch)
        case Protocol.POP3 | Protocol.POP3S:
            return await Pop3Mailbox.open(fetch)
        case Protocol.MAILDIR:
            return await MaildirMailbox.open(fetch)
        case _:
            assert_never(fetch.protocol)
