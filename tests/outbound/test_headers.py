"""Whatever a stranger writes into any value of a letter, the letter has the fields that were meant, and no other.

Values are refused where the letter is made, or come back as they were: read by the standard library, as a stranger to our code.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage, Message
from email.utils import getaddresses, unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.domain.letter import AttachmentRef, Letter, NewLetter, NewRecipient, Party, Recipient, UnsafeHeaderError
from gateway.outbound.assemble import assemble, copies, needs_smtputf8
from gateway.outbound.headers import wire_address
from tests.outbound.letters import letter, new_letter

NASTY = (
    "\r", "\n", "\r\n", "\0", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\u2028", "\u2029", "\xa0", "\ufeff", "\u202e", "\u200b",
    "\ud800", "\udcff", "\x7f", "\xff", "\t", "  ", " ", "\r\nBcc: eve@evil.test", "\n\n", "\r\n.\r\n", "\nX-Evil: 1", "\r\n\tfolded",
    "=?utf-8?q?=0D=0ABcc=3A_eve=40evil.test?=", "=?utf-8?b?DQpCY2M6IGV2ZUBldmlsLnRlc3Q=?=", "=?", "?=", "=?us-ascii?q?a?= =?us-ascii?q?b?=",
    '"', "\\", "\\\"", "<", ">", "@", ",", ";", ":", "(", ")", "[", "]", "eve@evil.test", "<eve@evil.test>", "--=_", "boundary=x", "%0d%0a",
    "*0*=utf-8''", "; name*=utf-8''evil.exe", "name", "кириллица", "日本語", "🙂", "x" * 80, "y" * 1100, "a", "b.c",
)  # fmt: skip
VALUE = st.lists(st.sampled_from(NASTY) | st.text(max_size=5), max_size=8).map("".join)
FORGED = "\r\nBcc: eve@evil.test"
OF_A_LETTER = ["Date", "From", "To", "References", "X-Deskgate-Ticket", "Subject", "Message-ID", "MIME-Version", "Content-Type"]


def squeezed(text: str) -> str:
    """Without what folding may change."""
    return re.sub(r"\s", "", text)


def decoded(raw: object) -> str:
    """A value by the standard library's older reader, which takes every encoded word for one."""
    return str(make_header(decode_header(re.sub(r"\r?\n", "", str(raw)))))


def check_octets(content: bytes, *, utf8: bool = False) -> None:
    assert content.endswith(b"\r\n")
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n|\0", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998, "RFC 5322 §2.1.1"
    assert utf8 or content.isascii()


def put_together(held: Letter, *files: tuple[AttachmentRef, bytes]) -> Message:
    held = replace(held, attachments=tuple(ref for ref, _ in files))
    [copy] = copies(held, held.recipients)
    content = assemble(held, copy, {ref.sha256: octets for ref, octets in files})
    check_octets(content, utf8=needs_smtputf8(held, copy))
    strict = message_from_bytes(content, policy=policy.default)
    assert isinstance(strict, EmailMessage)
    read = message_from_bytes(content)
    assert strict.keys() == read.keys(), "both of its readers see the same fields"
    assert not read.defects
    return read


def made(**given: object) -> Letter | None:
    """As the outbox would have it; None where its writer is refused."""
    try:
        written: NewLetter = new_letter(**given)
    except UnsafeHeaderError:
        return None
    held = letter(*(Recipient(n, each.address, each.name, each.message_id, each.reply_to) for n, each in enumerate(written.recipients)))
    return replace(held, subject=written.subject, headers=written.headers, message_id=written.message_id)


def with_fields(**changed: object) -> Letter | None:
    """`name`, `address`: From's; `references` and `ticket` are fields of their own."""
    try:
        author = Party(str(changed.get("name", "Support")), str(changed.get("address", "support@desk.test")))
    except UnsafeHeaderError:
        return None
    fields = (
        ("From", (author,)),
        ("To", (Party("", "client@client.test"),)),
        ("References", changed.get("references", "<a@b.test>")),
        ("X-Deskgate-Ticket", changed.get("ticket", "1")),
    )
    given = {key: value for key, value in changed.items() if key in ("subject", "message_id")}
    return made(headers=fields, **{"message_id": "<id@desk.test>"} | given)


