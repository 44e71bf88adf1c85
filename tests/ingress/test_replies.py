import re

import pytest

from gateway.ingress import replies
from gateway.ingress.replies import Reply

FIXED = {name: value for name, value in vars(replies).items() if isinstance(value, Reply)}


@pytest.mark.parametrize("text", ["two\r\nlines", "two\nlines", "a\rb", "é", "\0", "\x7f", "tab\t"])
def test_a_reply_takes_nothing_that_could_end_its_line(text: str) -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        Reply(250, "2.0.0", (text,))


@pytest.mark.parametrize("reply", FIXED.values(), ids=FIXED)
def test_a_fixed_reply_is_one_short_line_whose_classes_agree(reply: Reply) -> None:
    assert re.fullmatch(rb"[2345]\d\d (?:[245]\.\d\.\d )?[\x20-\x7e]+\r\n", reply.wire)
    assert len(reply.wire) <= 512  # RFC 5321 §4.5.3.1.5
    assert reply.code == 354 or reply.enhanced[0] == str(reply.code)[0]


def test_a_longer_reply_marks_all_lines_but_the_last() -> None:
    assert replies.hello("mx.example.com", ("PIPELINING", "SIZE 10")).wire == b"250-mx.example.com\r\n250-PIPELINING\r\n250 SIZE 10\r\n"


def test_a_host_name_that_no_reply_can_carry_is_refused() -> None:
    with pytest.raises(ValueError, match="printable ASCII"):
        replies.greeting("mx.bücher.example")
