"""DKIM signatures of letters: that others verify them, what they cover, and which letters have to have one."""

import base64
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from dkim.canonicalization import Relaxed
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.auth.covered import Covered
from gateway.auth.tags import read_tags
from gateway.auth.written import Signed, read_written
from gateway.config.dkim import public_half
from gateway.domain.dkim import DkimKey, KeyKind, keys_for
from gateway.domain.letter import AttachmentRef, Letter, Party, Recipient, UnsafeHeaderError
from gateway.outbound.assemble import assemble, copies
from gateway.outbound.sign import GUARDED, Signer, Signing, SigningError, relaxed_body, sign, signature, signer
from tests.outbound.letters import WRITTEN, letter
from tests.outbound.signing import dkim_key, dkimpys, ours, verified

RSA, ED25519 = dkim_key("rsa"), dkim_key("ed25519")
BOTH = (RSA, ED25519)
SURROGATES: tuple[Literal["Cs"]] = ("Cs",)
LINE = st.text(st.characters(exclude_categories=SURROGATES, exclude_characters="\r\n\0"), max_size=120)

FILE = AttachmentRef("0" * 64, "отчёт за март.pdf", "application/pdf", 3)
BLOBS = {FILE.sha256: b"%PDF" * 500}
ANNA = Party("Анна", "anna@client.test")


def signed(of: Letter | None = None, *keys: DkimKey, ascii_only: bool = False) -> bytes:
    of = of or letter()
    [copy] = copies(of, of.recipients)
    return Signing(keys or BOTH).signed(of, copy, assemble(of, copy, BLOBS, ascii_only=ascii_only))


def with_headers(**given: Any) -> Letter:
    """`given` with `_` for `-`."""
    new = {name.replace("_", "-"): value for name, value in given.items()}
    kept = tuple(each for each in letter().headers if each[0] not in new)
    return replace(letter(), headers=(*kept, *new.items()))


LETTERS = {
    "plain": letter(),
    "without text": letter(text=""),
    "blank lines and white space at the end": letter(text="Hello  there\t\n\n \n\t\n\n"),
    "in Russian": letter(text="Здравствуйте!\n" * 30, subject="Ваше обращение зарегистрировано: " + "не печатает " * 12 + "[#7]"),
    "in Polish": letter(text="Zażółć gęślą jaźń, to jest zwykły list.\n"),
    "with HTML and a file": letter(text="Привет\n", html="<p>Привет,  мир</p>\n", attachments=(FILE,)),
    "with lines of dots and From": letter(text=".\n..\nFrom here on\n-- \nDana\n"),
    "in a thread of many": with_headers(
        To=tuple(Party(f"Client {n}", f"client.number.{n}@client.test") for n in range(12)),
        Cc=(ANNA,),
        Reply_To=(Party("Support", "support@desk.test"),),
        In_Reply_To="<a@b>",
        References=" ".join(f"<{n}.{'x' * 40}@client.test>" for n in range(10)),
    ),
    "to an address beyond ASCII": replace(
        with_headers(To=(Party("Иван", "иван@почта.test"),)), recipients=(Recipient(1, "иван@почта.test"),)
    ),
}


@pytest.mark.parametrize("keys", [(RSA,), (ED25519,), BOTH], ids=["rsa", "ed25519", "both"])
@pytest.mark.parametrize("of", LETTERS.values(), ids=LETTERS)
def test_both_verifiers_take_every_signature(of: Letter, keys: tuple[DkimKey, ...]) -> None:
    content = signed(of, *keys)
    assert dkimpys(content, keys) == [True] * len(keys)
    assert ours(content, keys) == [(each.selector, "pass") for each in keys]


def test_the_form_without_smtputf8_has_signatures_of_its_own() -> None:
    of = LETTERS["to an address beyond ASCII"]
    plain, full = signed(of, ascii_only=True), signed(of)
    assert plain.isascii()
    assert not full.isascii()
    assert verified(plain, BOTH)
    assert verified(full, BOTH)


def test_what_a_signature_says() -> None:
    [topmost, below] = [each.tags for each in read_written(signed(None, ED25519, RSA)).dkim if isinstance(each, Signed)]
    assert [topmost["a"], below["a"]] == ["rsa-sha256", "ed25519-sha256"], "whatever the order of the configuration"
    assert set(topmost) == {"v", "a", "c", "d", "s", "t", "h", "bh", "b"}, "neither l= nor x="
    assert (topmost["v"], topmost["c"], topmost["d"], topmost["s"]) == ("1", "relaxed/relaxed", "desk.test", "rsa2026")
    assert int(topmost["t"]) == WRITTEN.timestamp()
    assert below["bh"] == topmost["bh"]


