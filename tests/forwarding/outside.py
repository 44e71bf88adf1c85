"""The mailbox programs of the outside company: what they do by rules of their users, and what stays in them."""

from email.message import EmailMessage
from email.utils import make_msgid

import aiosmtplib

from tests.auth.sealing import seal
from tests.peers.smtp_peer import Received, SmtpPeer

SUPPORT = "support@desk.test"


class Mailboxes(SmtpPeer):
    """Its server is the Postfix at `server`, which is also the relay of the gateway under test."""

    def __init__(self, server: int) -> None:
        super().__init__()
        self.server = server
        self._late: list[Received] = []

    @property
    def url(self) -> str:
        return f"127.0.0.1:{self.server}"

    async def _taken(self, mail: Received) -> None:
        match mail.recipients[0].partition("@")[0]:
            case "forward":
                await self.send("forward@outside.test", forwarded(mail.message, "forward@outside.test").as_bytes())
            case "lost":
                await self.send(mail.reverse_path, addressed_to_a_list(mail.content))
            case "late":
                self._late.append(mail)
            case "sealed":
                await self.send("bounces@outside.test", seal(mail.content, "outside.test"))
            case _:
                pass

    async def let_go(self) -> None:
        """What the late one has kept until now goes on."""
        for each in self._late:
            await self.send(each.reverse_path, each.content)
        self._late.clear()

    async def send(self, reverse_path: str, content: bytes, recipient: str = SUPPORT) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.server, start_tls=False) as client:
            await client.sendmail(reverse_path, [recipient], content)


def forwarded(original: EmailMessage, mailbox: str) -> EmailMessage:
    """As a rule of Outlook's writes it: a mail of the mailbox' own, with the original's fields and words in its text."""
    mail = EmailMessage()
    mail["From"], mail["To"] = mailbox, SUPPORT
    mail["Subject"], mail["Message-ID"] = f"FW: {original['Subject']}", make_msgid(domain="outside.test")
    mail["Date"] = original["Date"]
    body = original.get_body(("plain",))
    assert body is not None
    block = "\n".join(
        f"{label}: {original[name]}" for label, name in (("From", "From"), ("Sent", "Date"), ("To", "To"), ("Subject", "Subject"))
    )
    mail.set_content(f"\n\n________________________________\n{block}\n\n{body.get_content()}")
    return mail


def addressed_to_a_list(content: bytes) -> bytes:
    """As a list or a catch-all box passes it on: its own address in To, and no field that it does not know."""
    head, _, body = content.partition(b"\r\n\r\n")
    kept = [each for each in fields(head) if not each.lower().startswith((b"to:", b"x-"))]
    return b"\r\n".join([*kept, b"To: team@lists.test"]) + b"\r\n\r\n" + body


def fields(head: bytes) -> list[bytes]:
    found: list[bytes] = []
    for line in head.split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1] += b"\r\n" + line
        else:
            found.append(line)
    return found