@settings(max_examples=300, deadline=None)
@given(VALUE)
@example("=?utf-8?q?a?=" + " " * 3 + "=?utf-8?q?b?=")
@example("x " * 300)
def test_a_subject_is_read_as_it_was_meant(value: str) -> None:
    if (held := with_fields(subject=value)) is not None:
        read = put_together(held)
        assert read.keys()[: len(OF_A_LETTER)] == OF_A_LETTER
        assert squeezed(decoded(read["Subject"])) == squeezed(value)
        assert "eve" not in str(read["From"]) + str(read["To"])


@settings(max_examples=300, deadline=None)
@given(VALUE)
@example('a\\" <eve@evil.test>, "b')
def test_a_display_name_names_and_is_no_address(value: str) -> None:
    if (held := with_fields(name=value)) is not None:
        read = put_together(held)
        assert read.keys()[: len(OF_A_LETTER)] == OF_A_LETTER
        [(name, address)] = getaddresses([re.sub(r"\r?\n", "", str(read["From"]))])
        assert address == "support@desk.test"
        assert squeezed(decoded(name)) == squeezed(value)


@settings(max_examples=300, deadline=None)
@given(st.one_of(VALUE, VALUE.map(lambda value: f"{value}@client.test"), VALUE.map(lambda value: f'"{value}"@client.test')))
@example("=?utf-8?q?=0D=0ABcc=3A_eve=40evil.test?=@client.test")
@example("a\u2028b@client.test")
@example("a@client.test\u0085")
@example('"a\u2029"@client.test')
@example('"a\\"@client.test')
@example("я" * 600 + "@client.test")
def test_an_address_is_one_or_is_refused(value: str) -> None:
    if (held := with_fields(address=value)) is not None:
        read = message_from_bytes(assemble(held, copies(held, held.recipients)[0], {}), policy=policy.SMTPUTF8)
        assert read.keys()[: len(OF_A_LETTER)] == OF_A_LETTER
        assert len(value.splitlines()) == 1
        put_together(held)
        [address] = read["From"].addresses
        assert address.addr_spec.rpartition("@")[2] == wire_address(value).rpartition("@")[2]


@settings(max_examples=200, deadline=None)
@given(VALUE)
def test_ids_are_left_as_they_are_or_out(value: str) -> None:
    if (held := with_fields(references=value)) is not None:
        read = put_together(held)
        whole = [each for each in value.split() if each.isascii() and each.isprintable() and len(each) <= 990]
        assert str(read["References"]).split() == whole


@settings(max_examples=200, deadline=None)
@given(VALUE)
def test_any_other_field_is_read_as_it_was_meant(value: str) -> None:
    if (held := with_fields(ticket=value)) is not None:
        read = put_together(held)
        assert squeezed(decoded(read["X-Deskgate-Ticket"])) == squeezed(value)


@settings(max_examples=200, deadline=None)
@given(st.one_of(VALUE, VALUE.map(lambda value: f"<{value}@desk.test>")))
def test_a_message_id_is_one_or_is_refused(value: str) -> None:
    if (held := with_fields(message_id=value)) is not None:
        assert str(put_together(held)["Message-ID"]).strip() == value


@settings(max_examples=300, deadline=None)
@given(VALUE, VALUE, VALUE)
@example("=?utf-8?b?ZXZpbC5leGU=?=", "image/png", "a@b")
@example('a"; filename="evil.exe', 'text/html; name="evil.exe"', "a>\r\nX: y")
def test_a_files_name_type_and_id_are_what_they_were_or_none(filename: str, content_type: str, content_id: str) -> None:
    octets = b"content"
    try:
        ref = AttachmentRef(hashlib.sha256(octets).hexdigest(), filename, content_type, len(octets), True, content_id)
    except UnsafeHeaderError:
        return
    held = replace(letter(), html="<p>x</p>")
    read = put_together(held, (ref, octets))
    [part] = [each for each in read.walk() if each.get_content_disposition() is not None]
    fields = ["Content-Type", "Content-Disposition", "Content-Transfer-Encoding", "Content-ID"]
    assert part.keys() in (fields, fields[:-1])
    assert part.get_content_type() in (content_type.lower(), "application/octet-stream")
    assert part.get("Content-ID", f"<{content_id}>") == f"<{content_id}>"
    assert part.get_payload(decode=True) == octets
    # The reader takes quotes and brackets about a name away once more.
    assert part.get_filename() in (filename.strip(), unquote(filename).strip())
    assert "=?" not in str(part["Content-Disposition"])
    assert [each.get_content_maintype() for each in read.walk()].count("multipart") == len(
        {each.get_boundary() for each in read.walk() if each.is_multipart()}
    )


