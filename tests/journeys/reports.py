"""What comes back of a letter: delivery reports and complaints, as other people's servers write them."""

from email.message import EmailMessage
from itertools import count

from tests.peers.smtp_peer import Received

numbers = count(1)

IN_WORDS = {
    "qmail@one.test": (
        "MAILER-DAEMON@mx.one.test",
        "failure notice",
        (
            "Hi. This is the qmail-send program at mx.one.test.\n"
            "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
            "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
            "<qmail@one.test>:\nSorry, no mailbox here by that name. (#5.1.1)\n"
        ),
    ),
    "exim@two.test": (
        "Mail Delivery System <Mailer-Daemon@mx.two.test>",
        "Mail delivery failed: returning message to sender",
        (
            "This message was created automatically by mail delivery software.\n\n"
            "A message that you sent could not be delivered to one or more of its\n"
            "recipients. This is a permanent error. The following address(es) failed:\n\n"
            "  exim@two.test\n    host mx.two.test [192.0.2.1]\n"
            "    SMTP error from remote mail server after RCPT TO:<exim@two.test>:\n    550 No such user\n"
        ),
    ),
    "exchange@three.test": (
        "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@three.test>",
        "Undeliverable: Your request",
        (
            "Delivery has failed to these recipients or groups:\n\nexchange@three.test\n"
            "The email address you entered couldn't be found.\n\nDiagnostic information for administrators:\n\n"
            "exchange@three.test\nRemote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'\n"
        ),
    ),
    "ru@four.test": (
        "mailer-daemon@mx.four.test",
        "Сообщение об ошибке доставки",
        "Ваше письмо не может быть доставлено получателю ru@four.test: такой пользователь не существует.\n550 5.1.1 user not found\n",
    ),
    "pl@five.test": (
        "MAILER-DAEMON@mx.five.test",
        "Wiadomość niedostarczona",
        "Nie udało się dostarczyć wiadomości do <pl@five.test>:\n550 5.1.1 nie ma takiego użytkownika\n",
    ),
    "odd@six.test": ("mailer-daemon@mx.six.test", "Hm", "Niets te doen.\n"),
}
"""Reports as text alone: author, subject and words, by who was not reached. In the last one nobody can read what it says."""


def dsn(
    of: Received,
    recipient: str,
    action: str = "failed",
    status: str = "5.1.1",
    said: str = "smtp; 550 {status} no such user here",
    *,
    returned: bool = True,
    message_id: str | None = None,
) -> bytes:
    """A delivery report (RFC 3464) of the recipient's server."""
    report = EmailMessage()
    report["From"], report["To"], report["Subject"] = "MAILER-DAEMON@mx.client.test", of.reverse_path, "Undelivered Mail Returned to Sender"
    report["Message-ID"] = message_id or f"<{next(numbers)}.{action}@mx.client.test>"
    report["Auto-Submitted"] = "auto-replied"
    raw = report.as_bytes().rstrip(b"\n")
    raw += b'\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
    raw += b"--b\nContent-Type: text/plain\n\nThis is the mail system.\n"
    raw += b"--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.client.test\n\n"
    raw += f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n".encode()
    raw += f"Diagnostic-Code: {said.format(status=status)}\n".encode()
    if returned:
        raw += b"\n--b\nContent-Type: text/rfc822-headers\n\n" + f"Message-ID: {of.message_id}\nSubject: x\n".encode()
    return raw + b"\n--b--\n"


def in_words(author: str, to: str, subject: str, text: str) -> bytes:
    """A report that is text alone, as old and Russian and Polish servers write it."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = author, to, subject
    mail["Message-ID"] = f"<{next(numbers)}@words.client.test>"
    mail.set_content(text)
    return mail.as_bytes()


def arf(of: Received, to: str, *, kind: str = "abuse", hides: bool = True, path: bool = True) -> bytes:
    """A complaint (RFC 5965) as a provider passes it on; `hides`: without a word of who complained."""
    who = "" if hides else f"Original-Rcpt-To: {of.recipients[0]}\n"
    mail_from = f"Original-Mail-From: <{of.reverse_path}>\n" if path else ""
    shown = "redacted" if hides else of.recipients[0]
    head = f"From: feedback@provider.test\nTo: {to}\nSubject: complaint\nMessage-ID: <{next(numbers)}.fbl@provider.test>\n"
    return (
        f'{head}MIME-Version: 1.0\nContent-Type: multipart/report; report-type=feedback-report; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThis is an email abuse report.\n"
        "--b\nContent-Type: message/feedback-report\n\n"
        f"Feedback-Type: {kind}\nUser-Agent: Provider/1.0\nVersion: 1\n{mail_from}{who}"
        "\n--b\nContent-Type: message/rfc822\n\n"
        f"Message-ID: {of.message_id}\nFrom: support@desk.test\nTo: {shown}\nSubject: x\n\nBody\n--b--\n"
    ).encode()
