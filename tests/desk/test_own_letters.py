"""Letters of ours are known by their signed mark, whichever they are, and nobody else's are."""

from dataclasses import replace

import pytest

from gateway.desk.own_letters import is_own_letter
from gateway.tokens.carriers import letter_id, note_token, reply_token, thread_token
from gateway.tokens.codec import Keyring
from tests.desk.values import KEYRING, ORGANISATION, mail

AGENT = ORGANISATION.agents[0].address


@pytest.mark.parametrize("make", [reply_token, note_token], ids=["told of a ticket", "told of a note"])
def test_an_agents_letter_that_comes_back_is_ours(make: object) -> None:
    assert callable(make)
    ours = letter_id("r", make(KEYRING, 7, AGENT), "aa", "desk.test")
    strangers = letter_id("r", make(KEYRING, 7, "nobody@staff.test"), "aa", "desk.test")
    elsewhere = letter_id("r", make(Keyring((b"another desk's secret, long enough",)), 7, AGENT), "aa", "desk.test")
    assert [is_own_letter(mail(message_id=each), ORGANISATION) for each in (ours, strangers, elsewhere)] == [True, False, False]


def test_a_clients_letter_is_ours_under_each_secret_that_still_counts() -> None:
    letter = mail(message_id=letter_id("t", thread_token(KEYRING, 7), "aa", "desk.test"))
    turned = replace(
        ORGANISATION, desk=replace(ORGANISATION.desk, secrets=(b"the new one, long enough to be it", *ORGANISATION.desk.secrets))
    )
    assert is_own_letter(letter, ORGANISATION)
    assert is_own_letter(letter, turned)
    assert not is_own_letter(replace(letter, message_id=None), ORGANISATION)