@pytest.mark.parametrize(
    "evil",
    [
        lambda: new_letter(subject=f"Hello{FORGED}"),
        lambda: new_letter(message_id=f"<a@b{FORGED}>"),
        lambda: new_letter(reverse_path=f"a@b.test{FORGED}"),
        lambda: new_letter(headers=(("X-Note", f"a{FORGED}"),)),
        lambda: new_letter(headers=((f"X-Note{FORGED}", "a"),)),
        lambda: new_letter(headers=(("In-Reply-To", f"<a@b>{FORGED}"),)),
        lambda: Party(f"Anna{FORGED}", "a@b.test"),
        lambda: Party("Anna", f"a@b.test{FORGED}"),
        lambda: NewRecipient("a@b.test", f"Anna{FORGED}"),
        lambda: NewRecipient(f"a@b.test{FORGED}"),
        lambda: NewRecipient("a@b.test", reply_to=f"r@b.test{FORGED}"),
        lambda: NewRecipient("a@b.test", verp=f"b@b.test{FORGED}"),
        lambda: NewRecipient("a@b.test", message_id=f"<a@b{FORGED}>"),
        lambda: AttachmentRef("00", f"a{FORGED}", "text/plain"),
        lambda: AttachmentRef("00", "a", f"text/plain{FORGED}"),
        lambda: AttachmentRef("00", "a", "text/plain", content_id=f"a@b{FORGED}"),
    ],
)
def test_a_line_break_is_refused_where_the_letter_is_made(evil: Callable[[], object]) -> None:
    with pytest.raises(UnsafeHeaderError):
        evil()


@pytest.mark.parametrize(
    "changed",
    [
        {"message_id": f"<a@b{FORGED}>"},
        {"reverse_path": f"a@b.test>{FORGED}"},
        {"recipients": (Recipient(1, "a@b.test>\r\nRCPT TO:<eve@evil.test"),)},
        {"recipients": (Recipient(1, "a@b.test", verp="b@b.test>\r\nRSET"),)},
        {"recipients": (Recipient(1, "a@b.test", "A", reply_to=f"a@b.test{FORGED}"),)},
        {"recipients": (Recipient(1, "a@b.test", f"A{FORGED}", "<a@b>"),)},
        {"subject": f"Hello{FORGED}"},
        {"headers": (("Bcc", "eve@evil.test"),)},
    ],
)
def test_a_row_that_was_changed_afterwards_is_not_put_together(changed: dict[str, object]) -> None:
    held = replace(letter(), **changed)  # type: ignore[arg-type]
    with pytest.raises(UnsafeHeaderError):
        for copy in copies(held, held.recipients):
            assemble(held, copy, {})


@pytest.mark.parametrize(
    "headers",
    [
        (("From", (Party("", "a@b.test"),)), ("from", (Party("", "eve@evil.test"),))),
        (("References", "<a@b>"), ("REFERENCES", "<c@d>")),
        (("Bcc", (Party("", "a@b.test"),)),),
        (("Resent-Bcc", "a@b.test"),),
        (("Resent-To", "a@b.test"),),
        (("List-Unsubscribe", "<https://desk.test/>"),),
        (("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),),
        (("Content-Type", "text/html"),),
        (("DKIM-Signature", "v=1"),),
        (("X Note", "a"),),
        (("X-Nóte", "a"),),
    ],
)
def test_fields_that_are_not_the_writers_and_second_ones_are_refused(headers: tuple[tuple[str, object], ...]) -> None:
    with pytest.raises(UnsafeHeaderError):
        new_letter(headers=headers)
