"""Reply tokens blotted out, wherever a mail program may have written them; whatever merely looks alike stays."""

import base64
import quopri
import random
from email import message_from_bytes, policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.tokens.carriers import letter_id, reply_address, reply_token, reply_tokens_in, tokens_in_ids
from gateway.tokens.codec import Keyring
from gateway.tokens.masking import mask_tokens, mask_tokens_in_bytes

KEYRING = Keyring((b"the secret of today, long enough",))
BASE = "r@desk.test"
TOKEN = reply_token(KEYRING, 5, "dana@staff.test")


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("r+{token}@desk.test", "r+***@desk.test"),
        ("<mailto:r+{token}@desk.test?subject=Re>", "<mailto:r+***@desk.test?subject=Re>"),
        ("R+{TOKEN}@DESK.TEST", "R+***@DESK.TEST"),
        ("<r.{token}.0a1b@desk.test>", "<r.***.0a1b@desk.test>"),
        ("two: r+{token}@desk.test, r+{token}@desk.test.", "two: r+***@desk.test, r+***@desk.test."),
        ("https://mail.test/?to=r%2B{token}%40desk.test", "https://mail.test/?to=r%2B***%40desk.test"),
        ("mailto:r&#43;{token}@desk.test", "mailto:r&#43;***@desk.test"),
        ("of no shape of ours: 1+" + "b" * 36 + "@desk.test", "of no shape of ours: 1+" + "b" * 36 + "@desk.test"),
        ("nothing to hide, 1+1 and r.s.t.", "nothing to hide, 1+1 and r.s.t."),
    ],
)
def test_reply_tokens_are_blotted_out_of_text(text: str, masked: str) -> None:
    assert mask_tokens(text.format(token=TOKEN, TOKEN=TOKEN.upper())) == masked


@given(st.integers(min_value=1, max_value=2**63 - 1), st.text(), st.text())
def test_no_text_and_no_file_keeps_a_token_that_stands_in_an_address_or_an_id(ticket: int, before: str, after: str) -> None:
    token = reply_token(KEYRING, ticket, "dana@staff.test")
    for carrier in (reply_address(BASE, token), f"<{letter_id('r', token, '0a', 'desk.test')}>"):
        written = f"{before} {carrier} {after}"
        assert token not in mask_tokens(written)
        assert token.encode() not in mask_tokens_in_bytes(written.encode("utf-8", "surrogatepass"))


NOTIFICATION = f"Reply-To: <r+{TOKEN}@desk.test>\r\nMessage-ID: <r.{TOKEN}.0a1b@desk.test>\r\nSubject: New ticket\r\n\r\nWords\r\n".encode()


@pytest.mark.parametrize(
    "file",
    [
        pytest.param(NOTIFICATION, id="as it is"),
        pytest.param(quopri.encodestring(b"x" * 40 + NOTIFICATION), id="quoted-printable"),
        pytest.param(base64.encodebytes(NOTIFICATION), id="base64"),
        pytest.param(base64.encodebytes(b"some more " * 30 + NOTIFICATION), id="base64, further down"),
        pytest.param(NOTIFICATION.decode().encode("utf-16-le"), id="utf-16"),
    ],
)
def test_a_file_that_is_one_of_our_letters_shows_no_token_and_keeps_its_length(file: bytes) -> None:
    masked = mask_tokens_in_bytes(file)
    assert len(masked) == len(file)
    for readable in (masked, quopri.decodestring(masked), decoded(masked), masked.replace(b"\0", b"")):
        assert TOKEN.encode() not in readable.lower()


def decoded(content: bytes) -> bytes:
    """As base64, where it is."""
    try:
        return base64.b64decode(content)
    except ValueError:
        return b""


def test_a_masked_letter_can_still_be_read_and_gives_nobody_authority() -> None:
    message = message_from_bytes(mask_tokens_in_bytes(NOTIFICATION), policy=policy.SMTP)
    assert message["Subject"] == "New ticket"
    assert reply_tokens_in([message["Reply-To"].addresses[0].addr_spec], BASE) == ()
    assert tokens_in_ids([message["Message-ID"].strip("<>")]) == ()


def test_base64_which_may_look_like_a_token_stays_as_it_is() -> None:
    """A certificate that an agent attaches must arrive whole."""
    dice = random.Random(1)
    for _ in range(300):
        certificate = base64.encodebytes(dice.randbytes(900))
        assert mask_tokens_in_bytes(certificate) == certificate


def test_bytes_without_a_token_stay_the_very_bytes() -> None:
    content = bytes(range(256)) * 4
    assert mask_tokens_in_bytes(content) == content


def test_what_has_another_shape_than_a_token_stays_in_a_file_too() -> None:
    content = b"1+" + b"b" * 36 + b"@desk.test <r." + b"b" * 36 + b".0a@desk.test>"
    assert mask_tokens_in_bytes(content) == content