@pytest.mark.parametrize("of", LETTERS.values(), ids=LETTERS)
def test_lines_are_as_short_as_mail_wants_them(of: Letter) -> None:
    content = signed(of, dkim_key("rsa", bits=4096), ED25519)
    fields = content[: content.index(b"\r\nDate: ")]
    assert fields.count(b"DKIM-Signature: ") == 2
    assert max(map(len, fields.split(b"\r\n"))) <= 78
    assert all(line[:1] == b" " or line.startswith(b"DKIM-Signature: ") for line in fields.split(b"\r\n"))


def test_every_attempt_makes_the_same_bytes_and_every_copy_has_its_own() -> None:
    agents = tuple(Recipient(n, f"{n}@desk.test", message_id=f"<r.{n}@desk.test>", reply_to=f"r+{n}@desk.test") for n in range(3))
    of = letter(*agents)
    signing = Signing(BOTH)
    contents = [signing.signed(of, copy, assemble(of, copy, {})) for copy in copies(of, agents)]
    assert contents == [Signing(BOTH).signed(of, copy, assemble(of, copy, {})) for copy in copies(of, agents)]
    assert all(verified(each, BOTH) for each in contents)
    assert len({read_tags(each.split(b"\r\n", 1)[1])["b"] for each in map(field_of, contents)}) == 3  # type: ignore[index]


def field_of(content: bytes) -> bytes:
    """The topmost signature, with a line before its tags."""
    return b"\r\n" + re.split(rb"\r\n(?![ ])", content, maxsplit=1)[0].removeprefix(b"DKIM-Signature:")


ADDED = {
    "From": "Mallory <mallory@evil.test>",
    "MIME-Version": "1.0",
    "Content-Type": 'multipart/mixed; boundary="x"',
    "Content-Transfer-Encoding": "base64",
    "Auto-Submitted": "no",
}


@pytest.mark.parametrize("where", ["above", "below"])
@pytest.mark.parametrize("name", GUARDED)
@pytest.mark.parametrize("of", [letter(), LETTERS["in a thread of many"]], ids=["once or never there", "there"])
def test_a_field_that_is_added_breaks_the_signature(of: Letter, name: str, where: str) -> None:
    content = signed(of)
    assert verified(content, BOTH)
    header, _, body = content.partition(b"\r\n\r\n")
    added = f"{name}: {ADDED.get(name, 'another')}".encode()
    tampered = (added + b"\r\n" + header if where == "above" else header + b"\r\n" + added) + b"\r\n\r\n" + body
    assert dkimpys(tampered, BOTH) == [False, False]
    assert [result for _, result in ours(tampered, BOTH)] == ["fail", "fail"]


@pytest.mark.parametrize("name", GUARDED)
def test_a_field_that_is_changed_or_taken_away_breaks_the_signature(name: str) -> None:
    content = signed(LETTERS["in a thread of many"])
    field = re.compile(rb"(?<=\n)" + name.encode() + rb":(?:[^\r]|\r\n[ \t])*\r\n")
    assert len(field.findall(content)) == 1
    assert not verified(field.sub(b"", content), BOTH)
    assert not verified(field.sub(name.encode() + b": another\r\n", content), BOTH)


HARMLESS = {
    "traces above": lambda content: (
        b"Return-Path: <x@desk.test>\r\nReceived: from a by b;\r\n Sun, 1 Mar 2026 12:00:01 +0000\r\n" + content
    ),
    "fields of filters": lambda content: b"X-Spam: no\r\nList-Id: <x.test>\r\nSender: x@x.test\r\n" + content,
    "other folding": lambda content: content.replace(b"\r\nTo: ", b"\r\nTo:\r\n\t  "),
    "other letter case of names": lambda content: content.replace(b"\r\nSubject:", b"\r\nSUBJECT:"),
    "white space": lambda content: content.replace(b"Hello!\r\n", b"Hello! \t\r\n"),
    "empty lines at the end": lambda content: content + b"\r\n\r\n",
    "line ends of a Unix mailbox": lambda content: content.replace(b"\r\n", b"\n"),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS)
def test_what_servers_do_to_mail_breaks_nothing(change: Any) -> None:
    content = signed()
    assert change(content) != content
    assert verified(change(content), BOTH)


