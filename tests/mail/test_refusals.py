"""What servers' refusals mean, and which of them say that there is no such mailbox."""

import pytest

from gateway.mail.refusals import Meaning, is_hard, meaning_of

MEANINGS = [
    ("550 5.1.1 <anna@client.test>: Recipient address rejected: User unknown", None, Meaning.NO_MAILBOX),
    ("550-5.1.1 The email account that you tried to reach does not exist.", None, Meaning.NO_MAILBOX),
    ("550 No such user", None, Meaning.NO_MAILBOX),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found", None, Meaning.NO_MAILBOX),
    ("556 5.1.10 the domain takes no mail", None, Meaning.NO_MAIL_DOMAIN),
    ("550 такой пользователь не существует", None, Meaning.NO_MAILBOX),
    ("550 5.2.1 The email account is disabled", None, Meaning.DISABLED),
    ("552 5.2.2 Mailbox full", None, Meaning.FULL),
    ("550 5.1.1 mailbox is full", None, Meaning.FULL),
    ("552 5.3.4 Message size exceeds fixed limit", None, Meaning.TOO_LARGE),
    ("550 5.7.1 Service unavailable; client host blocked using zen.spamhaus.org", None, Meaning.UNWANTED),
    ("550 5.7.26 Unauthenticated email is not accepted due to domain's DMARC policy", None, Meaning.UNAUTHENTICATED),
    ("554 5.7.1 Message rejected by policy", None, Meaning.NOT_ALLOWED),
    ("Host or domain name not found. Name service error for name=clinet.test", "5.4.4", Meaning.NO_DOMAIN),
    ("connect to mx.client.test[192.0.2.1]:25: Connection timed out", "4.4.1", Meaning.UNREACHABLE),
    ("450 4.7.1 Greylisted, please try again later", None, Meaning.BUSY),
    ("", "5.4.7", Meaning.EXPIRED),
    ("given up after 5 days; the last attempt: no answer", None, Meaning.EXPIRED),
    ("554 too many hops", "5.4.6", Meaning.LOOP),
    ("", "5.6.1", Meaning.CONTENT),
    ("554 virus found", None, Meaning.CONTENT),
    ("554 go away", None, Meaning.REFUSED),
    ("", None, Meaning.REFUSED),
]


@pytest.mark.parametrize(("said", "status", "meaning"), MEANINGS)
def test_a_refusal_is_understood(said: str, status: str | None, meaning: Meaning) -> None:
    assert meaning_of(said, status) is meaning


HARD = [
    ("550 5.1.1 no such user", None),
    ("", "5.1.1"),
    ("", "5.1.2"),
    ("", "5.1.3"),
    ("", "5.1.6"),
    ("", "5.1.10"),
    ("", "5.2.1"),
    ("550 user unknown", "5.0.0"),
    ("", "5.0.0"),
    ("550 5.4.1 Recipient address rejected: Access denied. [x.prod.protection.outlook.test]", "5.4.1"),
    ("550 5.1.1 no such user", "5.0.0"),
]
NOT_HARD = [
    ("550 5.7.1 spam", None),
    ("550 5.7.1 our policy", "5.0.0"),
    ("552 5.2.2 over quota", "5.2.2"),
    ("552 mailbox full", "5.0.0"),
    ("550 5.1.1 mailbox is full", "5.1.1"),
    ("552 5.3.4 too large", None),
    ("", "5.6.1"),
    ("", "5.4.7"),
    ("", "5.4.1"),
    ("", "4.1.1"),
    ("450 4.1.1 not now", None),
    ("given up after 5 days; the last attempt: 450 no such user yet", None),
    ("550 blocked using dnsbl.test", "5.0.0"),
    ("554 no", "5.0.0"),
    ("", None),
]


@pytest.mark.parametrize(("said", "status"), HARD)
def test_there_is_no_such_mailbox(said: str, status: str | None) -> None:
    assert is_hard(said, status)


@pytest.mark.parametrize(("said", "status"), NOT_HARD)
def test_the_mailbox_may_well_be_there(said: str, status: str | None) -> None:
    assert not is_hard(said, status)


@pytest.mark.parametrize(
    ("said", "status", "hard"),
    [
        ("550 : User unknown", "5.2.0", True),
        ("553 5.3.0 <anna@client.test>... No such user here", None, True),
        ("550 Unknown user anna@client.test (#5.5.0)", "5.5.0", True),
        ("550 5.1.351 Remote server returned unknown recipient or mailbox unavailable", "5.1.351", True),
        ("anna@client.test [User unknown]", None, True),
        ("This user doesn't have a client.test account (anna@client.test) [0]", None, True),
        ("550 такой пользователь не существует", None, True),
        ("anna@client.test Unrouteable address", None, True),
        ("Sorry, I couldn't find a mail exchanger or IP address. (#5.4.4)", "5.4.4", True),
        ("450 4.1.1 user unknown, try later", None, False),
        ("421 no such user yet", None, False),
        ("550 5.1.8 Domain of sender address does not exist", None, False),
        ("550 Unroutable sender address", "5.0.0", False),
        ("551 Server access forbidden by invalid RDNS record of your mail server", "5.0.0", False),
        ("550 Ip frequency limited", "5.0.0", False),
        ("550 5.7.1 No such user!", "5.7.1", True),
        ("550 5.7.1 No such user; listed in dnsbl.test", "5.7.1", False),
        ("550 5.7.1 Recipient address rejected: Access denied", "5.7.1", False),
        ("nie została doręczona z powodu: odbiorca nieznany", None, True),
        ("552 skrzynka przepelniona", "5.0.0", False),
        ("550 Benutzer unbekannt", "5.2.0", True),
        ("552 user unknown or over quota", None, False),
        ("550 No such user: relaying denied", None, False),
        ("Connection timed out", None, False),
    ],
)
def test_plain_words_of_one_recipient_count_whatever_the_code(said: str, status: str | None, hard: bool) -> None:
    assert is_hard(said, status, named=True) is hard


@pytest.mark.parametrize(
    ("said", "hard"),
    [
        ("553 5.3.0 user unknown", True),
        ("550 no such user", True),
        ("551 user not local", True),
        ("553 sorry, that is not here", True),
        ("550 go away", True),
        ("554 no", False),
        ("552 too much", False),
        ("550 blocked by our list of spammers", False),
        ("550 5.7.1 not allowed", False),
        ("550 relay not permitted", False),
        ("550 Relaying denied. Proper authentication required.", False),
        ("553 sorry, that domain is not in my list of allowed rcpthosts; relaying denied", False),
        ("450 later", False),
    ],
)
def test_a_bare_reply_to_rcpt_is_about_the_recipient_and_after_data_about_nobody(said: str, hard: bool) -> None:
    assert is_hard(said, at_rcpt=True) is hard
    assert not is_hard(said)
