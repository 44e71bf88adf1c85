"""The fuzzer's short form, always the same; `make fuzz` runs the long one. And the fuzzer itself must find what is there to find."""

import random
from dataclasses import replace

import pytest

from gateway.domain.ours import Ours
from gateway.mail.message import Attachment, Body, Message
from gateway.mail.parse import parse_message
from tests.mail.fuzz import broken_promise, fuzz, mutants


async def test_mutants_of_real_and_hostile_mail_are_read() -> None:
    number, failure = await fuzz(random.Random(3), lambda number: number < 100)
    assert failure is None, failure.why
    assert number == 100


def test_mutants_follow_from_the_seed() -> None:
    first, second = (mutants([b"From: a\r\n\r\nb", b"x"], random.Random(7)) for _ in range(2))
    assert [next(first) for _ in range(50)] == [next(second) for _ in range(50)]


WHOLE = parse_message(b"From: ann@client.test\r\nSubject: x\r\n\r\nwords\r\n", Ours())


@pytest.mark.parametrize(
    ("message", "why"),
    [
        (WHOLE, None),
        (replace(WHOLE, subject="a\x00"), "database"),
        (replace(WHOLE, subject="a\ud800"), "database"),
        (replace(WHOLE, body=Body("one two", "one")), "not the text"),
        (replace(WHOLE, whole=False), "not attached"),
        (replace(WHOLE, attachments=(Attachment("../a", "text/plain", b"", ""),)), "safe name"),
    ],
)
def test_a_broken_promise_is_seen(message: Message, why: str | None) -> None:
    told = broken_promise(message)
    assert (told is None) if why is None else (told is not None and why in told)