@pytest.mark.parametrize("change", [(b"got it.", b"lost it."), (b"got it.\r\n", b"got it.\r\nPay here.\r\n"), (b"Hello!", b"Hel lo!")])
def test_a_body_that_is_changed_breaks_the_signature(change: tuple[bytes, bytes]) -> None:
    content = signed()
    assert content.count(change[0]) == 1
    assert not verified(content.replace(*change), BOTH)


@settings(deadline=None, max_examples=60)
@given(LINE, LINE, st.lists(LINE, max_size=8).map("\n".join))
def test_whatever_strangers_write_is_signed_and_makes_no_field(subject: str, name: str, words: str) -> None:
    of = replace(
        letter(),
        subject=subject,
        text=words,
        headers=(*letter().headers[:1], ("To", (Party(name, "anna@client.test"),)), ("X-Words", subject)),
    )
    content = signed(of)
    assert verified(content, BOTH)
    names = [each.name for each in read_written(content).fields]
    assert names == [
        *[b"dkim-signature"] * 2, b"date", b"from", b"to", b"x-words", b"subject", b"message-id", b"mime-version",
        b"content-type", b"content-transfer-encoding",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["Subject", "Party", "References"])
def test_a_line_break_in_a_header_never_comes_as_far_as_a_signature(name: str) -> None:
    evil = "x\r\nDKIM-Signature: v=1; d=evil.test"
    with pytest.raises(UnsafeHeaderError):
        signed({"Subject": lambda: letter(subject=evil), "References": lambda: with_headers(References=evil),
                "Party": lambda: with_headers(To=(Party(evil, "a@b.test"),))}[name]())  # fmt: skip


@given(st.lists(st.text(alphabet="a \t=.", max_size=6)).map(lambda lines: "".join(f"{each}\r\n" for each in lines).encode()))
def test_bodies_are_hashed_in_the_form_that_dkimpy_makes(body: bytes) -> None:
    theirs = Relaxed.canonicalize_body(body)
    # RFC 6376 §3.4.4: nothing at all where all lines are empty; dkimpy's caller sees to it.
    assert relaxed_body(body) == (b"" if theirs == b"\r\n" else theirs)


# RFC 8463 appendix A: the key, the record and the signature of its example.
BRISBANE = Ed25519PrivateKey.from_private_bytes(base64.b64decode("nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="))
BRISBANE_PUBLIC = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
BODY_HASH = "2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8="
SIGNED = "/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11BusFa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw=="
DINNER = (
    b"From: Joe SixPack <joe@football.example.com>\r\n"
    b"To: Suzie Q <suzie@shopping.example.net>\r\n"
    b"Subject: Is dinner ready?\r\n"
    b"Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)\r\n"
    b"Message-ID: <20030712040037.46341.5F8J@football.example.com>\r\n"
    b"\r\n"
    b"Hi.\r\n\r\nWe lost the game.  Are you hungry yet?\r\n\r\nJoe.\r\n"
)
DINNERS_FIELD = (
    b"DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;\r\n"
    b" d=football.example.com; i=@football.example.com;\r\n"
    b" q=dns/txt; s=brisbane; t=1528637909; h=from : to :\r\n"
    b" subject : date : message-id : from : subject : date;\r\n"
    b" bh=" + BODY_HASH.encode() + b";\r\n b=" + SIGNED.encode() + b"\r\n"
)


def brisbane() -> DkimKey:
    pem = BRISBANE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return DkimKey("football.example.com", "brisbane", "ed25519", 256, public_half(pem)[1], pem)


def test_the_key_of_rfc_8463_signs_as_it_does_there() -> None:
    key = brisbane()
    assert key.public == BRISBANE_PUBLIC
    written = read_written(DINNERS_FIELD + DINNER)
    [theirs] = written.dkim
    assert isinstance(theirs, Signed)
    covered = Covered(written.fields, DINNER.partition(b"\r\n\r\n")[2])
    digest = covered.header_digest("relaxed", [each.strip() for each in theirs.tags["h"].split(":")], theirs.field)
    assert base64.b64encode(signature(signer(key), digest)).decode() == SIGNED
    mine = sign(DINNER, [signer(key)], datetime.fromtimestamp(1528637909, UTC))
    [field] = [each for each in read_written(mine).dkim if isinstance(each, Signed)]
    assert field.tags["bh"] == BODY_HASH
    assert verified(mine, [key])


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("desk.test", ["one", "two"]),
        ("news.desk.test", ["news"]),
        ("mail.news.desk.test", ["news"]),
        ("shop.desk.test", ["one", "two"]),
        ("mydesk.test", []),
        ("test", []),
        ("", []),
    ],
)
def test_keys_are_the_domains_own_else_those_of_the_nearest_above(domain: str, expected: list[str]) -> None:
    keys = [dkim_key("ed25519", host, name) for host, name in (("desk.test", "one"), ("news.desk.test", "news"), ("desk.test", "two"))]
    assert [each.selector for each in keys_for(domain, keys)] == expected


