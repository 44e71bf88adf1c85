"""Links to files of tickets: one file each, until one moment, and no other token serves for them."""

from datetime import UTC, datetime, timedelta

import pytest

from gateway.tokens.attachment import attachment_token, read_attachment_token
from gateway.tokens.codec import Keyring
from gateway.tokens.file import file_token
from gateway.tokens.preview import preview_token

KEYRING = Keyring((b"a secret of the tests, long enough",))
UNTIL = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BEFORE = UNTIL - timedelta(seconds=1)


@pytest.mark.parametrize("attachment", [1, 2**32, 2**63 - 1])
def test_a_link_is_good_for_its_file_until_its_moment(attachment: int) -> None:
    token = attachment_token(KEYRING, attachment, UNTIL)
    assert read_attachment_token(KEYRING, token, BEFORE) == attachment
    assert read_attachment_token(KEYRING, token.upper(), BEFORE) == attachment
    assert read_attachment_token(KEYRING, token, UNTIL) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "nonsense",
        preview_token(KEYRING, 1, UNTIL),
        file_token(KEYRING, 1, 0, UNTIL),
        attachment_token(Keyring((b"another secret of the tests, as long",)), 1, UNTIL),
    ],
)
def test_nothing_else_is_one(token: str) -> None:
    assert read_attachment_token(KEYRING, token, BEFORE) is None


def test_whoever_changes_a_letter_has_no_link() -> None:
    token = attachment_token(KEYRING, 7, UNTIL)
    for index, letter in enumerate(token):
        changed = token[:index] + ("a" if letter != "a" else "b") + token[index + 1 :]
        assert read_attachment_token(KEYRING, changed, BEFORE) is None
