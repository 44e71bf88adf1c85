"""Where a person stands, and where it is somebody else."""

import base64
import quopri
from email.message import EmailMessage

import pytest

from gateway.mail.mentions import ERASED, Person, names_of, written_by

ANNA = Person(("anna@x.test",), ("Anna Nowak",))
IVAN = Person(("иван@xn--e1afmkfd.test",), ("Иван Петров",))


@pytest.mark.parametrize(
    "text",
    [
        "anna@x.test",
        "Write to ANNA@X.Test.",
        "<mailto:anna@x.test>",
        "mailto:anna%40x.test?subject=x",
        "https://x.example/?to=anna@x.test&n=1",
        "https://x.example/?to=%3Canna@x.test%3E",
        "anna&#64;x.test",
        "bounce-anna=x.test@list.example".replace("bounce-", "bounce+=").replace("+=", "="),
        "SRS0=HHH=TT=x.test=anna@forward.example",
        "'anna@x.test'",
        '{"a": "b\\nanna@x.test"}',
    ],
)
def test_an_address_is_found_as_people_and_programs_write_it(text: str) -> None:
    assert ANNA.is_in(text)
    assert not ANNA.is_in(ANNA.without(text))
    assert ERASED in ANNA.without(text)


@pytest.mark.parametrize(
    "text",
    ["joanna@x.test", "anna+news@x.test", "my-anna@x.test", "anna@x.test.pl", "anna@x.test-shop.pl", "anna@y.test", "anna at x.test", ""],
)
def test_somebody_elses_address_stays(text: str) -> None:
    assert not ANNA.is_in(text)
    assert ANNA.without(text) == text


def test_a_domain_is_found_in_a_labels_and_in_unicode_and_beyond_ascii_case_does_not_count() -> None:
    for text in ("иван@xn--e1afmkfd.test", "ИВАН@XN--E1AFMKFD.test", "Иван@пример.test", "ИВАН@ПРИМЕР.TEST"):
        assert IVAN.is_in(text), text
        lowered = "".join(each.lower() if each.isascii() else each for each in text)
        assert any(all(any(word in lowered for word in part) for part in group) for group in IVAN.first_look), text


def test_a_name_goes_where_it_is_whole_either_way_round() -> None:
    assert ANNA.without("Dear anna  NOWAK, (Nowak, Anna) wrote") == f"Dear {ERASED}, ({ERASED}) wrote"
    assert ANNA.without("Anna Nowakowska and Joanna Nowak") == "Anna Nowakowska and Joanna Nowak"


def test_only_full_names_are_a_persons_own() -> None:
    assert names_of(["Anna", "", "Anna Nowak", "Anna  Nowak", "anna@x.test (x y)", "Support 24"]) == ("Anna Nowak",)


def test_people_leave_lists_of_people_and_words_leave_everything_else() -> None:
    document = {
        "to": [{"name": "A", "address": "Anna@x.test"}, {"name": "B", "address": "bob@y.test"}],
        "headers": [["To", [["Anna", "anna@x.test"], ["Bob", "bob@y.test"]]], ["References", "<1.anna@x.test>"]],
        "why": "anna@x.test said no",
        "count": 3,
    }
    assert ANNA.is_in_json(document)
    assert ANNA.without_json(document) == {
        "to": [{"name": "B", "address": "bob@y.test"}],
        "headers": [["To", [["Bob", "bob@y.test"]]], ["References", "<1.anna@x.test>"]],
        "why": f"{ERASED} said no",
        "count": 3,
    }


def mail(author: str, words: str, transfer: str, charset: str = "utf-8") -> bytes:
    made = EmailMessage()
    made["From"], made["To"], made["Subject"] = author, "support@desk.test", "x"
    made.set_content(words, cte=transfer, charset=charset)
    return made.as_bytes()


@pytest.mark.parametrize("transfer", ["7bit", "quoted-printable", "base64"])
def test_raw_mail_is_looked_through_whatever_its_transfer_encoding(transfer: str) -> None:
    words = "Hello,\nplease ask " + "very " * 30 + "politely anna@x.test about it.\nBob\n"
    if transfer == "7bit":
        words = "Hello,\nplease ask anna@x.test about it.\n"
    assert ANNA.is_in_bytes(mail("bob@y.test", words, transfer))
    assert not ANNA.is_in_bytes(mail("bob@y.test", words.replace("anna@", "joanna@"), transfer))


@pytest.mark.parametrize("at", range(60, 80))
def test_a_soft_line_break_within_the_address_hides_nothing(at: int) -> None:
    encoded = quopri.encodestring(("x" * at + " anna@x.test " + "y" * 70).encode())
    assert ANNA.is_in_bytes(b"From: b@y.test\r\n\r\n" + encoded)


@pytest.mark.parametrize("before", range(3))
def test_base64_is_decoded_however_it_is_aligned_and_within_an_attached_mail(before: int) -> None:
    inner = mail("bob@y.test", "." * before + " anna@x.test", "base64")
    outer = b"From: c@z.test\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(inner)
    assert ANNA.is_in_bytes(outer)


@pytest.mark.parametrize("charset", ["utf-8", "koi8-r", "windows-1251"])
def test_a_name_beyond_ascii_is_found_in_the_charsets_that_mail_uses(charset: str) -> None:
    raw = mail("bob@y.test", "Уважаемый Иван Петров!", "base64", charset)
    assert IVAN.is_in_bytes(raw, by_name=True)
    assert not IVAN.is_in_bytes(raw)
    assert IVAN.is_in_bytes(b"Subject: =?utf-8?b?0JjQstCw0L0g0J/QtdGC0YDQvtCy?=\r\n\r\n", by_name=True)


def test_utf_16_is_no_hiding_place() -> None:
    assert ANNA.is_in_bytes("see anna@x.test".encode("utf-16"))


def test_whose_mail_it_is_says_its_head() -> None:
    folded = b"Subject: x\r\nFrom: Anna\r\n <ANNA@x.test>\r\nTo: support@desk.test\r\n\r\nbob@y.test"
    assert written_by(folded, ANNA)
    assert not written_by(b"From: bob@y.test\r\nTo: anna@x.test\r\n\r\nFrom: anna@x.test", ANNA)


def test_message_ids_of_theirs_are_found_as_they_are() -> None:
    person = Person(("anna@x.test",), ids=("17.abc@mail.x.test",))
    assert person.without("<17.abc@mail.x.test> <18.abc@mail.x.test>") == f"<{ERASED}> <18.abc@mail.x.test>"


def test_hostile_bytes_take_linear_time() -> None:
    for raw in (
        b"=" * 400_000,
        b"A" * 400_000,
        b"A" * 13 + b"\n" * 400_000,
        (b"A" * 13 + b"\n") * 30_000,
        b"=?" * 200_000,
        b"\r\n " * 130_000,
    ):
        assert not ANNA.is_in_bytes(raw)