@pytest.mark.parametrize(
    ("author", "selectors"),
    [
        ("support@desk.test", ["rsa2026", "ed255192026"]),
        ("support@DESK.test", ["rsa2026", "ed255192026"]),
        ("support@sales.desk.test", ["rsa2026", "ed255192026"]),
        ("a@почта.test", ["post"]),
        ("a@elsewhere.test", []),
        ("a@[192.0.2.1]", []),
    ],
)
def test_the_author_says_by_which_keys(author: str, selectors: list[str]) -> None:
    keys = (*BOTH, dkim_key("ed25519", "xn--80a1acny.test", "post"))
    content = signed(with_headers(From=(Party("", author),)), *keys)
    assert ours(content, keys) == [(each, "pass") for each in selectors]
    assert content.count(b"DKIM-Signature") == len(selectors)


def test_two_authors_want_a_signature_each() -> None:
    keys = (RSA, dkim_key("ed25519", "corp.test"))
    content = signed(with_headers(From=(Party("", "a@desk.test"), Party("", "b@corp.test"))), *keys)
    assert [result for _, result in ours(content, keys)] == ["pass", "pass"]


GATEWAYS = ("support@desk.test", "sales@other.test")


@pytest.mark.parametrize(
    ("author", "given", "verp", "waits"),
    [
        ("support@desk.test", {}, None, False),
        ("support@desk.test", {}, "b+1@bounces.test", False),
        ("sales@other.test", {}, None, False),
        # By SPF: reports go to the author's own domain.
        ("hello@corp.test", {"reverse_path": "hello@corp.test"}, None, False),
        ("hello@corp.test", {"reverse_path": "support@corp.test"}, None, False),
        ("box@provider.test", {"destination": "smtp:box@provider.test"}, None, False),
        ("hello@corp.test", {}, None, True),
        ("hello@corp.test", {}, "b+1@bounces.test", True),
        ("brand@desk.test", {}, "b+1@bounces.desk.test", True),
    ],
)
def test_a_letter_that_stands_by_its_key_alone_never_goes_without(
    author: str, given: dict[str, Any], verp: str | None, waits: bool
) -> None:
    path = {"reverse_path": "support@desk.test", "recipients": (Recipient(1, "anna@client.test", verp=verp),)}
    of = replace(with_headers(From=(Party("", author),)), **path | given)
    [copy] = copies(of, of.recipients)
    content = assemble(of, copy, {})
    without = Signing((dkim_key("ed25519", "nobodys.test"),), GATEWAYS.__contains__)
    if waits:
        with pytest.raises(SigningError, match=r"no \[\[dkim\]\] key of (corp|desk)\.test .* put one back, or cancel"):
            without.signed(of, copy, content)
    else:
        assert without.signed(of, copy, content) == content
    key = dkim_key("ed25519", author.partition("@")[2])
    assert verified(Signing((key,), GATEWAYS.__contains__).signed(of, copy, content), [key])


@pytest.mark.parametrize(
    ("keys", "long"), [((), False), ((("rsa", 2048), ("ed25519", 256)), False), ((("ed25519", 256), ("rsa", 3072)), True)]
)
def test_large_keys_alone_take_so_long_that_others_should_work_meanwhile(keys: tuple[tuple[KeyKind, int], ...], long: bool) -> None:
    assert Signing(dkim_key(kind, bits=bits) for kind, bits in keys).takes_long is long


def test_a_key_that_does_not_sign_is_named() -> None:
    """Of primes so small that no digest fits; the configuration refuses it, and this is what is left when it could not."""
    p, q, e = 2**107 - 1, 2**127 - 1, 65537
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(p, q, d, d % (p - 1), d % (q - 1), rsa.rsa_crt_iqmp(p, q), rsa.RSAPublicNumbers(e, p * q))
    tiny = Signer("desk.test", "tiny", numbers.private_key(unsafe_skip_rsa_key_validation=True))
    with pytest.raises(SigningError, match=r"key tiny of desk\.test does not sign: Digest"):
        sign(DINNER, [tiny], WRITTEN)
