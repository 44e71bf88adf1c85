"""The forwarded original, by mail program and language; and what only looks like a forward."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.mail.forward import is_forward_subject, read_forwarded
from gateway.mail.parts import Part
from tests.mail.reply.clients import HEADER_BLOCKS

BLOCK = """\
From: Anna Kowalska <anna@example.org>
Date: Wed, 12 Mar 2025 at 14:05
Subject: Printer
To: Bob <bob@example.net>
Cc: c@example.net"""
BODY = "It is broken.\n\nHelp!"


@pytest.mark.parametrize(
    "separator",
    [
        "---------- Forwarded message ---------",
        "-------- Forwarded Message --------",
        "Begin forwarded message:",
        "-------- Пересылаемое сообщение --------",
        "-------- Перенаправленное сообщение --------",
        "Начало переадресованного сообщения:",
        "---------- Переслане повідомлення ---------",
        "-------- Переслане повідомлення --------",
        "-------- Wiadomość przekazana dalej --------",
        "Początek przekazywanej wiadomości:",
        "-------- Weitergeleitete Nachricht --------",
        "Anfang der weitergeleiteten Nachricht:",
        "-------- Message transféré --------",
        "Début du message réexpédié :",
        "-------- Mensaje reenviado --------",
        "-------- Messaggio inoltrato --------",
        "-------- Doorgestuurd bericht --------",
        "-------- Mensagem encaminhada --------",
        "-------- Přeposlaná zpráva --------",
        "-------- 转发的邮件 --------",
        "-------- 転送メッセージ --------",
        "Započni proslijeđenu poruku:",
        "İleti başlangıcı:",
        "開始轉寄郵件：",
        "전달된 메시지 시작:",
        "Έναρξη προωθημένου μηνύματος:",
        "Mulai pesan diteruskan:",
        "-------- Treść przekazanej wiadomości --------",
        "---------- Edelleenlähetetty viesti ----------",
        "============ Forwarded message ============",
        "----- Forwarded by Bessie/ACME on 25/10/2021 11:43 -----",
        "--- Перенаправлене повідомлення ---",
        "-------- Prosleđena poruka --------",
        "------------------ 转发邮件 ------------------",
    ],
)
@pytest.mark.parametrize("mark", ["", "> "])
def test_the_original_is_read_below_each_programs_line(separator: str, mark: str) -> None:
    original = f"{separator}\n\n{BLOCK}\n\n{BODY}"
    text = "FYI\n\n" + "\n".join(f"{mark}{line}" for line in original.split("\n"))
    forwarded = read_forwarded("Fwd: Printer", text, ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert (forwarded.author.name, forwarded.author.address) == ("Anna Kowalska", "anna@example.org")
    assert [mailbox.address for mailbox in forwarded.to] == ["bob@example.net"]
    assert [mailbox.address for mailbox in forwarded.cc] == ["c@example.net"]
    assert (forwarded.subject, forwarded.date, forwarded.text) == ("Printer", "Wed, 12 Mar 2025 at 14:05", BODY)


@pytest.mark.parametrize("block", [block for block in HEADER_BLOCKS if "From:|" not in block])
def test_a_bare_header_block_is_an_original_only_under_a_forwards_subject(block: str) -> None:
    lines = block.replace("{X}", "Support Desk <support@example.com>").replace("|", "\n")
    forwarded = read_forwarded("FW: Printer", f"FYI\n\n{lines}\n\n{BODY}", ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert forwarded.author.address == "support@example.com"
    assert forwarded.text == BODY
    for subject in ("Re: Printer", "Printer", ""):
        assert read_forwarded(subject, f"Thanks\n\n{lines}\n\n{BODY}", ()) is None


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("Anna <anna@example.org<mailto:anna@example.org>>", "anna@example.org"),
        ("Anna [mailto:anna@example.org]", "anna@example.org"),
        (
            "Anna<mailto:anna@example.org> <anna@example.org<mailto:anna@example.org>> on behalf of Sales<mailto:s@x.example>",
            "anna@example.org",
        ),
        ("anna@example.org", "anna@example.org"),
        ("Anna<mailto:anna@example.org>", "anna@example.org"),
        ('"Kowalska, Anna" <anna@example.org>', "anna@example.org"),
    ],
)
def test_the_author_is_read_however_a_program_shows_it(written: str, address: str) -> None:
    forwarded = read_forwarded("Fwd: x", f"---------- Forwarded message ---------\nFrom: {written}\nDate: 1 Mar 2025\nSubject: x\n\nHi", ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert forwarded.author.address == address


@pytest.mark.parametrize(
    "closing", ["============ Forwarded message ============", "===8<==============Original message text==============="]
)
def test_a_divider_below_the_header_block_is_no_part_of_the_original(closing: str) -> None:
    forwarded = read_forwarded("Fwd: Printer", f"---------- Forwarded message ---------\n{BLOCK}\n{closing}\n\n{BODY}", ())
    assert forwarded is not None
    assert forwarded.text == BODY


def test_fields_that_lost_their_line_ends_are_told_apart() -> None:
    fields = "From: Anna <anna@example.org>To: Bob <bob@example.net>Sent: Tuesday, 2 May 2023, 09:26:50Subject: Printer"
    line = f"----- Forwarded Message ----- {fields}"
    forwarded = read_forwarded("Fwd: Printer", f"   {line}\n It is broken.", ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert (forwarded.author.address, forwarded.subject, forwarded.date) == ("anna@example.org", "Printer", "Tuesday, 2 May 2023, 09:26:50")


def test_outlook_for_mac_forwards_under_an_attribution() -> None:
    text = 'Please see.\n\nOn 28/10/2021 12:46, "Anna Kowalska" <anna@example.org> wrote:\n\n    It is broken.'
    forwarded = read_forwarded("FW: Printer", text, ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert (forwarded.author.name, forwarded.author.address, forwarded.subject) == ("Anna Kowalska", "anna@example.org", "Printer")
    assert read_forwarded("Re: Printer", text, ()) is None


def test_of_a_forward_of_a_forward_the_innermost_is_read() -> None:
    inner = "---------- Forwarded message ---------\nFrom: Client <client@example.org>\nDate: 1 Mar 2025\nSubject: Printer\n\nBroken."
    outer = "---------- Forwarded message ---------\nFrom: Colleague <colleague@example.net>\nDate: 2 Mar 2025\nSubject: Fwd: Printer\n\n"
    forwarded = read_forwarded("Fwd: Fwd: Printer", f"{outer}Can you look?\n\n{inner}", ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert forwarded.author.address == "client@example.org"
    assert forwarded.text == "Broken."


def test_the_history_below_a_clients_own_mail_does_not_change_its_author() -> None:
    history = "---------- Forwarded message ---------\nFrom: Old <old@example.org>\nDate: 1 Feb 2025\nSubject: Printer\n\nBefore."
    forwarded = read_forwarded("Fwd: Printer", f"---------- Forwarded message ---------\n{BLOCK}\n\n{BODY}\n\n{history}", ())
    assert forwarded is not None
    assert forwarded.author is not None
    assert forwarded.author.address == "anna@example.org"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: Printer", f"Thanks\n\n________________________________\n{BLOCK}\n\n{BODY}"),
        ("Printer", f"True!\n\n> On 25 Oct 2021, at 11:43, Anna <anna@example.org> wrote:\n>\n> {BODY}"),
        (
            "Re: Fwd: Printer",
            f"Done.\n\nOn 12 Mar 2025, at 14:05, Bob <b@example.net> wrote:\n\n> ---------- Forwarded message ---------\n> {BLOCK}",
        ),
        ("Re: Printer", f"Thanks\n\n-----Original Message-----\n{BLOCK}\n\n---------- Forwarded message ---------\n{BLOCK}\n\nHi"),
        ("Fwd: Printer", "I wanted to forward something:\n\nFrom: London\nTo: Paris\n\nbut forgot."),
        ("Question", "Forwarded message rules do not work. Begin forwarded message: what is that?"),
        ("Fwd:", ""),
    ],
)
def test_a_reply_that_quotes_is_no_forward(subject: str, text: str) -> None:
    assert read_forwarded(subject, text, ()) is None


def test_an_attached_message_is_an_original_where_it_is_the_point_of_the_mail() -> None:
    content = (
        b"From: =?utf-8?q?Zo=C3=AB?= <zoe@example.org>\r\nTo: bob@example.net\r\nSubject: =?utf-8?b?UHJpbnRlcg==?=\r\n"
        b"Date: Wed, 12 Mar 2025 14:05:00 +0100\r\n"
        b"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nIt is broken.\r\n"
        b"--x\r\nContent-Type: text/html\r\n\r\n<p>It is broken.</p>\r\n--x--\r\n"
    )
    part = Part("message/rfc822", (), None, content)
    forwarded = read_forwarded("Printer", "See attached.", (part,))
    assert forwarded is not None
    assert forwarded.author is not None
    assert (forwarded.author.name, forwarded.author.address) == ("Zoë", "zoe@example.org")
    assert (forwarded.subject, forwarded.text) == ("Printer", "It is broken.")
    assert read_forwarded("My long letter", "word " * 200, (part,)) is None
    assert read_forwarded("Fwd: x", "", (Part("message/rfc822", (), None, b"no headers at all"),)) is None


@pytest.mark.parametrize(
    ("subject", "forward"),
    [
        *(
            (subject, True)
            for subject in (
                "Fwd: x",
                "FW: x",
                "WG: x",
                "TR : x",
                "RV: x",
                "PD: x",
                "İLT: x",
                "[List] Fwd: x",
                "Fwd(2): x",
                "Пересл: x",
                "Podaj dalej: x",
            )
        ),
        *((subject, False) for subject in ("Re: Fwd: x", "Forwarding does not work", "x", "")),
    ],
)
def test_a_subject_says_that_it_forwards(subject: str, forward: bool) -> None:
    assert is_forward_subject(subject) is forward


pieces = st.sampled_from(
    [
        BLOCK,
        "---------- Forwarded message ---------",
        "> ",
        "\n",
        "From: a",
        "Date: 1",
        "wrote:",
        "----- Forwarded Message ----- From: aTo: b",
    ]
)


@given(
    st.text(max_size=40) | st.just("Fwd: x"), st.lists(pieces, max_size=30).map("\n".join) | st.text(max_size=200), st.binary(max_size=80)
)
@settings(max_examples=200, deadline=None)
def test_no_text_makes_it_fail(subject: str, text: str, content: bytes) -> None:
    read_forwarded(subject, text, (Part("message/rfc822", (), None, content),))


@pytest.mark.parametrize(
    "text", ["From: a\n" * 30_000, "---------- Forwarded message ---------\n" * 10_000, f"{BLOCK}\n\n" * 2_000, ">" * 500_000]
)
@pytest.mark.timeout(20)
def test_hostile_forwards_take_no_time(text: str) -> None:
    read_forwarded("Fwd: x", text, ())
